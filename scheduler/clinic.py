"""The clinic as the rest of the program needs to know it."""

from dataclasses import dataclass, field

from scheduler.escalation import Escalation
from scheduler.hours import CLINIC_HOURS, WeeklyHours
from scheduler.keeping import Keeping
from scheduler.quiet import QuietHours


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic's own facts: how it is called and reached, where it is, and when it is quiet.

    ``timezone`` is an IANA name, ``language`` the one used where a person's own is not shipped.
    ``hours`` are when people answer: the opening hours, in that zone.
    A patient gets no second tip within ``tips_gap_ms`` (0: no limit).
    ``no_shows_before`` is the share of visits that were missed before there was a bot, where the
    clinic knows it.
    """

    name: str
    timezone: str
    language: str
    phone: str
    emergency: str
    quiet: QuietHours = field(default_factory=QuietHours)
    escalation: Escalation = field(default_factory=Escalation)
    hours: WeeklyHours = CLINIC_HOURS
    tips_gap_ms: int = 0
    no_shows_before: float | None = None
    keeping: Keeping = field(default_factory=Keeping)
