"""A patient's chat is lost (the bot was blocked), and found again."""

from bot import telling
from bot.patient import coming, consenting
from bot.turn import Turn
from scheduler import consent, dialogues, holding, opening, patients, reach
from scheduler.patients import Patient


def lose(turn: Turn, patient: Patient) -> None:
    """The patient blocked the bot: hold everything back, and tell the practitioner once."""
    dialogues.close(turn.tx, turn.chat_id)
    if reach.lost(turn.tx, patient.id, actor="patient", now=turn.now):
        telling.tell_text(
            turn, telling.in_charge(turn, patient), "patient.told.unreachable", patient=patient
        )


def come_back(turn: Turn, patient: Patient) -> Patient:
    """Take an unreachable patient for back, as whatever they do proves; return them as of now.

    With consent everything goes on from here, without what is stale; they are told, and so is the
    practitioner. Without it they stand where they stood.
    """
    if patient.state != "unreachable":
        return patient
    if consent.holds(turn.tx, patient.id, "aftercare"):
        patient = consenting.start_plans(turn, patient)
        turn.say("\n\n".join([turn.text("patient.start.back"), coming.next_line(turn, patient)]))
        telling.tell_text(
            turn, telling.in_charge(turn, patient), "patient.told.back", patient=patient
        )
        return patient
    if opening.waiting(turn.tx, patient.id):
        patients.becomes(turn.tx, patient.id, "invited", actor="patient", now=turn.now)
        holding.hold(turn.tx, patient.id, "consent")
    else:
        patients.becomes(turn.tx, patient.id, "stopped", actor="patient", now=turn.now)
        holding.hold(turn.tx, patient.id, "stopped")
    turn.patient = patients.by_id(turn.tx, patient.id) or patient
    return turn.patient
