"""The dispatcher: what leaves, in which order, and in which state each row ends."""

import asyncio
import itertools
from collections import Counter

import pytest

from messages.catalogue import Catalogue
from sandbox.clock import ManualClock
from scheduler import enrollment, holding, outbox, patients
from scheduler.channel import (
    Ambiguous,
    Delivered,
    Message,
    Migrated,
    Outcome,
    Rejected,
    Retry,
    Unreachable,
)
from scheduler.database import Store
from scheduler.dispatch import Dispatcher
from scheduler.enrollment import Enrolled
from scheduler.outbox import Lane
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.said import Said
from tests.scheduler.conftest import (
    CLINIC,
    DAY,
    DOCTOR_CHAT,
    HOUR,
    NOW,
    PATIENT_CHAT,
    ScriptedChannel,
    welcome,
)
from tests.scheduler.pumping import dispatcher, rows, say, state

MINUTE = HOUR // 60


async def test_a_reminder_leaves_at_its_moment_and_not_a_millisecond_before(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    clock, channel = ManualClock(NOW), ScriptedChannel()
    pump = dispatcher(store, catalogue, channel, clock)
    first = (await rows(store))[0]

    clock.set(first["ready_at"] - 1)
    await pump.drain()
    assert channel.delivered == []
    assert pump.next_ready == first["ready_at"]

    clock.set(first["ready_at"])
    await pump.drain()
    assert [message.chat_id for message in channel.delivered] == [PATIENT_CHAT]
    assert (await state(store, first["id"]))[0] == "sent"


async def test_sending_is_on_disk_before_the_request_leaves(
    store: Store, catalogue: Catalogue
) -> None:
    seen: list[str] = []

    class Witness(ScriptedChannel):
        async def deliver(self, message: Message) -> Outcome:
            seen.append((await rows(store))[0]["state"])
            return await super().deliver(message)

    await say(store, "hello", chat_id=1)
    await dispatcher(store, catalogue, Witness(), ManualClock(NOW)).drain()
    assert seen == ["sending"]


async def test_safety_overtakes_answers_which_overtake_reminders_which_overtake_broadcasts(
    store: Store, catalogue: Catalogue
) -> None:
    channel = ScriptedChannel()
    pump = Dispatcher(
        store,
        channel,
        Preparer(catalogue, CLINIC),
        ManualClock(NOW),
        Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
        in_flight=1,
    )
    await store.write(welcome, 2)
    for chat, lane in enumerate((Lane.BROADCAST, Lane.REMINDER, Lane.ANSWER, Lane.SAFETY), 1):
        await say(store, lane.name, chat_id=chat, lane=lane)
    await pump.drain()
    assert [m.html for m in channel.delivered] == ["SAFETY", "ANSWER", "REMINDER", "BROADCAST"]


async def test_only_two_messages_that_a_crash_would_double_are_under_way_at_once(
    store: Store, catalogue: Catalogue
) -> None:
    under_way: list[str] = []
    let_go = asyncio.Event()

    class Slow(ScriptedChannel):
        async def deliver(self, message: Message) -> Outcome:
            under_way.append(message.html)
            await let_go.wait()
            return await super().deliver(message)

    channel = Slow()
    seconds = itertools.count(step=0.1)
    pump = Dispatcher(
        store,
        channel,
        Preparer(catalogue, CLINIC),
        ManualClock(NOW),
        Pacer(Limits(per_second=30)),
        monotonic=lambda: next(seconds),
    )
    await store.write(welcome, *range(100, 112))
    chats = iter(range(100, 112))
    for lane in (Lane.REMINDER, Lane.ANSWER, Lane.BROADCAST, Lane.SAFETY) * 3:
        await say(store, lane.name, chat_id=next(chats), lane=lane)
    turns = asyncio.Semaphore(0)
    pump.on_turn = turns.release
    running = asyncio.create_task(pump.run())
    for _ in range(15):
        pump.kick()
        await turns.acquire()
    assert Counter(under_way) == {"SAFETY": 3, "ANSWER": 2, "BROADCAST": 3}

    let_go.set()
    await pump.drain()
    assert Counter(m.html for m in channel.delivered) == dict.fromkeys(
        ("SAFETY", "ANSWER", "REMINDER", "BROADCAST"), 3
    )
    await pump.stop()
    await running


async def test_messages_of_one_chat_keep_their_order_also_over_a_failure(
    store: Store, catalogue: Catalogue
) -> None:
    clock, channel = ManualClock(NOW), ScriptedChannel(Retry("network"))
    pump = dispatcher(store, catalogue, channel, clock)
    for text in ("one", "two", "three"):
        await say(store, text, chat_id=1)
    await pump.drain()
    assert [m.html for m in channel.delivered] == ["one"]

    clock.advance(HOUR)
    await pump.drain()
    assert [m.html for m in channel.delivered] == ["one", "one", "two", "three"]


async def test_a_chat_that_has_to_wait_does_not_hold_up_another(
    store: Store, catalogue: Catalogue
) -> None:
    channel = ScriptedChannel(Retry("flood", after_ms=30_000))
    pump = dispatcher(store, catalogue, channel, ManualClock(NOW))
    await say(store, "slow", chat_id=1)
    await say(store, "quick", chat_id=2)
    await pump.drain()
    assert {m.html for m in channel.delivered} == {"slow", "quick"}
    assert pump.next_ready is not None
    assert pump.next_ready >= NOW + 30_000


async def test_a_wait_for_the_whole_bot_is_kept_across_a_restart(
    store: Store, catalogue: Catalogue
) -> None:
    clock = ManualClock(NOW)
    first = ScriptedChannel(Retry("flood", after_ms=60_000, scope="bot"))
    await say(store, "one", chat_id=1)
    await dispatcher(store, catalogue, first, clock).drain()
    await say(store, "two", chat_id=2)

    after_restart = ScriptedChannel()
    pump = dispatcher(store, catalogue, after_restart, clock)
    clock.advance(59_000)
    await pump.drain()
    assert after_restart.delivered == []

    clock.advance(5_000)
    await pump.drain()
    assert {m.html for m in after_restart.delivered} == {"one", "two"}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Delivered(7), ("sent", "accepted by Telegram")),
        (Unreachable("blocked"), ("refused", "blocked")),
        (Rejected("message is too long"), ("refused", "message is too long")),
    ],
)
async def test_a_certain_outcome_ends_the_row_with_its_reason(
    store: Store, catalogue: Catalogue, outcome: Outcome, expected: tuple[str, str]
) -> None:
    row = await say(store, "hello", chat_id=1)
    await dispatcher(store, catalogue, ScriptedChannel(outcome), ManualClock(NOW)).drain()
    assert await state(store, row) == expected


@pytest.mark.parametrize("kind", ["answer", "relay"])
async def test_an_ambiguous_answer_is_sent_once_more_and_marked_then_parked(
    store: Store, catalogue: Catalogue, kind: str
) -> None:
    clock = ManualClock(NOW)
    channel = ScriptedChannel(Ambiguous("read timeout"), Ambiguous("read timeout"))
    pump = dispatcher(store, catalogue, channel, clock)
    row = await say(store, "hello", chat_id=1, kind=kind)
    await pump.drain()
    clock.advance(HOUR)
    await pump.drain()
    clock.advance(HOUR)
    await pump.drain()
    assert len(channel.delivered) == 2
    assert await state(store, row) == ("uncertain", "twice without an answer: read timeout")
    assert (await rows(store))[0]["possible_duplicate"] == 1


async def test_an_ambiguous_alert_is_sent_until_it_arrives(
    store: Store, catalogue: Catalogue
) -> None:
    clock = ManualClock(NOW)
    channel = ScriptedChannel(*[Ambiguous("reset")] * 5)
    pump = dispatcher(store, catalogue, channel, clock)
    row = await say(store, "alert", chat_id=1, kind="alert")
    for _ in range(6):
        await pump.drain()
        clock.advance(HOUR)
    assert (await state(store, row))[0] == "sent"
    assert len(channel.delivered) == 6


async def test_an_ambiguous_edit_is_repeated_because_it_cannot_mislead(
    store: Store, catalogue: Catalogue
) -> None:
    clock = ManualClock(NOW)
    channel = ScriptedChannel(*[Ambiguous("reset")] * 3)
    pump = dispatcher(store, catalogue, channel, clock)
    await store.write(
        lambda tx: outbox.say(tx, Said("edited", edit_message_id=5), chat_id=1, now=NOW)
    )
    for _ in range(4):
        await pump.drain()
        clock.advance(HOUR)
    assert [row["state"] for row in await rows(store)] == ["sent"]


async def test_a_row_is_given_up_after_a_day_of_certain_failures(
    store: Store, catalogue: Catalogue
) -> None:
    clock = ManualClock(NOW)
    channel = ScriptedChannel(*[Retry("no network")] * 500)
    pump = dispatcher(store, catalogue, channel, clock)
    row = await say(store, "hello", chat_id=1)
    for _ in range(200):
        await pump.drain()
        clock.advance(15 * MINUTE)
    assert await state(store, row) == ("expired", "not delivered within a day: no network")


async def test_a_group_that_moved_is_followed(store: Store, catalogue: Catalogue) -> None:
    channel = ScriptedChannel(Migrated(-1002))
    await say(store, "hello", chat_id=-1)
    await dispatcher(store, catalogue, channel, ManualClock(NOW)).drain()
    assert [m.chat_id for m in channel.delivered] == [-1, -1002]


async def test_a_patient_who_blocked_the_bot_is_unreachable_and_the_plan_is_held(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    clock, channel = ManualClock(NOW), ScriptedChannel(Unreachable("blocked"))
    pump = dispatcher(store, catalogue, channel, clock)
    first = (await rows(store))[0]
    clock.set(first["ready_at"])
    await pump.drain()
    clock.advance(10 * DAY)
    await pump.drain()

    # The practitioner is told, once.
    assert [message.chat_id for message in channel.delivered] == [PATIENT_CHAT, DOCTOR_CHAT]
    patient = await store.read(patients.by_id, enrolled.patient_id)
    assert patient is not None
    assert patient.state == "unreachable"
    assert {row["held"] for row in await rows(store, "state = 'pending'")} == {"unreachable"}


async def test_a_patient_who_comes_back_gets_nothing_stale(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    await store.write(holding.hold, enrolled.patient_id, "unreachable")
    later = NOW + 5 * DAY
    patient = await store.read(patients.by_id, enrolled.patient_id)
    assert patient is not None
    await store.write(holding.release, patient, catalogue, CLINIC, now=later)

    channel = ScriptedChannel()
    await dispatcher(store, catalogue, channel, ManualClock(later)).drain()
    assert channel.delivered == []
    gone = await rows(store, "state = 'expired'")
    assert {row["reason"] for row in gone} == {"no longer useful; held: unreachable"}
    assert all(row["useful_until"] <= later for row in gone)


async def test_a_crash_leaves_no_row_in_sending(store: Store, catalogue: Catalogue) -> None:
    clock = ManualClock(NOW)
    answer = await say(store, "answer", chat_id=1)
    await store.write(
        lambda tx: outbox.begin_attempt(
            tx, tx.all("SELECT * FROM outbox WHERE clinic_id = :clinic_id")[0], now=NOW
        )
    )
    assert (await state(store, answer))[0] == "sending"

    channel = ScriptedChannel()
    pump = dispatcher(store, catalogue, channel, clock)
    assert await pump.recover() == 1
    clock.advance(HOUR)
    await pump.drain()
    assert (await state(store, answer))[0] == "sent"
    assert (await rows(store))[0]["possible_duplicate"] == 1
    assert await pump.recover() == 0


async def test_a_fault_in_the_channel_is_ambiguous_not_fatal(
    store: Store, catalogue: Catalogue
) -> None:
    clock = ManualClock(NOW)

    class Broken(ScriptedChannel):
        async def deliver(self, message: Message) -> Outcome:
            if not self.delivered:
                self.delivered.append(message)
                raise RuntimeError("a fault of ours")
            return await super().deliver(message)

    channel = Broken()
    pump = dispatcher(store, catalogue, channel, clock)
    row = await say(store, "hello", chat_id=1)
    await pump.drain()
    clock.advance(HOUR)
    await pump.drain()
    assert (await state(store, row))[0] == "sent"
    assert (await rows(store))[0]["possible_duplicate"] == 1


async def test_words_that_hold_a_secret_are_wiped_once_they_are_sent(
    store: Store, catalogue: Catalogue
) -> None:
    await store.write(
        lambda tx: outbox.say(tx, Said("https://t.me/b?start=x", secret=True), chat_id=1, now=NOW)
    )
    await dispatcher(store, catalogue, ScriptedChannel(), ManualClock(NOW)).drain()
    assert [(row["state"], row["content"]) for row in await rows(store)] == [("sent", None)]


async def test_what_falls_into_the_night_waits_for_the_morning_or_expires(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    # The bot was down from the first reminder until 23:00 of the second day.
    clock, channel = ManualClock(NOW + DAY + 13 * HOUR), ScriptedChannel()
    pump = dispatcher(store, catalogue, channel, clock)
    await pump.drain()
    assert channel.delivered == []
    assert pump.next_ready == NOW + 2 * DAY - HOUR  # 09:00 in Madrid

    clock.set(pump.next_ready)
    await pump.drain()
    assert channel.delivered
    assert all(
        row["settled_at"] < row["useful_until"] for row in await rows(store, "state = 'sent'")
    )


async def test_a_whole_plan_ends_with_every_row_in_one_final_state_and_the_enrollment_completed(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    clock, channel = ManualClock(NOW), ScriptedChannel()
    pump = dispatcher(store, catalogue, channel, clock)
    while True:
        await pump.drain()
        if pump.next_ready is None:
            break
        clock.set(pump.next_ready)
    assert {row["state"] for row in await rows(store, "step_key IS NOT NULL")} == {"sent"}
    row = await store.read(enrollment.get, enrolled.enrollment_id)
    assert row is not None
    assert row["status"] == "completed"
    # Nobody answered: one more question, and then the practitioner is asked to look.
    to_patient = [m for m in channel.delivered if m.chat_id == PATIENT_CHAT]
    assert len(to_patient) == len([p for p in enrolled.plan if not p.skipped]) + 1
    assert [m.chat_id for m in channel.delivered if m not in to_patient] == [DOCTOR_CHAT]
