"""Leaving a dialogue that has one message of its own: the message says so and loses its buttons."""

from collections.abc import Mapping
from typing import Final, Literal

from bot.practitioner import plan_draft
from bot.turn import Turn

ENROLLING: Final = "enroll"

_PLACES: Final[Mapping[str, str]] = {
    ENROLLING: "practitioner.enroll",
    plan_draft.DIALOGUE: "practitioner.plans",
}


def leave_open(turn: Turn, how: Literal["left", "replaced"] = "replaced") -> None:
    """Take the buttons off the dialogue that is being left, and say so in its message."""
    dialogue = turn.dialogue
    if dialogue is None or dialogue.outbox_id is None or dialogue.name not in _PLACES:
        return
    turn.edit_row(dialogue.outbox_id, turn.text(f"{_PLACES[dialogue.name]}.{how}"))
