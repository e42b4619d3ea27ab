"""The answer to the last question that a silent patient is asked: all is well, or please call."""

from bot.patient import concerns
from bot.turn import Turn
from scheduler import outbox, replies, settling, silence
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.said import Said
from scheduler.silence import ANSWERS, PREFIX, QUESTION

__all__ = ["PREFIX", "tap"]


def tap(turn: Turn, patient: Patient) -> None:
    """Take a tap under the last question; the first answer stands."""
    row, answer = _meant(turn, patient)
    if row is None:
        turn.toast("patient.start.old_button")
        return
    settling.proved(turn.tx, row, turn.incoming.message_id)
    if not replies.answer(turn.tx, row, QUESTION, answer, now=turn.now):
        turn.toast("patient.toast.already")
        return
    turn.toast("patient.toast.noted")
    turn.edit(turn.text(f"patient.alert.silence.{answer}", phone=turn.clinic.phone))
    if answer == "call":
        concerns.raise_concern(
            turn,
            "review",
            patient,
            enrollment_id=row["enrollment_id"],
            session_at=None,
            said=lambda language: turn.catalogue.text(language, "practitioner.alert.why.call"),
            cause=f"{QUESTION}={answer}",
        )


def _meant(turn: Turn, patient: Patient) -> tuple[Row | None, str]:
    match turn.incoming.data.split(":")[1:]:
        case [number, answer] if number.isascii() and number.isdecimal() and answer in ANSWERS:
            row = outbox.row(turn.tx, int(number))
        case _:
            return None, ""
    if row is None or row["content"] is None or not row["attempts"]:
        return None, ""
    form = Said.from_json(row["content"]).form
    asked = form is not None and silence.of_form(form) is not None
    mine = row["patient_id"] == patient.id and row["chat_id"] == turn.chat_id
    return (row, answer) if asked and mine else (None, "")
