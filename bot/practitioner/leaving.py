"""The dialogues of staff, and leaving one: its message says so and loses its buttons."""

from collections.abc import Mapping
from typing import Final, Literal

from bot.practitioner import plan_draft
from bot.turn import Turn
from scheduler.wallclock import MINUTE

ENROLLING: Final = "enroll"
SEARCH: Final = "patients"
WRITING: Final = "write"
RELABEL: Final = "relabel"
MERGE: Final = "merge"
HOURS: Final = "oncall_hours"
LEAVE: Final = "oncall_leave"
SETTING: Final = "settings"
BROADCAST: Final = "broadcast"

WAITS_MS: Final = 30 * MINUTE
"""For so long the next words answer a dialogue of one question; later they are likely to be meant
otherwise."""

_ONE_QUESTION: Final = frozenset({SEARCH, WRITING, RELABEL, MERGE, HOURS, LEAVE, SETTING})
_PLACES: Final[Mapping[str, str]] = {
    ENROLLING: "practitioner.enroll",
    plan_draft.DIALOGUE: "practitioner.plans",
}


def grown_old(turn: Turn) -> bool:
    """Say whether the open dialogue is one question that has waited too long for its answer."""
    dialogue = turn.dialogue
    return (
        dialogue is not None
        and dialogue.name in _ONE_QUESTION
        and turn.now - dialogue.changed_at > WAITS_MS
    )


def in_the_middle(turn: Turn, *besides: str) -> bool:
    """Say whether a dialogue is open that a tap must not end: a half-made broadcast, and the like.

    A search holds nothing, nor does a broadcast that nobody has begun to write, or a question that
    has grown old; ``besides`` are the dialogues whose place the new one takes.
    """
    dialogue = turn.dialogue
    if dialogue is None or dialogue.name in (SEARCH, *besides) or grown_old(turn):
        return False
    return dialogue.name != BROADCAST or dialogue.data["step"] != "text"


def busy(turn: Turn, *besides: str) -> bool:
    """Say so over the chat where a tap would end another dialogue; returns whether it would."""
    found = in_the_middle(turn, *besides)
    if found:
        turn.toast("practitioner.conversation.busy", alert=True)
    return found


def leave_open(turn: Turn, how: Literal["left", "replaced"] = "replaced") -> None:
    """Take the buttons off the dialogue that is being left, and say so in its message."""
    dialogue = turn.dialogue
    if dialogue is None:
        return
    if dialogue.name == BROADCAST and how == "replaced" and in_the_middle(turn):
        # Its last message may be a copy of the tip, a file or a poll: nothing of it is rewritten.
        turn.say(turn.text("clinic.broadcast.set_aside"))
    if dialogue.outbox_id is None or dialogue.name not in _PLACES:
        return
    turn.edit_row(dialogue.outbox_id, turn.text(f"{_PLACES[dialogue.name]}.{how}"))
