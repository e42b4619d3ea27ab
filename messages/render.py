"""Instants and durations in a patient's own words, by the rules of Unicode CLDR (Babel).

An instant is UTC epoch milliseconds; a zone is a name of the IANA time zone database.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_timedelta, get_day_names
from babel.units import format_unit

from messages.markup import Html, escape, plain

__all__ = [
    "Html",
    "clock",
    "day",
    "day_from",
    "day_long",
    "distance",
    "escape",
    "local",
    "moment",
    "moment_long",
    "month_name",
    "plain",
    "span",
    "weekday",
    "weekday_spellings",
]

_Unit = Literal["day", "hour", "minute", "second"]
_UNITS: Final[tuple[tuple[_Unit, int], ...]] = (
    ("day", 86_400_000),
    ("hour", 3_600_000),
    ("minute", 60_000),
    ("second", 1_000),
)
# format_timedelta picks the first unit that reaches this many; none but the asked one ever does.
_NEVER: Final = float("inf")


def local(instant: int, zone: str) -> datetime:
    """Return the wall-clock time of ``instant`` (epoch ms) in ``zone``, aware of its offset.

    Raises:
        ZoneInfoNotFoundError: there is no such zone.
    """
    return datetime.fromtimestamp(instant / 1000, UTC).astimezone(ZoneInfo(zone))


def moment(instant: int, zone: str, language: str) -> str:
    """Return "Tue 5 May, 10:00" for ``instant`` (epoch ms) in ``zone``."""
    return f"{day(instant, zone, language)}, {clock(instant, zone, language)}"


def moment_long(instant: int, zone: str, language: str) -> str:
    """Return "Tue, 5 May 2026, 10:00 (Europe/Madrid)", to echo what somebody typed."""
    return f"{day_long(instant, zone, language)}, {clock(instant, zone, language)} ({zone})"


def day(instant: int, zone: str, language: str) -> str:
    """Return "Tue 5 May" for ``instant`` (epoch ms) in ``zone``."""
    return _date("MMMEd", local(instant, zone).date(), language)


def day_from(now: int, instant: int, zone: str, language: str) -> str:
    """Return the day of ``instant`` as one says it at ``now``: with the year if it is another.

    Both are epoch ms, read in ``zone``.
    """
    same_year = local(now, zone).year == local(instant, zone).year
    return (day if same_year else day_long)(instant, zone, language)


def day_long(instant: int, zone: str, language: str) -> str:
    """Return "Tue, 5 May 2026" for ``instant`` (epoch ms) in ``zone``."""
    return _date("yMMMEd", local(instant, zone).date(), language)


def clock(instant: int, zone: str, language: str) -> str:
    """Return "10:00", always on 24 hours, for ``instant`` (epoch ms) in ``zone``."""
    shown = local(instant, zone)
    return _time(shown.hour, shown.minute, language)


def month_name(day: date, language: str) -> str:
    """Return "May 2026", as the head of a calendar."""
    return format_skeleton("yMMMM", datetime.combine(day, time()), locale=_locale(language))


def weekday(number: int, language: str) -> str:
    """Return "Mon" for 0, as :meth:`datetime.date.weekday` counts."""
    return str(get_day_names("abbreviated", "stand-alone", _locale(language))[number])


def weekday_spellings(number: int, language: str) -> frozenset[str]:
    """Return "Monday", "Mon" and "Mo" for 0: every way to write a weekday."""
    return frozenset(
        get_day_names(width, "stand-alone", _locale(language))[number]
        for width in ("wide", "abbreviated", "short")
    )


def span(milliseconds: int, language: str) -> str:
    """Return a duration such as "2 hours" or "90 minutes", rounded to its largest fitting unit."""
    unit, count = _counted(milliseconds)
    return format_unit(count, f"duration-{unit}", length="long", locale=_locale(language))


def distance(milliseconds: int, language: str) -> str:
    """Return how far away an instant is: "in 3 days", or "3 days ago" when negative."""
    unit, count = _counted(milliseconds)
    sign = -1 if milliseconds < 0 else 1
    return format_timedelta(
        timedelta(**{f"{unit}s": sign * count}),
        granularity=unit,
        threshold=_NEVER,
        add_direction=True,
        locale=_locale(language),
    )


def _counted(milliseconds: int) -> tuple[_Unit, int]:
    """Return the unit that says a duration without losing more than half of one in two."""
    length = abs(milliseconds)
    for unit, size in _UNITS:
        if length >= 2 * size or length == size:
            return unit, (length + size // 2) // size
    return "second", (length + 500) // 1000


# Patients share their days, and a day has so many minutes: putting one into words takes Babel
# longer than all else that is said about it.
@lru_cache(maxsize=4096)
def _date(skeleton: str, day: date, language: str) -> str:
    midnight = datetime.combine(day, time(), UTC)
    return format_skeleton(skeleton, midnight, locale=_locale(language))


@lru_cache(maxsize=4096)
def _time(hour: int, minute: int, language: str) -> str:
    return format_skeleton(
        "Hm", datetime(2000, 1, 1, hour, minute, tzinfo=UTC), locale=_locale(language)
    )


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    """Return the locale of a language tag; English dates put the day before the month."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    return Locale.parse("en_GB") if str(locale) == "en" else locale
