"""The patient's room: its commands, and which of its rooms answers a button or a message."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.patient import (
    answering,
    coming,
    consenting,
    forgetting,
    languages,
    my_data,
    picturing,
    privacy,
    reading,
    replying,
    returning,
    silent,
    visits,
    voting,
)
from bot.turn import Turn
from scheduler import conversation, replies
from scheduler.patients import Patient
from scheduler.wording import ANSWER, VISIT

Handler = Callable[[Turn], None]

RIGHTS: Final = "my"
"""The prefix of buttons about consent, the patient's data and erasure."""


def _for_patient(handle: Callable[[Turn, Patient], None]) -> Handler:
    """Hand the patient over: the table of commands lets nobody else in, which types cannot know."""

    def handler(turn: Turn) -> None:
        if turn.patient is not None:
            handle(turn, returning.come_back(turn, turn.patient))

    return handler


plan: Final = _for_patient(coming.show_plan)
reply: Final = _for_patient(replying.reply)
language: Final = languages.ask


privacy_notice: Final = _for_patient(privacy.show)
mydata: Final = _for_patient(my_data.give)
forgetme: Final = _for_patient(forgetting.ask)


def stop(turn: Turn) -> None:
    """Answer /stop; somebody who was out of reach is not greeted back first."""
    if turn.patient is not None:
        consenting.stop(turn, turn.patient)


def resume(turn: Turn) -> None:
    """Answer /resume; it says by itself that somebody who was out of reach is back."""
    if turn.patient is not None:
        consenting.resume(turn, turn.patient)


def blocked(turn: Turn) -> None:
    """The patient blocked the bot."""
    if turn.patient is not None:
        returning.lose(turn, turn.patient)


def vote(turn: Turn) -> None:
    """A poll was answered; whoever is no patient tried it out."""
    if turn.patient is not None:
        voting.take(turn, returning.come_back(turn, turn.patient))


def answers_something(turn: Turn) -> bool:
    """Say whether a message of somebody who is staff too answers a message of their own plan."""
    if turn.patient is None:
        return False
    quoted = turn.incoming.reply_to
    if quoted is not None and conversation.quoted(
        turn.tx, turn.patient, chat_id=turn.chat_id, message_id=quoted
    ):
        return True
    return replies.answers_reminder(turn.tx, turn.patient.id, chat_id=turn.chat_id, reply_to=quoted)


def _wish(turn: Turn, patient: Patient) -> None:
    """Take a wish for another time, unless a danger sign or an opt-out stands in its place."""
    meaning = reading.read(turn, patient, None)
    if meaning is not None and (reading.alarms(meaning) or "opt_out" in meaning.intents):
        replying.reply(turn, patient)
    else:
        visits.wish(turn, patient)


def _right(turn: Turn, patient: Patient) -> None:
    """Take a tap on a button about the patient's rights."""
    match turn.incoming.data.split(":")[1:]:
        case ["off" | "on" as choice, purpose]:
            privacy.choose(turn, patient, purpose, given=choice == "on")
        case ["again", purpose, "yes" | "no" as choice]:
            privacy.answer_again(turn, patient, purpose, given=choice == "yes")
        case ["pic", "yes" | "no" as choice]:
            picturing.answer(turn, patient, given=choice == "yes")
        case ["data"]:
            my_data.give(turn, patient)
        case ["forget"]:
            forgetting.ask(turn, patient)
        case ["erase", "yes" | "no" as choice, number] if number == str(patient.id):
            if choice == "yes":
                forgetting.erase(turn, patient)
            else:
                forgetting.keep(turn)
        case _:
            turn.toast("patient.start.old_button")


BUTTONS: Final[Mapping[str, Handler]] = {
    ANSWER: _for_patient(answering.tap),
    VISIT: _for_patient(visits.tap),
    silent.PREFIX: _for_patient(silent.tap),
    RIGHTS: _for_patient(_right),
}
SHARED_BUTTONS: Final[Mapping[str, Handler]] = {languages.PREFIX: languages.choose}
DIALOGUES: Final[Mapping[str, Handler]] = {visits.WISH: _for_patient(_wish)}
