"""What the buttons of an enrollment carry: the enrollment's serial, an action, a value."""

from typing import Final, NamedTuple

from bot.practitioner.enroll_draft import STEPS, Draft, Step
from bot.turn import Turn
from messages.render import moment
from scheduler.channel import Button

PREFIX: Final = "e"
Row = tuple[Button, ...]
Screen = tuple[str, tuple[Row, ...]]


class Pressed(NamedTuple):
    """A button as it was pressed: whose enrollment, what to do, with what."""

    serial: str
    action: str
    value: str


def data(draft: Draft, action: str, value: object = "") -> str:
    """Return what a button of this enrollment carries (64 bytes at most)."""
    return f"{PREFIX}:{draft.serial}:{action}:{value}"


def answer_data(draft: Draft, step: Step, value: object) -> str:
    """Return what the button of one answer carries: the step's number and the value."""
    return data(draft, str(STEPS.index(step)), value)


def read(carried: str) -> Pressed:
    """Read a button back; parts that are missing are empty."""
    parts = [*carried.split(":", 3), "", "", ""]
    return Pressed(parts[1], parts[2], parts[3])


def serial(message_id: int) -> str:
    """Return the serial of the enrollment that a message began: Telegram numbers each once."""
    return format(message_id, "x")


def other_reading(turn: Turn, draft: Draft) -> Row:
    """Return the button that takes a date by its second reading; empty where there is none."""
    if draft.other is None:
        return ()
    said = moment(draft.other, turn.clinic.timezone, turn.language)
    return (turn.button("practitioner.enroll.button.other_reading", data(draft, "o"), moment=said),)
