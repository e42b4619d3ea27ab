"""The dispatcher: takes what is due, paces it, sends it through the channel, settles it.

One pump owns the outbox's way out. Each turn is a single transaction that settles what has come
back and takes as many rows as may leave at this moment; ``sending`` is committed there, just
before the requests leave. What is certain is therefore always on disk first.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from scheduler import departures, outbox, settling, unworded
from scheduler.channel import Channel, Delivered, Message, Outcome
from scheduler.clock import Clock
from scheduler.database import Row, Store, Tx, in_trouble
from scheduler.flights import BROKEN_OFF, SOON_BACK_S, Flight, Flights
from scheduler.pacer import Pacer
from scheduler.prepared import Held, Later, Never, Prepared

log = structlog.get_logger(__name__)

# What goes on if the database cannot be written: look again after a while.
_TROUBLE_PAUSE_S = 1.0
# The channel has timeouts of its own; this one only keeps a request that never ends from holding
# its slot and its chat for good.
_PATIENCE_S = 300.0

# So long before its slot a row is taken: committing must not use up the slot.
_LEAD_S = 0.025


class Prepare(Protocol):
    """Takes the last look at a row; see ``scheduler.prepare``."""

    def __call__(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        """Return the message, or why there is none now or ever."""
        ...


class _Fault(Exception):
    """One row cannot be prepared or settled; the turn starts again without it."""

    def __init__(
        self,
        row: Row,
        error: Exception,
        *,
        outcome: Outcome | None = None,
        never: Never | None = None,
    ) -> None:
        super().__init__(type(error).__name__)
        self.row = row
        self.outcome = outcome  # what came of it, where that could not be settled
        self.never = never  # what was found, where that could not be followed up


@dataclass(slots=True)
class _Turn:
    now: int
    taken: list[Flight] = field(default_factory=list)
    next_ready: int | None = None
    looked_again: bool = False


class Dispatcher:
    """Sends what the outbox owes, until it is stopped.

    Args:
        store: the database.
        channel: the way out.
        prepare: the last look.
        clock: what the rows' times are measured by.
        pacer: how fast messages may leave.
        in_flight: how many requests may be under way at once.
        patience_s: after how many real seconds a request counts as lost.
        monotonic: real seconds, for the pacer.
    """

    def __init__(
        self,
        store: Store,
        channel: Channel,
        prepare: Prepare,
        clock: Clock,
        pacer: Pacer,
        *,
        in_flight: int = 64,
        patience_s: float = _PATIENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._prepare = prepare
        self._clock = clock
        self._pacer = pacer
        self._in_flight = in_flight
        self._monotonic = monotonic
        self._kicked = asyncio.Event()
        # One turn at a time: ``stop`` takes turns too, beside ``run``.
        self._turning = asyncio.Lock()
        self._flights = Flights(
            channel,
            pacer,
            on_landing=self._kicked.set,
            patience_s=patience_s,
            monotonic=monotonic,
        )
        self._stopping = False
        self._next_ready: int | None = None
        self.on_turn: Callable[[], None] = lambda: None

    def kick(self) -> None:
        """Have the pump look at the outbox at once."""
        self._kicked.set()

    @property
    def next_ready(self) -> int | None:
        """When the next row may leave (UTC epoch ms), as of the last look; None: nothing owed."""
        return self._next_ready

    async def recover(self) -> int:
        """Settle what a crash left unsettled; call once, before the pump runs.

        Returns:
            How many rows there were.
        """
        now = self._clock.now()
        rows = await self._store.read(outbox.left_sending)
        for row in rows:
            try:
                await self._store.write(settling.lost, row, now=now)
            except Exception as error:
                if in_trouble(error):
                    raise
                await self._get_past(_Fault(row, error, outcome=settling.LOST), now=now)
        return len(rows)

    async def run(self) -> None:
        """Pump until :meth:`stop`; a database in trouble is waited for, not given up on."""
        while not self._stopping or self._unsettled:
            await self._rest(await self._pump_or_log())

    async def drain(self) -> None:
        """Send all that may leave now and wait until it has settled."""
        while True:
            pause = await self._pump()
            if self._flights.aloft:
                await self._flights.one_landed()
            elif not self._flights.landed:
                nothing_due = self._next_ready is None or self._next_ready > self._clock.now()
                if nothing_due or self._stopping:
                    return
                await asyncio.sleep(pause or 0)

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way and, as of the last look, nothing may leave now."""
        return not self._unsettled and (
            self._next_ready is None or self._next_ready > self._clock.now()
        )

    @property
    def _unsettled(self) -> bool:
        return bool(self._flights.aloft or self._flights.landed)

    async def stop(self, within_s: float = 10.0) -> bool:
        """Take nothing more, and wait for what is on its way.

        Returns:
            Whether everything settled within the time; the rest is settled as broken off, which
            is ambiguous.
        """
        self._stopping = True
        self.kick()
        deadline = self._monotonic() + within_s
        # A turn that is under way may still take off: only after it is known what is flying.
        await self._pump_or_log()
        while self._unsettled and self._monotonic() < deadline:
            await self._flights.one_landed(max(0.0, deadline - self._monotonic()))
            await self._pump_or_log()
        clean = not self._unsettled
        await self._flights.break_off(_TROUBLE_PAUSE_S)
        if self._flights.landed:
            await self._pump_or_log()
        # A turn taken here may have used up the kick that ``run`` was to end with.
        self.kick()
        return clean

    async def _pump_or_log(self) -> float | None:
        try:
            return await self._pump()
        except Exception as error:
            # Nothing is lost: what was not committed is still pending or sending. The trouble of
            # the database itself is logged by scheduler.disk, not once for every try.
            if not in_trouble(error):
                log.exception("dispatch_in_trouble", pause_s=_TROUBLE_PAUSE_S)
            return _TROUBLE_PAUSE_S

    async def _pump(self) -> float | None:
        """Take one turn; return the real seconds until the next is worth taking (None: a kick)."""
        async with self._turning:
            self._kicked.clear()
            return await self._take_turn()

    async def _take_turn(self) -> float | None:
        started = self._monotonic()
        landed = self._flights.collect()
        room, twice = self._room(started), self._room_for_what_goes_twice()
        busy, waiting_for_files = self._busy(started)
        try:
            turn = await self._store.write(
                self._turn,
                landed,
                room=room,
                twice=twice,
                busy=busy,
                waiting_for_files=waiting_for_files,
                now=self._clock.now(),
            )
        except _Fault as fault:
            self._flights.put_back(landed)
            await self._get_past(fault, now=self._clock.now())
            self._flights.put_back(
                [each for each in self._flights.collect() if each.row["id"] != fault.row["id"]]
            )
            self._next_ready = self._clock.now()  # the others of that turn
            return 0.0
        except BaseException:
            self._flights.put_back(landed)
            raise
        self._next_ready = turn.next_ready
        self._flights.take_off(turn.taken)
        self.on_turn()
        if turn.looked_again or self._flights.landed:
            return 0.0
        return self._pause(turn, room, twice)

    async def _get_past(self, fault: _Fault, *, now: int) -> None:
        """Deal by itself with the one row that would make every turn fail."""
        log.error("row_in_trouble", row=fault.row["id"], error=str(fault), exc_info=fault.__cause__)
        if fault.outcome is not None:
            await self._store.write(
                settling.write_off, fault.row, fault.outcome, str(fault), now=now
            )
        elif fault.never is not None:
            await self._store.write(
                outbox.end, fault.row["id"], fault.never.state, fault.never.reason, now=now
            )
        else:
            await self._store.write(unworded.give_up, fault.row, str(fault), now=now)
        # The row is out of the way by now, whatever becomes of what it is a part of.
        await self._follow_up(fault.row, now=now)

    async def _follow_up(self, row: Row, *, now: int) -> None:
        try:
            await self._store.write(settling.follow_up, row, now=now)
        except Exception as error:
            if in_trouble(error):
                raise
            log.exception("row_in_trouble", row=row["id"], error=type(error).__name__)

    def _room(self, now: float) -> int:
        if self._stopping:
            return 0
        free = self._in_flight - self._flights.aloft
        return free if self._pacer.unlimited else min(free, self._pacer.slots(now, _LEAD_S))

    def _room_for_what_goes_twice(self) -> int:
        """Return how many rows may be taken that a crash would have sent once more.

        A kill catches what is under way, and nobody knows whether it arrived: so few of them are
        under way at once that as few can come twice. Copies of broadcasts are never sent twice,
        and what is about safety waits for nothing.
        """
        if self._pacer.unlimited:
            return self._in_flight
        return max(0, self._pacer.at_once - self._flights.going_twice())

    def _busy(self, now: float) -> tuple[frozenset[int], frozenset[int]]:
        """Return the chats that are busy, and those of them that are so for a file alone."""
        resting = self._pacer.resting(now)
        aloft, with_file = self._flights.busy()
        return resting | aloft, with_file - resting

    def _pause(self, turn: _Turn, room: int, twice: int) -> float | None:
        if turn.next_ready is None:
            return None
        if turn.next_ready > turn.now:
            # If it fell due while the turn was taken, nothing holds it up but another look.
            return max(0.0, self._clock.seconds_until(turn.next_ready))
        # Something is due and did not leave: a slot, a rested chat or a landing comes first.
        if self._stopping or self._flights.aloft >= self._in_flight:
            return None  # the next landing kicks
        now = self._monotonic()
        delay = self._pacer.delay(now) - _LEAD_S
        if delay > 0 or len(turn.taken) == room:
            # Without room the turn came too early for the pacer, whose slot may be open by now.
            return max(0.0, delay)
        rested = self._pacer.next_rested(now)
        if twice:
            return rested
        # A landing kicks; where what is under way hangs, the others go past it.
        return SOON_BACK_S if rested is None else min(rested, SOON_BACK_S)

    async def _rest(self, pause: float | None) -> None:
        if pause is not None and pause <= 0:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(pause):
                await self._kicked.wait()
        except TimeoutError:
            return

    def _turn(
        self,
        tx: Tx,
        landed: list[Flight],
        *,
        room: int,
        twice: int,
        busy: frozenset[int],
        waiting_for_files: frozenset[int],
        now: int,
    ) -> _Turn:
        self._settle(tx, landed, now=now)
        # A chat whose message just failed certainly must not be overtaken by its next one:
        # waits written above are seen by ``due`` below.
        turn = _Turn(now)
        rows = (
            departures.due(
                tx,
                now=now,
                limit=room,
                twice=twice,
                busy=busy,
                waiting_for_files=waiting_for_files,
            )
            if room
            else []
        )
        for row in rows:
            self._take(tx, turn, row, now=now)
        outbox.begin_attempt(tx, *(flight.row for flight in turn.taken), now=now)
        # Where there was room for no more, more may be due, and the next turn will see.
        turn.next_ready = now if room and len(rows) == room else departures.next_ready(tx, now=now)
        return turn

    def _settle(self, tx: Tx, landed: list[Flight], *, now: int) -> None:
        """Settle what has come back; what was delivered, the usual case, all at once."""
        outcomes = {flight.row["id"]: flight.outcome or BROKEN_OFF for flight in landed}
        names = {row_id: type(outcome).__name__ for row_id, outcome in outcomes.items()}
        outbox.finish_attempts(tx, names, now=now)
        message_ids = {
            row_id: outcome.message_id
            for row_id, outcome in outcomes.items()
            if isinstance(outcome, Delivered)
        }
        outbox.all_sent(tx, message_ids, now=now)
        for flight in landed:
            outcome = outcomes[flight.row["id"]]
            try:
                if isinstance(outcome, Delivered):
                    settling.delivered(tx, flight.row, outcome, now=now)
                else:
                    settling.settle(tx, flight.row, flight.message, outcome, now=now)
            except Exception as error:
                if in_trouble(error):
                    raise
                raise _Fault(flight.row, error, outcome=outcome) from error

    def _take(self, tx: Tx, turn: _Turn, row: Row, *, now: int) -> None:
        """Take the last look at a row, and do what it says."""
        try:
            prepared = self._prepare(tx, row, now=now)
        except Exception as error:
            if in_trouble(error):
                raise
            raise _Fault(row, error) from error
        if isinstance(prepared, Message):
            turn.taken.append(Flight(row, prepared))
            return
        turn.looked_again = True
        match prepared:
            case Later(ready_at=ready_at, reason=reason):
                outbox.postpone(tx, row["id"], ready_at=ready_at, reason=reason)
            case Held(why=why):
                outbox.hold(tx, row["id"], why)
            case Never(state=state, reason=reason):
                try:
                    settling.drop(tx, row, state, reason, now=now)
                except Exception as error:
                    if in_trouble(error):
                        raise
                    raise _Fault(row, error, never=prepared) from error
