"""Starting with a million reminders: how long until the first tick, and how much memory it takes.

The real process, ``python -m bot run``, against a sandbox on loopback, with an empty database and
with a full one in turns; beside it PTB's JobQueue, which holds each pending job in memory.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import bot_process, clinic, report
from sandbox.server import Sandbox
from scheduler import outbox
from scheduler.clock import SystemClock
from scheduler.database import Store

PER_PATIENT = 25


def _fill(database: Path, reminders: int) -> int:
    """Make a clinic's database; returns how many reminders are pending in it."""
    store = Store(clinic.open_driver(database))
    now = SystemClock().now()
    patients = clinic.Patients(reminders // PER_PATIENT)
    added: int = store.write_now(
        clinic.fill_plans,
        clinic.catalogue(),
        patients,
        first_session=now + clinic.DAY,
        now=now,
    )
    store.close()
    return added


def _pending(database: Path) -> int:
    store = Store(clinic.open_driver(database))
    counted = store.write_now(outbox.counts)
    store.close()
    return counted["pending"]


async def _start(database: Path) -> tuple[float, float]:
    """Start the bot once; returns the seconds to its first tick and its peak in MB."""
    sandbox = Sandbox(clock=SystemClock())
    await sandbox.start()
    try:
        async with bot_process.running(sandbox, database) as bot:
            return bot.seconds, bot.peak_megabytes()
    finally:
        await sandbox.stop()


def _job_queue(jobs: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.job_queue", "--jobs", str(jobs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["megabytes"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reminders", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    measured: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        empty, full = Path(place) / "empty" / "clinic.db", Path(place) / "full" / "clinic.db"
        _fill(empty, 0)
        pending = _fill(full, given.reminders)
        names = (
            "the bot, nothing pending",
            f"the bot, {pending:,} pending",
            "JobQueue, nothing pending",
            f"JobQueue, {given.jobs:,} pending",
        )
        for _ in range(given.rounds):
            for name, database in zip(names[:2], (empty, full), strict=True):
                measured.setdefault(name, []).append(asyncio.run(_start(database)))
            for name, jobs in zip(names[2:], (0, given.jobs), strict=True):
                measured.setdefault(name, []).append(_job_queue(jobs))
        left = _pending(full)
        assert left == pending, f"{pending - left} reminders are no longer pending"
    medians = {
        name: (
            statistics.median(seconds for seconds, _ in runs),
            statistics.median(megabytes for _, megabytes in runs),
        )
        for name, runs in measured.items()
    }
    report.table(
        f"From process start to the first tick, medians of {given.rounds}",
        ("", "seconds", "peak MB"),
        ((name, f"{took:.2f}", f"{peak:.1f}") for name, (took, peak) in medians.items()),
    )
    bare, filled = medians[names[0]], medians[names[1]]
    later, more = filled[0] - bare[0], filled[1] - bare[1]
    report.figures(
        report.Figure("first tick later by", f"{later:.2f} s", "≤ 2 s", later <= 2),
        report.Figure("memory more by", f"{more:.1f} MB", "≤ 10 MB", more <= 10),
    )


if __name__ == "__main__":
    main()
