"""Pictures and consent: without a yes nobody sees one; it is asked for on the spot, by one tap."""

from bot import layout, telling
from bot.patient import consent_texts, relaying
from bot.turn import Turn
from scheduler import pictures
from scheduler.database import Row
from scheduler.patients import Patient


def keep_waiting(turn: Turn, patient: Patient, reply_id: int) -> None:
    """Have the picture that came wait, and ask its sender: once, however many wait."""
    if turn.incoming.file_id is None or not pictures.keep_waiting(
        turn.tx, patient.id, reply_id, turn.incoming.file_id, now=turn.now
    ):
        return
    turn.say(
        consent_texts.asked(turn, "photos"),
        [
            [turn.button("patient.rights.button.picture_yes", "my:pic:yes")],
            [turn.button("patient.rights.button.picture_no", "my:pic:no")],
        ],
        reply_to=turn.incoming.message_id,
    )


def answer(turn: Turn, patient: Patient, *, given: bool) -> None:
    """Take a yes or no to showing pictures: what waits is passed on, or dropped."""
    waiting = pictures.of_patient(turn.tx, patient.id)
    if not waiting and consent_texts.photos_stand(turn, patient) == ("yes" if given else "no"):
        # A second tap: what became of the picture stands there already.
        turn.toast("patient.toast.already")
        return
    consent_texts.record(turn, "photos", given=given)
    if given:
        show_waiting(turn, patient)
        shown = turn.text("patient.rights.photo.shown")
        turn.edit(shown if waiting else turn.text("patient.rights.photo.gone"))
        return
    drop(turn, patient)
    turn.edit(
        turn.text(
            "patient.rights.photo.dropped",
            phone=turn.clinic.phone,
            emergency=turn.clinic.emergency,
        )
    )


def show_waiting(turn: Turn, patient: Patient) -> None:
    """Bring what waited to the people in charge."""
    for reply in pictures.release(turn.tx, patient.id):
        _show(turn, patient, reply)


def drop(turn: Turn, patient: Patient) -> None:
    """Drop what waits; the people in charge hear that there was something."""
    if pictures.drop(turn.tx, patient.id, turn.chat_id):
        members = telling.in_charge(turn, patient)
        telling.tell_text(turn, members, "patient.rights.told.photo_kept", patient=patient)


def _show(turn: Turn, patient: Patient, reply: Row) -> None:
    for reader in relaying.readers(turn, patient, reply["enrollment_id"]):
        turn.say(
            turn.catalogue.text(
                reader.language, "patient.rights.told.photo_shown", label=patient.label
            ),
            reader.buttons,
            chat_id=reader.chat_id,
            kind="relay",
            attachment=layout.from_patient(turn, reply["kind"], reply["file_id"], reader.language),
            patient_id=patient.id,
            enrollment_id=reply["enrollment_id"],
            reply_id=reply["id"],
        )
