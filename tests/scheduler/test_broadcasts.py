"""A broadcast's copies: who gets one, how they are counted, and how it comes to its end."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.catalogue import Catalogue
from scheduler import (
    broadcast_copies,
    broadcast_words,
    broadcasts,
    consent,
    outbox,
    patients,
    settling,
    staff,
    upkeep,
)
from scheduler.broadcasts import NotStarted, Started
from scheduler.channel import Ambiguous, Delivered, Message, Outcome, Retry, Unreachable
from scheduler.clinic import Clinic
from scheduler.database import Row, Store, Tx
from scheduler.prepare import Preparer
from scheduler.prepared import Later, Never
from scheduler.quiet import QuietHours
from scheduler.said import Said
from scheduler.segments import EVERYONE, Segment
from scheduler.tip import Tip

# Monday 4 May 2026, 10:00 in Madrid.
NOW = 1_777_881_600_000
HOUR = 60 * 60 * 1000
QUIET = QuietHours()
CLINIC = Clinic("Alba Clinic", "Europe/Madrid", "en", "+34 911 234 567", "112", QUIET)
MANAGER_CHAT = 401
TIP = Tip("Shade, please.")


def manager(tx: Tx) -> staff.Staff:
    return staff.at_chat(tx, MANAGER_CHAT) or staff.welcome(
        tx,
        chat_id=MANAGER_CHAT,
        name="Marta",
        role="manager",
        language="en",
        actor="system",
        now=NOW,
    )


def people(tx: Tx, count: int, *, zone: str = "Europe/Madrid") -> list[int]:
    """Add patients who get tips; return their ids."""
    first = tx.value("SELECT COALESCE(MAX(id), 0) FROM patients WHERE clinic_id = :clinic_id")
    ids = []
    for number in range(count):
        patient_id = patients.add(tx, label=f"P{number}", language="en", timezone=zone, now=NOW)
        patients.meet(tx, patient_id, chat_id=10_000 + first + number, language="en", now=NOW)
        patients.becomes(tx, patient_id, "active", actor="patient", now=NOW)
        consent.record(tx, patient_id, "tips", given=True, version="1", now=NOW)
        ids.append(patient_id)
    return ids


def begin(
    tx: Tx, segment: Segment = EVERYONE, *, now: int = NOW, progress: int | None = 77
) -> Started | NotStarted:
    return broadcasts.start(
        tx, TIP, segment, member=manager(tx), clinic=CLINIC, progress_message=progress, now=now
    )


def copies(tx: Tx) -> list[Row]:
    return tx.all("SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'broadcast'")


def edits(tx: Tx) -> list[Row]:
    rows = tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'answer'
             AND broadcast_id IS NOT NULL ORDER BY id"""
    )
    return [row for row in rows if Said.from_json(row["content"]).edit_message_id]


def leave(tx: Tx, row: Row, outcome: Outcome, *, now: int = NOW) -> None:
    outbox.begin_attempt(tx, row, now=now)
    settling.settle(tx, row, Message(row["chat_id"], "…"), outcome, now=now)


def run(store: Store, story: Callable[[Tx], Any]) -> Any:
    return store.write_now(story)


def test_every_patient_with_consent_gets_one_copy(store: Store) -> None:
    def story(tx: Tx) -> None:
        ids = people(tx, 5)
        started = begin(tx)
        assert isinstance(started, Started)
        assert started.total == 5
        assert sorted(row["patient_id"] for row in copies(tx)) == ids
        assert {row["state"] for row in copies(tx)} == {"pending"}

    run(store, story)


def test_a_broadcast_to_nobody_leaves_nothing_behind(store: Store) -> None:
    def story(tx: Tx) -> None:
        assert begin(tx) == NotStarted()
        assert broadcasts.by_id(tx, 1) is None

    run(store, story)


def test_the_same_words_to_the_same_people_go_out_once_an_hour(store: Store) -> None:
    def story(tx: Tx) -> None:
        people(tx, 1)
        assert isinstance(begin(tx), Started)
        assert begin(tx, now=NOW + HOUR - 1) == NotStarted("Marta", NOW)
        assert begin(tx, now=NOW + HOUR + 1) == NotStarted("Marta", NOW), (
            "the first has not come to its end"
        )
        leave(tx, copies(tx)[0], Delivered(1))
        assert isinstance(begin(tx, now=NOW + HOUR + 1), Started)

    run(store, story)


def test_a_canceled_broadcast_may_be_sent_again_at_once(store: Store) -> None:
    def story(tx: Tx) -> None:
        people(tx, 1)
        begin(tx)
        assert broadcasts.cancel(tx, 1, actor="staff:1", now=NOW) == 1
        assert isinstance(begin(tx), Started)

    run(store, story)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Delivered(1), "sent"),
        (Unreachable("blocked"), "refused"),
        (Ambiguous("no answer"), "uncertain"),
        (Retry("busy", 1000), "pending"),
    ],
)
def test_each_outcome_is_counted_under_its_state(
    store: Store, outcome: Outcome, state: str
) -> None:
    def story(tx: Tx) -> None:
        people(tx, 3)
        begin(tx)
        leave(tx, copies(tx)[0], outcome)
        counts = broadcasts.counts(tx, 1)
        assert counts.pop("pending") == (3 if state == "pending" else 2)
        assert counts == ({} if state == "pending" else {state: 1})
        broadcast = broadcasts.by_id(tx, 1)
        assert broadcast is not None
        assert broadcast["settled"] == (0 if state == "pending" else 1)

    run(store, story)


def test_the_last_copy_closes_the_broadcast_and_is_reported_once(
    store: Store, catalogue: Catalogue
) -> None:
    def story(tx: Tx) -> None:
        people(tx, 2)
        begin(tx)
        one, other = copies(tx)
        leave(tx, one, Delivered(1), now=NOW + 1000)
        leave(tx, other, Unreachable("deactivated"), now=NOW + 120_000)
        broadcasts.close_finished(tx, now=NOW + 130_000)
        broadcast = broadcasts.by_id(tx, 1)
        assert broadcast is not None
        assert (broadcast["state"], broadcast["closed_at"]) == ("finished", NOW + 120_000)
        said = broadcast_words.report(tx, broadcast, catalogue, CLINIC, "en", now=NOW)
        assert "2 copies, in 2 minutes" in said.html
        assert "<b>1</b> sent" in said.html
        assert "1 – the Telegram account was deleted" in said.html
        reports = tx.value(
            """SELECT COUNT(*) FROM outbox WHERE clinic_id = :clinic_id AND kind = 'answer'
                 AND broadcast_id = 1 AND content NOT LIKE '%edit_message_id%'
                 AND ready_at = :ended""",
            ended=NOW + 120_000,
        )
        assert reports == 1

    run(store, story)


def test_copies_that_expire_together_close_the_broadcast_at_the_next_tick(store: Store) -> None:
    def story(tx: Tx) -> None:
        people(tx, 2)
        begin(tx)
        later = NOW + broadcast_copies.USEFUL_FOR_MS
        upkeep.beat(tx, CLINIC, now=later)
        broadcast = broadcasts.by_id(tx, 1)
        assert broadcast is not None
        assert broadcast["state"] == "finished"
        assert broadcasts.counts(tx, 1) == {"expired": 2}

    run(store, story)


def test_never_more_than_one_edit_of_the_progress_waits(store: Store) -> None:
    def story(tx: Tx) -> None:
        people(tx, 40)
        begin(tx)
        for row in copies(tx):
            leave(tx, row, Delivered(1))
        assert [row["state"] for row in edits(tx)] == ["pending"]

    run(store, story)


def test_progress_is_shown_every_twentieth_or_three_seconds(store: Store) -> None:
    def shown(tx: Tx) -> int:
        """Send the edits that wait; return how many there are in all."""
        for row in edits(tx):
            if row["state"] == "pending":
                leave(tx, row, Delivered(77))
        return len(edits(tx))

    def story(tx: Tx) -> None:
        people(tx, 100)
        begin(tx)
        assert shown(tx) == 1
        rows = copies(tx)
        for row in rows[:4]:
            leave(tx, row, Delivered(1))
        assert shown(tx) == 1
        leave(tx, rows[4], Delivered(1))
        assert shown(tx) == 2
        leave(tx, rows[5], Delivered(1), now=NOW + broadcasts.SHOW_EVERY_MS - 1)
        assert shown(tx) == 2
        leave(tx, rows[6], Delivered(1), now=NOW + broadcasts.SHOW_EVERY_MS)
        assert shown(tx) == 3

    run(store, story)


def test_canceling_counts_exactly_what_it_took_back(store: Store, catalogue: Catalogue) -> None:
    def story(tx: Tx) -> None:
        people(tx, 5)
        begin(tx)
        rows = copies(tx)
        leave(tx, rows[0], Delivered(1))
        outbox.begin_attempt(tx, rows[1], now=NOW)
        assert broadcasts.cancel(tx, 1, actor="staff:1", now=NOW) == 3
        broadcast = broadcasts.by_id(tx, 1)
        assert broadcast is not None
        assert broadcast["closed_at"] is None, "one copy is still on its way"
        said = broadcast_words.progress(tx, broadcast, catalogue, CLINIC, "en", now=NOW)
        assert "4 of 5 · 3 canceled" in said.html
        assert said.buttons == ()
        settling.settle(tx, rows[1], Message(1, "…"), Delivered(2), now=NOW)
        assert broadcasts.counts(tx, 1) == {"sent": 2, "canceled": 3}
        closed = broadcasts.by_id(tx, 1)
        assert closed is not None
        assert (closed["state"], closed["closed_at"]) == ("canceled", NOW)

    run(store, story)


def test_canceling_at_the_last_copy_takes_nothing_back_and_changes_nothing(store: Store) -> None:
    def story(tx: Tx) -> None:
        people(tx, 1)
        begin(tx)
        (row,) = copies(tx)
        outbox.begin_attempt(tx, row, now=NOW)
        assert broadcasts.cancel(tx, 1, actor="staff:1", now=NOW) == 0
        settling.settle(tx, row, Message(1, "…"), Delivered(2), now=NOW)
        broadcast = broadcasts.by_id(tx, 1)
        assert broadcast is not None
        assert broadcast["state"] == "finished"
        assert broadcasts.cancel(tx, 1, actor="staff:1", now=NOW) == 0

    run(store, story)


def test_a_copy_that_is_to_be_tried_again_after_a_cancel_does_not_leave(
    store: Store, catalogue: Catalogue
) -> None:
    def story(tx: Tx) -> None:
        people(tx, 2)
        begin(tx)
        row, _ = copies(tx)
        outbox.begin_attempt(tx, row, now=NOW)
        broadcasts.cancel(tx, 1, actor="staff:1", now=NOW)
        settling.settle(tx, row, Message(1, "…"), Retry("busy"), now=NOW)
        again = outbox.row(tx, row["id"])
        assert again is not None
        prepared = Preparer(catalogue, CLINIC)(tx, again, now=NOW)
        assert prepared == Never("canceled", "the broadcast was canceled")
        settling.drop(tx, again, "canceled", prepared.reason, now=NOW)
        assert broadcasts.counts(tx, 1) == {"canceled": 2}
        broadcast = broadcasts.by_id(tx, 1)
        assert broadcast is not None
        assert broadcast["closed_at"] == NOW

    run(store, story)


def test_consent_and_reach_are_looked_at_again_when_a_copy_leaves(
    store: Store, catalogue: Catalogue
) -> None:
    def story(tx: Tx) -> None:
        one, other, last = people(tx, 3)
        begin(tx)
        consent.record(tx, one, "tips", given=False, version="1", now=NOW)
        patients.becomes(tx, other, "stopped", actor="patient", now=NOW)
        prepared = {
            row["patient_id"]: Preparer(catalogue, CLINIC)(tx, row, now=NOW) for row in copies(tx)
        }
        assert prepared[one] == Never("canceled", "no consent to tips")
        assert prepared[other] == Never("canceled", "the patient gets no messages now")
        assert isinstance(prepared[last], Message)

    run(store, story)


def test_what_starts_at_night_waits_for_each_zones_own_morning(store: Store) -> None:
    def story(tx: Tx) -> None:
        people(tx, 2)
        people(tx, 1, zone="America/Mexico_City")
        evening = NOW + 12 * HOUR
        begin(tx, now=evening)
        ready = {row["ready_at"] for row in copies(tx)}
        assert ready == {
            QUIET.ends_after(evening, "Europe/Madrid"),
            evening,
        }

    run(store, story)


def test_nightfall_puts_off_all_copies_of_a_zone_at_once(
    store: Store, catalogue: Catalogue
) -> None:
    def story(tx: Tx) -> None:
        people(tx, 30)
        people(tx, 2, zone="America/Mexico_City")
        begin(tx, now=NOW + 10 * HOUR)
        night = NOW + 11 * HOUR
        morning = QUIET.ends_after(night, "Europe/Madrid")
        row = next(row for row in copies(tx))
        assert Preparer(catalogue, CLINIC)(tx, row, now=night) == Later(morning, "quiet hours")
        assert sum(row["ready_at"] == morning for row in copies(tx)) == 30

    run(store, story)


def test_a_copy_whose_morning_comes_too_late_expires(store: Store, catalogue: Catalogue) -> None:
    def story(tx: Tx) -> None:
        people(tx, 1)
        begin(tx, now=NOW + 10 * HOUR)
        (row,) = copies(tx)
        night = NOW + 12 * HOUR
        morning = QUIET.ends_after(night, "Europe/Madrid")
        last = {**row, "useful_until": morning + 1}
        assert Preparer(catalogue, CLINIC)(tx, last, now=night) == Later(morning, "quiet hours")
        over = {**row, "useful_until": morning}
        prepared = Preparer(catalogue, CLINIC)(tx, over, now=night)
        assert prepared == Never("expired", "would only arrive at night")

    run(store, story)


@pytest.mark.parametrize("gone", ["left", "lost"])
def test_a_report_goes_to_the_managers_when_the_sender_is_not_there(
    store: Store, gone: str
) -> None:
    def story(tx: Tx) -> None:
        people(tx, 1)
        begin(tx)
        staff.welcome(
            tx, chat_id=402, name="Olga", role="manager", language="en", actor="system", now=NOW
        )
        if gone == "left":
            assert staff.remove(tx, manager(tx).id, actor="staff:2", now=NOW)
        else:
            staff.becomes_lost(tx, manager(tx).id, now=NOW)
        leave(tx, copies(tx)[0], Delivered(1))
        told = tx.all(
            """SELECT chat_id FROM outbox WHERE clinic_id = :clinic_id AND kind = 'answer'
                 AND broadcast_id = 1 AND state = 'pending'
                 AND content NOT LIKE '%edit_message_id%' ORDER BY ready_at"""
        )
        assert [row["chat_id"] for row in told] == [402, 402], "the report, and the later one"

    run(store, story)


@given(done=st.integers(0, 10_000), more=st.integers(0, 10_000))
def test_a_bar_has_ten_cells_and_is_full_only_at_the_end(done: int, more: int) -> None:
    total = done + more
    bar = broadcast_words.bar(done, total)
    assert len(bar) == 10
    assert (bar == "▰" * 10) == (more == 0)
    assert bar == "".join(sorted(bar))
