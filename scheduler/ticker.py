"""The ticker: has the house kept in order, and the dispatcher woken, at a steady heartbeat.

APScheduler only wakes; a row decides. Between two beats the dispatcher itself rests until the
next row is due. A watchdog on the machine's monotonic clock revives the beat if the scheduler's
own timer has died (an exception in it) or stalls (a clock set back).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger(__name__)

HEARTBEAT_S = 5.0
# A tick overdue by this many heartbeats means that the timer is dead, not late.
STALLED_AFTER = 3
# A tick under way has a timer; it may wait for the database, which writes a large file anew in
# the small hours. Overdue by this many heartbeats (ten minutes) it hangs.
HANGS_AFTER = 120
# How long a stop waits for a tick under way; the database itself gives up after ten seconds.
_FINISH_WITHIN_S = 12.0


class Ticker:
    """Calls ``tick`` every heartbeat, whatever happens to a single call.

    Args:
        tick: what to do; an exception in it is logged and the next heartbeat comes all the same.
        heartbeat_s: real seconds between two ticks.
        monotonic: real seconds, for the watchdog.
    """

    def __init__(
        self,
        tick: Callable[[], Awaitable[None]],
        heartbeat_s: float = HEARTBEAT_S,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tick = tick
        self._heartbeat_s = heartbeat_s
        self._scheduler: AsyncIOScheduler | None = None
        self._watchdog: asyncio.Task[None] | None = None
        self._monotonic = monotonic
        self._last = monotonic()
        self._under_way = asyncio.Lock()
        self._revived = 0

    @property
    def revived(self) -> int:
        """How often the watchdog had to bring the timer back."""
        return self._revived

    def start(self) -> None:
        """Start ticking on the running loop; the first tick comes after one heartbeat."""
        self._start_scheduler()
        self._watchdog = asyncio.create_task(self._watch(), name="ticker-watchdog")

    def _start_scheduler(self) -> None:
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self.beat,
            "interval",
            seconds=self._heartbeat_s,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        scheduler.start()
        self._scheduler = scheduler

    async def stop(self) -> None:
        """Stop ticking; a tick under way is finished first."""
        if self._watchdog is not None:
            self._watchdog.cancel()
            await asyncio.gather(self._watchdog, return_exceptions=True)
        if self._scheduler is None or not self._scheduler.running:
            return
        self._scheduler.remove_all_jobs()
        try:
            # Shutting the scheduler down cancels what it runs: wait before, not there.
            async with asyncio.timeout(_FINISH_WITHIN_S), self._under_way:
                pass
        except TimeoutError:
            log.warning("tick_broken_off")
        self._scheduler.shutdown(wait=False)

    async def beat(self) -> None:
        """Tick once; what fails is logged, for the next heartbeat tries again."""
        async with self._under_way:
            self._last = self._monotonic()
            try:
                await self._tick()
            except Exception:
                # Nothing owed is lost by a tick that failed.
                log.exception("tick_failed")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            patience = HANGS_AFTER if self._under_way.locked() else STALLED_AFTER
            if self._monotonic() - self._last > (1 + patience) * self._heartbeat_s:
                self._revive()

    def _revive(self) -> None:
        self._revived += 1
        self._last = self._monotonic()
        log.warning("ticker_revived", times=self._revived)
        try:
            if self._scheduler is not None and self._scheduler.running:
                self._scheduler.shutdown(wait=False)
            self._start_scheduler()
        except Exception:
            # The watchdog must outlive what it watches; it tries again.
            log.exception("ticker_not_revived")
