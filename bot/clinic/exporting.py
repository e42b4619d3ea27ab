"""/export: says what it would hold, asks, and sends it as a file."""

from collections.abc import Callable, Mapping
from typing import Final

from bot import export_file
from bot.turn import Turn
from scheduler import exports, roster
from scheduler.exports import FORMATS, Place
from scheduler.staff import Staff

PREFIX: Final = "x"


def ask(turn: Turn) -> None:
    """Answer /export: what it would hold, and in which form it may be had."""
    if turn.staff is None:
        return
    whose = "all" if turn.staff.role == "manager" else "own"
    rows = [[turn.button(f"clinic.export.button.{each}", f"{PREFIX}:{each}")] for each in FORMATS]
    rows.append([turn.button("clinic.export.button.leave", f"{PREFIX}:leave")])
    warning = turn.text("clinic.export.warning", n=turn.clinic.keeping.export_hours)
    count = roster.count(turn.tx, turn.staff)
    turn.say(turn.text(f"clinic.export.ask_{whose}", n=count, warning=warning), rows)


def _button(turn: Turn) -> None:
    match turn.incoming.data.split(":")[1:]:
        case ["leave"]:
            turn.edit(turn.text("clinic.export.left"))
        case ["csv" | "json" as format_] if turn.staff is not None:
            _begin(turn, turn.staff, format_)
        case _:
            turn.toast("patient.start.old_button")


def _begin(turn: Turn, member: Staff, format_: exports.Format) -> None:
    export_id = exports.ask(turn.tx, member, format_, now=turn.now)
    export = exports.by_id(turn.tx, export_id) if export_id is not None else None
    if export is None:
        turn.toast("clinic.export.toast.under_way", alert=True)
        return
    turn.edit(turn.text("clinic.export.begun"))
    export_file.owe(turn.tx, turn.house, export, part=1, place=Place(), now=turn.now)


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}
