"""/forgetme: asked once what goes and what cannot be undone, then everything is erased."""

from typing import Final

from bot import telling
from bot.turn import Turn
from messages.markup import Html
from messages.render import day_long
from scheduler import alert_record, erasure, outbox
from scheduler.erasure import Forgotten
from scheduler.keeping import months_later
from scheduler.patients import Patient
from scheduler.said import Said
from scheduler.staff import Staff
from scheduler.wallclock import HOUR, MINUTE

PREFIX: Final = "my:erase"
_COUNTS_MS: Final = HOUR
"""For so long a yes counts for the question that it stands under."""


def ask(turn: Turn, patient: Patient) -> None:
    """Say what goes, what cannot be undone and what law keeps, and ask."""
    words: str = turn.text("patient.rights.erase.ask", law=_law(turn))
    if alert_record.unresolved(turn.tx, patient.id) is not None:
        words += turn.text(
            "patient.rights.erase.alert", phone=turn.clinic.phone, emergency=turn.clinic.emergency
        )
    asked = f"{patient.id}:{turn.now // MINUTE}"
    turn.say(
        words,
        [
            [turn.button("patient.rights.button.erase_no", f"{PREFIX}:no:{asked}")],
            [turn.button("patient.rights.button.erase_yes", f"{PREFIX}:yes:{asked}")],
        ],
    )


def keep(turn: Turn) -> None:
    """Leave everything as it is."""
    turn.edit(turn.text("patient.rights.erase.kept"))


def erase_if_fresh(turn: Turn, patient: Patient, asked: str) -> None:
    """Erase everything, unless the question is old: then it is asked again, as things are now.

    ``asked`` is the minute of the question as its button carries it; "" where it carries none.
    """
    fresh = asked.isdecimal() and turn.now - int(asked) * MINUTE <= _COUNTS_MS
    if fresh:
        _erase(turn, patient)
    else:
        keep(turn)
        ask(turn, patient)


def _erase(turn: Turn, patient: Patient) -> None:
    """Erase everything about who pressed; they and the people in charge are told once."""
    members = telling.in_charge(turn, patient)
    language = turn.language
    done = erasure.forget(
        turn.tx,
        patient,
        why="asked",
        keeping=turn.clinic.keeping,
        zone=turn.clinic.timezone,
        now=turn.now,
    )
    turn.patient = None
    law = turn.catalogue.text(
        language, "patient.rights.erase.done_law", until=_day(turn, done.kept_until, language)
    )
    farewell = turn.catalogue.text(
        language,
        "patient.rights.erase.done",
        law=law if done.kept_until else "",
        phone=turn.clinic.phone,
        emergency=turn.clinic.emergency,
    )
    outbox.say(
        turn.tx,
        Said(html=farewell, edit_message_id=turn.incoming.message_id),
        chat_id=turn.chat_id,
        erasure_id=done.erasure_id,
        now=turn.now,
    )
    for member in members:
        if member.chat_id != turn.chat_id:
            _tell(turn, member, patient, done)


def _tell(turn: Turn, member: Staff, patient: Patient, done: Forgotten) -> None:
    words: str = turn.catalogue.text(
        member.language, "patient.rights.told.erased", label=patient.label
    )
    if done.alert is not None:
        warning = turn.catalogue.text(member.language, "patient.rights.told.erased_alert")
        words = f"{words}\n{warning}"
    for title in done.left_in:
        look = turn.catalogue.text(member.language, "patient.rights.told.erased_topic", title=title)
        words = f"{words}\n{look}"
    outbox.say(
        turn.tx,
        Said(html=words, secret=True),
        chat_id=member.chat_id,
        kind="relay",
        erasure_id=done.erasure_id,
        now=turn.now,
    )


def _law(turn: Turn) -> Html:
    months = turn.clinic.keeping.record_months
    if not months:
        return Html("")
    until = months_later(turn.now, months, turn.clinic.timezone)
    return turn.text("patient.rights.erase.law", until=_day(turn, until, turn.language))


def _day(turn: Turn, instant: int | None, language: str) -> str:
    return "" if instant is None else day_long(instant, turn.clinic.timezone, language)
