"""The clock: the only place of the program that asks the machine for the time.

Everything else is given ``now``. An instant is an integer: UTC epoch milliseconds.
"""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What the ticker and the receiver live by; the sandbox's clock runs faster than the sun."""

    def now(self) -> int:
        """Return the present instant in UTC epoch milliseconds."""
        ...

    def seconds_until(self, instant: int) -> float:
        """Return how many real seconds pass until ``instant`` (epoch ms), at least 0."""
        ...

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever the clock was set or its speed changed."""
        ...


def elapsed() -> float:
    """Return real seconds from some start, those in which the machine was asleep included.

    Setting the machine's clock does not move them, where the system has such a clock (Linux).
    """
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.time() if boot is None else time.clock_gettime(boot)


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return the present instant in UTC epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def seconds_until(self, instant: int) -> float:
        """Return the real seconds until ``instant`` (epoch ms), at least 0."""
        return max(0.0, (instant - self.now()) / 1000)

    def on_change(self, wake: Callable[[], None]) -> None:
        """Do nothing: nobody tells us when an operator sets the machine's clock.

        The ticker's monotonic heartbeat notices it.
        """
