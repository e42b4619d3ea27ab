"""How a setting reads to a manager: what it is called, what it says now, what a change does."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from typing import Any, Final

from babel import Locale

from bot.hours_words import in_words
from bot.languages import own_name
from bot.turn import Turn
from messages.render import Html, day_long, escape
from scheduler import closures, requieting
from scheduler.closures import Closure
from scheduler.hours import WeeklyHours
from scheduler.quiet import QuietHours
from scheduler.wallclock import first_moment, local_date

_COUNTED: Final[Mapping[str, str]] = {
    "escalate_emergency_minutes": "minutes",
    "escalate_urgent_minutes": "minutes",
    "tips_every_days": "days",
    "no_shows_before": "percent",
}
_SHOWN: Final = 3
"""So many days are named; of more, how many."""


def name(turn: Turn, setting: str) -> Html:
    """Return what a setting is called."""
    return turn.text(f"clinic.settings.name.{setting}")


def shown(turn: Turn, setting: str, value: Any) -> Html:
    """Return a value in words, short enough for a list."""
    words = _plainly(turn, setting, value)
    if words is None:
        return turn.text(f"clinic.settings.none.{setting}")
    return words if isinstance(words, Html) else escape(words)


def _plainly(turn: Turn, setting: str, value: Any) -> str | None:
    found: str | None = None
    match value:
        case QuietHours(start=start, end=end) if start != end:
            found = f"{start:%H:%M}–{end:%H:%M}"
        case time():
            found = f"{value:%H:%M}"
        case WeeklyHours() if not value.never:
            found = in_words(value, turn.language, turn.catalogue)
        case int() if value:
            found = turn.text(f"clinic.settings.{_COUNTED[setting]}", n=value)
        case str() if value:
            found = _called(turn, setting, value)
        case tuple() if ahead := _ahead(turn, value):
            found = ", ".join(_named(turn, ahead))
    return found


def _called(turn: Turn, setting: str, value: str) -> str:
    if setting == "clinic_language":
        return own_name(value)
    return region(turn, value) if setting == "holidays" else value


def effect(turn: Turn, setting: str, value: Any) -> Html | None:
    """Return what a change does to what is planned or shown, where that is not plain; or None."""
    match setting:
        case "quiet_hours":
            moves = requieting.preview(turn.tx, value, turn.catalogue, now=turn.now)
            return Html(
                "\n".join(
                    turn.text(f"clinic.settings.effect.quiet.{key}", n=n)
                    for key, n in (
                        ("moved", moves.moved),
                        ("dropped", moves.dropped),
                        ("same", moves.same),
                    )
                    if n or key == "moved"
                )
            )
        case "holidays" if value:
            return turn.text("clinic.settings.effect.holidays", days=", ".join(_next(turn, value)))
        case "clinic_timezone" | "clinic_language" | "tips_every_days":
            return turn.text(f"clinic.settings.effect.{setting}")
    return None


def region(turn: Turn, code: str) -> str:
    """Return what a country or region is called: "Spain, MD"."""
    country, _, part = code.partition("-")
    called = Locale.parse(turn.language, sep="-").territories.get(country, country)
    return f"{called}, {part}" if part else str(called)


def closure(turn: Turn, closed: Closure) -> str:
    """Return a closure in words: "Thu, 24 Dec 2026", or from one day to another."""
    days = [_day(turn, closed.first), _day(turn, closed.last)]
    return " – ".join(dict.fromkeys(days))


def _today(turn: Turn) -> date:
    return local_date(turn.now, turn.clinic.timezone)


def _ahead(turn: Turn, closed: Iterable[Closure]) -> list[Closure]:
    return [each for each in closed if each.last >= _today(turn)]


def _named(turn: Turn, ahead: list[Closure]) -> Iterator[str]:
    yield from (closure(turn, each) for each in ahead[:_SHOWN])
    if len(ahead) > _SHOWN:
        yield f"+{len(ahead) - _SHOWN}"


def _next(turn: Turn, code: str) -> Iterator[str]:
    today = _today(turn)
    days = closures.named(code, (today.year, today.year + 1), turn.language)
    coming = [day for day in days if day >= today]
    yield from (f"{_day(turn, day)} ({days[day]})" for day in coming[:_SHOWN])


def _day(turn: Turn, day: date) -> str:
    zone = turn.clinic.timezone
    return day_long(first_moment(day, time(12), zone), zone, turn.language)
