"""/stats: the figures as a picture, of all treatments or of one, and as a table."""

from collections.abc import Callable, Mapping
from typing import Final
from zlib import crc32

from bot.practitioner.card_words import treatment_name
from bot.turn import Turn
from scheduler import events
from scheduler.channel import Attachment, Button
from scheduler.staff import Staff

PREFIX: Final = "f"
_PER_ROW: Final = 2


def stats(turn: Turn) -> None:
    """Answer /stats."""
    if turn.staff is not None:
        _say(turn, turn.staff, "")


def _button(turn: Turn) -> None:
    member = turn.staff
    if member is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["what"]:
            turn.say(turn.text("clinic.figures.what"))
        case ["table"]:
            _send(turn, member, "document", "figures_table", "", "caption_table")
        case ["of", ""]:
            _say(turn, member, "")
        case ["of", told] if told in (known := _treatments(turn)):
            _say(turn, member, known[told])
        case _:
            turn.toast("patient.start.old_button")


def _treatments(turn: Turn) -> dict[str, str]:
    """Return the treatments by what a button carries of them."""
    return {format(crc32(key.encode()), "x"): key for key in turn.catalogue.protocols}


def _say(turn: Turn, member: Staff, treatment: str) -> None:
    buttons: list[Button] = [
        turn.button(
            "clinic.figures.button.of", f"{PREFIX}:of:{told}", name=treatment_name(turn, key)
        )
        for told, key in _treatments(turn).items()
        if key != treatment
    ]
    if treatment:
        buttons.insert(0, turn.button("clinic.figures.button.all", f"{PREFIX}:of:"))
    rows = [
        [
            turn.button("clinic.figures.button.table", f"{PREFIX}:table"),
            turn.button("clinic.figures.button.what", f"{PREFIX}:what"),
        ],
        *(buttons[start : start + _PER_ROW] for start in range(0, len(buttons), _PER_ROW)),
    ]
    _send(turn, member, "photo", "figures", treatment, "caption", rows)


def _send(
    turn: Turn,
    member: Staff,
    kind: str,
    maker: str,
    treatment: str,
    caption: str,
    rows: list[list[Button]] | None = None,
) -> None:
    events.note(turn.tx, "figures_seen", actor=member.actor, now=turn.now, table=kind == "document")
    turn.say(
        turn.text(f"clinic.figures.{caption}"),
        rows or (),
        attachment=Attachment(
            "photo" if kind == "photo" else "document",
            made=maker,
            args={"member": member.id, "treatment": treatment, "now": turn.now},
        ),
    )


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}
