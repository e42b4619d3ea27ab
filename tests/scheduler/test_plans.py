"""Plans in flight, on a real database: proposed, carried out, taken back, and who was faster."""

from collections.abc import Callable
from typing import Any

import pytest

from messages.catalogue import Catalogue
from scheduler import (
    appointments,
    consent,
    enrollment,
    events,
    holding,
    invitations,
    outbox,
    patients,
    plan_memory,
    plans,
    staff,
    wording,
)
from scheduler.changes import Change, Impossible
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Choice, Enrolled
from scheduler.prepare import Preparer
from scheduler.prepared import Held, Never
from scheduler.replanning import TAKEN_BACK
from scheduler.wallclock import MINUTE
from tests.scheduler.conftest import (
    CLINIC,
    DAY,
    HOUR,
    NOW,
    PATIENT_CHAT,
    doctor,
    enroll_patient,
)

VISIT = NOW + 14 * DAY


@pytest.fixture
def course(store: Store, catalogue: Catalogue) -> Enrolled:
    """A patient on the facial protocol with a session in two weeks."""
    return store.write_now(enroll_patient, catalogue, next_at=VISIT)


@pytest.fixture
def change(store: Store, catalogue: Catalogue, course: Enrolled) -> Callable[..., int]:
    """Carry out a change of that course, at once; returns the id of the change."""

    def carry_out(kind: Any, *, now: int = NOW + HOUR, **what: Any) -> int:
        def work(tx: Tx) -> int:
            proposal = plans.propose(
                tx, course.enrollment_id, Change(kind, **what), catalogue, CLINIC, now=now
            )
            return plans.carry_out(tx, proposal, catalogue, CLINIC, member=doctor(tx), now=now)

        return store.write_now(work)

    return carry_out


def rows(store: Store, made: Enrolled, *states: str) -> dict[tuple[int, str], Row]:
    found = store.write_now(enrollment.reminders_of, made.enrollment_id)
    wanted = states or ("pending",)
    return {(r["session_id"], r["step_key"]): r for r in found if r["state"] in wanted}


def sessions(store: Store, made: Enrolled) -> list[Row]:
    return store.write_now(enrollment.sessions_of, made.enrollment_id)


def status(store: Store, made: Enrolled) -> str:
    row = store.write_now(enrollment.get, made.enrollment_id)
    assert row is not None
    return str(row["status"])


def visit_of(store: Store, made: Enrolled) -> int:
    return int(sessions(store, made)[-1]["id"])


def send(store: Store, row: Row, *, now: int) -> None:
    def work(tx: Tx) -> None:
        outbox.begin_attempt(tx, row, now=now)
        outbox.sent(tx, row["id"], 1000 + row["id"], now=now)

    store.write_now(work)


def test_a_moved_session_takes_its_reminders_along_in_one_row_each(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    visit, before = visit_of(store, course), rows(store, course)
    change("move", visit_id=visit, at=VISIT + 2 * DAY)
    after = rows(store, course)
    assert after.keys() == before.keys()
    for step in ("visit_in_3_days", "visit_in_1_day", "lump_day84"):
        moved = after[visit, step]
        assert moved["id"] == before[visit, step]["id"]
        assert moved["due_at"] - before[visit, step]["due_at"] == 2 * DAY
    (noted,) = [
        e for e in store.write_now(events.of_patient, course.patient_id) if e["kind"] == "plan_move"
    ]
    assert noted["detail"] == {"moment": VISIT + 2 * DAY}


def test_a_session_that_the_patient_was_reminded_of_is_reminded_of_again_on_its_new_day(
    store: Store, catalogue: Catalogue, course: Enrolled, change: Callable[..., int]
) -> None:
    visit = visit_of(store, course)
    send(store, rows(store, course)[visit, "visit_in_3_days"], now=VISIT - 3 * DAY)
    change("move", visit_id=visit, at=VISIT + 7 * DAY, now=VISIT - 2 * DAY)
    old, new = sessions(store, course)[-2:]
    assert (old["id"], old["state"], old["why"]) == (visit, "canceled", "moved")
    assert (new["state"], new["starts_at"]) == ("planned", VISIT + 7 * DAY)
    pending = rows(store, course)
    assert {(new["id"], "visit_in_3_days"), (new["id"], "visit_in_1_day")} <= pending.keys()
    assert (visit, "visit_in_1_day") not in pending
    assert (visit, "visit_in_3_days") in rows(store, course, "sent")
    # A patient's calendar changes its entry instead of getting a second one.
    for session in (new["id"], visit):
        state = "pending" if session == new["id"] else "sent"
        row = rows(store, course, state)[session, "visit_in_3_days"]
        assert store.write_now(wording.subject_of, row, catalogue).calendar_id == visit


def test_an_attended_session_is_the_anchor_of_new_steps(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    first, second = (each["id"] for each in sessions(store, course))
    send(store, rows(store, course)[second, "visit_in_1_day"], now=VISIT - DAY)
    change("attend", visit_id=second, now=VISIT + 2 * HOUR)
    pending = rows(store, course)
    assert pending[second, "care"]["ready_at"] == VISIT + 2 * HOUR
    assert (second, "bruise") in pending
    assert (first, "photo_day21") not in pending
    assert (first, "lump_day28") in pending
    assert {r["chat_id"] for r in pending.values()} == {PATIENT_CHAT}


def test_a_session_that_nobody_came_to_ends_its_reminders_and_counts_back(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    first, second = (each["id"] for each in sessions(store, course))
    change("miss", visit_id=second, now=VISIT + HOUR)
    missed = sessions(store, course)[-1]
    assert (missed["state"], missed["why"]) == ("canceled", "missed")
    assert {session for session, _ in rows(store, course)} == {first}
    assert rows(store, course)[first, "lump_day84"]["due_at"] < NOW + 85 * DAY


def test_a_plan_that_ran_its_course_begins_again_with_a_new_session(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    for row in store.write_now(enrollment.reminders_of, course.enrollment_id):
        store.write_now(outbox.end, row["id"], "expired", "no longer useful", now=NOW)
    assert store.write_now(enrollment.complete_if_done, course.enrollment_id, now=NOW)
    later = NOW + 120 * DAY
    change("add", at=later, held=True, now=later + HOUR)
    assert status(store, course) == "active"
    assert {r["held"] for r in rows(store, course).values()} == {None}


def test_a_pause_of_the_clinic_outlasts_the_patients_own_stop_and_return(
    store: Store, catalogue: Catalogue, course: Enrolled, change: Callable[..., int]
) -> None:
    change("pause")
    assert status(store, course) == "paused"
    assert {r["held"] for r in rows(store, course).values()} == {"paused"}

    def stops_and_returns(tx: Tx) -> None:
        holding.hold(tx, course.patient_id, "stopped")
        patients.becomes(tx, course.patient_id, "stopped", actor="patient", now=NOW)
        patients.becomes(tx, course.patient_id, "active", actor="patient", now=NOW)
        patient = patients.known(tx, course.patient_id)
        assert holding.release(tx, patient, catalogue, CLINIC, now=NOW) == 0

    store.write_now(stops_and_returns)
    assert status(store, course) == "paused"
    change("resume")
    assert status(store, course) == "active"
    assert {r["held"] for r in rows(store, course).values()} == {None}


def test_a_resumed_plan_goes_on_without_what_is_stale(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    change("pause")
    change("resume", now=NOW + 3 * DAY)
    stale = rows(store, course, "expired")
    assert "soreness_day1" in {step for _, step in stale}
    assert all(r["ready_at"] >= NOW + 3 * DAY for r in rows(store, course).values())


def test_the_last_look_holds_what_came_back_unsent_during_a_pause_and_ends_it_after_the_end(
    store: Store, catalogue: Catalogue, course: Enrolled, change: Callable[..., int]
) -> None:
    flying = next(iter(rows(store, course).values()))
    store.write_now(outbox.begin_attempt, flying, now=NOW)
    prepare = Preparer(catalogue, CLINIC)
    change("pause")
    row = store.write_now(outbox.row, flying["id"])
    assert row is not None
    assert (row["state"], row["held"]) == ("sending", None)
    store.write_now(outbox.again, flying["id"], reason="not sent")
    assert store.write_now(prepare, row, now=NOW + HOUR) == Held("paused")
    change("resume")
    change("end")
    found = store.write_now(prepare, row, now=NOW + HOUR)
    assert found == Never("canceled", "the plan was ended")


def test_an_ended_plan_owes_nothing_and_opens_to_nobody(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    token = store.write_now(
        lambda tx: invitations.invite(
            tx, "patient", now=NOW, enrollment_id=course.enrollment_id, staff_id=1
        )
    )
    change("end")
    assert status(store, course) == "ended"
    assert rows(store, course) == {}
    found = store.write_now(invitations.find, token)
    assert found is not None
    assert found.state(NOW + HOUR) == "expired"
    with pytest.raises(Impossible, match="ended"):
        change("pause")


def test_another_treatment_brings_its_own_steps_and_leaves_what_was_sent(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    first = sessions(store, course)[0]["id"]
    care = rows(store, course)[first, "care"]
    send(store, care, now=NOW + HOUR)
    change("protocol", treatment="hair", area="scalp")
    pending = rows(store, course)
    assert (first, "scalp_day2") in pending
    assert (first, "bumps_day1") not in pending
    assert (first, "care") not in pending
    # It would be late by now, and the messages of this session have begun.
    change("protocol", treatment="pain", area="neck", now=NOW + 4 * HOUR)
    assert (first, "dressing") not in rows(store, course)


def test_fat_dissolving_is_said_of_the_newest_session_alone(
    store: Store, catalogue: Catalogue
) -> None:
    def make(tx: Tx) -> Enrolled:
        return enrollment.enroll(
            tx,
            Choice("fat-reduction", "abdomen", "B.Q.", session_at=NOW),
            protocol=catalogue.protocols["fat-reduction"],
            clinic=CLINIC,
            staff=doctor(tx),
            now=NOW,
        )

    made = store.write_now(make)

    def carry_out(tx: Tx, what: Change, now: int) -> None:
        proposal = plans.propose(tx, made.enrollment_id, what, catalogue, CLINIC, now=now)
        plans.carry_out(tx, proposal, catalogue, CLINIC, member=doctor(tx), now=now)

    second = NOW + 28 * DAY
    store.write_now(carry_out, Change("add", at=second, held=True, lipolytic=True), second + HOUR)
    first, newest = (each["id"] for each in sessions(store, made))
    keys = rows(store, made).keys()
    assert (newest, "soreness_day1_lipolytic") in keys
    assert (first, "lump_day28_lipolytic") not in keys
    row = store.write_now(enrollment.get, made.enrollment_id)
    assert row is not None
    assert row["lipolytic"] == 1


def test_a_handed_over_patient_is_the_colleagues(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    other = store.write_now(
        staff.welcome,
        chat_id=777,
        name="Dr. Gil",
        role="practitioner",
        language="en",
        actor="system",
        now=NOW,
    )
    made = change("hand_over", staff_id=other.id)
    assert store.write_now(staff.responsible_for, course.enrollment_id) == [other]
    member = store.write_now(doctor)
    back = store.write_now(plan_memory.take_back, made, member=member, now=NOW + HOUR)
    assert back is None
    assert store.write_now(staff.responsible_for, course.enrollment_id) == [member]


@pytest.mark.parametrize(
    ("kind", "what", "problem"),
    [
        ("move", {"at": NOW - DAY}, "past"),
        ("move", {"at": NOW + 4_000 * DAY}, "too_far"),
        ("move", {"at": VISIT}, "same"),
        ("move", {"at": NOW, "visit_id": 999}, "gone"),
        ("add", {"at": VISIT}, "taken"),
        ("add", {"at": NOW + DAY, "held": True}, "future"),
        ("attend", {}, "not_yet"),
        ("miss", {}, "not_yet"),
        ("resume", {}, "same"),
        ("protocol", {"treatment": "facial", "area": "face"}, "same"),
        ("protocol", {"treatment": "no such thing"}, "gone"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    store: Store, course: Enrolled, change: Callable[..., int], kind: str, what: Any, problem: str
) -> None:
    before = rows(store, course)
    if kind in {"move", "attend", "miss"}:
        what = {"visit_id": visit_of(store, course), **what}
    with pytest.raises(Impossible) as refused:
        change(kind, **what)
    assert refused.value.problem == problem
    assert rows(store, course) == before


def test_who_comes_before_the_hour_was_there_now(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    change("attend", visit_id=visit_of(store, course), now=VISIT - HOUR)
    assert sessions(store, course)[-1]["starts_at"] == VISIT - HOUR


def test_a_change_is_taken_back_once_by_who_made_it_within_five_minutes(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    made = change("cancel", visit_id=visit_of(store, course), now=NOW)
    member = store.write_now(doctor)
    boss = store.write_now(
        staff.welcome,
        chat_id=1,
        name="Boss",
        role="manager",
        language="en",
        actor="system",
        now=NOW,
    )

    def back(who: staff.Staff = member, *, now: int = NOW + MINUTE) -> str | None:
        return store.write_now(plan_memory.take_back, made, member=who, now=now)

    assert back(boss) == "gone"
    assert back(now=NOW + 6 * MINUTE) == "late"
    assert back() is None
    assert back() == "done"
    again = change("cancel", visit_id=visit_of(store, course), now=NOW)
    change("pause", now=NOW)
    assert store.write_now(plan_memory.take_back, again, member=member, now=NOW) == "changed"


def test_a_patients_word_about_a_visit_makes_another_version_of_the_plan(
    store: Store, course: Enrolled
) -> None:
    def confirm(tx: Tx) -> tuple[int, int]:
        before = plans.of(tx, course.enrollment_id)
        row = next(
            r
            for r in enrollment.reminders_of(tx, course.enrollment_id)
            if r["step_key"] == "visit_in_3_days"
        )
        assert appointments.becomes(tx, row, "confirmed", now=NOW)
        after = plans.of(tx, course.enrollment_id)
        assert before is not None
        assert after is not None
        return before.version, after.version

    before, after = store.write_now(confirm)
    assert after == before + 1


def test_what_was_sent_before_a_change_was_taken_back_stays_sent(
    store: Store, course: Enrolled, change: Callable[..., int]
) -> None:
    visit = visit_of(store, course)
    made = change("attend", visit_id=visit, now=VISIT + 2 * HOUR)
    care = rows(store, course)[visit, "care"]
    send(store, care, now=VISIT + 2 * HOUR)
    member = store.write_now(doctor)
    assert (
        store.write_now(plan_memory.take_back, made, member=member, now=VISIT + 2 * HOUR + MINUTE)
        is None
    )
    assert sessions(store, course)[-1]["state"] == "planned"
    assert (visit, "care") in rows(store, course, "sent")
    canceled = rows(store, course, "canceled")
    assert canceled[visit, "bruise"]["reason"] == TAKEN_BACK


def test_two_plans_that_ask_the_same_within_hours_ask_together(
    store: Store, catalogue: Catalogue
) -> None:
    def work(tx: Tx) -> tuple[Row, Row]:
        one = enroll_patient(tx, catalogue)
        two = enrollment.enroll(
            tx,
            Choice("facial", "hands", "A.P.", session_at=NOW + HOUR),
            protocol=catalogue.protocols["facial"],
            clinic=CLINIC,
            staff=doctor(tx),
            now=NOW + HOUR,
            patient_id=one.patient_id,
        )
        patient = patients.known(tx, one.patient_id)
        consent.record(tx, patient.id, "aftercare", given=True, version="1", now=NOW + HOUR)
        holding.begin(tx, two.enrollment_id, patient, catalogue, CLINIC, now=NOW + HOUR)
        found = [
            next(
                r
                for r in enrollment.reminders_of(tx, made.enrollment_id)
                if r["step_key"] == "soreness_day1"
            )
            for made in (one, two)
        ]
        return found[0], found[1]

    one, two = store.write_now(work)
    assert one["ready_at"] == two["ready_at"] == NOW + 25 * HOUR
    assert one["due_at"] == NOW + 24 * HOUR
