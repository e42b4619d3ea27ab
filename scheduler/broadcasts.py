"""Broadcasts: one text for many, each copy a row of the outbox with a state of its own."""

from scheduler import consent, patients
from scheduler.channel import Attachment, Message
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx


def message_for(tx: Tx, row: Row, clinic: Clinic, *, now: int) -> Message | str:
    """Return one patient's copy, or in words why they do not get it (any more).

    Args:
        tx: the open transaction.
        row: the outbox row of the copy.
        clinic: whose quiet hours hold.
        now: UTC epoch ms.
    """
    broadcast = tx.first(
        "SELECT * FROM broadcasts WHERE clinic_id = :clinic_id AND id = :id",
        id=row["broadcast_id"],
    )
    if broadcast is None or broadcast["state"] == "canceled":
        return "the broadcast was canceled"
    patient = patients.by_id(tx, row["patient_id"])
    if patient is None or patient.state != "active":
        return "the patient gets no messages now"
    if not consent.holds(tx, patient.id, "tips"):
        return "no consent to tips"
    return Message(
        chat_id=row["chat_id"],
        html=broadcast["text"],
        attachment=Attachment("photo", file_id=broadcast["photo"]) if broadcast["photo"] else None,
    )


def row_settled(tx: Tx, broadcast_id: int, *, now: int) -> None:
    """Close a broadcast whose last copy has settled (``now`` in UTC epoch ms)."""
    tx.run(
        """UPDATE broadcasts SET state = 'finished', closed_at = :now
           WHERE clinic_id = :clinic_id AND id = :id AND state = 'sending'
             AND NOT EXISTS (SELECT 1 FROM outbox
                 WHERE outbox.clinic_id = :clinic_id AND outbox.broadcast_id = :id
                   AND outbox.state IN ('pending', 'sending'))""",
        id=broadcast_id,
        now=now,
    )
