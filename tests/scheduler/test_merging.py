"""Merging two records of one patient: nothing is lost, nothing comes twice."""

import pytest

from scheduler import (
    consent,
    enrollment,
    events,
    invitations,
    merging,
    outbox,
    patients,
    reach,
    replies,
    roster,
    timeline,
)
from scheduler.enrollment import Choice
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, DAY, HOUR, NOW, doctor, enroll_patient


def merge(tx, catalogue, keep, gone, *, now=NOW + HOUR):
    one, other = patients.known(tx, keep), patients.known(tx, gone)
    return merging.merge(
        tx,
        one,
        other,
        mark=merging.preview(tx, one, other, now=now).mark,
        catalogue=catalogue,
        clinic=CLINIC,
        member=doctor(tx),
        now=now,
    )


def add(tx, catalogue, *, treatment="facial", area="face", label="B", now=NOW, next_at=None):
    """Enroll somebody whose link nobody opens."""
    return enrollment.enroll(
        tx,
        Choice(treatment, area, label, session_at=now, next_at=next_at),
        protocol=catalogue.protocols[treatment],
        clinic=CLINIC,
        staff=doctor(tx),
        now=now,
    )


def pending(tx, patient_id):
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :id
             AND state = 'pending' AND kind = 'reminder' ORDER BY id""",
        id=patient_id,
    )


def test_every_table_with_a_patient_is_merged(store):
    def look(tx):
        names = [
            row["name"]
            for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table' /*clinic_id*/")
        ]
        return {
            name
            for name in names
            for column in tx.all(f"SELECT name FROM pragma_table_info('{name}') /*clinic_id*/")
            if column["name"] == "patient_id"
        }

    assert store.write_now(look) == set(patients.TABLES)


def test_all_that_was_theirs_is_one_patients(store, catalogue):
    def story(tx):
        keep = enroll_patient(tx, catalogue, chat_id=700, label="A")
        gone = enroll_patient(tx, catalogue, chat_id=701, label="A.", now=NOW + 1)
        for made in (keep, gone):
            replies.free(
                tx, made.patient_id, "text", text="?", file_id=None, context=None, now=NOW + 2
            )
        done = merge(tx, catalogue, keep.patient_id, gone.patient_id)
        kinds = [
            entry.kind
            for entry in timeline.entries(
                tx, keep.patient_id, now=NOW + DAY, limit=50, events=("patients_merged",)
            )
        ]
        return (
            done.moved,
            done.phone,
            kinds.count("reply"),
            kinds.count("event"),
            patients.by_id(tx, gone.patient_id),
            patients.known(tx, keep.patient_id).chat_id,
            len(enrollment.of_patient(tx, keep.patient_id)),
        )

    assert store.write_now(story) == (
        {"enrollments": 1, "replies": 1, "staff_messages": 0, "alerts": 0},
        "two",
        2,
        1,
        None,
        700,
        2,
    )


def test_the_same_visit_written_down_twice_is_sent_once(store, catalogue):
    def story(tx):
        keep = enroll_patient(tx, catalogue, chat_id=700, label="A", next_at=NOW + 14 * DAY)
        gone = enroll_patient(tx, catalogue, chat_id=701, label="A.", next_at=NOW + 14 * DAY)
        alone = [(row["step_key"], row["occurrence"]) for row in pending(tx, keep.patient_id)]
        done = merge(tx, catalogue, keep.patient_id, gone.patient_id)
        left = pending(tx, keep.patient_id)
        statuses = {row["id"]: row["status"] for row in enrollment.of_patient(tx, keep.patient_id)}
        return (
            sorted((row["step_key"], row["occurrence"]) for row in left) == sorted(alone),
            {row["chat_id"] for row in left},
            {row["held"] for row in left},
            [each.over for each in done.overlaps],
            sorted(statuses.values()),
        )

    assert store.write_now(story) == (True, {700}, {None}, [True], ["active", "ended"])


@pytest.mark.parametrize("next_at", [None, NOW + 44 * DAY])
def test_the_newer_plan_goes_on_and_an_appointment_of_the_older_one_is_not_lost(
    store, catalogue, next_at
):
    later = NOW + 3 * DAY

    def story(tx):
        old = enroll_patient(tx, catalogue, chat_id=700, label="A", next_at=NOW + 30 * DAY)
        new = enroll_patient(tx, catalogue, chat_id=701, label="A.", now=later, next_at=next_at)
        done = merge(tx, catalogue, old.patient_id, new.patient_id, now=later)
        left = pending(tx, old.patient_id)
        plans = {
            made.enrollment_id: [r for r in left if r["enrollment_id"] == made.enrollment_id]
            for made in (old, new)
        }
        doubled = [
            row["step_key"]
            for row in plans[old.enrollment_id]
            for other in plans[new.enrollment_id]
            if row["step_key"] == other["step_key"] and abs(row["due_at"] - other["due_at"]) < DAY
        ]
        kept = {row["step_key"] for row in plans[old.enrollment_id]}
        return (
            doubled,
            {"visit_in_3_days", "visit_in_1_day"} <= kept,
            [each.over for each in done.overlaps],
        )

    assert store.write_now(story) == ([], True, [False])


@pytest.mark.parametrize(("treatment", "area"), [("hair", "scalp"), ("facial", "hands")])
def test_plans_for_different_things_both_go_on(store, catalogue, treatment, area):
    def story(tx):
        keep = enroll_patient(tx, catalogue, chat_id=700, label="A")
        gone = add(tx, catalogue, treatment=treatment, area=area, now=NOW + 2 * DAY)
        before = len(pending(tx, keep.patient_id)) + len(pending(tx, gone.patient_id))
        done = merge(tx, catalogue, keep.patient_id, gone.patient_id, now=NOW + 2 * DAY)
        left = pending(tx, keep.patient_id)
        return done.overlaps, len(left) - before, {row["chat_id"] for row in left}

    assert store.write_now(story) == ((), 0, {700})


def test_a_plan_whose_link_was_not_opened_begins_with_the_yes_that_was_given(store, catalogue):
    def story(tx):
        keep = enroll_patient(tx, catalogue, chat_id=700, label="A")
        gone = add(tx, catalogue, treatment="hair", area="scalp")
        merge(tx, catalogue, keep.patient_id, gone.patient_id)
        row = enrollment.get(tx, gone.enrollment_id)
        link = invitations.find(tx, gone.token)
        return row["status"], link.state(NOW + HOUR)

    assert store.write_now(story) == ("active", "expired")


def test_the_only_phone_becomes_the_kept_records(store, catalogue):
    def story(tx):
        keep = add(tx, catalogue, label="A")
        gone = enroll_patient(tx, catalogue, chat_id=701, label="A.")
        merge(tx, catalogue, keep.patient_id, gone.patient_id)
        patient = patients.known(tx, keep.patient_id)
        return patient.chat_id, patient.state, consent.holds(tx, patient.id, "tips"), patient.label

    assert store.write_now(story) == (701, "active", True, "A")


@pytest.mark.parametrize(
    ("who", "when", "holds", "state"),
    [
        # A later no from the phone that goes counts; an earlier one was taken back by the yes.
        ("gone", NOW + 1, False, "stopped"),
        ("gone", NOW - 1, True, "active"),
        # A yes from the phone that goes is none for the one that stays.
        ("keep", NOW + 1, False, "stopped"),
    ],
)
def test_a_no_outlasts_the_merge(store, catalogue, who, when, holds, state):
    def story(tx):
        made = {
            name: enroll_patient(tx, catalogue, chat_id=chat, label=name)
            for name, chat in (("keep", 700), ("gone", 701))
        }
        consent.record(tx, made[who].patient_id, "aftercare", given=False, version="1", now=when)
        keep = made["keep"].patient_id
        merge(tx, catalogue, keep, made["gone"].patient_id)
        return (
            consent.holds(tx, keep, "aftercare"),
            patients.known(tx, keep).state,
            {row["held"] for row in pending(tx, keep)},
        )

    assert store.write_now(story) == (holds, state, {None} if holds else {"stopped"})


def test_the_yes_that_stays_is_to_the_text_that_was_read_on_that_phone(store, catalogue):
    def story(tx):
        keep = enroll_patient(tx, catalogue, chat_id=700, label="A").patient_id
        gone = enroll_patient(tx, catalogue, chat_id=701, label="B").patient_id
        for patient_id, version in ((keep, "es:1234"), (gone, "en:5678")):
            consent.record(tx, patient_id, "tips", given=True, version=version, now=NOW)
        merge(tx, catalogue, keep, gone)
        return consent.last(tx, keep, "tips")

    assert store.write_now(story) == consent.Answer(given=True, at=NOW + HOUR, version="es:1234")


def test_an_unreachable_patient_stays_so_and_nothing_leaves(store, catalogue):
    def story(tx):
        keep = enroll_patient(tx, catalogue, chat_id=700, label="A")
        gone = enroll_patient(tx, catalogue, chat_id=701, label="B", now=NOW + DAY)
        reach.lost(tx, keep.patient_id, actor="system", now=NOW)
        merge(tx, catalogue, keep.patient_id, gone.patient_id, now=NOW + DAY)
        return {row["held"] for row in pending(tx, keep.patient_id)}

    assert store.write_now(story) == {"unreachable"}


def alarm(tx, patient_id):
    tx.run(
        """INSERT INTO alerts (clinic_id, patient_id, level, spoken, state, opened_at,
               raised_at, told_at)
           VALUES (:clinic_id, :id, 'urgent', 1, 'open', :now, :now, :now)""",
        id=patient_id,
        now=NOW,
    )


def test_two_open_alerts_are_for_a_person_to_settle_first(store, catalogue):
    def story(tx):
        made = [add(tx, catalogue, label=label) for label in "AB"]
        for each in made:
            alarm(tx, each.patient_id)
        return merge(tx, catalogue, made[0].patient_id, made[1].patient_id)

    assert store.write_now(story) is None


def test_what_changed_since_the_preview_is_not_confirmed(store, catalogue):
    def story(tx):
        keep, gone = (
            patients.known(tx, add(tx, catalogue, label=label).patient_id) for label in "AB"
        )
        seen = merging.preview(tx, keep, gone, now=NOW)
        replies.free(tx, gone.id, "text", text="!", file_id=None, context=None, now=NOW)
        return merging.merge(
            tx,
            keep,
            gone,
            mark=seen.mark,
            catalogue=catalogue,
            clinic=CLINIC,
            member=doctor(tx),
            now=NOW,
        )

    assert store.write_now(story) is None


def test_one_copy_of_a_broadcast_is_left(store, catalogue):
    def story(tx):
        made = [
            enroll_patient(tx, catalogue, chat_id=chat, label=label, now=NOW + n)
            for n, (label, chat) in enumerate((("A", 700), ("B", 701)))
        ]
        broadcast = tx.value(
            """INSERT INTO broadcasts (clinic_id, staff_id, text, segment, state, total,
                   shown_at, created_at)
               VALUES (:clinic_id, 1, 'tip', 'all', 'sending', 2, :now, :now) RETURNING id""",
            now=NOW,
        )
        for chat, each in zip((700, 701), made, strict=True):
            outbox.say(
                tx,
                Said("tip"),
                chat_id=chat,
                now=NOW,
                kind="broadcast",
                patient_id=each.patient_id,
                broadcast_id=broadcast,
            )
        merge(tx, catalogue, made[0].patient_id, made[1].patient_id)
        return [
            (row["state"], row["chat_id"])
            for row in tx.all(
                """SELECT state, chat_id FROM outbox WHERE clinic_id = :clinic_id
                     AND kind = 'broadcast' ORDER BY id"""
            )
        ]

    assert store.write_now(story) == [("pending", 700), ("canceled", 701)]


def test_the_audit_says_who_merged_whom(store, catalogue):
    def story(tx):
        keep = enroll_patient(tx, catalogue, chat_id=700, label="A")
        gone = add(tx, catalogue, label="B")
        merge(tx, catalogue, keep.patient_id, gone.patient_id)
        (event,) = [
            row
            for row in events.of_patient(tx, keep.patient_id)
            if row["kind"] == "patients_merged"
        ]
        seen = roster.seen(tx, doctor(tx), keep.patient_id)
        return event["actor"], event["detail"]["label"], seen is not None

    assert store.write_now(story) == ("staff:1", "B", True)
