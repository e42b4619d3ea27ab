"""The manager's room: /settings, what the clinic is, and how that is changed in chat.

A new value is tapped or written, then shown beside the old one with what it does, and holds once it
is saved. Buttons carry the setting's place in the table and no value.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bot import formats, hours_words
from bot.clinic import settings_words as words
from bot.dates import Moment, read_moment
from bot.practitioner import room, stray
from bot.practitioner.leaving import SETTING as DIALOGUE
from bot.practitioner.leaving import busy, grown_old
from bot.standing import CHANGEABLE, Standing, form, read
from bot.turn import Turn
from messages.render import plain
from scheduler import requieting
from scheduler.channel import Button
from scheduler.closures import Closure
from scheduler.wallclock import local_date

PREFIX: Final = "g"

_PER_ROW: Final = 2
_LONGEST_WRITTEN: Final = 300
_OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "clinic_hours": ("Mo-Fr 09:00-18:00", "Mo-Fr 09:00-20:00", "Mo-Sa 09:00-20:00"),
    "holidays": ("none",),
    "quiet_hours": ("20:00-09:00", "21:00-09:00", "22:00-08:00", "00:00-00:00"),
    "digest_at": ("07:30", "08:00", "08:30", "09:00", "none"),
    "escalate_emergency_minutes": ("2", "5", "10", "15"),
    "escalate_urgent_minutes": ("15", "30", "60", "120"),
    "tips_every_days": ("0", "3", "7", "14", "30"),
    "no_shows_before": ("0", "5", "10", "15", "20"),
}
_ONLY_TAPPED: Final = ("clinic_language",)


def settings(turn: Turn) -> None:
    """Answer /settings: everything at a glance."""
    _leave(turn)
    if turn.house.standing is not None:
        turn.say(*_list(turn, turn.house.standing))


def _button(turn: Turn) -> None:
    standing = turn.house.standing
    if standing is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["list"]:
            _leave(turn)
            turn.edit(*_list(turn, standing))
        case ["close"]:
            _leave(turn)
            turn.edit(_list(turn, standing)[0])
        case _ if busy(turn, DIALOGUE):
            return
        case ["drop", place] if place.isdecimal():
            closed = standing.value("closed_days")
            kept = tuple(each for number, each in enumerate(closed) if number != int(place))
            _propose(turn, standing, "closed_days", kept, edit=True)
        case [action, place, *choice] if len(choice) <= 1 and (setting := _at(CHANGEABLE, place)):
            _press(turn, standing, action, setting, *choice)
        case _:
            turn.toast("patient.start.old_button")


def _press(turn: Turn, standing: Standing, action: str, setting: str, choice: str = "") -> None:
    chosen = _at(_offered(turn, setting), choice)
    match action:
        case "open":
            _open(turn, standing, setting)
        case "try" if chosen is not None:
            _propose(turn, standing, setting, read(setting, chosen), edit=True)
        case "back":
            _propose(turn, standing, setting, standing.default(setting), edit=True)
        case "save":
            _save(turn, standing, setting)
        case _:
            turn.toast("patient.start.old_button")


def _written(turn: Turn) -> None:
    """Take a value that was written while one setting is open."""
    standing, dialogue = turn.house.standing, turn.dialogue
    if standing is None or dialogue is None or stray.quotes_elsewhere(turn):
        return
    setting = str(dialogue.data["setting"])
    if setting not in CHANGEABLE or grown_old(turn):
        turn.close_dialogue()
        room.unprompted(turn)
        return
    text = turn.incoming.text.strip()
    try:
        if turn.incoming.kind != "text" or setting in _ONLY_TAPPED:
            raise ValueError(setting)  # noqa: TRY301  one answer to all that is no value
        value = _understood(turn, standing, setting, text[:_LONGEST_WRITTEN])
    except ValueError:
        row = turn.say(_fault(turn, setting, text), [[_back(turn, setting)]])
        turn.open_dialogue(DIALOGUE, dialogue.data, outbox_id=row)
        return
    _propose(turn, standing, setting, value, edit=False)


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = {DIALOGUE: _written}


def _understood(turn: Turn, standing: Standing, setting: str, text: str) -> Any:
    """Return the value that was meant.

    Raises:
        ValueError: it is none.
    """
    if setting == "clinic_hours":
        hours = hours_words.read(text, turn.language, turn.catalogue)
        if hours is None:
            raise ValueError(text)
        return hours
    if setting != "closed_days":
        return read(setting, text)
    added = {_closure(turn, line) for line in text.splitlines() if line.strip()}
    today = local_date(turn.now, turn.clinic.timezone)
    if any(closed.last < today for closed in added):
        raise ValueError(text)
    # What is over is left behind: the list would grow for ever.
    ahead = {each for each in standing.value("closed_days") if each.last >= today}
    return tuple(sorted(ahead | added))


def _closure(turn: Turn, line: str) -> Closure:
    for dash in ("..", " – ", " - ", "–"):
        if dash in line:
            first, last = line.split(dash, 1)
            return Closure(_day(turn, first), _day(turn, last))
    return Closure(_day(turn, line), _day(turn, line))


def _day(turn: Turn, text: str) -> Any:
    found = read_moment(
        text.strip(),
        now_ms=turn.written_at,
        zone=turn.clinic.timezone,
        language=turn.language,
        clinic_language=turn.clinic.language,
    )
    moment = found if isinstance(found, Moment) else found.understood
    if moment is None or moment.has_time:
        raise ValueError(text)
    return local_date(moment.ms, turn.clinic.timezone)


def _fault(turn: Turn, setting: str, text: str) -> str:
    parts = [turn.text(f"clinic.settings.fault.{setting}")]
    near = formats.nearest_zone(text) if setting == "clinic_timezone" else None
    if near is not None:
        parts.append(turn.text("clinic.settings.nearest", name=near))
    return "\n".join(parts)


def _list(turn: Turn, standing: Standing) -> tuple[str, list[list[Button]]]:
    lines: list[str] = [
        turn.text(
            f"clinic.settings.line{'_changed' if setting in standing.changed else ''}",
            name=words.name(turn, setting),
            value=words.shown(turn, setting, standing.value(setting)),
        )
        for setting in CHANGEABLE
    ]
    buttons = [
        Button(plain(words.name(turn, setting)), data=f"{PREFIX}:open:{place}")
        for place, setting in enumerate(CHANGEABLE)
    ]
    leave = turn.button("clinic.settings.button.close", f"{PREFIX}:close")
    title = turn.text("clinic.settings.title")
    if standing.changed:
        lines += ["", turn.text("clinic.settings.legend")]
    return "\n".join([title, "", *lines]), [*_in_rows(buttons), [leave]]


def _open(turn: Turn, standing: Standing, setting: str) -> None:
    """Show one setting: what it says, and what it could say instead."""
    place = CHANGEABLE.index(setting)
    value = standing.value(setting)
    offered = [
        Button(
            plain(words.shown(turn, setting, read(setting, choice))),
            data=f"{PREFIX}:try:{place}:{number}",
        )
        for number, choice in enumerate(_offered(turn, setting))
        if read(setting, choice) != value
    ]
    rows = _in_rows([*offered, *_droppable(turn, setting, value)])
    if setting in standing.changed:
        default = plain(words.shown(turn, setting, standing.default(setting)))
        rows.append(
            [turn.button("clinic.settings.button.default", f"{PREFIX}:back:{place}", value=default)]
        )
    rows.append([turn.button("clinic.settings.button.list", f"{PREFIX}:list")])
    row = turn.edit(
        "\n\n".join(
            [
                turn.text(
                    "clinic.settings.now",
                    name=words.name(turn, setting),
                    value=words.shown(turn, setting, value),
                ),
                turn.text(f"clinic.settings.about.{setting}"),
            ]
        ),
        rows,
    )
    turn.open_dialogue(DIALOGUE, {"setting": setting}, outbox_id=row)


def _droppable(turn: Turn, setting: str, value: Any) -> Iterator[Button]:
    if setting != "closed_days":
        return
    today = local_date(turn.now, turn.clinic.timezone)
    for number, closed in enumerate(value):
        if closed.last >= today:
            yield turn.button(
                "clinic.settings.button.drop",
                f"{PREFIX}:drop:{number}",
                days=words.closure(turn, closed),
            )


def _propose(turn: Turn, standing: Standing, setting: str, value: Any, *, edit: bool) -> None:
    """Show a new value beside the old one, with what it does."""
    before = standing.value(setting)
    if value == before:
        turn.toast("clinic.settings.toast.same")
        if not edit:
            turn.say(turn.text("clinic.settings.same"), [[_back(turn, setting)]])
        return
    parts = [
        turn.text(
            "clinic.settings.ask",
            name=words.name(turn, setting),
            before=words.shown(turn, setting, before),
            after=words.shown(turn, setting, value),
        )
    ]
    if (effect := words.effect(turn, setting, value)) is not None:
        parts.append(effect)
    parts.append(turn.text("clinic.settings.save"))
    place = CHANGEABLE.index(setting)
    save = turn.button("clinic.settings.button.save", f"{PREFIX}:save:{place}")
    buttons = [[save, _back(turn, setting)]]
    ask = turn.edit if edit else turn.say
    row = ask("\n\n".join(parts), buttons)
    # One transaction sees one value; the other manager's change in between is seen by the form.
    data: dict[str, object] = {"setting": setting, "value": form(value), "before": form(before)}
    turn.open_dialogue(DIALOGUE, data, outbox_id=row)


def _save(turn: Turn, standing: Standing, setting: str) -> None:
    member, dialogue = turn.staff, turn.dialogue
    data = dialogue.data if dialogue is not None and dialogue.name == DIALOGUE else {}
    if member is None or data.get("setting") != setting or "value" not in data:
        turn.toast("patient.start.old_button")
        return
    before = standing.value(setting)
    if data["before"] != form(before):
        turn.toast("clinic.settings.toast.meanwhile", alert=True)
        _open(turn, standing, setting)
        return
    value = read(setting, str(data["value"]))
    standing.adjust(turn.tx, setting, value, actor=member.actor, now=turn.now)
    if setting == "quiet_hours":
        requieting.apply(turn.tx, value, turn.catalogue, now=turn.now)
    turn.close_dialogue()
    turn.edit(
        turn.text(
            "clinic.settings.saved",
            name=words.name(turn, setting),
            before=words.shown(turn, setting, before),
            after=words.shown(turn, setting, value),
        ),
        [[turn.button("clinic.settings.button.list", f"{PREFIX}:list")]],
    )


def _back(turn: Turn, setting: str) -> Button:
    place = CHANGEABLE.index(setting)
    return turn.button("clinic.settings.button.back", f"{PREFIX}:open:{place}")


def _offered(turn: Turn, setting: str) -> tuple[str, ...]:
    if setting == "clinic_language":
        return turn.catalogue.languages
    return _OFFERED.get(setting, ())


def _leave(turn: Turn) -> None:
    if turn.dialogue is not None and turn.dialogue.name == DIALOGUE:
        turn.close_dialogue()


def _at(table: tuple[str, ...], place: str) -> str | None:
    number = int(place) if place.isascii() and place.isdecimal() else len(table)
    return table[number] if number < len(table) else None


def _in_rows(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + _PER_ROW] for start in range(0, len(buttons), _PER_ROW)]
