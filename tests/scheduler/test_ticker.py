"""The ticker: beats on, whatever happens to a beat or to the timer."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from scheduler.ticker import Ticker

BEAT = 0.01


class Beats:
    """Counts ticks; a test waits for the next ones instead of sleeping."""

    def __init__(self) -> None:
        self.count = 0
        self.fault: Exception | None = None
        self._beaten = asyncio.Event()

    async def __call__(self) -> None:
        self.count += 1
        self._beaten.set()
        if self.fault is not None:
            raise self.fault

    async def more(self, number: int = 3) -> None:
        """Wait for ``number`` further ticks."""
        async with asyncio.timeout(10):
            for _ in range(number):
                self._beaten.clear()
                await self._beaten.wait()


@pytest.fixture
def beats() -> Beats:
    return Beats()


@pytest.fixture
async def ticker(beats: Beats) -> AsyncIterator[Ticker]:
    made = Ticker(beats, BEAT)
    made.start()
    yield made
    await made.stop()


async def test_it_ticks_at_every_heartbeat_also_after_a_tick_that_raised(beats: Beats) -> None:
    # For a watchdog whose clock stands still the timer is never late: it beats by itself.
    ticker = Ticker(beats, BEAT, monotonic=lambda: 0.0)
    ticker.start()
    await beats.more()
    beats.fault = RuntimeError("database is locked")
    await beats.more()
    beats.fault = None
    await beats.more()
    assert ticker.revived == 0
    await ticker.stop()


async def test_a_dead_timer_is_revived(ticker: Ticker, beats: Beats) -> None:
    await beats.more(1)
    # What an exception in a job store does: the scheduler runs on paper, its timer is gone.
    assert ticker._scheduler is not None
    ticker._scheduler._stop_timer()
    ticker._scheduler.wakeup = lambda: None
    await beats.more()
    assert ticker.revived >= 1


async def test_a_timer_whose_job_was_lost_is_revived(ticker: Ticker, beats: Beats) -> None:
    await beats.more(1)
    assert ticker._scheduler is not None
    ticker._scheduler.remove_all_jobs()
    await beats.more()
    assert ticker.revived >= 1


async def test_a_tick_that_never_ends_is_broken_off_and_the_next_one_comes(beats: Beats) -> None:
    class Hanging(Beats):
        async def __call__(self) -> None:
            await super().__call__()
            if self.count == 1:
                await asyncio.Event().wait()

    hanging = Hanging()
    # For its watchdog ten minutes are over at each look.
    days = itertools.count()
    ticker = Ticker(hanging, BEAT, monotonic=lambda: next(days) * 86_400.0)
    ticker.start()
    await hanging.more()
    assert ticker.revived >= 1
    await ticker.stop()


async def test_a_watchdog_that_cannot_revive_tries_again(
    beats: Beats, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticker = Ticker(beats, BEAT)
    start, faults = ticker._start_scheduler, 2

    def sick_start() -> None:
        nonlocal faults
        if ticker._scheduler is not None and faults:
            faults -= 1
            raise RuntimeError("no timer today")
        start()

    monkeypatch.setattr(ticker, "_start_scheduler", sick_start)
    ticker.start()
    await beats.more(1)
    assert ticker._scheduler is not None
    ticker._scheduler.remove_all_jobs()
    await beats.more()
    assert faults == 0
    assert ticker.revived >= 3
    await ticker.stop()


async def test_stopping_lets_the_tick_under_way_finish() -> None:
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await go_on.wait()
        finished.set()

    ticker = Ticker(slow, BEAT, monotonic=lambda: 0.0)
    ticker.start()
    async with asyncio.timeout(10):
        await begun.wait()
        stopping = asyncio.create_task(ticker.stop())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not stopping.done()
        go_on.set()
        await stopping
    assert finished.is_set()


async def test_nothing_ticks_after_a_stop(beats: Beats) -> None:
    ticker = Ticker(beats, BEAT)
    ticker.start()
    await beats.more(1)
    await ticker.stop()
    assert ticker._scheduler is not None
    assert ticker._scheduler.get_jobs() == []
    assert ticker._watchdog is not None
    assert ticker._watchdog.done()


async def test_a_stop_without_a_start_does_nothing(beats: Beats) -> None:
    await Ticker(beats).stop()
    assert beats.count == 0


async def test_a_tick_that_takes_long_is_left_to_its_end() -> None:
    clock, begun, go_on, ended = 0.0, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await go_on.wait()
        ended.set()

    ticker = Ticker(slow, BEAT, monotonic=lambda: clock)
    ticker.start()
    async with asyncio.timeout(10):
        await begun.wait()
        clock = 60 * BEAT
        for _ in range(10):
            await asyncio.sleep(BEAT)
        assert ticker.revived == 0
        go_on.set()
        await ended.wait()
    await ticker.stop()
