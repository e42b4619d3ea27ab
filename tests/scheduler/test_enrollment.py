"""Enrolling, holding and letting go on: the plan and its rows are one."""

import pytest

from messages.catalogue import Catalogue
from scheduler import consent, enrollment, holding, invitations, outbox, patients
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Choice, Enrolled
from scheduler.said import Said
from tests.scheduler.conftest import (
    CLINIC,
    DAY,
    HOUR,
    NOW,
    PATIENT_CHAT,
    doctor,
    enroll_patient,
)


def reminders(store: Store, enrollment_id: int) -> list[Row]:
    return store.write_now(enrollment.reminders_of, enrollment_id)


def enroll_only(tx: Tx, catalogue: Catalogue, *, next_at: int | None = None) -> Enrolled:
    return enrollment.enroll(
        tx,
        Choice("facial", "face", "B.Q.", session_at=NOW, next_at=next_at),
        protocol=catalogue.protocols["facial"],
        clinic=CLINIC,
        staff=doctor(tx),
        now=NOW,
    )


def patient_at(store: Store, chat_id: int = PATIENT_CHAT) -> patients.Patient:
    found = store.write_now(patients.at_chat, chat_id)
    assert found is not None
    return found


def status(store: Store, enrollment_id: int) -> str:
    row = store.write_now(enrollment.get, enrollment_id)
    assert row is not None
    return str(row["status"])


def test_every_step_that_can_go_is_owed_and_held_until_the_patient_consents(
    store: Store, catalogue: Catalogue
) -> None:
    made = store.write_now(enroll_only, catalogue)
    rows = reminders(store, made.enrollment_id)
    going = [step for step in made.plan if not step.skipped]
    assert sorted((r["step_key"], r["ready_at"], r["useful_until"]) for r in rows) == sorted(
        (s.step_key, s.ready_at, s.useful_until) for s in going
    )
    assert {(r["held"], r["state"], r["chat_id"]) for r in rows} == {("consent", "pending", None)}
    assert status(store, made.enrollment_id) == "invited"


def test_each_message_hangs_on_the_session_that_it_counts_from(
    store: Store, catalogue: Catalogue
) -> None:
    made = store.write_now(enroll_only, catalogue, next_at=NOW + 14 * DAY)
    held, planned = store.write_now(enrollment.sessions_of, made.enrollment_id)
    assert (held["state"], planned["state"]) == ("held", "planned")
    by_session = {r["step_key"]: r["session_id"] for r in reminders(store, made.enrollment_id)}
    anchors = {s.key: s.anchor for s in catalogue.protocols["facial"].steps}
    for key, session in by_session.items():
        assert session == (held["id"] if anchors[key] == "session" else planned["id"]), key


def test_an_enrollment_that_fails_half_way_leaves_nothing(
    store: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_invitation(*_: object, **__: object) -> str:
        raise RuntimeError("the last step of enrolling")

    monkeypatch.setattr(invitations, "invite", no_invitation)
    with pytest.raises(RuntimeError, match="the last step"):
        store.write_now(enroll_only, catalogue)
    for table in ("enrollments", "sessions", "outbox", "patients", "staff", "events"):
        found = store.write_now(
            lambda tx, name=table: tx.value(  # type: ignore[misc]
                f"SELECT COUNT(*) FROM {name} WHERE clinic_id = :clinic_id"
            )
        )
        assert found == 0, table


def test_consent_lets_the_plan_begin(store: Store, enrolled: Enrolled) -> None:
    rows = reminders(store, enrolled.enrollment_id)
    assert {(r["held"], r["chat_id"]) for r in rows} == {(None, PATIENT_CHAT)}
    assert status(store, enrolled.enrollment_id) == "active"


def test_a_plan_that_was_opened_late_begins_without_what_is_stale(
    store: Store, catalogue: Catalogue
) -> None:
    made = store.write_now(enroll_only, catalogue)
    late = NOW + 3 * DAY

    def begin(tx: Tx) -> int:
        patient = enrollment.open_link(
            tx, made.enrollment_id, chat_id=PATIENT_CHAT, language="es", now=late
        )
        consent.record(tx, patient.id, "aftercare", given=True, version="1", now=late)
        patients.becomes(tx, patient.id, "active", actor="patient", now=late)
        return holding.begin(tx, made.enrollment_id, patient, catalogue, CLINIC, now=late)

    coming = store.write_now(begin)
    rows = reminders(store, made.enrollment_id)
    pending = [r for r in rows if r["state"] == "pending"]
    assert len(pending) == coming
    assert all(r["ready_at"] >= late and r["useful_until"] > late for r in pending)
    assert {r["reason"] for r in rows if r["state"] == "expired"} == {
        "no longer useful; held: consent"
    }
    assert patient_at(store).language == "es"


def test_a_stop_holds_what_has_not_left_and_a_resume_lets_it_go_on(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    total = len(reminders(store, enrolled.enrollment_id))
    assert store.write_now(holding.hold, enrolled.patient_id, "stopped") == total
    assert status(store, enrolled.enrollment_id) == "paused"
    assert {r["held"] for r in reminders(store, enrolled.enrollment_id)} == {"stopped"}

    back = NOW + HOUR // 2
    patient = patient_at(store)
    assert store.write_now(holding.release, patient, catalogue, CLINIC, now=back) == total
    assert status(store, enrolled.enrollment_id) == "active"
    assert {r["held"] for r in reminders(store, enrolled.enrollment_id)} == {None}


def test_a_stop_does_not_touch_what_was_said_or_has_ended(store: Store, enrolled: Enrolled) -> None:
    first, *_ = reminders(store, enrolled.enrollment_id)
    store.write_now(outbox.end, first["id"], "canceled", "because", now=NOW)
    said = store.write_now(
        lambda tx: outbox.say(
            tx, Said("bye"), chat_id=PATIENT_CHAT, patient_id=enrolled.patient_id, now=NOW
        )
    )
    store.write_now(holding.hold, enrolled.patient_id, "stopped")
    for row_id in (first["id"], said):
        row = store.write_now(outbox.row, row_id)
        assert row is not None
        assert row["held"] is None


def test_a_plan_that_ran_out_while_it_was_paused_is_completed_when_it_goes_on(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    store.write_now(holding.hold, enrolled.patient_id, "stopped")
    years = NOW + 800 * DAY
    left = store.write_now(holding.release, patient_at(store), catalogue, CLINIC, now=years)
    assert left == 0
    assert status(store, enrolled.enrollment_id) == "completed"


def test_a_plan_whose_last_reminder_became_stale_while_a_new_yes_was_waited_for_is_completed(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    *others, last = reminders(store, enrolled.enrollment_id)
    for row in others:
        store.write_now(outbox.end, row["id"], "canceled", "because", now=NOW)
    store.write_now(outbox.hold, last["id"], "consent")
    late = last["useful_until"] + 1
    assert store.write_now(holding.release, patient_at(store), catalogue, CLINIC, now=late) == 0
    assert status(store, enrolled.enrollment_id) == "completed"


def test_a_second_plan_of_the_same_person_moves_over_to_their_record(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    second = store.write_now(enroll_patient, catalogue, label="again")
    assert second.patient_id != enrolled.patient_id
    assert patient_at(store).id == enrolled.patient_id
    mine = store.write_now(enrollment.of_patient, enrolled.patient_id)
    assert [row["id"] for row in mine] == [second.enrollment_id, enrolled.enrollment_id]
    assert {row["status"] for row in mine} == {"active"}
    rows = reminders(store, second.enrollment_id)
    assert {(r["patient_id"], r["chat_id"], r["held"]) for r in rows} == {
        (enrolled.patient_id, PATIENT_CHAT, None)
    }


def test_a_link_of_a_plan_that_is_not_there_is_an_error(store: Store) -> None:
    with pytest.raises(LookupError, match="does not exist"):
        store.write_now(enrollment.open_link, 99, chat_id=1, language="en", now=NOW)


def test_a_plan_is_completed_with_its_last_row_and_not_before(
    store: Store, enrolled: Enrolled
) -> None:
    *others, last = reminders(store, enrolled.enrollment_id)
    for row in others:
        store.write_now(outbox.end, row["id"], "canceled", "because", now=NOW)
        assert not store.write_now(enrollment.complete_if_done, enrolled.enrollment_id, now=NOW)
    store.write_now(outbox.end, last["id"], "canceled", "because", now=NOW)
    assert store.write_now(enrollment.complete_if_done, enrolled.enrollment_id, now=NOW)
    assert not store.write_now(enrollment.complete_if_done, enrolled.enrollment_id, now=NOW)
    assert status(store, enrolled.enrollment_id) == "completed"
