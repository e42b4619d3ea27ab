"""A patient's phone: the chat in which they are reached, and how another one takes its place."""

from scheduler import consent, dialogues, events, holding, patients, settling, silence
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.said import Said

_OLD_PHONE = "the patient has another phone"


def let_go(tx: Tx, patient_id: int, *, old_chat: int, new_chat: int, now: int) -> Patient:
    """Let go of the chat that a patient was reached in, after another phone opened their link.

    The yes of the old phone does not count for the new one: everything owed is held until that
    one says yes too, and moves with it.

    Args:
        tx: the open transaction.
        patient_id: whose phone; ``new_chat`` is written down as theirs already.
        old_chat: the chat that gets nothing more.
        new_chat: the chat that everything owed goes to.
        now: UTC epoch ms.
    """
    holding.hold(tx, patient_id, "consent")
    for purpose in consent.PURPOSES:
        if consent.holds(tx, patient_id, purpose):
            consent.record(tx, patient_id, purpose, given=False, version="another phone", now=now)
    patients.becomes(tx, patient_id, "invited", actor="patient", now=now)
    redirect(tx, patient_id, old_chat=old_chat, new_chat=new_chat, now=now)
    dialogues.close(tx, old_chat)
    events.note(tx, "phone_changed", actor="patient", now=now, patient_id=patient_id)
    return patients.known(tx, patient_id)


def redirect(tx: Tx, patient_id: int, *, old_chat: int, new_chat: int, now: int) -> None:
    """Send what a patient is still owed to another chat.

    Answers to what was said or pressed in the old chat belong there, and are taken back. What is
    told to staff about the patient stays where it is.
    """
    for row in tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND chat_id = :old AND state = 'pending' ORDER BY id""",
        patient_id=patient_id,
        old=old_chat,
    ):
        if _goes_along(row):
            tx.run(
                "UPDATE outbox SET chat_id = :new WHERE clinic_id = :clinic_id AND id = :id",
                new=new_chat,
                id=row["id"],
            )
        elif row["kind"] == "answer":
            settling.drop(tx, row, "canceled", _OLD_PHONE, now=now)


def _goes_along(row: Row) -> bool:
    if row["kind"] in ("reminder", "broadcast") or row["staff_message_id"] is not None:
        return True
    form = Said.from_json(row["content"]).form if row["content"] else None
    return form is not None and silence.of_form(form) is not None
