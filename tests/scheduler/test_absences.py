"""Absences: who answers for whom, and who is called to an alert when somebody is away."""

from typing import Any

import pytest

from messages.catalogue import Catalogue
from scheduler import (
    absences,
    alert_copies,
    alert_record,
    alerts,
    duty,
    leave,
    oncall,
    outbox,
    roster,
    staff,
    upkeep,
)
from scheduler.alert_record import Alert
from scheduler.alerts import Cause
from scheduler.database import Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.hours import parse
from scheduler.staff import Staff
from tests.scheduler.conftest import CLINIC, DAY, DOCTOR_CHAT, HOUR, NOW, doctor, enroll_patient

NIGHT = NOW + 13 * HOUR + 40 * 60_000
"""23:40 on a Monday."""
SAID = Cause("answer", "pus=yes", {"en": "Is there pus?"})


def member(tx: Tx, chat: int, name: str, role: Any = "practitioner") -> Staff:
    return staff.welcome(
        tx, chat_id=chat, name=name, role=role, language="en", actor="system", now=NOW
    )


def away(tx: Tx, who: Staff, helper: Staff | None, *, days: int = 5, now: int = NOW) -> None:
    leave.take(tx, who, starts_at=now, ends_at=now + days * DAY, stand_in=helper, by=who, now=now)


def called(tx: Tx, who: Enrolled, level: Any, now: int) -> list[list[str]]:
    alert = raise_for(tx, who, level, now)
    return names(duty.line(tx, alert, CLINIC, now=now))


def names(groups: list[list[Staff]]) -> list[list[str]]:
    return [[each.name for each in group] for group in groups]


@pytest.mark.parametrize(
    ("level", "by_day", "by_night"),
    [
        ("emergency", [["Dr. Ruiz", "Marta", "Dr. Sol"]], [["Dr. Ruiz", "Marta"], ["Dr. Sol"]]),
        ("urgent", [["Dr. Ruiz"], ["Dr. Sol"], ["Marta"]], [["Marta"]]),
        ("review", [["Dr. Ruiz"]], [["Marta"]]),
    ],
)
def test_an_emergency_knows_no_hours_and_the_others_ring_with_those_on_call(
    store: Store, enrolled: Enrolled, level: Any, by_day: Any, by_night: Any
) -> None:
    def story(tx: Tx, now: int) -> list[list[str]]:
        member(tx, 502, "Dr. Sol")
        member(tx, 503, "Marta", "manager")
        return called(tx, enrolled, level, now)

    assert store.write_now(story, NOW) == by_day
    assert store.write_now(story, NIGHT) == by_night


def test_whoever_has_night_hours_is_called_at_night(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx) -> list[list[str]]:
        sol = member(tx, 502, "Dr. Sol")
        member(tx, 503, "Marta", "manager")
        oncall.set_hours(tx, sol.id, parse("Mo-Su 20:00-08:00"), actor=sol.actor, now=NOW)
        return called(tx, enrolled, "urgent", NIGHT)

    assert store.write_now(story) == [["Dr. Sol"], ["Marta"]]


def test_a_review_at_night_also_waits_for_whoever_is_in_charge(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> list[tuple[int, int]]:
        member(tx, 503, "Marta", "manager")
        called(tx, enrolled, "review", NIGHT)
        rows = tx.all(
            "SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'alert' ORDER BY id"
        )
        return [(row["chat_id"], (row["ready_at"] - NIGHT) // 60_000) for row in rows]

    nine_in_the_morning = 9 * 60 + 20
    assert store.write_now(story) == [(503, 0), (DOCTOR_CHAT, nine_in_the_morning)]


def test_whoever_stands_in_is_called_told_and_may_look(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol = doctor(tx), member(tx, 502, "Dr. Sol")
        member(tx, 503, "Marta", "manager")
        assert roster.seen(tx, sol, enrolled.patient_id) is None
        away(tx, ruiz, sol)
        assert [m.name for m in staff.responsible_for(tx, enrolled.enrollment_id)] == ["Dr. Sol"]
        assert duty.in_charge(tx, enrolled.patient_id) == [sol]
        assert roster.seen(tx, sol, enrolled.patient_id) is not None
        assert called(tx, enrolled, "urgent", NOW) == [["Dr. Sol"], ["Marta"]]
        upkeep.beat(tx, CLINIC, now=NOW + 5 * DAY)
        assert roster.seen(tx, sol, enrolled.patient_id) is None
        assert [m.name for m in staff.responsible_for(tx, enrolled.enrollment_id)] == ["Dr. Ruiz"]

    store.write_now(story)


def test_without_anybody_to_stand_in_the_managers_answer(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx) -> None:
        marta = member(tx, 503, "Marta", "manager")
        away(tx, doctor(tx), None)
        assert staff.responsible_for(tx, enrolled.enrollment_id) == [marta]
        for level in ("review", "urgent", "emergency"):
            assert called(tx, enrolled, level, NOW) == [["Marta"]]

    store.write_now(story)


def test_a_chain_of_absences_ends_with_whoever_is_there(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol, gil = doctor(tx), member(tx, 502, "Dr. Sol"), member(tx, 504, "Dr. Gil")
        marta = member(tx, 503, "Marta", "manager")
        away(tx, ruiz, sol)
        away(tx, sol, gil)
        assert staff.responsible_for(tx, enrolled.enrollment_id) == [gil]
        assert [absence.name for absence in absences.covered_by(tx, gil.id)] == [
            "Dr. Ruiz",
            "Dr. Sol",
        ]
        away(tx, gil, ruiz)  # a circle: nobody is left in it
        assert staff.responsible_for(tx, enrolled.enrollment_id) == [marta]

    store.write_now(story)


@pytest.mark.parametrize(
    ("helpers", "found"),
    [({}, 1), ({1: 2}, 2), ({1: 2, 2: 3}, 3), ({1: None}, None), ({1: 2, 2: 1}, None)],
)
def test_who_is_present_in_somebodys_place(
    helpers: dict[int, int | None], found: int | None
) -> None:
    assert absences.present(1, helpers) == found


def test_a_stand_in_who_leaves_the_clinic_leaves_it_to_the_managers(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        sol, marta = member(tx, 502, "Dr. Sol"), member(tx, 503, "Marta", "manager")
        away(tx, doctor(tx), sol)
        staff.remove(tx, sol.id, actor=marta.actor, now=NOW)
        assert staff.responsible_for(tx, enrolled.enrollment_id) == [marta]
        upkeep.beat(tx, CLINIC, now=NOW + 1)
        assert staff.responsible_for(tx, enrolled.enrollment_id) == [marta]

    store.write_now(story)


def test_an_alert_never_goes_to_nobody(store: Store, catalogue: Catalogue) -> None:
    def story(tx: Tx) -> None:
        ruiz, marta = doctor(tx), member(tx, 503, "Marta", "manager")
        made = enroll_patient(tx, catalogue)
        away(tx, ruiz, marta)
        away(tx, marta, ruiz)
        for level in ("review", "urgent", "emergency"):
            for now in (NOW, NIGHT):
                assert called(tx, made, level, now)

    store.write_now(story)


def test_an_emergency_calls_all_who_are_in_charge_of_the_patient(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> list[list[str]]:
        sol = member(tx, 502, "Dr. Sol")
        member(tx, 503, "Marta", "manager")
        tx.run(
            """INSERT INTO enrollments (clinic_id, patient_id, staff_id, treatment, area,
                   lipolytic, filler, status, created_at)
               VALUES (:clinic_id, :patient, :staff, 'hair', 'scalp', 0, 0, 'active', :now)""",
            patient=enrolled.patient_id,
            staff=sol.id,
            now=NOW,
        )
        return called(tx, enrolled, "emergency", NIGHT)

    assert store.write_now(story) == [["Dr. Ruiz", "Dr. Sol", "Marta"]]


def test_two_absences_do_not_overlap(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx) -> None:
        ruiz = doctor(tx)
        leave.take(
            tx,
            ruiz,
            starts_at=NOW + DAY,
            ends_at=NOW + 3 * DAY,
            stand_in=None,
            by=ruiz,
            now=NOW,
        )
        (planned,) = absences.coming(tx, ruiz.id)
        assert planned.state == "planned"
        for start, end, shared in ((0, 1, False), (0, 2, True), (2, 9, True), (3, 4, False)):
            found = absences.overlapping(
                tx, ruiz.id, starts_at=NOW + start * DAY, ends_at=NOW + end * DAY
            )
            assert (found is not None) is shared
        assert leave.cancel(tx, planned, by=ruiz, now=NOW)
        assert not leave.cancel(tx, planned, by=ruiz, now=NOW)
        assert absences.coming(tx, ruiz.id) == []

    store.write_now(story)


def test_an_alert_that_somebody_took_and_left_begins_anew_with_whoever_stands_in(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol = doctor(tx), member(tx, 502, "Dr. Sol")
        alert = raise_for(tx, enrolled, "urgent", NOW)
        alerts.take(tx, alert, ruiz, now=NOW)
        away(tx, ruiz, sol, now=NOW + HOUR)
        upkeep.beat(tx, CLINIC, now=NOW + HOUR)
        upkeep.beat(tx, CLINIC, now=NOW + HOUR)
        assert calls(tx, NOW + HOUR) == [(502, 0), (502, 30)]
        found = alert_record.by_id(tx, alert.id)
        assert found is not None
        assert (found.state, found.round) == ("open", 0)

    store.write_now(story)


def test_whoever_takes_an_alert_on_a_day_off_keeps_it(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol = doctor(tx), member(tx, 502, "Dr. Sol")
        away(tx, ruiz, sol)
        alert = raise_for(tx, enrolled, "urgent", NOW + HOUR)
        alerts.take(tx, alert, ruiz, now=NOW + HOUR)
        upkeep.beat(tx, CLINIC, now=NOW + HOUR)
        found = alert_record.by_id(tx, alert.id)
        assert found is not None
        assert found.holder is not None
        assert found.holder.id == ruiz.id

    store.write_now(story)


def test_a_call_that_waits_goes_to_whoever_stands_in_by_then(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol = doctor(tx), member(tx, 502, "Dr. Sol")
        member(tx, 503, "Marta", "manager")
        raise_for(tx, enrolled, "review", NIGHT)
        assert calls(tx, NIGHT) == [(503, 0), (DOCTOR_CHAT, 9 * 60 + 20)]
        away(tx, ruiz, sol, now=NIGHT + HOUR)
        upkeep.beat(tx, CLINIC, now=NIGHT + HOUR)
        assert calls(tx, NIGHT) == [(503, 0), (502, 9 * 60 + 20)]

    store.write_now(story)


def test_a_review_that_was_left_lying_is_shown_to_whoever_stands_in(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol = doctor(tx), member(tx, 502, "Dr. Sol")
        marta = member(tx, 503, "Marta", "manager")
        raise_for(tx, enrolled, "review", NOW)
        (shown,) = alert_copies.waiting(tx)
        outbox.sent(tx, shown["id"], 9, now=NOW)
        upkeep.beat(tx, CLINIC, now=NIGHT - HOUR)
        assert calls(tx, NIGHT) == []
        away(tx, ruiz, sol, now=NIGHT)
        for _ in range(2):
            upkeep.beat(tx, CLINIC, now=NIGHT)
        # At once without a sound, and in the morning with whoever stands in.
        assert calls(tx, NIGHT) == [(503, 0), (502, 9 * 60 + 20)]
        for row in alert_copies.waiting(tx):
            outbox.sent(tx, row["id"], row["id"], now=row["ready_at"])
        for who in (sol, marta):
            away(tx, who, None, now=NIGHT + DAY)
        upkeep.beat(tx, CLINIC, now=NIGHT + DAY)
        assert calls(tx, NIGHT) == [], "nobody is left who has not seen it"

    store.write_now(story)


def test_a_round_that_waits_calls_whoever_stands_in_by_then(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol = doctor(tx), member(tx, 502, "Dr. Sol")
        gil, marta = member(tx, 504, "Dr. Gil"), member(tx, 503, "Marta", "manager")
        oncall.set_hours(tx, gil.id, parse("Sa 10:00-11:00"), actor=gil.actor, now=NOW)
        raise_for(tx, enrolled, "urgent", NOW)
        assert calls(tx, NOW) == [(DOCTOR_CHAT, 0), (DOCTOR_CHAT, 30), (502, 30)]
        oncall.set_hours(tx, gil.id, None, actor=gil.actor, now=NOW)
        away(tx, ruiz, gil)
        upkeep.beat(tx, CLINIC, now=NOW)
        assert calls(tx, NOW) == [(504, 0), (502, 30), (504, 30)]
        for who in (sol, gil, marta):
            away(tx, who, None)
        for _ in range(2):
            upkeep.beat(tx, CLINIC, now=NOW)
        # Nobody is left: the managers are called all the same, and once.
        assert calls(tx, NOW) == [(503, 0), (503, 30)]

    store.write_now(story)


def raise_for(tx: Tx, who: Enrolled, level: Any, now: int) -> Alert:
    return alerts.raise_alert(
        tx,
        level,
        who.patient_id,
        SAID,
        enrollment_id=who.enrollment_id,
        session_at=NOW,
        clinic=CLINIC,
        now=now,
    )


def calls(tx: Tx, since: int) -> list[tuple[int, int]]:
    """Whose phone is to ring, and after how many minutes."""
    return [
        (row["chat_id"], (row["ready_at"] - since) // 60_000) for row in alert_copies.waiting(tx)
    ]


def test_each_plan_of_a_patient_has_somebody_who_answers(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz, sol = doctor(tx), member(tx, 502, "Dr. Sol")
        marta = member(tx, 503, "Marta", "manager")
        tx.run(
            """INSERT INTO enrollments (clinic_id, patient_id, staff_id, treatment, area,
                   lipolytic, filler, status, created_at)
               VALUES (:clinic_id, :patient, :staff, 'hair', 'scalp', 0, 0, 'active', :now)""",
            patient=enrolled.patient_id,
            staff=sol.id,
            now=NOW,
        )

        def charged() -> set[int]:
            return {each.id for each in duty.in_charge(tx, enrolled.patient_id)}

        assert charged() == {ruiz.id, sol.id}
        # Nobody stands in: the managers answer for that plan, the colleague for the other.
        away(tx, ruiz, None)
        assert charged() == {marta.id, sol.id}
        tx.run("UPDATE enrollments SET status = 'ended' WHERE clinic_id = :clinic_id")
        assert charged() == {sol.id}

    store.write_now(story)
