"""A patient's chat that writes without end: an auto-responder, a stuck phone, or despair.

Everything is logged; what ends for a while is answering and passing on.
"""

from typing import Final, Literal

from scheduler import events
from scheduler.database import Tx

MAX_PER_MINUTE: Final = 10
CALM_PER_MINUTE: Final = 3
_MINUTE_MS: Final = 60 * 1000

Flood = Literal["none", "begins", "goes_on"]


def verdict(*, flooding: bool, in_last_minute: int) -> Flood:
    """Judge one more reply (pure). A flood begins above 10 a minute and ends at 3 or fewer.

    Args:
        flooding: whether there was a flood before this reply.
        in_last_minute: how many replies came in the last minute, this one included.
    """
    if flooding:
        return "none" if in_last_minute <= CALM_PER_MINUTE else "goes_on"
    return "begins" if in_last_minute > MAX_PER_MINUTE else "none"


def judge(tx: Tx, patient_id: int, *, now: int) -> Flood:
    """Judge the reply of a patient that was just logged, and remember a flood's begin and end."""
    last = tx.value(
        """SELECT kind FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind IN ('flood_began', 'flood_ended') ORDER BY id DESC LIMIT 1""",
        patient_id=patient_id,
    )
    flooding = last == "flood_began"
    recent: int = tx.value(
        """SELECT COUNT(*) FROM replies WHERE clinic_id = :clinic_id
             AND patient_id = :patient_id AND at > :since AND question IS NULL""",
        patient_id=patient_id,
        since=now - _MINUTE_MS,
    )
    found = verdict(flooding=flooding, in_last_minute=recent)
    if found == "begins":
        events.note(tx, "flood_began", actor="patient", now=now, patient_id=patient_id)
    elif found == "none" and flooding:
        events.note(tx, "flood_ended", actor="patient", now=now, patient_id=patient_id)
    return found
