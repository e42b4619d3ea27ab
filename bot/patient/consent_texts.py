"""The words in which consent is asked for, and what names the version that somebody read."""

from bot.turn import Turn
from messages.markup import Html
from scheduler import consent, reconsent
from scheduler.consent import Purpose, Standing
from scheduler.patients import Patient

_ASKED = {
    "aftercare": "patient.consent.ask",
    "photos": "patient.rights.photo.ask",
    "tips": "patient.tips.ask",
}

# A document may be a picture, and most that patients send are.
_PICTURES = frozenset({"photo", "video", "document"})


def asked(turn: Turn, purpose: Purpose) -> Html:
    """Return the text that asks for consent, as this person reads it."""
    return turn.text(
        _ASKED[purpose],
        clinic=turn.clinic.name,
        phone=turn.clinic.phone,
        emergency=turn.clinic.emergency,
    )


def version(turn: Turn, purpose: Purpose) -> str:
    """Return what names the text that was read: its declared number, its language and its hash."""
    declared = reconsent.declared(turn.catalogue, purpose)
    return consent.version(declared, turn.language, _read(turn, purpose))


def _read(turn: Turn, purpose: Purpose) -> str:
    """Return the words that the pressed button stood under; of a command, the command alone."""
    incoming = turn.incoming
    if incoming.kind != "button":
        return f"/{incoming.command}" if incoming.command else ""
    shown = consent.words_at(turn.tx, turn.chat_id, incoming.message_id)
    # Telegram did not say that the question had arrived, or it is too old to be kept.
    return asked(turn, purpose) if shown is None else shown


def record(turn: Turn, purpose: Purpose, *, given: bool) -> None:
    """Write down the yes or no of the patient at the other end; nobody else can give it."""
    if turn.patient is None:
        raise ValueError("only a patient consents")
    consent.record(
        turn.tx,
        turn.patient.id,
        purpose,
        given=given,
        version=version(turn, purpose),
        now=turn.now,
    )


def picture_waits(turn: Turn, patient: Patient) -> bool:
    """Say whether what came is a picture that its sender has not agreed to show."""
    if turn.incoming.kind not in _PICTURES or turn.incoming.file_id is None:
        return False
    return photos_stand(turn, patient) != "yes"


def photos_stand(turn: Turn, patient: Patient) -> Standing:
    """Return how a patient's consent to showing pictures stands by today's text."""
    declared = reconsent.declared(turn.catalogue, "photos")
    return consent.standing(turn.tx, patient.id, "photos", declared)
