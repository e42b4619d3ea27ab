"""Did they come? Owed once, for whoever is in charge, out of the night."""

from messages.catalogue import Catalogue
from scheduler import attendance, enrollment, outbox, plans, settling, staff
from scheduler.changes import Change
from scheduler.channel import Unreachable
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.prepare import Preparer
from scheduler.prepared import Never
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, DAY, DOCTOR_CHAT, HOUR, NOW, doctor, enroll_patient

VISIT = NOW + 14 * DAY


def owe(store: Store, *, now: int) -> int:
    return store.write_now(attendance.owe, CLINIC, now=now)


def questions(store: Store) -> list[Row]:
    return [
        row
        for row in store.write_now(
            lambda tx: tx.all(
                """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'answer'
                   ORDER BY id"""
            )
        )
        if row["content"] and "attended" in (Said.from_json(row["content"]).form or "")
    ]


def change(store: Store, catalogue: Catalogue, made: Enrolled, what: Change, *, now: int) -> None:
    def work(tx: Tx) -> None:
        proposal = plans.propose(tx, made.enrollment_id, what, catalogue, CLINIC, now=now)
        plans.carry_out(tx, proposal, catalogue, CLINIC, member=doctor(tx), now=now)

    store.write_now(work)


def visit_of(store: Store, made: Enrolled) -> int:
    return int(store.write_now(enrollment.sessions_of, made.enrollment_id)[-1]["id"])


def test_the_question_is_owed_once_from_a_day_before_on_and_leaves_when_the_hour_is_over(
    store: Store, catalogue: Catalogue
) -> None:
    store.write_now(enroll_patient, catalogue, next_at=VISIT)
    assert owe(store, now=VISIT - 2 * DAY) == 0
    assert owe(store, now=VISIT - HOUR) == 1
    assert owe(store, now=VISIT) == 0
    (row,) = questions(store)
    assert (row["chat_id"], row["ready_at"]) == (DOCTOR_CHAT, VISIT + HOUR)


def test_a_session_that_ends_at_night_is_asked_about_in_the_morning(
    store: Store, catalogue: Catalogue
) -> None:
    evening = VISIT + int(10.5 * HOUR)
    store.write_now(enroll_patient, catalogue, next_at=evening)
    owe(store, now=evening)
    (row,) = questions(store)
    assert row["ready_at"] == VISIT + 23 * HOUR


def test_what_was_said_or_moved_meanwhile_is_not_asked(store: Store, catalogue: Catalogue) -> None:
    made = store.write_now(enroll_patient, catalogue, next_at=VISIT)
    owe(store, now=VISIT)
    prepare = Preparer(catalogue, CLINIC)
    visit = visit_of(store, made)
    change(store, catalogue, made, Change("move", visit_id=visit, at=VISIT + DAY), now=VISIT - HOUR)
    (old,) = questions(store)
    found = store.write_now(prepare, old, now=VISIT + HOUR)
    assert found == Never("canceled", "the session was moved")
    # It is owed anew, for the new time.
    assert owe(store, now=VISIT + HOUR) == 1
    change(store, catalogue, made, Change("attend", visit_id=visit), now=VISIT + DAY)
    new = questions(store)[-1]
    assert new["ready_at"] == VISIT + DAY + HOUR
    found = store.write_now(prepare, new, now=VISIT + DAY + HOUR)
    assert found == Never("canceled", "somebody has said it already")


def test_whoever_takes_a_patient_over_is_asked(store: Store, catalogue: Catalogue) -> None:
    made = store.write_now(enroll_patient, catalogue, next_at=VISIT)
    other = store.write_now(
        staff.welcome,
        chat_id=777,
        name="Dr. Gil",
        role="practitioner",
        language="en",
        actor="system",
        now=NOW,
    )
    owe(store, now=VISIT)
    (old,) = questions(store)
    change(store, catalogue, made, Change("hand_over", staff_id=other.id), now=VISIT)
    found = store.write_now(Preparer(catalogue, CLINIC), old, now=VISIT + HOUR)
    assert isinstance(found, Never)
    store.write_now(outbox.end, old["id"], "canceled", found.reason, now=VISIT + HOUR)
    assert owe(store, now=VISIT + HOUR) == 1
    assert questions(store)[-1]["chat_id"] == 777


def test_a_question_to_a_member_who_was_removed_is_asked_of_a_manager(
    store: Store, catalogue: Catalogue
) -> None:
    store.write_now(enroll_patient, catalogue, next_at=VISIT)
    store.write_now(
        staff.welcome,
        chat_id=888,
        name="Boss",
        role="manager",
        language="en",
        actor="system",
        now=NOW,
    )
    owe(store, now=VISIT)
    member = store.write_now(doctor)
    assert store.write_now(staff.remove, member.id, actor="system", now=VISIT)
    (old,) = questions(store)
    found = store.write_now(Preparer(catalogue, CLINIC), old, now=VISIT + HOUR)
    assert isinstance(found, Never)
    store.write_now(outbox.end, old["id"], "canceled", found.reason, now=VISIT + HOUR)
    assert owe(store, now=VISIT + HOUR) == 1
    assert [row["chat_id"] for row in questions(store)] == [DOCTOR_CHAT, 888]


def test_a_session_of_long_ago_is_not_asked_about(store: Store, catalogue: Catalogue) -> None:
    store.write_now(enroll_patient, catalogue, next_at=VISIT)
    assert owe(store, now=VISIT + 20 * DAY) == 0


def test_a_question_that_was_refused_is_asked_of_whoever_answers_instead(
    store: Store, catalogue: Catalogue
) -> None:
    def refused(tx: Tx, row: Row) -> None:
        staff.welcome(
            tx, chat_id=700, name="Marta", role="manager", language="en", actor="system", now=NOW
        )
        outbox.begin_attempt(tx, row, now=VISIT + HOUR)
        settling.settle(tx, row, None, Unreachable("blocked"), now=VISIT + HOUR)

    store.write_now(enroll_patient, catalogue, next_at=VISIT)
    owe(store, now=VISIT)
    (row,) = questions(store)
    store.write_now(refused, row)
    assert owe(store, now=VISIT + HOUR) == 1
    assert [each["chat_id"] for each in questions(store)] == [DOCTOR_CHAT, 700]
    assert owe(store, now=VISIT + HOUR) == 0
