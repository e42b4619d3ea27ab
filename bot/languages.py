"""The language somebody is spoken to in: /language, and the buttons under the greeting."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from babel import Locale

from bot.turn import Turn
from scheduler import patients, staff
from scheduler.channel import Button

PREFIX: Final = "l"
_PER_ROW: Final = 2


@lru_cache(maxsize=64)
def own_name(code: str) -> str:
    """Return what a language calls itself: "English", "Español"."""
    locale = Locale.parse(code, sep="-")
    name = locale.get_display_name(locale) or code
    return name[:1].upper() + name[1:]


def language_buttons(turn: Turn, data: Callable[[str], str]) -> list[list[Button]]:
    """Return a button for each shipped language but the one being spoken."""
    others = [code for code in turn.catalogue.languages if code != turn.language]
    buttons = [Button(f"🌐 {own_name(code)}", data=data(code)) for code in others]
    return [buttons[start : start + _PER_ROW] for start in range(0, len(buttons), _PER_ROW)]


def ask(turn: Turn) -> None:
    """Answer /language: which one is spoken, and buttons for the others."""
    turn.say(
        turn.text("patient.language.ask", name=own_name(turn.language)),
        language_buttons(turn, lambda code: f"{PREFIX}:{code}"),
    )


def choose(turn: Turn) -> None:
    """Take a tap on a language, for a patient, a member of staff, or both in one person."""
    code = turn.incoming.data.partition(":")[2]
    if code not in turn.catalogue.languages:
        turn.toast("patient.start.old_button")
        return
    if code == turn.language:
        turn.toast("patient.toast.already")
    else:
        speak(turn, code)
        turn.toast("patient.toast.noted")
    turn.edit(
        turn.text("patient.language.set", name=own_name(code)),
        language_buttons(turn, lambda other: f"{PREFIX}:{other}"),
    )


def speak(turn: Turn, code: str) -> None:
    """Speak ``code`` to this person from here on."""
    if turn.patient is not None:
        patients.speaks(turn.tx, turn.patient.id, code, now=turn.now)
        turn.patient = patients.by_id(turn.tx, turn.patient.id)
    if turn.staff is not None:
        staff.speaks(turn.tx, turn.staff.id, code)
        turn.staff = staff.by_id(turn.tx, turn.staff.id)
