"""What staff write to a patient: by quoting a message about them, or from the card (``writing``).

It goes through the outbox like everything else. The patient sees that it comes from the clinic,
never from whom; the member sees whether it arrived.
"""

from typing import Final

from bot import layout
from bot.turn import Turn
from scheduler import conversation, outbox, patients, replies, roster, unanswered
from scheduler.channel import Attachment, AttachmentKind
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.replies import Kind
from scheduler.said import Said
from scheduler.staff import Staff

_KINDS: Final[dict[str, tuple[Kind, AttachmentKind | None]]] = {
    "text": ("text", None),
    "photo": ("photo", "photo"),
    "voice": ("voice", "voice"),
    "video": ("video", "video"),
    "document": ("document", "document"),
    "sticker": ("sticker", "sticker"),
}


def can_carry(turn: Turn) -> bool:
    """Say whether what came can be passed on; a place or a contact cannot."""
    return turn.incoming.kind in _KINDS


def quoted(turn: Turn) -> bool:
    """Take a message of staff that quotes one about a patient: it is meant for that patient.

    Returns:
        Whether it was taken; not where the quoted message is about no patient of theirs.
    """
    if turn.staff is None or turn.incoming.reply_to is None:
        return False
    found = conversation.about(turn.tx, turn.staff, turn.incoming.reply_to)
    patient = roster.seen(turn.tx, turn.staff, found["patient_id"]) if found else None
    if found is None or patient is None:
        return False
    answers = replies.by_id(turn.tx, found["reply_id"]) if found["reply_id"] else None
    send(turn, turn.staff, patient, answers=answers)
    return True


def follows(turn: Turn) -> bool:
    """Take one more picture of an album whose first went to a patient: it goes there too.

    Returns:
        Whether it was taken.
    """
    if turn.staff is None or not turn.incoming.album or turn.incoming.edited:
        return False
    number = conversation.album_went_to(turn.tx, turn.staff, turn.incoming.album)
    patient = None if number is None else roster.seen(turn.tx, turn.staff, number)
    if patient is None:
        return False
    send(turn, turn.staff, patient)
    return True


def send(turn: Turn, member: Staff, patient: Patient, *, answers: Row | None = None) -> None:
    """Send what a member wrote to a patient, or say why it cannot go there.

    Args:
        turn: the message at hand.
        member: who wrote.
        patient: to whom.
        answers: the patient's reply that it quotes; else what they wrote last and still waits.
    """
    incoming = turn.incoming
    if not can_carry(turn):
        _say(turn, "not_carried", patient)
        return
    hindrance = conversation.obstacle(turn.tx, patient, now=turn.now)
    if hindrance is not None:
        _say(turn, f"obstacle.{hindrance}", patient, phone=turn.clinic.phone)
        return
    if answers is None:
        waits = unanswered.newest(turn.tx, patient.id)
        answers = replies.by_id(turn.tx, waits) if waits is not None else None
    kind, carried = _KINDS[incoming.kind]
    number = conversation.write(
        turn.tx,
        member,
        patient,
        kind,
        text=incoming.text or None,
        file_id=incoming.file_id,
        message_id=incoming.message_id,
        album=incoming.album,
        group=_group(turn),
        now=turn.now,
    )
    attachment = Attachment(carried, file_id=incoming.file_id) if carried else None
    head = turn.catalogue.text(patient.language, "patient.conversation.from_clinic")
    for index, part in enumerate(layout.parts(head, incoming.text, attachment, quoted=False)):
        outbox.say(
            turn.tx,
            Said(
                part.html,
                attachment=part.attachment,
                reply_to=answers["message_id"] if answers and index == 0 else None,
            ),
            chat_id=patient.chat_id or 0,
            now=turn.now,
            kind="relay",
            patient_id=patient.id,
            staff_message_id=number,
        )
    conversation.acknowledged_by(turn.tx, number, _say(turn, "on_its_way", patient))
    if patient.state != "active":
        _say(turn, "stopped_all_the_same", patient)


def edited(turn: Turn) -> None:
    """Say of a message that was changed after it went to a patient that the change stays here."""
    if turn.staff is None:
        return
    row = conversation.written(turn.tx, turn.staff, turn.incoming.message_id, group=_group(turn))
    if row is None:
        return
    if _group(turn) is None:
        patient = roster.seen(turn.tx, turn.staff, row["patient_id"])
    else:
        patient = patients.by_id(turn.tx, row["patient_id"])
    if patient is not None:
        _say(turn, "not_edited", patient)


def _group(turn: Turn) -> int | None:
    """Return the chat that a message was written in, if it is a group."""
    return None if turn.incoming.private else turn.chat_id


def _say(turn: Turn, key: str, patient: Patient, **params: str) -> int:
    return turn.say(
        turn.text(f"practitioner.conversation.{key}", label=patient.label, **params),
        reply_to=turn.incoming.message_id,
        patient_id=patient.id,
    )
