"""One message of the broadcast's dialogue, and what its buttons carry."""

from dataclasses import dataclass
from typing import Final

from bot.clinic.broadcast_draft import Draft
from bot.turn import Turn
from scheduler.channel import Attachment, Button

PREFIX: Final = "b"


@dataclass(frozen=True, slots=True)
class Screen:
    """One message of the dialogue."""

    html: str
    buttons: tuple[tuple[Button, ...], ...]
    attachment: Attachment | None = None
    poll: tuple[str, ...] = ()


def data(draft: Draft, action: str, *value: object) -> str:
    """Return what a button of this broadcast carries (64 bytes at most)."""
    return ":".join([PREFIX, action, draft.serial, *map(str, value)])


def leave(turn: Turn, draft: Draft) -> tuple[Button]:
    """Return the row with the button that leaves the dialogue."""
    return (turn.button("clinic.broadcast.button.cancel", data(draft, "cancel")),)
