"""Hand-over: all patients of a member go to a colleague, with what is open about them.

Nobody leaves the clinic while patients are theirs: no patient is left without a person.
"""

from dataclasses import dataclass

from scheduler import alert_copies, alert_record, events, outbox, staff, unanswered
from scheduler.database import Tx
from scheduler.staff import Staff


@dataclass(frozen=True, slots=True)
class Load:
    """What goes over with a member's patients.

    Attributes:
        patients: how many have a plan of theirs, over or not.
        active: how many of these have one that is not over.
        alerts: open alerts about them, and those that the member is on.
        waiting: how many of them wait for an answer.
    """

    patients: int
    active: int
    alerts: int
    waiting: int


# A plan that is over counts too: its patient may still write, and somebody must be told.
_THEIRS = """EXISTS (SELECT 1 FROM enrollments WHERE enrollments.clinic_id = :clinic_id
    AND enrollments.patient_id = {table}.{column} AND enrollments.staff_id = :member)"""
_ALERTS = f"""FROM alerts WHERE alerts.clinic_id = :clinic_id AND alerts.state <> 'resolved'
    AND (alerts.acknowledged_by = :member
      OR alerts.acknowledged_by IS NULL
        AND {_THEIRS.format(table="alerts", column="patient_id")})"""


def load_of(tx: Tx, member: Staff) -> Load:
    """Return what a member would leave behind."""
    patients: int = tx.value(
        """SELECT COUNT(DISTINCT patient_id) FROM enrollments
           WHERE clinic_id = :clinic_id AND staff_id = :member""",
        member=member.id,
    )
    waiting: int = tx.value(
        f"""SELECT COUNT(DISTINCT replies.patient_id) FROM replies
            WHERE replies.clinic_id = :clinic_id AND {unanswered.WAITS}
              AND {_THEIRS.format(table="replies", column="patient_id")}""",
        member=member.id,
    )
    alerts: int = tx.value(f"SELECT COUNT(*) {_ALERTS}", member=member.id)
    return Load(patients, staff.active_patients(tx, member.id), alerts, waiting)


def hand_over(tx: Tx, member: Staff, to: Staff, *, actor: str, now: int) -> Load:
    """Make a colleague responsible for everything that is a member's.

    Args:
        tx: the open transaction.
        member: whose patients they are.
        to: whose they become.
        actor: who hands them over, as events name people.
        now: UTC epoch ms.

    Returns:
        What went over.
    """
    load = load_of(tx, member)
    _alerts(tx, member, to, now=now)
    for row in tx.all(
        """SELECT DISTINCT patient_id FROM enrollments
           WHERE clinic_id = :clinic_id AND staff_id = :member ORDER BY patient_id""",
        member=member.id,
    ):
        events.note(
            tx,
            "patient_handed_over",
            actor=actor,
            now=now,
            patient_id=row["patient_id"],
            before=member.id,
            after=to.id,
        )
    tx.run(
        """UPDATE enrollments SET staff_id = :to
           WHERE clinic_id = :clinic_id AND staff_id = :member""",
        member=member.id,
        to=to.id,
    )
    tx.run(
        "UPDATE library SET staff_id = :to WHERE clinic_id = :clinic_id AND staff_id = :member",
        member=member.id,
        to=to.id,
    )
    outbox.redirect(tx, member.chat_id, to.chat_id)
    events.note(tx, "staff_handed_over", actor=actor, now=now, staff_id=member.id, to=to.id)
    return load


def leave(tx: Tx, member: Staff, to: Staff | None, *, actor: str, now: int) -> Load | None:
    """Take a member's access away, after everything that is theirs went to a colleague.

    Args:
        tx: the open transaction.
        member: who leaves.
        to: the colleague; None where there is nothing to hand over.
        actor: who removes them, as events name people.
        now: UTC epoch ms.

    Returns:
        What went over; None where nothing was changed: there is something to hand over and nobody
        to take it, or it is the last manager.
    """
    load = load_of(tx, member)
    heir = None if to is None or to.id == member.id else staff.by_id(tx, to.id)
    if heir is None and (load.patients or load.alerts):
        return None
    if staff.is_last_manager(tx, member):
        return None
    if heir is not None:
        hand_over(tx, member, heir, actor=actor, now=now)
    return load if staff.remove(tx, member.id, actor=actor, now=now) else None


def _alerts(tx: Tx, member: Staff, to: Staff, *, now: int) -> None:
    """Put the colleague in the member's place on each alert, and show it to them."""
    for row in tx.all(f"SELECT alerts.id, alerts.acknowledged_by {_ALERTS}", member=member.id):
        if row["acknowledged_by"] is not None:
            tx.run(
                """UPDATE alerts SET acknowledged_by = :to, acknowledged_at = :now
                   WHERE clinic_id = :clinic_id AND id = :id""",
                id=row["id"],
                to=to.id,
                now=now,
            )
        alert = alert_record.by_id(tx, row["id"])
        if alert is None:
            continue
        alert_copies.refresh(tx, alert.id, now=now)
        if to.id not in {shown.id for shown in alert_copies.shown_to(tx, alert.id)}:
            alert_copies.owe(tx, alert, [to], now=now)
