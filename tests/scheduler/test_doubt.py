"""What may have arrived is sent once more when Telegram answers again; a tap proves it."""

from typing import Any

import pytest

from messages.catalogue import Catalogue
from sandbox.clock import ManualClock
from scheduler import decisions, enrollment, outbox, settling, staff, upkeep, waits
from scheduler.channel import Ambiguous, Button, Delivered, Outcome, Retry
from scheduler.database import Row, Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.enrollment import Enrolled
from scheduler.outbox import Kind, Lane
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.said import Said
from scheduler.settling import GIVE_UP_AFTER_MS, IN_DOUBT_MS, SHORT_PAUSE_MS
from tests.scheduler.conftest import CLINIC, HOUR, NOW, PATIENT_CHAT, ScriptedChannel, welcome

MINUTE = 60_000
LOST = Ambiguous("read timeout")


class Sending:
    """An outbox on its way out, with a heartbeat that asks Telegram for an answer."""

    def __init__(self, store: Store, catalogue: Catalogue, row: Row, *script: Outcome) -> None:
        self.store = store
        self.row_id = row["id"]
        self.clock = ManualClock(row["ready_at"])
        self.channel = ScriptedChannel(*script)
        self.pump = Dispatcher(
            store,
            self.channel,
            Preparer(catalogue, CLINIC),
            self.clock,
            Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
        )

    async def heartbeat(self, after_ms: int, *, answered: bool) -> int:
        """Let time pass until one heartbeat; returns how often the row was tried by then."""
        self.clock.advance(after_ms)
        now = self.clock.now()
        await self.store.write(upkeep.beat, CLINIC, now=now)
        if await self.store.read(waits.for_contact, now=now):
            await self.store.write(waits.telegram_answered, answered=answered, now=now)
        await self.pump.drain()
        row = await self.row()
        attempts: int = row["attempts"]
        return attempts

    async def row(self) -> Row:
        found = await self.store.read(outbox.row, self.row_id)
        assert found is not None
        return found


async def say(store: Store, words: Said | None = None, **more: Any) -> Row:
    def said(tx: Tx) -> Row:
        row = outbox.row(tx, outbox.say(tx, words or Said("hello"), chat_id=1, now=NOW, **more))
        assert row is not None
        return row

    return await store.write(said)


async def care_of(store: Store, enrolled: Enrolled) -> Row:
    rows = await store.read(enrollment.reminders_of, enrolled.enrollment_id)
    return rows[0]


async def test_an_outage_of_two_hours_parks_no_reminder_that_is_useful_for_longer(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    care = await care_of(store, enrolled)
    sending = Sending(store, catalogue, care, LOST)
    await sending.pump.drain()
    for _ in range(24):
        assert await sending.heartbeat(5 * MINUTE, answered=False) == 1
    assert await sending.heartbeat(5 * MINUTE, answered=True) == 2
    after = await sending.row()
    assert (after["state"], after["possible_duplicate"]) == ("sent", 1)


async def test_one_that_nobody_answered_for_until_it_was_of_no_use_ends_as_uncertain(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    care = await care_of(store, enrolled)
    sending = Sending(store, catalogue, care, LOST)
    await sending.pump.drain()
    while sending.clock.now() < care["useful_until"]:
        assert await sending.heartbeat(10 * MINUTE, answered=False) == 1
    after = await sending.row()
    assert after["state"] == "uncertain"
    assert after["reason"].startswith("may have arrived; no longer useful")


@pytest.mark.parametrize(("kind", "pause"), [("reminder", IN_DOUBT_MS), ("answer", SHORT_PAUSE_MS)])
async def test_the_second_try_has_its_pause_also_where_telegram_answers_all_the_time(
    store: Store, catalogue: Catalogue, enrolled: Enrolled, kind: str, pause: int
) -> None:
    row = await care_of(store, enrolled) if kind == "reminder" else await say(store)
    sending = Sending(store, catalogue, row, LOST, LOST)
    await sending.pump.drain()
    assert await sending.heartbeat(pause - 1, answered=True) == 1
    assert await sending.heartbeat(1, answered=True) == 2
    assert (await sending.row())["state"] == "uncertain", "once more, and no more"
    assert await sending.heartbeat(HOUR, answered=True) == 2


async def test_what_is_soon_useless_does_not_wait_for_ten_minutes(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    care = await care_of(store, enrolled)
    sending = Sending(store, catalogue, care, LOST)
    sending.clock.set(care["useful_until"] - 8 * MINUTE)
    await sending.pump.drain()
    assert await sending.heartbeat(2 * MINUTE, answered=True) == 2


async def test_what_a_crash_caught_says_nothing_against_telegram(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    care = await care_of(store, enrolled)
    sending = Sending(store, catalogue, care)
    await store.write(lambda tx: outbox.begin_attempt(tx, care, now=care["ready_at"]))
    assert await sending.pump.recover() == 1
    assert await sending.heartbeat(5_000, answered=True) == 2, "the lost one counts"


async def test_a_clock_set_back_does_not_prolong_the_wait_for_telegram(
    store: Store, catalogue: Catalogue
) -> None:
    said = await say(store)
    sending = Sending(store, catalogue, said, LOST)
    assert await sending.heartbeat(0, answered=False) == 1
    assert await sending.heartbeat(-HOUR, answered=True) == 1
    assert await sending.heartbeat(SHORT_PAUSE_MS, answered=True) == 2


async def test_a_wait_that_telegram_asked_for_is_not_ended_by_its_answer(
    store: Store, catalogue: Catalogue
) -> None:
    said = await say(store)
    sending = Sending(store, catalogue, said, LOST, Retry("too many requests", HOUR))
    assert await sending.heartbeat(0, answered=True) == 1
    assert await sending.heartbeat(SHORT_PAUSE_MS, answered=True) == 2
    assert await sending.heartbeat(30 * MINUTE, answered=True) == 2
    assert await sending.heartbeat(31 * MINUTE, answered=True) == 3


async def test_a_warning_to_a_patient_goes_on_until_it_arrives(
    store: Store, catalogue: Catalogue
) -> None:
    said = await say(store, lane=Lane.SAFETY)
    sending = Sending(store, catalogue, said, *[LOST] * 5, Delivered(9))
    await sending.pump.drain()
    for _ in range(40):
        await sending.heartbeat(MINUTE, answered=False)
    after = await sending.row()
    assert (after["state"], after["attempts"], after["possible_duplicate"]) == ("sent", 6, 1)


async def test_a_warning_of_yesterday_is_no_longer_repeated(
    store: Store, catalogue: Catalogue
) -> None:
    said = await say(store, lane=Lane.SAFETY)
    sending = Sending(store, catalogue, said, *[LOST] * 500)
    await sending.pump.drain()
    while sending.clock.now() < NOW + GIVE_UP_AFTER_MS + HOUR:
        left = await sending.heartbeat(10 * MINUTE, answered=True)
    assert (await sending.row())["state"] == "uncertain"
    assert await sending.heartbeat(HOUR, answered=True) == left


async def test_what_staff_must_see_outlasts_any_outage(store: Store, catalogue: Catalogue) -> None:
    await store.write(welcome, 1)
    said = await say(store, kind="alert")
    sending = Sending(store, catalogue, said, *[Retry("no network")] * 500)
    while sending.clock.now() < NOW + 3 * GIVE_UP_AFTER_MS:
        await sending.heartbeat(20 * MINUTE, answered=False)
    assert (await sending.row())["state"] == "pending"
    sending.channel.script.clear()
    await sending.heartbeat(20 * MINUTE, answered=True)
    assert (await sending.row())["state"] == "sent"


@pytest.mark.parametrize("kind", ["answer", "alert"])
async def test_what_was_planned_for_days_ahead_is_not_given_up_at_its_first_failure(
    store: Store, catalogue: Catalogue, kind: Kind
) -> None:
    await store.write(welcome, 1)
    planned = await say(store, kind=kind, ready_at=NOW + 3 * GIVE_UP_AFTER_MS)
    sending = Sending(store, catalogue, planned, Retry("connect timeout"))
    await sending.pump.drain()
    assert (await sending.row())["state"] == "pending"
    await sending.heartbeat(MINUTE, answered=True)
    assert (await sending.row())["state"] == "sent"


async def test_what_a_person_sends_again_days_later_is_not_given_up_at_its_first_failure(
    store: Store, catalogue: Catalogue
) -> None:
    said = await say(store)
    sending = Sending(store, catalogue, said, Retry("connect timeout"))
    later = NOW + 3 * GIVE_UP_AFTER_MS

    def decide(tx: Tx) -> None:
        outbox.end(tx, said["id"], "uncertain", "read timeout", now=NOW)
        manager = staff.welcome(
            tx, chat_id=2, name="Marta", role="manager", language="en", actor="system", now=NOW
        )
        item = decisions.of_row(tx, manager, said["id"])
        assert item is not None
        decisions.decide(tx, item, "send", actor=manager.actor, now=later)

    await store.write(decide)
    sending.clock.set(later)
    await sending.pump.drain()
    assert (await sending.row())["state"] == "pending"
    await sending.heartbeat(MINUTE, answered=True)
    assert (await sending.row())["state"] == "sent"


async def test_what_was_to_change_a_message_that_never_arrived_is_a_message_that_may_arrive_twice(
    store: Store, catalogue: Catalogue
) -> None:
    shown = await say(store)
    sending = Sending(store, catalogue, shown, LOST, LOST)
    await sending.pump.drain()
    await sending.heartbeat(IN_DOUBT_MS, answered=True)
    assert (await sending.row())["state"] == "uncertain"
    changed = await store.write(
        lambda tx: outbox.say(
            tx, Said("changed", edits_row=shown["id"]), chat_id=1, now=sending.clock.now()
        )
    )
    row = await store.read(outbox.row, changed)
    assert row is not None
    await store.write(lambda tx: outbox.begin_attempt(tx, row, now=row["ready_at"]))
    assert await sending.pump.recover() == 1
    after = await store.read(outbox.row, changed)
    assert after is not None
    assert (after["state"], after["possible_duplicate"]) == ("pending", 1)


@pytest.mark.parametrize("tries", [1, 2])
async def test_a_button_that_was_pressed_proves_that_its_message_arrived(
    store: Store, catalogue: Catalogue, enrolled: Enrolled, tries: int
) -> None:
    care = await care_of(store, enrolled)
    sending = Sending(store, catalogue, care, LOST, LOST)
    await sending.pump.drain()
    if tries > 1:
        await sending.heartbeat(IN_DOUBT_MS, answered=True)
    row = await sending.row()
    assert row["state"] == ("pending" if tries == 1 else "uncertain")
    now = await store.write(lambda tx: settling.proved(tx, row, 77))
    assert (now["state"], now["message_id"]) == ("sent", 77)
    assert await sending.heartbeat(HOUR, answered=True) == tries, "no second copy"


async def test_a_button_says_nothing_about_a_message_that_was_never_in_doubt(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    care = await care_of(store, enrolled)
    sending = Sending(store, catalogue, care, Retry("connection refused"))
    await sending.pump.drain()
    row = await sending.row()
    assert (row["state"], row["attempts"], row["chat_id"]) == ("pending", 1, PATIENT_CHAT)
    assert await store.write(lambda tx: settling.proved(tx, row, 77)) == row


CONFIRM = Said("this is the plan", buttons=((Button("Confirm", "pl:c:"),),))


@pytest.mark.parametrize("tries", [1, 2])
async def test_a_button_that_no_other_message_has_proves_that_its_answer_arrived(
    store: Store, catalogue: Catalogue, tries: int
) -> None:
    shown = await say(store, CONFIRM)
    sending = Sending(store, catalogue, shown, LOST, LOST)
    await sending.pump.drain()
    if tries > 1:
        await sending.heartbeat(SHORT_PAUSE_MS, answered=True)
    assert (await sending.row())["state"] == ("pending" if tries == 1 else "uncertain")
    await store.write(lambda tx: settling.proved_by_press(tx, 1, 77, "pl:else:"))
    await store.write(lambda tx: settling.proved_by_press(tx, 2, 77, "pl:c:"))
    assert (await sending.row())["message_id"] is None, "another button, another chat"
    await store.write(lambda tx: settling.proved_by_press(tx, 1, 77, "pl:c:"))
    row = await sending.row()
    assert (row["state"], row["message_id"]) == ("sent", 77)
    assert await sending.heartbeat(HOUR, answered=True) == tries, "no copy more"


async def test_a_button_of_an_older_message_proves_nothing_of_a_newer_one(
    store: Store, catalogue: Catalogue
) -> None:
    older = await say(store, CONFIRM)
    await store.write(lambda tx: outbox.sent(tx, older["id"], 76, now=NOW))
    shown = await say(store, CONFIRM)
    sending = Sending(store, catalogue, shown, LOST)
    await sending.pump.drain()
    await store.write(lambda tx: settling.proved_by_press(tx, 1, 76, "pl:c:"))
    assert (await sending.row())["state"] == "pending"
