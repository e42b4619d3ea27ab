"""The rounds of calls of an alert that nobody takes.

The next round is owed as soon as one begins: rows of the outbox that become ready after the
pause, so that a restart cannot lose them and the dispatcher wakes for them. When the first of
them is about to leave, the round begins, and the one after it is owed in the same transaction.
"""

from scheduler import alert_copies, alert_record, duty, events
from scheduler.alert_record import Alert
from scheduler.clinic import Clinic
from scheduler.database import Tx


def plan_next(tx: Tx, alert: Alert, clinic: Clinic, *, now: int) -> None:
    """Owe the round after the present one; none where the level has no next (``now`` epoch ms)."""
    pause = clinic.escalation.pause(alert.level, alert.round)
    at = None if pause is None else now + pause
    tx.run(
        "UPDATE alerts SET next_escalation_at = :at WHERE clinic_id = :clinic_id AND id = :id",
        id=alert.id,
        at=at,
    )
    if at is None:
        return
    following = alert.round + 1
    members = duty.called(duty.line(tx, alert, clinic, now=at), following)
    alert_copies.call(tx, alert, members, now=now, round_=following, ready_at=at)


def begin(tx: Tx, alert_id: int, round_: int, clinic: Clinic, *, now: int) -> None:
    """Begin a round if it has not begun: its first copy leaves at ``now`` (UTC epoch ms)."""
    begun = tx.run(
        """UPDATE alerts SET round = :round, told_at = :now
           WHERE clinic_id = :clinic_id AND id = :id AND state = 'open' AND round < :round""",
        id=alert_id,
        round=round_,
        now=now,
    )
    alert = alert_record.by_id(tx, alert_id)
    if not begun or alert is None:
        return
    if round_ > 0:
        events.note(
            tx,
            "alert_escalated",
            actor="system",
            now=now,
            patient_id=alert.patient_id,
            enrollment_id=alert.enrollment_id,
            alert=alert.id,
            round=round_,
        )
    plan_next(tx, alert, clinic, now=now)


def catch_up(tx: Tx, clinic: Clinic, *, now: int) -> None:
    """Owe a round that is due (``now`` in UTC epoch ms) and has no row left that would bring it.

    Its rows go when everybody whom it was to call has left the clinic, or wait for a person after
    a restored backup.
    """
    for alert in alert_record.overdue(tx, now=now):
        following = alert.round + 1
        if not alert_copies.is_planned(tx, alert.id, following):
            members = duty.called(duty.line(tx, alert, clinic, now=now), following)
            alert_copies.call(tx, alert, members, now=now, round_=following)
