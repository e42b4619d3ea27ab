"""The ticker: wakes the dispatcher at the next due moment and at a steady heartbeat.

APScheduler only wakes; a row decides. A watchdog on the machine's monotonic clock revives the
tick if the scheduler's own timer has died (an exception in it) or stalls (a clock set back).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger(__name__)

HEARTBEAT_S = 5.0
# A tick this much overdue means that the timer is dead, not late.
STALLED_AFTER_S = 3 * HEARTBEAT_S


class Ticker:
    """Calls ``tick`` every heartbeat, whatever happens to a single call.

    Args:
        tick: what to do; an exception in it is logged and the next heartbeat comes all the same.
        heartbeat_s: real seconds between two ticks.
    """

    def __init__(
        self, tick: Callable[[], Awaitable[None]], heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._tick = tick
        self._heartbeat_s = heartbeat_s
        self._scheduler: AsyncIOScheduler | None = None
        self._watchdog: asyncio.Task[None] | None = None
        self._last = time.monotonic()
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
            self._run,
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
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _run(self) -> None:
        self._last = time.monotonic()
        try:
            await self._tick()
        except Exception:
            # The next heartbeat tries again; nothing owed is lost by a tick that failed.
            log.exception("tick_failed")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            if time.monotonic() - self._last <= self._heartbeat_s + STALLED_AFTER_S:
                continue
            self._revived += 1
            log.warning("ticker_revived", times=self._revived)
            if self._scheduler is not None and self._scheduler.running:
                self._scheduler.shutdown(wait=False)
            self._start_scheduler()
            self._last = time.monotonic()
