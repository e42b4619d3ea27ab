"""Visits that patients confirm, move or cancel."""

import pytest

from messages.catalogue import Catalogue
from scheduler import appointments, consent, enrollment, events, holding, patients, staff
from scheduler.clinic import Clinic
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Choice
from scheduler.replanning import PATIENT_CANCELED

HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
# Monday 4 May 2026, 10:00 in Madrid.
NOW = 1_777_881_600_000
VISIT = NOW + 14 * DAY
CLINIC = Clinic("Alba Clinic", "Europe/Madrid", "en", "+34 911 234 567", "112")


@pytest.fixture
def plan(store: Store, catalogue: Catalogue) -> int:
    """An enrollment with a next visit in two weeks."""

    def work(tx: Tx) -> int:
        doctor = staff.welcome(
            tx,
            chat_id=501,
            name="Dr. Ruiz",
            role="practitioner",
            language="en",
            actor="system",
            now=NOW,
        )
        made = enrollment.enroll(
            tx,
            Choice("facial", "face", "A.P.", session_at=NOW, next_at=VISIT),
            protocol=catalogue.protocols["facial"],
            clinic=CLINIC,
            staff=doctor,
            now=NOW,
        )
        patient = enrollment.open_link(tx, made.enrollment_id, chat_id=601, language="en", now=NOW)
        consent.record(tx, patient.id, "aftercare", given=True, version="1", now=NOW)
        patients.becomes(tx, patient.id, "active", actor="patient", now=NOW)
        holding.begin(tx, made.enrollment_id, patient, catalogue, CLINIC, now=NOW)
        return made.enrollment_id

    return store.write_now(work)


def reminder(tx: Tx, enrollment_id: int, step: str) -> Row:
    return next(
        row for row in enrollment.reminders_of(tx, enrollment_id) if row["step_key"] == step
    )


def cancel(tx: Tx, enrollment_id: int, catalogue: Catalogue, *, now: int) -> bool:
    return appointments.cancel(
        tx,
        reminder(tx, enrollment_id, "visit_in_3_days"),
        catalogue=catalogue,
        clinic=CLINIC,
        now=now,
    )


@pytest.mark.parametrize(
    ("state", "starts_in", "expected"),
    [
        ("planned", HOUR, "open"),
        ("confirmed", HOUR, "open"),
        ("change_wanted", HOUR, "open"),
        ("canceled", HOUR, "canceled"),
        ("canceled", -HOUR, "canceled"),
        ("planned", 0, "over"),
        ("confirmed", -HOUR, "over"),
        ("held", HOUR, "over"),
    ],
)
def test_where_a_visit_stands(state: str, starts_in: int, expected: str) -> None:
    visit = {"state": state, "starts_at": NOW + starts_in}
    assert appointments.standing(visit, now=NOW) == expected


def test_a_visit_is_confirmed_once_and_the_newest_word_stands(store: Store, plan: int) -> None:
    def work(tx: Tx) -> tuple[list[bool], list[str], list[str]]:
        row = reminder(tx, plan, "visit_in_3_days")
        changes = [
            appointments.becomes(tx, row, state, now=NOW + number)
            for number, state in enumerate(("confirmed", "confirmed", "change_wanted"))
        ]
        words = tx.all(
            """SELECT value FROM replies WHERE clinic_id = :clinic_id AND question = 'visit'"""
        )
        noted = [e["kind"] for e in events.of_patient(tx, row["patient_id"])]
        return changes, [w["value"] for w in words], [k for k in noted if k.startswith("visit")]

    changes, words, noted = store.write_now(work)
    assert changes == [True, False, True]
    assert words == ["change_wanted"]
    assert noted == ["visit_confirmed", "visit_change_wanted"]


def test_a_visit_that_has_begun_cannot_be_changed(store: Store, plan: int) -> None:
    def work(tx: Tx) -> bool:
        row = reminder(tx, plan, "visit_in_3_days")
        return appointments.becomes(tx, row, "confirmed", now=VISIT)

    assert store.write_now(work) is False


def test_canceling_ends_the_reminders_of_the_visit_and_nothing_else(
    store: Store, plan: int, catalogue: Catalogue
) -> None:
    def work(tx: Tx) -> tuple[bool, bool, dict[str, tuple[str, str | None]]]:
        first = cancel(tx, plan, catalogue, now=NOW + DAY)
        second = cancel(tx, plan, catalogue, now=NOW + DAY)
        rows = enrollment.reminders_of(tx, plan)
        return first, second, {r["step_key"]: (r["state"], r["reason"]) for r in rows}

    first, second, rows = store.write_now(work)
    assert (first, second) == (True, False)
    assert rows["visit_in_3_days"] == ("canceled", PATIENT_CANCELED)
    assert rows["visit_in_1_day"] == ("canceled", PATIENT_CANCELED)
    assert {state for key, (state, _) in rows.items() if not key.startswith("visit")} == {"pending"}


def test_late_checks_count_from_the_session_before_a_canceled_visit(
    store: Store, plan: int, catalogue: Catalogue
) -> None:
    def work(tx: Tx) -> tuple[Row, Row]:
        before = reminder(tx, plan, "lump_day56")
        cancel(tx, plan, catalogue, now=NOW + DAY)
        return before, reminder(tx, plan, "lump_day56")

    before, after = store.write_now(work)
    assert before["due_at"] - after["due_at"] == 14 * DAY
    assert before["useful_until"] - after["useful_until"] == 14 * DAY
    assert after["ready_at"] == after["due_at"]


def test_a_late_check_that_would_be_over_by_then_is_not_sent(
    store: Store, plan: int, catalogue: Catalogue
) -> None:
    def work(tx: Tx) -> Row:
        # The visit was moved far away, and is canceled when the session lies a year back.
        tx.run(
            "UPDATE sessions SET starts_at = :at WHERE clinic_id = :clinic_id AND state <> 'held'",
            at=NOW + 400 * DAY,
        )
        cancel(tx, plan, catalogue, now=NOW + 365 * DAY)
        return reminder(tx, plan, "lump_day84")

    row = store.write_now(work)
    assert (row["state"], row["reason"]) == ("canceled", PATIENT_CANCELED)
