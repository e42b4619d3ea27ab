"""The virtual clock: everything in the sandbox is dated by it.

Time is an affine function of the machine's monotonic clock, held below a ceiling::

    now = min(sim + (monotonic - mono) * 1000 * speed, ceiling)

The state travels to the bot's process over the link, where the same formula gives the same
instant, because all processes of one machine share CLOCK_MONOTONIC. The ceiling is the bot's
next due moment, so no speed jumps over a message. The clock never runs backward by itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypedDict

RUN_SECONDS = 1.2
"""How many real seconds a step takes on its way to the target, not counting holds."""

TOP_SPEED = 100_000_000.0
FAR = 3600.0


class ClockState(TypedDict):
    """What is sent over the link: instants in UTC epoch ms, ``mono`` in seconds."""

    sim: float
    mono: float
    speed: float
    ceiling: int | None


class Clock(Protocol):
    """What the sandbox needs of any clock."""

    def now(self) -> int:
        """Return the present instant in UTC epoch milliseconds."""
        ...

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever the clock was set or its speed changed."""
        ...


@dataclass
class SandboxClock:
    """A clock that can be sped up and told to run to an instant.

    Args:
        start: The first instant, UTC epoch ms; the machine's own time if it is left out.
        speed: Simulated seconds per real second, at least 0.
        monotonic: The machine's monotonic clock in seconds.
    """

    start: int | None = None
    speed: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    target: int | None = field(default=None, init=False)
    _limit: int | None = field(default=None, init=False)
    _run_speed: float = field(default=1.0, init=False)
    _wakers: list[Callable[[], None]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        start = time.time_ns() // 1_000_000 if self.start is None else self.start
        self._sim = float(start)
        self._mono = self.monotonic()

    @property
    def ceiling(self) -> int | None:
        """The instant that the clock does not pass, UTC epoch ms."""
        bounds = [bound for bound in (self._limit, self.target) if bound is not None]
        return min(bounds) if bounds else None

    @property
    def pace(self) -> float:
        """The speed at this moment: that of a run under way, or the speed that was set."""
        return self._run_speed if self.target is not None else self.speed

    def _exact(self) -> float:
        instant = self._sim + (self.monotonic() - self._mono) * 1000 * self.pace
        ceiling = self.ceiling
        return instant if ceiling is None else min(instant, float(ceiling))

    def now(self) -> int:
        """Return the present instant in UTC epoch milliseconds."""
        return int(self._exact())

    def seconds_until(self, instant: int) -> float:
        """Return how many real seconds pass until ``instant`` (epoch ms) if nothing holds it."""
        pace = self.pace
        if pace <= 0:
            return FAR
        return max(0.0, (instant - self._exact()) / 1000 / pace)

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever the clock was set or its speed changed."""
        self._wakers.append(wake)

    def state(self) -> ClockState:
        """Return the formula's numbers as they stand."""
        return {
            "sim": self._sim,
            "mono": self._mono,
            "speed": self.pace,
            "ceiling": self.ceiling,
        }

    def set_speed(self, speed: float) -> None:
        """Run at ``speed`` from now on, 0 to stand still.

        Raises:
            ValueError: If the speed is negative or beyond what a clock can show.
        """
        if not 0 <= speed <= TOP_SPEED:
            raise ValueError(f"a speed is between 0 and {TOP_SPEED:.0f}, not {speed}")
        self._rebase()
        self.target = None
        self.speed = speed
        self._changed()

    def run_to(self, instant: int) -> None:
        """Run to ``instant`` (epoch ms) quickly and go on from there at the speed that was set.

        The run still waits at every ceiling on its way. An instant that is past does nothing.
        """
        self._rebase()
        if instant <= self._sim:
            return
        distance = (instant - self._sim) / 1000
        self._run_speed = max(self.speed, distance / RUN_SECONDS)
        self.target = instant
        self._changed()

    def hold_at(self, instant: int | None) -> None:
        """Do not pass ``instant`` (epoch ms; the present one if it is past), None to let go."""
        limit = None if instant is None else max(instant, self.now())
        if limit == self._limit:
            return
        self._rebase()
        self._limit = limit
        self._changed()

    def arrive(self) -> bool:
        """End a run that has reached its target; return whether it has."""
        if self.target is None or self._exact() < self.target:
            return False
        self._rebase()
        self.target = None
        self._changed()
        return True

    def _rebase(self) -> None:
        self._sim, self._mono = self._exact(), self.monotonic()

    def _changed(self) -> None:
        for wake in self._wakers:
            wake()


class ManualClock:
    """A clock for tests: it stands still until it is set or advanced.

    It has everything that the bot's own clock has, so a test can give one clock to both.
    """

    def __init__(self, now: int) -> None:
        self._now = now
        self._wakers: list[Callable[[], None]] = []

    def now(self) -> int:
        """Return the instant that was set, UTC epoch milliseconds."""
        return self._now

    def seconds_until(self, instant: int) -> float:
        """Return 0 for what is due, and an hour for everything else: only a test moves time."""
        return 0.0 if instant <= self._now else FAR

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever the clock was set."""
        self._wakers.append(wake)

    def set(self, instant: int) -> None:
        """Set the clock to ``instant`` (epoch ms), also backward."""
        self._now = instant
        for wake in self._wakers:
            wake()

    def advance(self, milliseconds: int) -> None:
        """Move the clock on by ``milliseconds``."""
        self.set(self._now + milliseconds)
