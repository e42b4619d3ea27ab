"""Coming visits: a patient confirms one, asks for another time, or cancels it.

A session that is over, or was canceled, does not change any more from here.
"""

from typing import Literal

from messages.catalogue import Catalogue
from scheduler import events, plans
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.replanning import PATIENT_CANCELED

State = Literal["confirmed", "change_wanted", "canceled"]
Standing = Literal["open", "over", "canceled"]


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
    """Return the next visit of an enrollment after ``now`` (UTC epoch ms), canceled ones too.

    What was moved to another row, or undone by the clinic, was never a visit of its own.
    """
    return tx.first(
        """SELECT * FROM sessions WHERE clinic_id = :clinic_id AND enrollment_id = :id
             AND state <> 'held' AND starts_at > :now AND why IS NULL
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
        # Whoever of the clinic is about to change the plan has to hear of it first.
        tx.run(
            """UPDATE enrollments SET version = version + 1
               WHERE clinic_id = :clinic_id AND id = :id""",
            id=reminder["enrollment_id"],
        )
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


def cancel(tx: Tx, reminder: Row, *, catalogue: Catalogue, clinic: Clinic, now: int) -> bool:
    """Cancel the visit that a reminder is about, and everything still owed for it.

    What counts from the last session (the late-lump checks above all) counts from the session
    before again, so that nobody goes unasked because a visit fell through.

    Args:
        tx: the open transaction.
        reminder: the outbox row.
        catalogue: today's protocols.
        clinic: whose quiet hours hold.
        now: UTC epoch ms.

    Returns:
        False where there was nothing to cancel.
    """
    if not becomes(tx, reminder, "canceled", now=now):
        return False
    plans.follow(tx, reminder["enrollment_id"], PATIENT_CANCELED, catalogue, clinic, now=now)
    return True


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
