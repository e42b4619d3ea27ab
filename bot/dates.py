"""Dates and times in people's own words: "next fri 15:30", "dentro de dos semanas", "12/5 10:00".

What a practitioner types decides when a patient is written to, so it is read strictly: every word
must be accounted for, or it is not understood. What can be read in two ways is read in the likelier
one and says so (``Moment.other``); the bot echoes every moment with its weekday and zone.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from babel.core import get_global

from bot.dates_clock import ClockTime, take_time
from bot.dates_words import base_language, in_plain_english
from scheduler.wallclock import HOUR, MINUTE, first_moment, in_gap, last_moment, local

Prefer = Literal["future", "past"]
Reason = Literal["unclear", "too_long", "past", "future", "too_far", "weekday"]

LONGEST = 60
FURTHEST_YEARS: Final = 10
DEFAULT_TIME: Final = time(10)

# A day and month without a year: "4 May", typed on 5 May for a next session, is yesterday and not a
# year ahead; and nobody enters a session of eleven months ago without saying the year.
_JUST_MISSED: Final = {"future": timedelta(days=31), "past": timedelta(days=183)}

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAY: Final = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})"
_MONTH: Final = rf"(?P<month>{'|'.join(_MONTHS)})"
_UNITS: Final = {"d": "day", "w": "week", "m": "month", "y": "year"}

_NUMERIC: Final = re.compile(
    r"(?<![\w/.-])(?:(?P<iso>\d{4})-(?P<iso_month>\d\d?)-(?P<iso_day>\d\d?)"
    r"|(?P<first>\d\d?)(?P<mark>[/.-])(?P<second>\d\d?)(?:(?P=mark)(?P<year>\d{4}|\d\d))?)(?![\w/.-])"
)
_MARKS: Final = " .:/-'@"
_SHORT: Final = re.compile(r"(?P<ahead>in )?(?P<count>\d{1,4}) ?(?P<unit>[dwmy])")
_DISTANCE: Final = re.compile(
    r"(?P<ahead>in )?(?P<count>\d{1,9}) (?P<unit>minute|hour|day|week|month|year)(?P<ago> ago)?"
)
_NAMED: Final = re.compile(rf"(?:(?P<which>next|last) )?{_WEEKDAY}")
_DATED: Final = re.compile(
    rf"(?:{_WEEKDAY} )?(?:(?P<day>\d\d?) {_MONTH}|"
    rf"{_MONTH.replace('month', 'month_first')} (?P<day_last>\d\d?))(?: (?P<year>\d{{4}}))?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as it was understood.

    Attributes:
        ms: The instant, epoch ms.
        has_time: Whether a time of day was given; otherwise it is the clinic's default time.
        other: The instant of the second likeliest reading, where the words have two that are
            possible: 12/5 as 5 December, "next Friday" as the one after this week's, "at 5" as
            05:00, a time that clocks show twice as the second of the two.
        skipped: Whether clocks skip the time that was given (they go forward there); ``ms`` is the
            first moment after it.
    """

    ms: int
    has_time: bool
    other: int | None = None
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Why there is no moment to use, and the moment that was understood, if one was.

    "unclear": these are no words for a moment, or the day does not exist. "too_long": more than
    ``LONGEST`` characters. "past" and "future": it is not on the side that was asked for.
    "too_far": more than ten years away. "weekday": the date is not that day of the week.
    """

    reason: Reason
    understood: Moment | None = None


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    other: date | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a reading depends on besides the words of the date."""

    now_ms: int
    zone: str
    prefer: Prefer
    month_first: bool
    clock: ClockTime | None
    default_time: time

    @property
    def now(self) -> datetime:
        return local(self.now_ms, self.zone)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def at(self) -> time:
        return self.clock.at if self.clock else self.default_time

    @property
    def sign(self) -> int:
        return 1 if self.prefer == "future" else -1

    @property
    def over(self) -> bool:
        """Whether the time of day is over for today."""
        return self.at < self.now.time()

    def wrong_side(self, ms: int) -> bool:
        return (ms - self.now_ms) * self.sign < 0


def read_moment(
    text: str,
    *,
    now_ms: int,
    zone: str,
    language: str,
    clinic_language: str | None = None,
    prefer: Prefer = "future",
    default_time: time = DEFAULT_TIME,
) -> Moment | NotUnderstood:
    """Read a moment that a person typed, in their language, the clinic's or English.

    Day comes before month in "12/5", except for English in a zone of the United States; "1m" is a
    month. An hour from 1 to 7 without am, pm or a leading zero is meant in the afternoon. A day and
    month without a year are the next (or, asked for the past, the last) of that name, unless
    it was just missed.

    Args:
        text: The words.
        now_ms: The present, epoch ms.
        zone: The zone whose clocks and calendar are meant.
        language: The person's language, as Telegram gives it.
        clinic_language: One more that the person may type in.
        prefer: On which side of now the moment must lie; decides where the words do not.
        default_time: The local time of a day for which none was given.

    Returns:
        The moment, or why there is none. Nothing that is typed raises an exception.
    """
    if len(text) > LONGEST:
        return NotUnderstood("too_long")
    words = unicodedata.normalize("NFKC", text).casefold()
    # 2026-05-12T10:00 is how machines write it.
    words = re.sub(r"(?<=\d-\d\d)t(?=\d)", " ", words)
    words = " ".join(words.rstrip(".?! ").replace(",", " ").split())
    taken = take_time(words) if words and all(map(_speaks, words)) else None
    if taken is None:
        return NotUnderstood("unclear")
    clock, rest = taken
    asked = _Asked(
        now_ms=now_ms,
        zone=zone,
        prefer=prefer,
        month_first=_month_first(language, zone),
        clock=clock,
        default_time=default_time,
    )
    try:
        languages = (language, clinic_language) if clinic_language else (language,)
        found = _found(" ".join(rest.split()), asked, languages)
        if found is None:
            return NotUnderstood("unclear")
        return _judged(found, asked)
    except OverflowError:  # a thousand years hence: the calendar ends with the year 9999
        return NotUnderstood("too_far")


def _speaks(character: str) -> bool:
    # dateparser drops whatever else it meets, and a word that is dropped is not accounted for.
    return (
        unicodedata.category(character)[0] in "LM" or character.isdecimal() or character in _MARKS
    )


def _month_first(language: str, zone: str) -> bool:
    return base_language(language) == "en" and get_global("zone_territories").get(zone) == "US"


def _found(rest: str, asked: _Asked, languages: Sequence[str]) -> _Day | Moment | None:
    """Read what is left of the words without their time of day."""
    if not rest:
        return _bare_time(asked) if asked.clock else None
    if short := _SHORT.fullmatch(rest):
        sign = 1 if short["ahead"] else asked.sign
        return _distance(int(short["count"]) * sign, _UNITS[short["unit"]], asked)
    numeric = _NUMERIC.search(rest)
    if numeric is None:
        plains = (plain.replace(".", "") for plain in in_plain_english(rest, languages))
        return next((found for plain in plains if (found := _plain(plain, asked))), None)
    beside = f"{rest[: numeric.start()]} {rest[numeric.end() :]}".strip()
    if not beside:
        return _numeric(numeric, None, asked)
    for plain in in_plain_english(beside, languages):
        if plain in _WEEKDAYS:
            return _numeric(numeric, _WEEKDAYS.index(plain), asked)
    return None


def _plain(plain: str, asked: _Asked) -> _Day | Moment | None:
    if plain == "0 second ago":
        return None if asked.clock else Moment(asked.now_ms, has_time=True)
    if distance := _DISTANCE.fullmatch(plain):
        ahead, ago = distance["ahead"], distance["ago"]
        # An interval of nothing is a slip; "today" is "0 day ago" to dateparser.
        if ahead and (ago or not int(distance["count"])):
            return None
        sign = 1 if ahead else -1 if ago else asked.sign
        return _distance(int(distance["count"]) * sign, distance["unit"], asked)
    if named := _NAMED.fullmatch(plain):
        return _named(_WEEKDAYS.index(named["weekday"]), named["which"], asked)
    if dated := _DATED.fullmatch(plain):
        day = int(dated["day"] or dated["day_last"])
        month = 1 + _MONTHS.index(dated["month"] or dated["month_first"])
        weekday = _WEEKDAYS.index(dated["weekday"]) if dated["weekday"] else None
        found = _in_year(dated["year"], month, day, asked)
        return _Day(found, weekday=weekday) if found else None
    return None


def _bare_time(asked: _Asked) -> _Day:
    if asked.prefer == "future":
        return _Day(asked.today + timedelta(days=int(asked.over)))
    return _Day(asked.today - timedelta(days=int(asked.at > asked.now.time())))


def _distance(count: int, unit: str, asked: _Asked) -> _Day | Moment | None:
    if unit in {"minute", "hour"}:
        elapsed = count * (HOUR if unit == "hour" else MINUTE)
        return None if asked.clock else Moment(asked.now_ms + elapsed, has_time=True)
    if unit in {"day", "week"}:
        return _Day(asked.today + timedelta(days=count * (7 if unit == "week" else 1)))
    months = asked.today.month - 1 + count * (12 if unit == "year" else 1)
    year, month = asked.today.year + months // 12, months % 12 + 1
    if not 1 <= year <= 9999:  # noqa: PLR2004 - the calendar's own limits
        raise OverflowError(f"year {year}")
    # A month after 31 January is the last of February.
    return _Day(date(year, month, min(asked.today.day, monthrange(year, month)[1])))


def _named(weekday: int, which: str | None, asked: _Asked) -> _Day:
    today, week = asked.today, timedelta(days=7)
    ahead = (weekday - today.weekday()) % 7
    if which == "next":
        day = today + timedelta(days=ahead or 7)
        # On a Tuesday, "next Friday" is this week's to some people and next week's to others.
        return _Day(day, other=day + week if weekday > today.weekday() else None)
    if which == "last":
        day = today + timedelta(days=ahead) - week
        return _Day(day, other=day - week if weekday < today.weekday() else None)
    if asked.prefer == "future":
        day = today + timedelta(days=ahead)
        return _Day(day + week if day == today and asked.over else day)
    if ahead == 0 and not (asked.clock and asked.at > asked.now.time()):
        return _Day(today)
    return _Day(today + timedelta(days=ahead) - week)


def _numeric(found: re.Match[str], weekday: int | None, asked: _Asked) -> _Day | None:
    if found["iso"]:
        day = _date(int(found["iso"]), int(found["iso_month"]), int(found["iso_day"]))
        return _Day(day, weekday=weekday) if day else None
    if found["year"] is None and (
        found["mark"] == "-" or (found["mark"] == "." and not asked.clock)
    ):
        return None  # "10-12" may be hours, and "12.5" a number or a time
    first, second = int(found["first"]), int(found["second"])
    day_first = _in_year(found["year"], second, first, asked)
    month_first = _in_year(found["year"], first, second, asked)
    readings = (month_first, day_first) if asked.month_first else (day_first, month_first)
    days = list(dict.fromkeys(day for day in readings if day))
    if weekday is not None:
        days = [day for day in days if day.weekday() == weekday] or days[:1]
    if not days:
        return None
    return _Day(days[0], other=days[1] if len(days) > 1 else None, weekday=weekday)


def _in_year(year: str | None, month: int, day: int, asked: _Asked) -> date | None:
    if year:
        return _date(int(year) + (2000 if len(year) == len("26") else 0), month, day)
    this = asked.today.year
    # A 29 February can be eight years away (1896 to 1904, 2096 to 2104).
    near = [found for more in range(-8, 9) if (found := _date(this + more, month, day))]
    upcoming = min((found for found in near if found >= asked.today), default=None)
    latest = max((found for found in near if found <= asked.today), default=None)
    if upcoming is None or latest is None:
        return None
    since, ahead = asked.today - latest, upcoming - asked.today
    nearest = latest if since < ahead else upcoming
    wanted, missed = (upcoming, since) if asked.prefer == "future" else (latest, ahead)
    return nearest if min(since, ahead) == missed <= _JUST_MISSED[asked.prefer] else wanted


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 31 February, the 13th month, the year 0
        return None


def _judged(found: _Day | Moment, asked: _Asked) -> Moment | NotUnderstood:
    moment = _moment(found, asked) if isinstance(found, _Day) else found
    if abs(local(moment.ms, asked.zone).year - asked.today.year) > FURTHEST_YEARS:
        return NotUnderstood("too_far", moment)
    if isinstance(found, _Day) and found.weekday not in {None, found.day.weekday()}:
        return NotUnderstood("weekday", moment)
    if asked.wrong_side(moment.ms):
        return NotUnderstood("past" if asked.prefer == "future" else "future", moment)
    if moment.other is not None and asked.wrong_side(moment.other):
        return replace(moment, other=None)
    return moment


def _moment(found: _Day, asked: _Asked) -> Moment:
    zone, clock, at = asked.zone, asked.clock, asked.at
    ms = first_moment(found.day, at, zone)
    if clock is None:
        if asked.prefer == "past" and found.day == asked.today:
            ms = min(ms, asked.now_ms)  # "today", typed before the default time
        other = first_moment(found.other, at, zone) if found.other else None
        return Moment(ms, has_time=False, other=other)
    if found.other:
        other = first_moment(found.other, at, zone)
    elif clock.other:
        other = first_moment(found.day, clock.other, zone)
    else:
        other = last_moment(found.day, at, zone)
    return Moment(
        ms,
        has_time=True,
        other=other if other != ms else None,
        skipped=in_gap(found.day, at, zone),
    )
