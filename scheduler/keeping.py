"""For how long what is kept: the clinic's settings, and months as calendars count them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, time

from scheduler.wallclock import first_moment, local_date


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long what is kept.

    Attributes:
        ended_months: after so many months a plan that ended is erased.
        update_days: after so many days an update as Telegram gave it is erased.
        record_months: for so many months the clinic must keep that there was a plan, by law;
            0 where no law asks for it.
        chat_hours: after so many hours what was said to a patient about their health disappears
            from the chat; 0 where it stays.
        export_hours: after so many hours the file of an export disappears from the chat of whoever
            asked for it.
    """

    ended_months: int = 12
    update_days: int = 7
    record_months: int = 0
    chat_hours: int = 0
    export_hours: int = 24


def months_later(instant: int, months: int, zone: str) -> int:
    """Return the beginning of the same day of the month, so many months later (pure).

    Args:
        instant: UTC epoch ms.
        months: how many; negative ones lead back. A day that a month lacks becomes its last.
        zone: whose calendar counts, an IANA name.
    """
    day = local_date(instant, zone)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return first_moment(date(year, month + 1, min(day.day, last)), time(), zone)
