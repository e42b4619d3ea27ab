"""/broadcast: what is under way, with pause, resume and cancel; or a new one."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.clinic import broadcasting
from bot.clinic.broadcast_screen import PREFIX
from bot.turn import Turn
from scheduler import broadcast_words, broadcasts
from scheduler.broadcast_words import number
from scheduler.channel import Button

Act = Callable[..., int]

_STEER: Final[Mapping[str, tuple[Act, str]]] = {
    "stop": (broadcasts.cancel, "stopped"),
    "pause": (broadcasts.pause, "paused"),
    "resume": (broadcasts.resume, "resumed"),
}
ACTIONS: Final = frozenset({*_STEER, "show"})


def open_desk(turn: Turn) -> None:
    """Answer /broadcast: ask what to send; what is under way has a button above that."""
    rows = [
        [
            turn.button(
                "clinic.broadcast.button.show",
                f"{PREFIX}:show:{row['id']}",
                words=broadcasting.beginning(row["text"]),
                n=number(row["total"], turn.language),
            )
        ]
        for row in broadcasts.under_way(turn.tx)
    ]
    if rows:
        turn.say(turn.text("clinic.broadcast.under_way", n=len(rows)), rows)
    broadcasting.begin(turn)


def press(turn: Turn, action: str, value: str) -> None:
    """Show, pause, resume or cancel a broadcast; any manager may."""
    found = broadcasts.by_id(turn.tx, int(value)) if value.isdecimal() else None
    if found is None or turn.staff is None:
        turn.toast("patient.start.old_button")
        return
    if action == "show":
        turn.edit(*_shown(turn, found["id"]))
        return
    act, key = _STEER[action]
    done = act(turn.tx, found["id"], actor=turn.staff.actor, now=turn.now)
    if done:
        turn.toast(f"clinic.broadcast.toast.{key}", n=done)
    else:
        turn.toast("clinic.broadcast.toast.too_late")
    if turn.incoming.message_id != found["progress_message"] or turn.staff.id != found["staff_id"]:
        # Somebody steers from a message of their own; the sender's changes by itself.
        turn.edit(*_shown(turn, found["id"]))


def _shown(turn: Turn, broadcast_id: int) -> tuple[str, tuple[tuple[Button, ...], ...]]:
    row = broadcasts.by_id(turn.tx, broadcast_id)
    if row is None:
        return turn.text("clinic.broadcast.closed"), ()
    said = broadcast_words.progress(
        turn.tx, row, turn.catalogue, turn.clinic, turn.language, now=turn.now
    )
    return said.html, said.buttons
