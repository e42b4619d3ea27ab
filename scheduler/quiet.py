"""Quiet hours: the hours of a patient's night, and where a message that falls into them goes.

Instants are UTC epoch milliseconds, zones are IANA names. A night runs from the *first* time the
wall clock shows its start to the *last* time it shows its end: where the clock is turned back
during a night, the hour that comes twice belongs to the night both times, and nobody is woken in
between. All answers are monotone: a later question never has an earlier answer.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Literal

from scheduler.wallclock import MINUTE, first_moment, last_moment, local_date

Policy = Literal["wait", "earlier", "around"]
Moved = Literal["later", "earlier"]
NotUsefulReason = Literal["past", "quiet"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours in which only safety answers and alerts are sent, in whole local minutes.

    ``start`` belongs to the night, ``end`` to the day. They may cross midnight (21:00–09:00) or
    not (00:00–07:00); equal ones mean that there are no quiet hours.

    Raises:
        ValueError: ``start`` or ``end`` has seconds or a time zone of its own.
    """

    start: time = time(21)
    end: time = time(9)

    def __post_init__(self) -> None:
        for edge in (self.start, self.end):
            if edge.tzinfo is not None or edge.second or edge.microsecond:
                raise ValueError(f"quiet hours are whole local minutes, not {edge.isoformat()}")

    def holds(self, instant: int, zone: str) -> bool:
        """Say whether it is night in ``zone`` at ``instant`` (epoch ms)."""
        return self._night_around(instant, zone) is not None

    def ends_after(self, instant: int, zone: str) -> int:
        """Return the first waking moment (epoch ms) at or after ``instant``."""
        while night := self._night_around(instant, zone):
            instant = night[1]
        return instant

    def begins_before(self, instant: int, zone: str) -> int:
        """Return the last moment at or before ``instant`` with a waking minute still to come.

        At night, and in the minute before it, that is one minute before the night begins: late
        enough to be the evening, early enough to arrive before the quiet. Otherwise ``instant``.
        """
        # A gap in the clock may leave nothing of a day between two nights: then one night more.
        while night := self._night_around(instant, zone) or self._night_around(
            instant + MINUTE - 1, zone
        ):
            instant = night[0] - MINUTE
        return instant

    def _night_around(self, instant: int, zone: str) -> tuple[int, int] | None:
        if self.start == self.end:
            return None
        today = local_date(instant, zone)
        # Tomorrow's night too: a clock turned back across midnight shows yesterday's date in it.
        for evening in (today - _DAY, today, today + _DAY):
            begin, end = _night(self, evening, zone)
            if begin <= instant < end:
                return begin, end
        return None


@lru_cache(maxsize=4096)
def _night(hours: QuietHours, evening: date, zone: str) -> tuple[int, int]:
    morning = evening if hours.start < hours.end else evening + _DAY
    return first_moment(evening, hours.start, zone), last_moment(morning, hours.end, zone)


@dataclass(frozen=True, slots=True)
class When:
    """The moment to send (epoch ms), and which way quiet hours moved it, if they did."""

    at: int
    moved: Moved | None = None


@dataclass(frozen=True, slots=True)
class NotUseful:
    """There is no moment to send: it is over ("past") or would fall into the night ("quiet")."""

    reason: NotUsefulReason


def settle(
    due: int,
    until: int,
    policy: Policy,
    quiet: QuietHours,
    zone: str,
    *,
    not_before: int,
) -> When | NotUseful:
    """Find the moment to send something that is due at ``due`` and of use before ``until``.

    Args:
        due: When it is due, epoch ms.
        until: The first moment at which it is of no use any more, epoch ms.
        policy: What happens at night. "wait" waits for the morning, if it is still of use then;
            "earlier" moves to the evening before, or to ``not_before`` if that is later and not
            in the night, and else waits. "around" does as well, and the morning is never too
            late for it: see :func:`prolonged`.
        quiet: The patient's quiet hours.
        zone: The patient's time zone.
        not_before: The earliest possible moment, epoch ms: usually now.

    Returns:
        The moment, which is never in quiet hours, never before ``not_before``, and at or after
        ``until`` only where the policy is "around"; or the reason why there is none.
    """
    ready = max(due, not_before)
    if ready >= until:
        return NotUseful("past")
    if policy != "wait":
        evening = max(quiet.begins_before(ready, zone), not_before)
        if not quiet.holds(evening, zone):
            return When(evening, "earlier" if evening < ready else None)
    morning = quiet.ends_after(ready, zone)
    if morning >= until and policy != "around":
        return NotUseful("quiet")
    return When(morning, "later" if morning > ready else None)


def prolonged(due: int, until: int, morning: int) -> int:
    """Return until when something is of use that the night must not swallow (epoch ms, pure).

    After the night (``morning``, its end) it is so for as long as it would have been after
    ``due``; where it is of use beyond the morning anyway, nothing changes.
    """
    return until if morning < until else morning + (until - due)
