"""Pictures that wait for their sender's yes: nobody is shown them, and they do not wait long."""

from typing import Final

from scheduler.database import Row, Tx
from scheduler.wallclock import HOUR

WAIT_MS: Final = 48 * HOUR
"""For so long a picture waits; then it is dropped."""


def keep_waiting(tx: Tx, patient_id: int, reply_id: int, file_id: str, *, now: int) -> bool:
    """Have a picture wait; returns whether it is the only one, so that its sender is to be asked.

    The same picture, sent again with other words, waits once.
    """
    waiting = of_patient(tx, patient_id)
    if any(row["file_id"] == file_id for row in waiting):
        return False
    tx.run(
        """INSERT INTO waiting_pictures (clinic_id, patient_id, reply_id, file_id, at)
           VALUES (:clinic_id, :patient_id, :reply_id, :file_id, :now)""",
        patient_id=patient_id,
        reply_id=reply_id,
        file_id=file_id,
        now=now,
    )
    return not waiting


def of_patient(tx: Tx, patient_id: int) -> list[Row]:
    """Return the pictures that wait for a patient's yes, the oldest first."""
    return tx.all(
        """SELECT * FROM waiting_pictures
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id ORDER BY id""",
        patient_id=patient_id,
    )


def release(tx: Tx, patient_id: int) -> list[Row]:
    """Let what waits be seen; returns the replies that it came with (rows), the oldest first."""
    tx.run(
        """UPDATE replies SET file_id = (SELECT waiting.file_id FROM waiting_pictures AS waiting
               WHERE waiting.clinic_id = :clinic_id AND waiting.reply_id = replies.id)
           WHERE clinic_id = :clinic_id AND id IN (SELECT reply_id FROM waiting_pictures
               WHERE waiting_pictures.clinic_id = :clinic_id
                 AND waiting_pictures.patient_id = :patient_id)""",
        patient_id=patient_id,
    )
    shown = tx.all(
        """SELECT replies.* FROM replies
           JOIN waiting_pictures AS waiting ON waiting.clinic_id = :clinic_id
             AND waiting.reply_id = replies.id
           WHERE replies.clinic_id = :clinic_id AND waiting.patient_id = :patient_id
           ORDER BY replies.id""",
        patient_id=patient_id,
    )
    _forget(tx, patient_id)
    return shown


def drop(tx: Tx, patient_id: int, chat_id: int) -> int:
    """Drop what waits, also out of the updates as Telegram gave them; returns how many."""
    tx.run(
        """UPDATE inbox SET payload = '{}'
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND state = 'done'""",
        chat_id=chat_id,
    )
    return _forget(tx, patient_id)


def _forget(tx: Tx, patient_id: int) -> int:
    return tx.run(
        "DELETE FROM waiting_pictures WHERE clinic_id = :clinic_id AND patient_id = :patient_id",
        patient_id=patient_id,
    )


def drop_old(tx: Tx, *, now: int) -> None:
    """Drop what has waited too long at ``now`` (UTC epoch ms)."""
    for row in tx.all(
        """SELECT DISTINCT waiting.patient_id, patients.chat_id FROM waiting_pictures AS waiting
           JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = waiting.patient_id
           WHERE waiting.clinic_id = :clinic_id AND waiting.at <= :before""",
        before=now - WAIT_MS,
    ):
        drop(tx, row["patient_id"], row["chat_id"] or 0)
