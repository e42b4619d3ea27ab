"""Setting a member's hours: a day by taps, or the whole week in words."""

from datetime import time
from typing import Final

from bot import hours_words
from bot.carried import ONCALL
from bot.practitioner.oncall_view import Screen, back, button, screen, text
from bot.turn import Turn
from messages.render import weekday
from scheduler import oncall
from scheduler.channel import Button
from scheduler.hours import DAYS, Span, WeeklyHours
from scheduler.staff import Staff

_HOURS: Final = 24
_IN_A_ROW: Final = 6


def ask(turn: Turn, member: Staff, *, writable: bool) -> Screen:
    """Return the week, a button for each day; ``writable`` is whether words are taken too."""
    hours = _hours(turn, member)
    rows = [
        [
            button(
                turn,
                "day",
                f"d:{member.id}:{number}",
                day=weekday(number, turn.language),
                hours=hours_words.spans_in_words(spans) or text(turn, "hours.none"),
            )
        ]
        for number, spans in enumerate(hours.week)
    ]
    lines = [
        text(turn, "hours.ask", name=member.name),
        text(turn, "hours.how" if writable else "hours.how_tap"),
    ]
    return "\n\n".join(lines), [*rows, back(turn, member)]


def ask_start(turn: Turn, member: Staff, number: int) -> Screen:
    """Ask from when on a member is on call on a weekday (0 is Monday)."""
    day = weekday(number, turn.language)
    grid = _grid(range(_HOURS), f"s:{member.id}:{number}")
    off = [button(turn, "off", f"o:{member.id}:{number}", day=day)]
    html = text(turn, "hours.from", name=member.name, day=day)
    return html, [*grid, off, [button(turn, "back", f"w:{member.id}")]]


def ask_end(turn: Turn, member: Staff, number: int, start: int) -> Screen:
    """Ask until when; an hour at or before ``start`` is one of the next day."""
    hours = [hour % _HOURS or _HOURS for hour in range(start + 1, start + _HOURS + 1)]
    grid = _grid(hours, f"e:{member.id}:{number}:{start}")
    html = text(
        turn,
        "hours.until",
        name=member.name,
        day=weekday(number, turn.language),
        start=f"{start:02}:00",
    )
    return html, [*grid, [button(turn, "back", f"d:{member.id}:{number}")]]


def set_day(turn: Turn, member: Staff, by: Staff, number: int, spans: list[Span]) -> None:
    """Set one weekday; the others stay as they are, the clinic's where they were the clinic's."""
    _save(turn, member, by, _hours(turn, member).on(number, spans))


def span(start: int, end: int) -> Span:
    """Return the span between two full hours; 24 is the end of the day."""
    return Span(time(start), time(end % _HOURS))


def as_the_clinic(turn: Turn, member: Staff, by: Staff) -> None:
    """Let the clinic's hours hold for a member again."""
    _save(turn, member, by, None)


def take_words(turn: Turn, member: Staff, by: Staff, words: str) -> bool:
    """Set the week that was typed; say so where it is not understood, and return False."""
    hours = hours_words.read(words, turn.language, turn.catalogue)
    if hours is None:
        shown = words if len(words) <= hours_words.LONGEST else f"{words[: hours_words.LONGEST]}…"
        turn.say(text(turn, "hours.not_understood", words=shown), [back(turn, member)])
        return False
    _save(turn, member, by, hours)
    turn.say(*screen(turn, member, text(turn, "saved")))
    return True


def _hours(turn: Turn, member: Staff) -> WeeklyHours:
    own = oncall.own_hours(turn.tx, member.id)
    return WeeklyHours(turn.clinic.hours.week) if own is None else own


def _save(turn: Turn, member: Staff, by: Staff, hours: WeeklyHours | None) -> None:
    oncall.set_hours(turn.tx, member.id, hours, actor=by.actor, now=turn.now)


def is_day(number: int) -> bool:
    """Say whether a number that a button carried is a weekday."""
    return number < len(DAYS)


def is_hour(number: int) -> bool:
    """Say whether a number that a button carried is a full hour."""
    return number <= _HOURS


def _grid(hours: range | list[int], carried: str) -> list[list[Button]]:
    buttons = [Button(f"{hour:02}", data=f"{ONCALL}:{carried}:{hour}") for hour in hours]
    return [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]
