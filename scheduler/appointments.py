"""Coming visits: a patient confirms one, asks for another time, or cancels it.

A session that is over, or was canceled, does not change any more from here.
"""

from typing import Final, Literal

from messages.protocol import Protocol
from scheduler import enrollment, events, outbox
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.quiet import NotUseful, settle
from scheduler.timing import due_at, useful_until

State = Literal["confirmed", "change_wanted", "canceled"]
Standing = Literal["open", "over", "canceled"]

CANCELED_REASON: Final = "the patient canceled the visit"
MOVED_AWAY_REASON: Final = "no longer useful; counted from the session before"


def session(tx: Tx, session_id: int) -> Row | None:
    """Return one session row, or None."""
    return tx.first(
        "SELECT * FROM sessions WHERE clinic_id = :clinic_id AND id = :id", id=session_id
    )


def standing(visit: Row, *, now: int) -> Standing:
    """Say whether a visit can still be changed at ``now`` (UTC epoch ms); pure."""
    if visit["state"] == "canceled":
        return "canceled"
    return "over" if visit["starts_at"] <= now or visit["state"] == "held" else "open"


def coming(tx: Tx, enrollment_id: int, *, now: int) -> Row | None:
    """Return the next visit of an enrollment after ``now`` (UTC epoch ms), canceled ones too."""
    return tx.first(
        """SELECT * FROM sessions WHERE clinic_id = :clinic_id AND enrollment_id = :id
             AND state <> 'held' AND starts_at > :now
           ORDER BY CASE state WHEN 'canceled' THEN 1 ELSE 0 END, starts_at LIMIT 1""",
        id=enrollment_id,
        now=now,
    )


def becomes(tx: Tx, reminder: Row, state: State, *, now: int) -> bool:
    """Set what a patient wants of the visit that a reminder (an outbox row) is about.

    Returns:
        False where the visit stood so already, is over or was canceled: nothing changed then.
    """
    changed = tx.run(
        """UPDATE sessions SET state = :state, changed_at = :now
           WHERE clinic_id = :clinic_id AND id = :id AND state <> :state
             AND state IN ('planned', 'confirmed', 'change_wanted') AND starts_at > :now""",
        id=reminder["session_id"],
        state=state,
        now=now,
    )
    if changed:
        events.note(
            tx,
            f"visit_{state}",
            actor="patient",
            now=now,
            patient_id=reminder["patient_id"],
            enrollment_id=reminder["enrollment_id"],
            session=reminder["session_id"],
        )
        _log(tx, reminder, state, now=now)
    return changed > 0


def cancel(
    tx: Tx, reminder: Row, *, protocol: Protocol | None, clinic: Clinic, zone: str, now: int
) -> bool:
    """Cancel the visit that a reminder is about, and everything still owed for it.

    What counts from the last session (the late-lump checks above all) counts from the session
    before again, so that nobody goes unasked because a visit fell through.

    Args:
        tx: the open transaction.
        reminder: the outbox row.
        protocol: the enrollment's protocol as of today; None if the clinic took it away.
        clinic: whose quiet hours hold.
        zone: the patient's time zone.
        now: UTC epoch ms.

    Returns:
        False where there was nothing to cancel.
    """
    if not becomes(tx, reminder, "canceled", now=now):
        return False
    for row in _owed(tx, reminder["enrollment_id"]):
        if row["session_id"] == reminder["session_id"]:
            outbox.end(tx, row["id"], "canceled", CANCELED_REASON, now=now)
    if protocol is not None:
        _count_again(tx, reminder["enrollment_id"], protocol, clinic, zone, now=now)
    enrollment.complete_if_done(tx, reminder["enrollment_id"], now=now)
    return True


def _owed(tx: Tx, enrollment_id: int) -> list[Row]:
    return [row for row in enrollment.reminders_of(tx, enrollment_id) if row["state"] == "pending"]


def _count_again(
    tx: Tx, enrollment_id: int, protocol: Protocol, clinic: Clinic, zone: str, *, now: int
) -> None:
    standing_visits = [
        visit["starts_at"]
        for visit in enrollment.sessions_of(tx, enrollment_id)
        if visit["state"] != "canceled"
    ]
    if not standing_visits:
        return
    last = max(standing_visits)
    steps = {step.key: step for step in protocol.steps if step.anchor == "last_session"}
    for row in _owed(tx, enrollment_id):
        step = steps.get(row["step_key"])
        if step is None or row["occurrence"] > len(step.repeat):
            continue
        due = due_at(step, last, zone, row["occurrence"])
        until = useful_until(step, last, zone, row["occurrence"])
        moment = settle(due, until, step.quiet, clinic.quiet, zone, not_before=now)
        if isinstance(moment, NotUseful):
            outbox.end(tx, row["id"], "expired", MOVED_AWAY_REASON, now=now)
            continue
        tx.run(
            """UPDATE outbox SET due_at = :due, ready_at = :ready, useful_until = :until
               WHERE clinic_id = :clinic_id AND id = :id AND state = 'pending'""",
            id=row["id"],
            due=due,
            ready=moment.at,
            until=until,
        )
    tx.wake()


def _log(tx: Tx, reminder: Row, value: str, *, now: int) -> None:
    """Log what the patient said about a visit; the newest word of a reminder stands."""
    tx.run(
        """INSERT INTO replies (clinic_id, patient_id, enrollment_id, session_id, outbox_id,
               step_key, question, kind, value, at)
           VALUES (:clinic_id, :patient_id, :enrollment_id, :session_id, :outbox_id,
               :step_key, 'visit', 'tap', :value, :now)
           ON CONFLICT (clinic_id, outbox_id, question) WHERE question IS NOT NULL
           DO UPDATE SET value = excluded.value, at = excluded.at""",
        patient_id=reminder["patient_id"],
        enrollment_id=reminder["enrollment_id"],
        session_id=reminder["session_id"],
        outbox_id=reminder["id"],
        step_key=reminder["step_key"],
        value=value,
        now=now,
    )
