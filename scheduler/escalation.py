"""How long an alert waits for somebody before it calls more people (pure)."""

from dataclasses import dataclass
from typing import Final

from messages.protocol import Alarm
from scheduler.wallclock import MINUTE

CAP: Final = 60 * MINUTE
"""From then on an alert that nobody takes calls again every hour, for as long as it takes."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """The first pauses of an alert that nobody takes, in ms: issue 4 asks for 5 and 30 minutes.

    A review calls nobody else: it stays in the list until somebody looks at it.
    """

    emergency_ms: int = 5 * MINUTE
    urgent_ms: int = 30 * MINUTE

    def pause(self, level: Alarm, round_: int) -> int | None:
        """Return how long (ms) to wait after a round of calls before the next; None: no next one.

        The first pause comes twice, then it doubles (5, 5, 10, 20, 40 minutes) up to an hour, or
        to the first pause itself where the clinic set a longer one.

        Raises:
            ValueError: ``round_`` is negative; 0 is the round with which an alert begins.
        """
        if round_ < 0:
            raise ValueError(f"rounds count from 0, not {round_}")
        if level == "review":
            return None
        first = self.emergency_ms if level == "emergency" else self.urgent_ms
        # Doubling stops where the cap is certain to win, or the thousandth round is a huge number.
        return min(max(CAP, first), first << min(max(round_ - 1, 0), 16))
