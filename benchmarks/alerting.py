"""Alerting: from a danger message to the patient's safety text and to the alert of the staff.

The real process, against a sandbox that counts and refuses as Telegram does: once with nothing
else to do, once during a broadcast of 10,000. A message counts as received in the moment in which
the sandbox has it; the judge of the rest is the ledger.
"""

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bot_process, clinic, report
from sandbox.ledger import Entry
from sandbox.limits import RateLimits
from sandbox.server import Sandbox
from scheduler.clock import SystemClock
from scheduler.database import Store

PER_SECOND = 30
MESSAGE = "I can't breathe"
TARGET_S = 1.0
# One chat takes one message a second: the alerts of all go to one member of staff.
APART_S = 1.6
RAMP_S = 3.0
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds from each message to the two sends that it must cause; ``copies`` went out beside."""

    safety: tuple[float, ...]
    staff: tuple[float, ...]
    copies: int
    refused: int


async def _write(sandbox: Sandbox, writers: clinic.Patients) -> dict[int, float]:
    """Let one patient after the other write; return when each did, by chat."""
    wrote: dict[int, float] = {}
    begun = time.monotonic()
    for number, chat in enumerate(writers.chats()):
        moment = begun + number * APART_S + random.uniform(0, APART_S / 4)
        await asyncio.sleep(max(0.0, moment - time.monotonic()))
        wrote[chat] = time.monotonic()
        sandbox.phone(chat).text(MESSAGE)
    return wrote


def _first(entries: list[Entry], chat: int, since: float, part: str) -> float | None:
    """Return when the first message to a chat that holds these words was accepted."""
    found = (e.mono for e in entries if e.chat_id == chat and e.mono >= since and part in e.text)
    return next(found, None)


def _waits(
    sandbox: Sandbox, writers: clinic.Patients, wrote: dict[int, float]
) -> tuple[list[float | None], list[float | None]]:
    sends = sandbox.ledger.sends()
    safety: list[float | None] = []
    staff: list[float | None] = []
    for number, chat in zip(writers.ids(), writers.chats(), strict=True):
        since = wrote[chat]
        told = _first(sends, chat, since, clinic.CLINIC.emergency)
        called = _first(sends, clinic.STAFF_CHAT, since, f"P-{number}")
        safety.append(None if told is None else told - since)
        staff.append(None if called is None else called - since)
    return safety, staff


async def _measure(directory: Path, copies: int, alerts: int) -> Run:
    clock = SystemClock()
    limits = RateLimits(per_second=PER_SECOND)
    sandbox = Sandbox(clock=clock, limits=limits)
    writers = clinic.Patients(alerts)
    readers = clinic.Patients(copies, first=alerts + 1)
    for chat in (clinic.STAFF_CHAT, *writers.chats(), *readers.chats()):
        sandbox.add_person("Anna", user_id=chat, started=True)
    await sandbox.start()
    store = Store(clinic.open_driver(directory / "clinic.db"))
    store.write_now(
        clinic.fill_one_each,
        writers,
        iter([clock.now() + clinic.DAY] * alerts),
        now=clock.now(),
    )
    if copies:
        store.write_now(clinic.fill_broadcast, readers, text="Drink enough water.", now=clock.now())
    store.close()
    try:
        async with bot_process.running(sandbox, directory / "clinic.db"):
            await asyncio.sleep(RAMP_S)
            wrote = await _write(sandbox, writers)
            async with asyncio.timeout(PATIENCE_S):
                while None in sum(_waits(sandbox, writers, wrote), []):  # noqa: ASYNC110, RUF017  a ledger has no bell
                    await asyncio.sleep(0.2)
            ended = time.monotonic()
            safety, staff = _waits(sandbox, writers, wrote)
    finally:
        await sandbox.stop()
    reached = set(readers.chats())
    sent = sum(e.chat_id in reached and e.mono <= ended for e in sandbox.ledger.sends())
    assert not copies or sent < copies, "the broadcast was over before the last alert"
    return Run(
        tuple(each for each in safety if each is not None),
        tuple(each for each in staff if each is not None),
        sent,
        limits.refused,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=60, help="in each of the two situations")
    parser.add_argument("--copies", type=int, default=10_000, help="of the broadcast")
    given = parser.parse_args()
    runs: dict[str, Run] = {}
    for name, copies in (("idle", 0), ("during a broadcast", given.copies)):
        with tempfile.TemporaryDirectory() as place:
            runs[name] = asyncio.run(_measure(Path(place), copies, given.alerts))
    report.table(
        f"{given.alerts} messages in each situation, ms",
        ("", "p50", "p99", "max", "copies beside"),
        [
            (
                f"{name}: {what}",
                *(
                    f"{value * 1000:.0f}"
                    for value in (
                        report.percentile(waits, 0.5),
                        report.percentile(waits, 0.99),
                        max(waits),
                    )
                ),
                f"{run.copies:,}",
            )
            for name, run in runs.items()
            for what, waits in (("safety text", run.safety), ("alert of the staff", run.staff))
        ],
    )
    report.figures(
        *(
            report.Figure(
                f"{what}, {name} (p99)",
                f"{report.percentile(waits, 0.99):.3f} s",
                f"< {TARGET_S:.0f} s",
                report.percentile(waits, 0.99) < TARGET_S,
            )
            for name, run in runs.items()
            for what, waits in (("safety text", run.safety), ("alert of the staff", run.staff))
        ),
        report.Figure(
            "refused with 429",
            str(sum(run.refused for run in runs.values())),
            "0",
            not any(run.refused for run in runs.values()),
        ),
    )


if __name__ == "__main__":
    main()
