"""A patient's file that was not passed on: its sender is told, once, whoever was to get it."""

from scheduler import notices, outbox, patients, replies
from scheduler.database import Row, Tx


def tell(tx: Tx, row: Row, reason: str, *, now: int) -> None:
    """Tell the sender why the file did not go along.

    Args:
        tx: the open transaction.
        row: the outbox row that should have brought it to somebody of the clinic.
        reason: why, as a text under patient.file says it.
        now: UTC epoch ms.
    """
    if row["reply_id"] is None or not replies.withhold(tx, row["reply_id"], reason):
        return
    reply = replies.by_id(tx, row["reply_id"])
    patient = patients.by_id(tx, reply["patient_id"]) if reply else None
    if reply is None or patient is None or patient.chat_id is None:
        return
    outbox.say(
        tx,
        notices.said(f"patient.file.{reason}", reply_to=reply["message_id"]),
        chat_id=patient.chat_id,
        now=now,
        patient_id=patient.id,
    )
