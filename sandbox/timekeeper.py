"""Keeps the virtual clock and the bot in step: no speed jumps over something that is due.

The bot tells over the link what it owes next. Until then the clock may run; there it waits until
the bot has settled what came due, and likewise while the bot works on what a person just did.
A bot that does not come on is waited for at most three real seconds.
"""

import asyncio
from collections.abc import Callable

from sandbox.clock import SandboxClock
from sandbox.updates import UpdateQueue

PATIENCE = 3.0
"""Real seconds the clock waits for the bot at one and the same moment."""

FAR_TIMER = 3600.0


class Timekeeper:
    """Holds the clock at the bot's next due moment and ends runs that reached their target."""

    def __init__(
        self, clock: SandboxClock, updates: UpdateQueue, *, patience: float = PATIENCE
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._updates = updates
        self._timer: asyncio.TimerHandle | None = None
        self._linked = False
        self._next_due: int | None = None
        self._idle = True
        self._passed: int | None = None  # the due moment that the clock stopped waiting for
        self._busy_until = 0.0  # real moment until which work on updates holds the clock
        self._stops: list[Callable[[], None]] = []

    @property
    def next_due(self) -> int | None:
        """The next moment the bot owes something, UTC epoch ms, while a bot is linked."""
        return self._next_due if self._linked else None

    def start(self) -> None:
        """Begin to keep time; needs a running event loop."""
        self._clock.on_change(self._plan)
        self._stops.append(self._updates.on_change(self._worked))
        self._plan()

    def stop(self) -> None:
        """Stop keeping time."""
        for stop in self._stops:
            stop()
        self._stops.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def linked(self) -> None:
        """A bot has connected."""
        self._linked = True

    def unlinked(self) -> None:
        """The bot is gone: nothing holds the clock."""
        self._linked = False
        self._next_due, self._idle, self._passed = None, True, None
        self._hold()

    def reported(self, next_due: int | None, *, idle: bool) -> None:
        """The bot said when it owes something next (epoch ms) and whether it is idle."""
        if idle and not self._idle:
            self._busy_until = 0.0
        elif not idle and self._idle:
            self._busy_until = asyncio.get_running_loop().time() + self._patience
        self._next_due, self._idle = next_due, idle
        if next_due != self._passed:
            self._passed = None
        self._hold()

    def _worked(self) -> None:
        """An update came or was confirmed."""
        if self._linked and len(self._updates):
            self._busy_until = asyncio.get_running_loop().time() + self._patience
        self._hold()

    def _hold(self) -> None:
        """Set the clock's ceiling from what is known."""
        if not self._linked:
            self._clock.hold_at(None)
        elif self._working():
            self._clock.hold_at(self._clock.now())
        elif self._next_due == self._passed:
            self._clock.hold_at(None)
        else:
            self._clock.hold_at(self._next_due)
        self._plan()

    def _working(self) -> bool:
        """Whether the bot is at work on updates while the clock runs faster than the sun."""
        if self._clock.pace <= 1 or (self._idle and len(self._updates) == 0):
            return False
        return asyncio.get_running_loop().time() < self._busy_until

    def _plan(self) -> None:
        """Set the timer for the next moment at which something changes by itself."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        clock = self._clock
        waits = [FAR_TIMER]
        if clock.target is not None:
            waits.append(clock.seconds_until(clock.target))
        if clock.ceiling is not None and clock.pace > 0:
            waits.append(self._patience - self._waiting_since(clock.ceiling))
        if self._busy_until > loop.time():
            waits.append(self._busy_until - loop.time())
        self._timer = loop.call_later(max(0.001, min(waits)), self._look)

    def _look(self) -> None:
        """The timer rang: end a run, or a wait that took too long."""
        self._timer = None
        clock = self._clock
        if clock.arrive():
            self._hold()
            return
        due = self._next_due
        waits = self._linked and due is not None and clock.now() >= due
        if waits and due is not None and self._waiting_since(due) >= self._patience:
            self._passed = due
        self._hold()

    def _waiting_since(self, due: int) -> float:
        """Return for how many real seconds the clock has been at ``due``; negative before it."""
        state = self._clock.state()
        if state["speed"] <= 0:
            return 0.0
        reached = state["mono"] + max(0.0, due - state["sim"]) / 1000 / state["speed"]
        return self._clock.monotonic() - reached
