"""A patient comes with a new phone: all that is theirs comes along, the old one is let go of."""

from typing import Literal

from bot import telling
from bot.turn import Turn
from scheduler import invitations, patients, phones
from scheduler.invitations import Invitation
from scheduler.patients import Patient

Arrival = Literal["arrived", "here", "used", "somebody_else"]


def arrive(turn: Turn, invitation: Invitation, patient: Patient) -> Arrival:
    """Tie a patient to the chat that opened their link to a new phone.

    Returns:
        "arrived"; "here" where it is the phone that they have, and "somebody_else" where that
        chat is another patient's (of which the clinic is told): the link is not used up by
        either; "used" where somebody was faster.
    """
    if turn.patient is not None and turn.patient.id == patient.id:
        return "here"
    if turn.patient is not None:
        telling.tell_text(
            turn,
            telling.in_charge(turn, patient),
            "patient.told.phone_of_another",
            patient=patient,
            other=turn.patient.label,
        )
        return "somebody_else"
    if not invitations.use(turn.tx, invitation.id, chat_id=turn.chat_id, now=turn.now):
        return "used"
    patients.meet(turn.tx, patient.id, chat_id=turn.chat_id, language=turn.language, now=turn.now)
    if patient.chat_id is not None:
        leave(turn, patient, patient.chat_id, None)
    else:
        turn.patient = patients.known(turn.tx, patient.id)
    return "arrived"


def leave(turn: Turn, patient: Patient, old_chat: int, enrollment_id: int | None) -> Patient:
    """Let go of a patient's old phone, and tell it so; the clinic is told too.

    Args:
        turn: the update at hand, from the new phone.
        patient: who has come.
        old_chat: the chat of the old phone.
        enrollment_id: the plan whose link was opened; None for a link to a new phone.

    Returns:
        The patient as of now.
    """
    turn.patient = phones.let_go(
        turn.tx, patient.id, old_chat=old_chat, new_chat=turn.chat_id, now=turn.now
    )
    turn.say(
        turn.catalogue.text(
            patient.language,
            "patient.link.left_this_phone",
            clinic=turn.clinic.name,
            phone=turn.clinic.phone,
        ),
        chat_id=old_chat,
    )
    telling.tell_text(
        turn,
        telling.for_enrollment(turn, turn.patient, enrollment_id),
        "patient.told.another_phone",
        patient=turn.patient,
        enrollment_id=enrollment_id,
    )
    return turn.patient
