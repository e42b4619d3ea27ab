"""Flights: the requests under way, from the moment each takes off until its outcome is settled."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from scheduler.channel import Ambiguous, Channel, Message, Outcome, Retry
from scheduler.database import Row
from scheduler.departures import TWICE_LANES
from scheduler.pacer import Pacer, Slot

log = structlog.get_logger(__name__)

# After so long a request hangs or is a large file; it does not hold up the others any more.
SOON_BACK_S: Final = 2.0

BROKEN_OFF: Final = Ambiguous("the request was broken off")
_STOPPED: Final = Ambiguous("the bot was stopped while it was on its way", ours=True)
_NOT_LEFT: Final = Retry("the bot was stopped before it left")


@dataclass(slots=True)
class Flight:
    """One attempt: the row as it was taken, what it says, and what came of it."""

    row: Row
    message: Message
    outcome: Outcome | None = None
    left_at: float = 0.0  # on the event loop's clock, in seconds


class Flights:
    """The requests under way and those that have landed. One event loop owns them.

    Args:
        channel: the way out.
        pacer: how fast messages may leave.
        on_landing: called whenever one has landed.
        patience_s: after how many real seconds a request counts as lost.
        monotonic: real seconds, for the pacer.
    """

    def __init__(
        self,
        channel: Channel,
        pacer: Pacer,
        *,
        on_landing: Callable[[], None],
        patience_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._pacer = pacer
        self._on_landing = on_landing
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._aloft: dict[asyncio.Task[Outcome], Flight] = {}  # in the order in which they left
        self._landed: list[Flight] = []
        self._watchdog: asyncio.TimerHandle | None = None

    @property
    def aloft(self) -> int:
        """How many are under way."""
        return len(self._aloft)

    @property
    def landed(self) -> int:
        """How many have come back and are not settled."""
        return len(self._landed)

    def take_off(self, flights: Iterable[Flight]) -> None:
        """Let messages leave whose rows are committed as ``sending``, each in the next slot."""
        loop = asyncio.get_running_loop()
        for flight in flights:
            slot = self._pacer.take(
                self._monotonic(), flight.message.chat_id, edit=flight.message.changes
            )
            flight.left_at = loop.time()
            if self._pacer.unlimited:
                task = loop.create_task(self._channel.deliver(flight.message))
            else:
                task = loop.create_task(self._deliver_in(slot, flight))
            self._aloft[task] = flight
            task.add_done_callback(self._done)
        if self._watchdog is None:
            self._break_off_late()

    def collect(self) -> list[Flight]:
        """Take over what has landed; what cannot be settled goes to :meth:`put_back`."""
        landed, self._landed = self._landed, []
        return landed

    def put_back(self, landed: list[Flight]) -> None:
        """Have flights collected again the next time, before what has landed since."""
        self._landed = landed + self._landed

    async def one_landed(self, timeout_s: float | None = None) -> None:
        """Wait until one lands, for so many seconds at most; not at all if none is under way."""
        if self._aloft:
            await asyncio.wait(self._aloft, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)

    async def break_off(self, within_s: float) -> None:
        """Break off what is under way, and wait until that has landed."""
        for task in self._aloft:
            task.cancel()
        if self._aloft:
            await asyncio.wait(self._aloft, timeout=within_s)

    def busy(self) -> tuple[frozenset[int], frozenset[int]]:
        """Return the chats that something is under way to, and those where it is a file alone."""
        with_file: set[int] = set()
        others: set[int] = set()
        for flight in self._aloft.values():
            attachment = flight.message.attachment
            slow = attachment is not None and (attachment.made is not None or attachment.redrawn)
            (with_file if slow else others).add(flight.row["chat_id"])
        return frozenset(with_file | others), frozenset(with_file - others)

    def going_twice(self) -> int:
        """Return how many are under way that a crash now would have sent once more."""
        since = asyncio.get_running_loop().time() - SOON_BACK_S
        return sum(
            flight.left_at > since and flight.row["lane"] in TWICE_LANES
            for flight in self._aloft.values()
        )

    async def _deliver_in(self, slot: Slot, flight: Flight) -> Outcome:
        """Let a message leave when its slot opens, for which it was taken a moment too early."""
        flight.outcome = _NOT_LEFT
        if (wait := slot.opens_at - self._monotonic()) > 0:
            await asyncio.sleep(wait)
        flight.outcome = None
        slot.left_at = self._monotonic()
        try:
            return await self._channel.deliver(flight.message)
        finally:
            self._pacer.answered(slot, self._monotonic())

    def _break_off_late(self) -> None:
        """Break off what has been under way for too long; look again when the next one would be.

        One timer for all: one for each message costs more than a look at the first.
        """
        loop = asyncio.get_running_loop()
        self._watchdog = None
        for task, flight in self._aloft.items():
            if (until := flight.left_at + self._patience_s) > loop.time():
                self._watchdog = loop.call_at(until, self._break_off_late)
                return
            log.error("request_too_slow", row=flight.row["id"])
            flight.outcome = BROKEN_OFF
            task.cancel()

    def _done(self, task: asyncio.Task[Outcome]) -> None:
        flight = self._aloft.pop(task)
        # Broken off counts too: a row must not stay in ``sending`` for good.
        if task.cancelled():
            flight.outcome = flight.outcome or _STOPPED
        elif (error := task.exception()) is not None:
            # A fault of ours, after the request may have left: nobody can tell.
            log.error("channel_raised", error=type(error).__name__, row=flight.row["id"])
        else:
            flight.outcome = task.result()
        self._landed.append(flight)
        self._on_landing()
