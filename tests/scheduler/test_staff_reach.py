"""A member who gets no messages: who is called instead, when, and what is made up for."""

from typing import Any

from scheduler import (
    alert_copies,
    alert_record,
    alerts,
    duty,
    oncall,
    outbox,
    settling,
    staff,
    staff_reach,
    upkeep,
)
from scheduler.alert_record import Alert
from scheduler.alerts import Cause
from scheduler.channel import Unreachable
from scheduler.database import Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.hours import parse
from scheduler.staff import Staff
from tests.scheduler.conftest import CLINIC, DAY, DOCTOR_CHAT, HOUR, NOW, doctor

NIGHT = NOW + 12 * HOUR
MORNING = NOW + 23 * HOUR
MARTA, SOL, GIL = 503, 502, 504


def member(tx: Tx, chat: int, name: str, role: Any = "practitioner") -> Staff:
    return staff.welcome(
        tx, chat_id=chat, name=name, role=role, language="en", actor="system", now=NOW
    )


def raised(tx: Tx, who: Enrolled, level: Any, now: int) -> Alert:
    return alerts.raise_alert(
        tx,
        level,
        who.patient_id,
        Cause("answer", "pus=yes", {"en": "Is there pus?"}),
        enrollment_id=who.enrollment_id,
        session_at=NOW,
        clinic=CLINIC,
        now=now,
    )


def leave(tx: Tx, *, now: int, refused: int = DOCTOR_CHAT) -> list[int]:
    """Have the calls that are due leave, to one chat in vain; return the chats that rang."""
    rang = []
    for row in alert_copies.waiting(tx):
        if row["ready_at"] > now:
            continue
        outbox.begin_attempt(tx, row, now=now)
        if row["chat_id"] == refused:
            settling.settle(tx, row, None, Unreachable("blocked"), now=now)
        else:
            outbox.sent(tx, row["id"], row["id"], now=now)
            rang.append(row["chat_id"])
    return rang


def beat(tx: Tx, now: int) -> list[int]:
    upkeep.beat(tx, CLINIC, now=now)
    return leave(tx, now=now)


def test_a_review_of_the_night_that_is_refused_in_the_morning_rings_with_the_managers(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        doctor(tx)
        member(tx, MARTA, "Marta", "manager")
        raised(tx, enrolled, "review", NIGHT)
        assert leave(tx, now=NIGHT) == [MARTA]  # without a sound
        assert leave(tx, now=MORNING) == []
        assert beat(tx, MORNING + 1) == [MARTA]
        assert beat(tx, MORNING + 2) == []

    store.write_now(story)


def test_a_review_of_the_night_waits_for_the_managers_where_its_reader_blocks_the_bot_by_then(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz = doctor(tx)
        member(tx, MARTA, "Marta", "manager")
        raised(tx, enrolled, "review", NIGHT)
        assert leave(tx, now=NIGHT) == [MARTA]
        staff_reach.lost(tx, ruiz, now=NIGHT + HOUR)
        assert beat(tx, NIGHT + HOUR) == []
        assert leave(tx, now=MORNING) == [MARTA]

    store.write_now(story)


def test_whoever_comes_on_call_later_is_not_called_to_a_review_that_was_made_up_for(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        doctor(tx)
        member(tx, MARTA, "Marta", "manager")
        gil = member(tx, GIL, "Dr. Gil")
        oncall.set_hours(tx, gil.id, parse("Mo-Su 20:00-08:00"), actor=gil.actor, now=NOW)
        raised(tx, enrolled, "review", NOW)
        assert leave(tx, now=NOW) == []
        assert beat(tx, NOW + 1) == [MARTA]
        assert beat(tx, NIGHT) == []

    store.write_now(story)


def test_an_alert_that_was_refused_rings_when_its_reader_is_back(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        ruiz = doctor(tx)
        member(tx, MARTA, "Marta", "manager")
        alert = raised(tx, enrolled, "review", NOW)
        leave(tx, now=NOW + 900)
        beat(tx, NOW + 1_000)
        staff_reach.found(tx, ruiz, now=NOW + DAY)
        assert leave(tx, now=NOW + DAY, refused=0) == [DOCTOR_CHAT]
        staff_reach.found(tx, ruiz, now=NOW + DAY)
        assert leave(tx, now=NOW + DAY, refused=0) == []
        assert [a.id for a in alert_record.unheard_by(tx, ruiz.id)] == []
        assert alert_record.by_id(tx, alert.id) is not None

    store.write_now(story)


def test_without_a_manager_in_reach_the_others_are_told(store: Store) -> None:
    def story(tx: Tx) -> list[int]:
        marta = member(tx, MARTA, "Marta", "manager")
        member(tx, SOL, "Dr. Sol")
        staff_reach.lost(tx, marta, now=NOW)
        staff_reach.lost(tx, marta, now=NOW)
        rows = tx.all("SELECT chat_id FROM outbox WHERE clinic_id = :clinic_id")
        return [row["chat_id"] for row in rows]

    assert store.write_now(story) == [SOL]


def test_nobody_in_reach_is_still_somebody(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx) -> None:
        ruiz, marta = doctor(tx), member(tx, MARTA, "Marta", "manager")
        for each in (ruiz, marta):
            staff_reach.lost(tx, each, now=NOW)
        assert duty.in_charge(tx, enrolled.patient_id) == [marta]
        for level in ("review", "urgent", "emergency"):
            alert = raised(tx, enrolled, level, NOW)
            assert duty.line(tx, alert, CLINIC, now=NOW)

    store.write_now(story)
