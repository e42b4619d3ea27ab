"""Hours of a week: when the clinic is open, and when a member of its staff is on call.

Instants are UTC epoch milliseconds, zones are IANA names. A span belongs to the weekday on which
it begins and may end on the next day. Where the clock is turned, a span runs from the *first* time
the wall clock shows its start to the *last* time it shows its end: rather an hour too long than
nobody there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Final

from scheduler.wallclock import first_moment, last_moment, local_date

DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""The weekdays as hours are written: Monday is 0, as in :meth:`datetime.date.weekday`."""
MOST_SPANS: Final = 4
"""So many spans a day may have."""

_MIDNIGHT: Final = time(0)
_DAY: Final = timedelta(days=1)
_WEEKS_AHEAD: Final = 6
_EXAMPLE: Final = "give hours like Mo-Fr 09:00-18:00; Sa 10:00-14:00"
_CODE: Final = rf"(?:{'|'.join(DAYS)})"
_TIME: Final = r"(?:(?:[01]?\d|2[0-3])(?::[0-5]\d)?|24(?::00)?)"
_ENTRY: Final = re.compile(
    rf"(?:(?P<days>{_CODE}(?:\s*[-,]\s*{_CODE})*)\s+)?"
    rf"(?P<times>off|{_TIME}\s*-\s*{_TIME}(?:\s*,\s*{_TIME}\s*-\s*{_TIME})*)"
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Hours of one day, in whole local minutes: ``start`` belongs to them, ``end`` does not.

    An ``end`` at or before ``start`` is one of the next day, so 20:00-08:00 is a night, and the
    same time twice is a day and a night. Midnight as an ``end`` is the end of the day.

    Raises:
        ValueError: ``start`` or ``end`` has seconds or a time zone of its own.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        for edge in (self.start, self.end):
            if edge.tzinfo is not None or edge.second or edge.microsecond:
                raise ValueError(f"hours are whole local minutes, not {edge.isoformat()}")

    @property
    def minutes(self) -> tuple[int, int]:
        """When it begins and ends, in minutes since its day's midnight; the end may exceed 24 h."""
        start, end = (60 * edge.hour + edge.minute for edge in (self.start, self.end))
        return start, end if end > start else end + 24 * 60


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The spans of each weekday, Monday first, and the days on which there are none.

    ``closed`` are calendar days, such as holidays; a span that began the day before still ends.

    Raises:
        ValueError: there are not seven days, or a day's spans touch, overlap or are too many.
    """

    week: tuple[tuple[Span, ...], ...]
    closed: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if len(self.week) != len(DAYS):
            raise ValueError(f"a week has {len(DAYS)} days, not {len(self.week)}")
        for day, spans in zip(DAYS, self.week, strict=True):
            if len(spans) > MOST_SPANS:
                raise ValueError(f"{day} has more than {MOST_SPANS} spans of hours")
            for before, after in pairwise(spans):
                if before.minutes[1] >= after.minutes[0]:
                    raise ValueError(f"the hours of {day} overlap or touch, or are not in order")

    @property
    def never(self) -> bool:
        """Whether no weekday has hours at all."""
        return not any(self.week)

    def open_at(self, instant: int, zone: str) -> bool:
        """Say whether ``instant`` (epoch ms) lies within the hours in ``zone``."""
        today = local_date(instant, zone)
        # Yesterday's night; tomorrow's too: a clock turned back across midnight shows an old date.
        return any(
            begin <= instant < end
            for day in (today - _DAY, today, today + _DAY)
            for begin, end in self._spans(day, zone)
        )

    def next_opening(self, instant: int, zone: str) -> int | None:
        """Return the first moment (epoch ms) at or after ``instant`` within the hours.

        None where there are no hours at all, or none in the next weeks.
        """
        if self.open_at(instant, zone):
            return instant
        today = local_date(instant, zone)
        for ahead in range(_WEEKS_AHEAD * len(DAYS)):
            coming = [
                begin for begin, _ in self._spans(today + ahead * _DAY, zone) if begin > instant
            ]
            if coming:
                return min(coming)
        return None

    def on(self, weekday: int, spans: Iterable[Span]) -> "WeeklyHours":
        """Return the same week with other hours on one day (0 is Monday).

        Raises:
            ValueError: the spans touch, overlap or are too many.
        """
        changed = [*self.week]
        changed[weekday] = tuple(sorted(spans))
        return replace(self, week=tuple(changed))

    def _spans(self, day: date, zone: str) -> list[tuple[int, int]]:
        if day in self.closed:
            return []
        return [
            (
                first_moment(day, span.start, zone),
                last_moment(day if span.minutes[1] < 24 * 60 else day + _DAY, span.end, zone),
            )
            for span in self.week[day.weekday()]
        ]


def parse(text: str) -> WeeklyHours:
    """Read hours as ``Mo-Fr 09:00-18:00; Sa 10:00-14:00``; what is not named has none.

    Entries are separated by semicolons, days and spans of hours by commas. Without days it is
    every day; "off" is no hours; of two entries about a day the later holds. What
    :func:`written` returns is read back as it was.

    Raises:
        ValueError: with what is wrong, and what to do.
    """
    week: list[tuple[Span, ...]] = [()] * len(DAYS)
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    if not entries:
        raise ValueError(f"names no hours; {_EXAMPLE}")
    for entry in entries:
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise ValueError(f'"{entry}" is not understood; {_EXAMPLE}')
        spans = () if found["times"] == "off" else tuple(sorted(_read_spans(found["times"])))
        for day in _read_days(found["days"]):
            week[day] = spans
    return WeeklyHours(tuple(week))


def _read_days(text: str | None) -> list[int]:
    if text is None:
        return list(range(len(DAYS)))
    days: list[int] = []
    for part in text.split(","):
        first, _, last = (name.strip() for name in part.partition("-"))
        begin, end = DAYS.index(first), DAYS.index(last or first)
        # Sa-Mo goes over the end of the week.
        days += [day % len(DAYS) for day in range(begin, end + 1 + (end < begin) * len(DAYS))]
    return days


def _read_spans(text: str) -> list[Span]:
    return [Span(*(_read_time(edge) for edge in part.split("-"))) for part in text.split(",")]


def _read_time(text: str) -> time:
    hour, _, minute = text.strip().partition(":")
    return time(int(hour) % 24, int(minute or 0))


def written(hours: WeeklyHours) -> str:
    """Return hours as ``Mo-Fr 09:00-18:00; Sa 10:00-14:00``, or "off" where there are none."""
    entries = [
        f"{_days(first, last)} {','.join(edges(span) for span in spans)}"
        for first, last, spans in runs(hours)
        if spans
    ]
    return "; ".join(entries) or "off"


def runs(hours: WeeklyHours) -> list[tuple[int, int, tuple[Span, ...]]]:
    """Return the week as runs of days with the same hours: the first day, the last, the spans."""
    found: list[tuple[int, int, tuple[Span, ...]]] = []
    for day, spans in enumerate(hours.week):
        if found and found[-1][2] == spans:
            found[-1] = (found[-1][0], day, spans)
        else:
            found.append((day, day, spans))
    return found


def edges(span: Span) -> str:
    """Return "09:00-18:00"; a span that ends with the day ends at 24:00."""
    end = "24:00" if span.end == _MIDNIGHT else f"{span.end:%H:%M}"
    return f"{span.start:%H:%M}-{end}"


def _days(first: int, last: int) -> str:
    return DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"


CLINIC_HOURS: Final = parse("Mo-Fr 09:00-18:00")
"""When a clinic is open that has not said otherwise."""
