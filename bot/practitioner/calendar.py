"""A calendar to tap: the days of a month, then the times of a day, as rows of buttons.

Wherever a date is asked it stands beside the words that a practitioner may write. Its buttons
carry one value each: a month (202605), a day (20260514) or a moment (202605141530), read on the
clock of the zone at hand.
"""

import calendar as months
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.carried import is_number
from messages.render import month_name, weekday
from scheduler.channel import Button
from scheduler.hours import WeeklyHours
from scheduler.wallclock import first_moment, in_gap, local, local_date

Row = tuple[Button, ...]

_MONTH: Final = len("202605")
_DAY: Final = len("20260514")
_MOMENT: Final = len("202605141530")
_NOTHING: Final = "0"
_BLANK: Final = "·"
_HALF_HOUR: Final = 30
_PER_ROW: Final = 4
_USUAL: Final = (9 * 60, 18 * 60)
"""From when to when times are offered on a day on which the clinic has no hours, in minutes."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar of one question.

    Attributes:
        zone: on whose clocks it is read.
        language: of who reads it.
        hours: when the clinic is open: only such times are offered, others can be written.
        first: the earliest moment that is an answer, epoch ms.
        last: the latest one.
        carry: returns what a button with a value carries.
    """

    zone: str
    language: str
    hours: WeeklyHours
    first: int
    last: int
    carry: Callable[[str], str]

    def rows(self, view: str) -> list[Row]:
        """Return the buttons of a month or of a day; of a value that is none, of the first month.

        A day leads back to its month, so that nobody is stuck on one.
        """
        day = _date(view) if len(view) == _DAY else None
        if day is not None:
            back = self._button(f"‹ {month_name(day, self.language)}", f"{day:%Y%m}")
            return [*self._times(day), (back,)]
        month = _date(f"{view}01") if len(view) == _MONTH else None
        return self._days(month or local_date(self.first, self.zone).replace(day=1))

    def moment(self, value: str) -> int | None:
        """Return the moment of a button (epoch ms); None for a month, a day or a forged value."""
        if len(value) != _MOMENT or not is_number(value):
            return None
        try:
            read = datetime.strptime(value, "%Y%m%d%H%M")  # noqa: DTZ007 -- the zone comes next
        except ValueError:
            return None
        at = first_moment(read.date(), read.time(), self.zone)
        return at if self.first <= at <= self.last else None

    def is_view(self, value: str) -> bool:
        """Say whether a button leads to another view rather than to an answer."""
        return _date(f"{value}01" if len(value) == _MONTH else value) is not None

    def _days(self, month: date) -> list[Row]:
        weeks = months.Calendar().monthdatescalendar(month.year, month.month)
        rows: list[Row] = [
            tuple(self._turning(month)),
            tuple(self._button(weekday(n, self.language), _NOTHING) for n in range(7)),
        ]
        for week in weeks:
            row = tuple(self._day(day, month) for day in week)
            if any(button.label != _BLANK for button in row):
                rows.append(row)
        return rows

    def _turning(self, month: date) -> Iterator[Button]:
        before, after = month - timedelta(days=1), month + timedelta(days=31)
        lowest, highest = (local_date(at, self.zone) for at in (self.first, self.last))
        if before >= lowest:
            yield self._button("‹", f"{before:%Y%m}")
        yield self._button(month_name(month, self.language), _NOTHING)
        if after.replace(day=1) <= highest:
            yield self._button("›", f"{after:%Y%m}")

    def _day(self, day: date, month: date) -> Button:
        if day.month != month.month or not list(self._moments(day)):
            return self._button(_BLANK, _NOTHING)
        return self._button(str(day.day), f"{day:%Y%m%d}")

    def _times(self, day: date) -> Iterator[Row]:
        buttons = [
            self._button(f"{at:%H:%M}", f"{day:%Y%m%d}{at:%H%M}") for at in self._moments(day)
        ]
        for start in range(0, len(buttons), _PER_ROW):
            yield tuple(buttons[start : start + _PER_ROW])

    def _moments(self, day: date) -> Iterator[time]:
        """Yield the times of a day that may be chosen; none that its clocks skip."""
        spans = [span.minutes for span in self.hours.week[day.weekday()]] or [_USUAL]
        for begin, end in spans:
            for minute in range(begin, min(end, 24 * 60), _HALF_HOUR):
                at = time(minute // 60, minute % 60)
                fits = self.first <= first_moment(day, at, self.zone) <= self.last
                if fits and not in_gap(day, at, self.zone):
                    yield at

    def _button(self, label: str, value: str) -> Button:
        return Button(label, data=self.carry(value))


def view_of(instant: int, zone: str) -> str:
    """Return the view that shows the month of an instant (epoch ms)."""
    return f"{local(instant, zone):%Y%m}"


def _date(value: str) -> date | None:
    if len(value) != _DAY or not is_number(value):
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None
