"""“Something is wrong”: one message about what is held becomes a task for those in charge."""

from typing import Final

from bot.patient import consent_texts, picturing, relaying, replying
from bot.turn import Turn
from messages.markup import Html
from scheduler import enrollment, events, replies
from scheduler.channel import Button
from scheduler.patients import Patient
from scheduler.wallclock import HOUR

CORRECTION: Final = "correction"
"""The dialogue in which the next message says what is wrong."""
BUTTON: Final = "my:wrong"
LEAVE: Final = f"{BUTTON}:leave"

_WAITS_MS: Final = 24 * HOUR


def button(turn: Turn) -> Button:
    """Return the button that asks what is wrong."""
    return turn.button("patient.rights.button.wrong", BUTTON)


def ask(turn: Turn) -> None:
    """Ask what is wrong: the next message says it."""
    if turn.dialogue is not None and turn.dialogue.name == CORRECTION:
        turn.toast("patient.rights.toast.write_wrong")
        return
    if turn.dialogue is not None and turn.staff is not None:
        # Somebody of the clinic who is a patient too: their broadcast is not thrown away for this.
        turn.toast("practitioner.conversation.busy", alert=True)
        return
    leave = turn.button("patient.rights.button.wrong_leave", LEAVE)
    row = turn.say(turn.text("patient.rights.wrong.ask"), [[leave]])
    turn.open_dialogue(CORRECTION, {}, outbox_id=row)


def leave(turn: Turn) -> None:
    """Leave the question: nothing is wrong after all."""
    if turn.dialogue is None or turn.dialogue.name != CORRECTION:
        turn.toast("patient.start.old_button")
        return
    turn.close_dialogue()
    turn.edit(turn.text("patient.rights.wrong.left"))


def take(turn: Turn, patient: Patient) -> None:
    """Take what is wrong, in words or shown: a task in the inbox of the people in charge.

    A day later it counts as any other reply: nobody remembers the question by then.
    """
    dialogue = turn.dialogue
    turn.close_dialogue()
    if dialogue is None or turn.now - dialogue.changed_at > _WAITS_MS:
        replying.reply(turn, patient)
        return
    waits = consent_texts.picture_waits(turn, patient)
    reply_id = replying.log(turn, patient, None)
    replies.judged(
        turn.tx, reply_id, level="routine", reasons=[], intents=(CORRECTION,), understood=True
    )
    if waits:
        picturing.keep_waiting(turn, patient, reply_id)
    events.note(
        turn.tx,
        "correction_wanted",
        actor="patient",
        now=turn.now,
        patient_id=patient.id,
        reply=reply_id,
    )
    turn.say(
        turn.text("patient.rights.wrong.passed_on", phone=turn.clinic.phone),
        reply_to=turn.incoming.message_id,
    )
    if dialogue.outbox_id is not None:
        # The question loses its button: there is nothing left to leave.
        turn.edit_row(dialogue.outbox_id, turn.text("patient.rights.wrong.ask"))

    def head(language: str) -> Html:
        return turn.catalogue.text(language, "patient.rights.told.wrong", label=patient.label)

    plans = enrollment.of_patient(turn.tx, patient.id)
    plan = plans[0]["id"] if plans else None
    relaying.pass_on(turn, patient, plan, head, relaying.thread_of(turn, patient))
