"""The patient's room: its commands, and which of its rooms answers a button or a message."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bot import documents, languages
from bot.patient import (
    answering,
    coming,
    consenting,
    correcting,
    forgetting,
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
from scheduler import conversation, invitations, replies
from scheduler.patients import Patient
from scheduler.wording import ANSWER, VISIT

Handler = Callable[[Turn], None]

_SAY_IT_THEMSELVES: Final = frozenset({replying.STOP, "resume"})

RIGHTS: Final = "my"
"""The prefix of buttons about consent, the patient's data and erasure."""


def _for_patient(handle: Callable[[Turn, Patient], None]) -> Handler:
    """Hand the patient over: the table of commands lets nobody else in, which types cannot know."""

    def handler(turn: Turn) -> None:
        if turn.patient is not None:
            _look_at_file(turn)
            handle(turn, turn.patient)

    return handler


def _look_at_file(turn: Turn) -> None:
    """Leave a document behind that is refused by its name or its size, and say so at once.

    What its content tells is found when it leaves for the clinic.
    """
    incoming = turn.incoming
    if incoming.kind != "document" or incoming.withheld:
        return
    reason = documents.hindrance(incoming.file_name, incoming.file_size)
    if reason is None:
        return
    turn.incoming = replace(incoming, file_id=None, withheld=reason)
    turn.say(
        turn.text(
            f"patient.file.{reason}", phone=turn.clinic.phone, emergency=turn.clinic.emergency
        ),
        reply_to=incoming.message_id,
    )


def arrive(turn: Turn) -> None:
    """Whatever a patient sends, and taking the bot back, proves that they can be reached.

    /stop and /resume say by themselves where the patient stands then.
    """
    incoming = turn.incoming
    lost = incoming.kind == "membership" and not incoming.joined
    if turn.patient is not None and not lost and incoming.command not in _SAY_IT_THEMSELVES:
        returning.come_back(turn, turn.patient)


def alarms(turn: Turn, *, behind: bool = False) -> bool:
    """Say whether a patient's words hold a danger sign; ``behind`` a command, if so."""
    if turn.patient is None:
        return False
    return reading.alarms(reading.read(turn, turn.patient, None, behind=behind))


def words_behind(turn: Turn) -> None:
    """Take what a patient wrote behind one of their commands, if anything; that is answered next.

    What staff who are patients too write there is theirs to look up, unless it is a danger sign.
    """
    words, command = turn.incoming.argument, turn.incoming.command
    if turn.patient is None or not words or (command == "start" and invitations.is_token(words)):
        return
    if turn.staff is None or alarms(turn, behind=True):
        replying.beside_command(turn, turn.patient, known=True)


def words_of_none(turn: Turn) -> bool:
    """Take a message of a patient that begins like a command and is none, if it says anything.

    Returns:
        Whether it was answered.
    """
    grave = alarms(turn)
    if turn.patient is None or not (grave or (turn.staff is None and turn.incoming.argument)):
        return False
    replying.beside_command(turn, turn.patient, known=False)
    if not grave:
        turn.say(
            turn.text(
                "patient.start.kept_words",
                phone=turn.clinic.phone,
                emergency=turn.clinic.emergency,
            )
        )
    return True


plan: Final = _for_patient(coming.show_plan)
reply: Final = _for_patient(replying.reply)
language: Final = languages.ask


privacy_notice: Final = _for_patient(privacy.show)
mydata: Final = _for_patient(my_data.give)
forgetme: Final = _for_patient(forgetting.ask)


stop: Final = _for_patient(consenting.stop)
resume: Final = _for_patient(consenting.resume)
blocked: Final = _for_patient(returning.lose)
# Whoever answers a poll and is no patient tried it out.
vote: Final = _for_patient(voting.take)


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
    if _means_more(turn, patient):
        replying.reply(turn, patient)
    else:
        visits.wish(turn, patient)


def _correction(turn: Turn, patient: Patient) -> None:
    """Take what is wrong with what is held, unless a danger sign or an opt-out stands there."""
    if _means_more(turn, patient):
        replying.reply(turn, patient)
    else:
        correcting.take(turn, patient)


def _means_more(turn: Turn, patient: Patient) -> bool:
    """Say whether words are more urgent than what they were asked for."""
    meaning = reading.read(turn, patient, None)
    return meaning is not None and (reading.alarms(meaning) or "opt_out" in meaning.intents)


def _right(turn: Turn, patient: Patient) -> None:
    """Take a tap on a button about the patient's rights."""
    match turn.incoming.data.split(":")[1:]:
        case ["off" | "on" as choice, purpose]:
            privacy.choose(turn, patient, purpose, given=choice == "on")
        case ["again", purpose, "yes" | "no" as choice]:
            privacy.answer_again(turn, patient, purpose, given=choice == "yes")
        case ["pic", "yes" | "no" as choice]:
            picturing.answer(turn, patient, given=choice == "yes")
        case ["wrong"]:
            correcting.ask(turn)
        case ["wrong", "leave"]:
            correcting.leave(turn)
        case ["data"]:
            my_data.give(turn, patient)
        case ["forget"]:
            forgetting.ask(turn, patient)
        case ["erase", "yes" | "no" as choice, number, *asked] if number == str(patient.id):
            if choice == "yes":
                forgetting.erase_if_fresh(turn, patient, "".join(asked))
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
DIALOGUES: Final[Mapping[str, Handler]] = {
    visits.WISH: _for_patient(_wish),
    correcting.CORRECTION: _for_patient(_correction),
}
