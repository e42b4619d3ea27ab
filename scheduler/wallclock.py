"""Wall clocks and instants: what a clock on a patient's wall shows, and when it shows it.

An instant is an integer, UTC epoch milliseconds. A zone is an IANA name; one that does not exist
raises ``zoneinfo.ZoneInfoNotFoundError``. A *reading* is a naive datetime, what the wall clock
shows. Twice a year a reading is special in many zones, and some zones have skipped a whole day:

- in a *gap* (clocks went forward) no clock ever shows it; it stands for the first moment after;
- in a *fold* (clocks went back) clocks show it twice; it stands for the first of the two.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def local(instant: int, zone: str) -> datetime:
    """Return the aware datetime that a clock in ``zone`` shows at ``instant`` (epoch ms).

    Raises:
        OverflowError: The instant lies outside the years 1 to 9999.
    """
    return (_EPOCH + timedelta(milliseconds=instant)).astimezone(ZoneInfo(zone))


def local_date(instant: int, zone: str) -> date:
    """Return the calendar day in ``zone`` at ``instant`` (epoch ms)."""
    return local(instant, zone).date()


@lru_cache(maxsize=8192)  # a day's patients share most of their moments
def first_moment(day: date, at: time, zone: str) -> int:
    """Return the first instant (epoch ms) at which the clock in ``zone`` shows ``day`` ``at``.

    A reading in a gap gives the first moment after the gap.
    """
    reading = datetime.combine(day, at)
    instant = _resolve(reading, zone, fold=0)
    if _shown(instant, zone) == reading:
        return instant
    return _gap_end(reading, zone)


def last_moment(day: date, at: time, zone: str) -> int:
    """Return the last instant (epoch ms) at which the clock in ``zone`` shows ``day`` ``at``.

    It differs from ``first_moment`` in a fold only.
    """
    reading = datetime.combine(day, at)
    instant = _resolve(reading, zone, fold=1)
    if _shown(instant, zone) == reading:
        return instant
    return _gap_end(reading, zone)


def in_gap(day: date, at: time, zone: str) -> bool:
    """Say whether no clock in ``zone`` ever shows ``day`` ``at``, because it is skipped."""
    reading = datetime.combine(day, at)
    return _shown(_resolve(reading, zone, fold=0), zone) != reading


def _resolve(reading: datetime, zone: str, *, fold: int) -> int:
    aware = reading.replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (aware - _EPOCH) // _MILLISECOND


def _shown(instant: int, zone: str) -> datetime:
    return local(instant, zone).replace(tzinfo=None, fold=0)


def _gap_end(reading: datetime, zone: str) -> int:
    # In a gap the two folds read the clock with the offset of before (fold 0, an instant past the
    # change) and of after (fold 1, an instant ahead of it): the change lies between them. From
    # the change on the clock shows more than the reading, before it less; so halve.
    ahead = _resolve(reading, zone, fold=1)
    past = _resolve(reading, zone, fold=0)
    while past - ahead > 1:
        middle = (ahead + past) // 2
        if _shown(middle, zone) >= reading:
            past = middle
        else:
            ahead = middle
    return past
