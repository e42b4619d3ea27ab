"""The manager's room: /broadcast, and which code answers its buttons."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.clinic import broadcast_desk, broadcasting, library_view
from bot.clinic.broadcast_screen import PREFIX
from bot.practitioner.leaving import BROADCAST
from bot.turn import Turn

Handler = Callable[[Turn], None]


def _button(turn: Turn) -> None:
    match turn.incoming.data.split(":")[1:]:
        case [action, value] if action in broadcast_desk.ACTIONS:
            broadcast_desk.press(turn, action, value)
        case [action, name] if action in library_view.ACTIONS:
            library_view.press(turn, action, name)
        case [action, serial]:
            broadcasting.press(turn, action, serial, "")
        case [action, serial, value]:
            broadcasting.press(turn, action, serial, value)
        case _:
            turn.toast("patient.start.old_button")


broadcast: Final[Handler] = broadcast_desk.open_desk

BUTTONS: Final[Mapping[str, Handler]] = {PREFIX: _button}
DIALOGUES: Final[Mapping[str, Handler]] = {BROADCAST: broadcasting.take}
