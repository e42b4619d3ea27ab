"""The patient's room: its commands, and which of its rooms answers a button or a message."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.patient import (
    answering,
    coming,
    consenting,
    languages,
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


def _for_patient(handle: Callable[[Turn, Patient], None]) -> Handler:
    """Hand the patient over: the table of commands lets nobody else in, which types cannot know."""

    def handler(turn: Turn) -> None:
        if turn.patient is not None:
            handle(turn, returning.come_back(turn, turn.patient))

    return handler


plan: Final = _for_patient(coming.show_plan)
reply: Final = _for_patient(replying.reply)
language: Final = languages.ask


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


BUTTONS: Final[Mapping[str, Handler]] = {
    ANSWER: _for_patient(answering.tap),
    VISIT: _for_patient(visits.tap),
    silent.PREFIX: _for_patient(silent.tap),
}
SHARED_BUTTONS: Final[Mapping[str, Handler]] = {languages.PREFIX: languages.choose}
DIALOGUES: Final[Mapping[str, Handler]] = {visits.WISH: _for_patient(_wish)}
