"""Words that cannot be made: the row ends, and whoever was to read it is told so in plain words.

That is a fault of the program's. Nobody waits in vain for what was urgent: who was to read it, if
one of the clinic's own, and the managers get a sentence that needs nothing but the label.
"""

from typing import Final

from scheduler import notices, outbox, patients, staff
from scheduler.database import Row, Tx
from scheduler.wallclock import HOUR

TEXT: Final = "practitioner.unworded"


def give_up(tx: Tx, row: Row, fault: str, *, now: int) -> None:
    """End a row that cannot be put into words (``now`` in UTC epoch ms)."""
    outbox.end(tx, row["id"], "refused", f"could not be put into words: {fault}", now=now)
    if row["lane"] != outbox.Lane.SAFETY or row["patient_id"] is None:
        return
    patient = patients.by_id(tx, row["patient_id"])
    if patient is None or (row["content"] is not None and TEXT in row["content"]):
        return
    reader = staff.at_chat(tx, row["chat_id"])
    told = {member.chat_id: member for member in (reader, *staff.managers(tx)) if member}
    for member in told.values():
        # Every copy of an alert fails alike.
        if not _told_just_now(tx, member.chat_id, patient.id, now=now):
            notices.tell(tx, [member], TEXT, now=now, patient_id=patient.id, label=patient.label)


def _told_just_now(tx: Tx, chat_id: int, patient_id: int, *, now: int) -> bool:
    """Say whether a chat is owed, or got, the sentence about a patient within the hour."""
    return any(
        TEXT in (row["content"] or "")
        for row in tx.all(
            """SELECT content FROM outbox WHERE clinic_id = :clinic_id
                 AND patient_id = :patient_id AND due_at > :since AND chat_id = :chat_id
                 AND kind = 'alert'""",
            patient_id=patient_id,
            chat_id=chat_id,
            since=now - HOUR,
        )
    )
