"""Telling the clinic about a patient: each member in their own language, by the patient's label."""

from collections.abc import Callable, Iterable

from bot.carried import CARD, WRITE
from bot.turn import Turn
from messages.markup import Html
from messages.render import moment
from scheduler import duty, staff_group
from scheduler.channel import Button
from scheduler.outbox import Kind
from scheduler.patients import Patient
from scheduler.staff import Staff

Words = Callable[[str], str]
"""Returns the HTML for a member's language."""


def in_charge(turn: Turn, patient: Patient) -> list[Staff]:
    """Return who answers for a patient; see ``scheduler.duty``."""
    return duty.in_charge(turn.tx, patient.id)


def for_enrollment(turn: Turn, patient: Patient, enrollment_id: int | None) -> list[Staff]:
    """Return who answers for one enrollment, or for the patient where none is known."""
    return duty.in_charge(turn.tx, patient.id, enrollment_id)


def tell(
    turn: Turn,
    members: Iterable[Staff],
    words: Words,
    *,
    patient: Patient | None = None,
    enrollment_id: int | None = None,
    kind: Kind = "relay",
) -> None:
    """Bring something about a patient to members of the clinic, each in their own language.

    Where the conversations live in a group, it goes to the patient's topic instead.
    """
    group = staff_group.in_use(turn.tx) if patient else None
    if group is not None and patient is not None:
        turn.say(
            words(turn.clinic.language),
            chat_id=group,
            kind=kind,
            patient_id=patient.id,
            enrollment_id=enrollment_id,
        )
        return
    for member in members:
        turn.say(
            words(member.language),
            card_button(turn, member, patient) if patient else (),
            chat_id=member.chat_id,
            kind=kind,
            patient_id=patient.id if patient else None,
            enrollment_id=enrollment_id,
        )


def write_button(turn: Turn, language: str, patient: Patient) -> Button:
    """Return the button under which the next message goes to a patient."""
    key = "practitioner.conversation.button.write"
    label = turn.catalogue.label(language, key, label=patient.label)
    return Button(label, data=f"{WRITE}:w:{patient.id}")


def answer_buttons(turn: Turn, member: Staff, patient: Patient) -> list[list[Button]]:
    """Return what stands under what a patient wrote: the ways to answer it and to the card."""
    key = "practitioner.conversation.button.answer"
    answer = Button(turn.catalogue.label(member.language, key), data=f"{WRITE}:w:{patient.id}")
    return [[answer, *card_button(turn, member, patient)[0]]]


def card_button(turn: Turn, member: Staff, patient: Patient) -> list[list[Button]]:
    """Return the button under which a member finds all about a patient."""
    label = turn.catalogue.label(member.language, "patient.button.card")
    return [[Button(label, data=f"{CARD}:c:{patient.id}")]]


def tell_text(
    turn: Turn,
    members: Iterable[Staff],
    key: str,
    *,
    patient: Patient | None = None,
    enrollment_id: int | None = None,
    **params: object,
) -> None:
    """Tell members one of the catalogue's texts; the patient's label is filled in."""
    label = {"label": patient.label} if patient else {}

    def words(language: str) -> Html:
        return turn.catalogue.text(language, key, **label, **params)

    tell(turn, members, words, patient=patient, enrollment_id=enrollment_id)


def tell_at(
    turn: Turn,
    members: Iterable[Staff],
    key: str,
    *,
    at: int,
    patient: Patient,
    enrollment_id: int | None = None,
    **params: object,
) -> None:
    """Tell members a text that names an instant (``at``, UTC epoch ms) in the clinic's zone."""

    def words(language: str) -> Html:
        when = moment(at, turn.clinic.timezone, language)
        return turn.catalogue.text(language, key, label=patient.label, when=when, **params)

    tell(turn, members, words, patient=patient, enrollment_id=enrollment_id)
