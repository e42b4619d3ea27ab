"""PTB's JobQueue with pending jobs, as a process: seconds from its start to running, and memory."""

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from telegram.ext import Application, CallbackContext, JobQueue

from benchmarks.bot_process import peak_megabytes


async def remind(_context: CallbackContext) -> None:  # type: ignore[type-arg]  # any context will do
    """What a job would do, were it ever due."""
    raise AssertionError("nothing is due here")


async def _start(jobs: int) -> None:
    queue: JobQueue = JobQueue()  # type: ignore[type-arg]  # any context will do
    queue.set_application(Application.builder().token("1:none").job_queue(queue).build())
    first = datetime.now(UTC) + timedelta(days=1)
    for number in range(jobs):
        queue.run_once(
            remind,
            first + timedelta(minutes=number),
            chat_id=100_000_001 + number,
            data=("soreness_day1", number),
        )
    await queue.start()


def _age_of_process() -> float:
    """Return how many seconds ago this process was started."""
    ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, required=True)
    asyncio.run(_start(parser.parse_args().jobs))
    print(json.dumps({"seconds": _age_of_process(), "megabytes": peak_megabytes()}))


if __name__ == "__main__":
    main()
