"""Losing a patient's chat, by a blocked bot or a deleted account, and who was told of it."""

from scheduler import events, holding, patients
from scheduler.database import Tx
from scheduler.wallclock import MINUTE


def lost(tx: Tx, patient_id: int, *, actor: str, now: int) -> bool:
    """Mark a patient as unreachable and hold the plans back (``now`` in UTC epoch ms).

    Returns:
        Whether the practitioner is still to be told: once each time the chat is lost, whoever
        noticed it first, a refused message or Telegram's own notice.
    """
    patients.becomes(tx, patient_id, "unreachable", actor=actor, now=now)
    holding.hold(tx, patient_id, "unreachable")
    last = tx.value(
        """SELECT kind FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind IN ('patient_unreachable', 'unreachable_told')
           ORDER BY id DESC LIMIT 1""",
        patient_id=patient_id,
    )
    if last == "unreachable_told":
        return False
    events.note(tx, "unreachable_told", actor="system", now=now, patient_id=patient_id)
    return True


def just_back(tx: Tx, patient_id: int, *, now: int) -> bool:
    """Say whether a patient who was out of reach came back within the last minute (epoch ms)."""
    states = tx.all(
        """SELECT kind, at FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind IN ('patient_active', 'patient_invited', 'patient_stopped',
               'patient_unreachable')
           ORDER BY id DESC LIMIT 2""",
        patient_id=patient_id,
    )
    if [row["kind"] for row in states] != ["patient_active", "patient_unreachable"]:
        return False
    return bool(states[0]["at"] > now - MINUTE)
