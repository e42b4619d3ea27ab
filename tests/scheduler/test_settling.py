"""What becomes of a row after an attempt, in doubt and in trouble; and how a stop ends it all."""

import asyncio
from typing import Any

import pytest

from messages.catalogue import Catalogue
from sandbox.clock import ManualClock
from scheduler import enrollment, holding, outbox, patients, settling, waits
from scheduler.channel import Ambiguous, Channel, Message, Migrated, Outcome, Retry
from scheduler.database import Row, Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.enrollment import Choice, Enrolled
from scheduler.outbox import Lane
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.said import Said
from tests.scheduler.conftest import (
    CLINIC,
    DAY,
    HOUR,
    NOW,
    PATIENT_CHAT,
    ScriptedChannel,
    doctor,
    enroll_patient,
    welcome,
)


def dispatcher(
    store: Store, catalogue: Catalogue, channel: Channel, clock: ManualClock, **more: Any
) -> Dispatcher:
    pacer = Pacer(Limits(per_second=None, chat_gap=0, group_gap=0))
    return Dispatcher(store, channel, Preparer(catalogue, CLINIC), clock, pacer, **more)


async def say(store: Store, text: str, chat_id: int = 1, **more: Any) -> int:
    return await store.write(
        lambda tx: outbox.say(tx, Said(text), chat_id=chat_id, now=NOW, **more)
    )


async def row(store: Store, row_id: int) -> Row:
    found = await store.read(outbox.row, row_id)
    assert found is not None
    return found


async def reminders(store: Store, enrollment_id: int) -> list[Row]:
    return await store.read(enrollment.reminders_of, enrollment_id)


async def stop_patient(store: Store, patient_id: int) -> None:
    def stops(tx: Tx) -> None:
        holding.hold(tx, patient_id, "stopped")
        patients.becomes(tx, patient_id, "stopped", actor="patient", now=NOW)

    await store.write(stops)


async def test_a_reminder_that_comes_back_unsent_after_a_stop_is_held_not_lost(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    class StoppedMeanwhile(ScriptedChannel):
        async def deliver(self, message: Message) -> Outcome:
            await stop_patient(store, enrolled.patient_id)
            return Retry("connection refused")

    first = (await reminders(store, enrolled.enrollment_id))[0]
    clock = ManualClock(first["ready_at"])
    pump = dispatcher(store, catalogue, StoppedMeanwhile(), clock)
    await pump.drain()
    clock.advance(60_000)
    await pump.drain()
    after = await row(store, first["id"])
    assert (after["state"], after["held"]) == ("pending", "stopped")


async def test_a_reminder_in_doubt_that_night_overtakes_is_uncertain_not_expired(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    first = (await reminders(store, enrolled.enrollment_id))[0]
    clock = ManualClock(first["ready_at"])
    await dispatcher(store, catalogue, ScriptedChannel(Ambiguous("reset")), clock).drain()
    clock.set(first["useful_until"])
    await dispatcher(store, catalogue, ScriptedChannel(), clock).drain()
    after = await row(store, first["id"])
    assert after["state"] == "uncertain"
    assert after["reason"].startswith("may have arrived; ")


async def test_an_edit_that_a_crash_caught_is_simply_repeated(
    store: Store, catalogue: Catalogue
) -> None:
    clock = ManualClock(NOW)

    def edit(tx: Tx) -> int:
        return outbox.say(tx, Said("new words", edit_message_id=5), chat_id=1, now=NOW)

    edited = await store.write(edit)
    pump = dispatcher(store, catalogue, ScriptedChannel(), clock)
    for _ in range(3):
        await store.write(lambda tx: outbox.begin_attempt(tx, {"id": edited}, now=clock.now()))
        assert await pump.recover() == 1
        clock.advance(HOUR)
    await pump.drain()
    after = await row(store, edited)
    assert (after["state"], after["possible_duplicate"]) == ("sent", 0)


async def test_a_group_that_moves_in_circles_is_not_chased_without_a_pause(
    store: Store, catalogue: Catalogue
) -> None:
    channel = ScriptedChannel(Migrated(-2), Migrated(-1), Migrated(-2), Migrated(-1))
    moved = await say(store, "hello", -1)
    await dispatcher(store, catalogue, channel, ManualClock(NOW)).drain()
    assert [message.chat_id for message in channel.delivered] == [-1, -2]
    assert (await row(store, moved))["chat_id"] == -1
    assert (await store.read(waits.standing, now=NOW)).next_over is not None


async def test_an_outage_never_keeps_the_whole_bot_waiting_for_long(
    store: Store, catalogue: Catalogue
) -> None:
    clock = ManualClock(NOW)
    channel = ScriptedChannel(*[Retry("connection refused", scope="bot")] * 30)
    pump = dispatcher(store, catalogue, channel, clock)
    await say(store, "hello")
    for _ in range(25):
        await pump.drain()
        assert pump.next_ready is not None
        assert pump.next_ready - clock.now() <= settling.SHORT_PAUSE_MS
        clock.set(pump.next_ready)


async def test_a_reminder_that_is_tried_again_does_not_hold_up_an_answer(
    store: Store, catalogue: Catalogue
) -> None:
    channel = ScriptedChannel(Retry("connection refused", scope="bot"))
    pump = dispatcher(store, catalogue, channel, ManualClock(NOW))
    await store.write(welcome, 1, 2)
    await say(store, "reminder", lane=Lane.REMINDER)
    await pump.drain()
    await say(store, "112 now")
    await say(store, "another reminder", 2, lane=Lane.REMINDER)
    await pump.drain()
    assert [message.html for message in channel.delivered] == ["reminder", "112 now"]


async def test_what_telegram_asked_to_wait_for_holds_up_everything_in_that_chat(
    store: Store, catalogue: Catalogue
) -> None:
    channel = ScriptedChannel(Retry("flood", after_ms=5_000))
    pump = dispatcher(store, catalogue, channel, ManualClock(NOW))
    await say(store, "tip", lane=Lane.BROADCAST)
    await pump.drain()
    await say(store, "alert", kind="alert")
    await pump.drain()
    assert [message.html for message in channel.delivered] == ["tip"]


async def open_attempts(store: Store) -> int:
    def count(tx: Tx) -> int:
        found: int = tx.value(
            "SELECT COUNT(*) FROM attempts WHERE clinic_id = :clinic_id AND finished_at IS NULL"
        )
        return found

    return await store.read(count)


async def test_a_row_that_cannot_be_settled_does_not_hold_up_the_others(
    store: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow_up = settling.follow_up
    bad = await say(store, "bad", 1)
    good = await say(store, "good", 2)

    def faulty(tx: Tx, taken: Row, **more: Any) -> None:
        follow_up(tx, taken, **more)
        if taken["id"] == bad:
            raise KeyError("a fault of ours")

    monkeypatch.setattr(settling, "follow_up", faulty)
    await dispatcher(store, catalogue, ScriptedChannel(), ManualClock(NOW)).drain()
    # It was delivered, and so much is on record.
    assert [(await row(store, each))["state"] for each in (bad, good)] == ["sent", "sent"]
    assert await open_attempts(store) == 0


async def test_a_row_that_cannot_be_settled_and_was_not_delivered_is_uncertain(
    store: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: Any, **__: Any) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(settling, "settle", faulty)
    bad = await say(store, "bad")
    channel = ScriptedChannel(Ambiguous("reset"))
    await dispatcher(store, catalogue, channel, ManualClock(NOW)).drain()
    after = await row(store, bad)
    assert (after["state"], after["reason"]) == ("uncertain", "could not be settled: KeyError")


class Hanging(ScriptedChannel):
    """Never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    async def deliver(self, message: Message) -> Outcome:
        self.delivered.append(message)
        self.begun.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


async def test_a_request_that_never_ends_counts_as_lost(store: Store, catalogue: Catalogue) -> None:
    stuck = await say(store, "hello")
    pump = dispatcher(store, catalogue, Hanging(), ManualClock(NOW), patience_s=0.01)
    async with asyncio.timeout(10):
        await pump.drain()
    after = await row(store, stuck)
    assert (after["state"], after["possible_duplicate"]) == ("pending", 1)


async def test_a_stop_settles_what_does_not_land_in_time_as_broken_off(
    store: Store, catalogue: Catalogue
) -> None:
    stuck = await say(store, "hello")
    channel = Hanging()
    pump = dispatcher(store, catalogue, channel, ManualClock(NOW))
    async with asyncio.timeout(10):
        running = asyncio.create_task(pump.run())
        await channel.begun.wait()
        assert await pump.stop(within_s=0.01) is False
        await running
    after = await row(store, stuck)
    assert (after["state"], after["possible_duplicate"]) == ("pending", 1)
    assert await pump.recover() == 0


async def test_a_stop_waits_for_what_a_turn_under_way_takes(
    store: Store, catalogue: Catalogue
) -> None:
    said = [await say(store, "hello", chat) for chat in range(1, 40)]
    channel = ScriptedChannel()
    pump = dispatcher(store, catalogue, channel, ManualClock(NOW))
    async with asyncio.timeout(10):
        running = asyncio.create_task(pump.run())
        await asyncio.sleep(0)  # the first turn is with the database now
        assert await pump.stop() is True
        await running
    states = [(await row(store, each))["state"] for each in said]
    assert states.count("sent") == len(channel.delivered)
    assert set(states) <= {"sent", "pending"}


async def test_two_check_ins_that_fall_together_and_ask_the_same_become_one(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    # A second plan for another area, two hours later.
    second = await store.write(enroll_patient, catalogue, label="again", now=NOW + 2 * HOUR)
    wanted = "soreness_day1"
    older = next(
        r for r in await reminders(store, enrolled.enrollment_id) if r["step_key"] == wanted
    )
    newer = next(r for r in await reminders(store, second.enrollment_id) if r["step_key"] == wanted)
    clock, channel = ManualClock(newer["ready_at"]), ScriptedChannel()
    await dispatcher(store, catalogue, channel, clock).drain()

    merged = await row(store, older["id"])
    assert (merged["state"], merged["reason"]) == (
        "expired",
        f"merged into the newer check-in #{newer['id']}",
    )
    assert (await row(store, newer["id"]))["state"] == "sent"
    asked = [m for m in channel.delivered if m.buttons and f"a:{newer['id']}:" in str(m.buttons)]
    assert len(asked) == 1
    assert all(f"a:{older['id']}:" not in str(m.buttons) for m in channel.delivered)


async def test_check_ins_that_ask_for_different_things_both_go(
    store: Store, catalogue: Catalogue
) -> None:
    def enroll(tx: Tx) -> Enrolled:
        return enroll_patient(tx, catalogue)

    made = await store.write(enroll)
    rows = {r["step_key"]: r for r in await reminders(store, made.enrollment_id)}
    lump, result = rows["lump_day28"], rows["result_day28"]
    clock, channel = ManualClock(result["ready_at"]), ScriptedChannel()
    await dispatcher(store, catalogue, channel, clock).drain()
    assert [(await row(store, each["id"]))["state"] for each in (lump, result)] == ["sent", "sent"]


async def test_a_check_in_is_not_merged_into_one_that_will_not_go(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    second = await store.write(enroll_patient, catalogue, label="again", now=NOW + HOUR)
    wanted = "soreness_day1"
    older, newer = [
        next(r for r in await reminders(store, each) if r["step_key"] == wanted)
        for each in (enrolled.enrollment_id, second.enrollment_id)
    ]
    await store.write(outbox.hold, newer["id"], "review")
    clock = ManualClock(newer["ready_at"])
    await dispatcher(store, catalogue, ScriptedChannel(), clock).drain()
    assert (await row(store, older["id"]))["state"] == "sent"


async def test_nobody_is_written_to_who_enrolled_without_consent(
    store: Store, catalogue: Catalogue
) -> None:
    def enroll(tx: Tx) -> Enrolled:
        return enrollment.enroll(
            tx,
            Choice("facial", "face", "C.D.", session_at=NOW),
            protocol=catalogue.protocols["facial"],
            clinic=CLINIC,
            staff=doctor(tx),
            now=NOW,
        )

    made = await store.write(enroll)
    await store.write(
        enrollment.open_link, made.enrollment_id, chat_id=PATIENT_CHAT, language="en", now=NOW
    )
    clock, channel = ManualClock(NOW + 30 * DAY), ScriptedChannel()
    await dispatcher(store, catalogue, channel, clock).drain()
    assert channel.delivered == []
