"""Punctuality: how long after its moment a due reminder reaches the Bot API, of an idle bot.

The real process; the moments are scattered at random, so that the bot sleeps in between. The judge
is the sandbox's ledger, in which each send stands with the instant it was accepted.
"""

import argparse
import asyncio
import random
import tempfile
from pathlib import Path

from benchmarks import bot_process, clinic, report
from sandbox.server import Sandbox
from scheduler.clock import SystemClock
from scheduler.database import Store

LEAD_MS = 10 * clinic.SECOND


async def _measure(directory: Path, messages: int, seconds: float) -> list[int]:
    """Return how late each message was accepted, in ms."""
    clock = SystemClock()
    sandbox = Sandbox(clock=clock)
    patients = clinic.Patients(messages)
    for chat in patients.chats():
        sandbox.add_person("Anna", user_id=chat, started=True)
    await sandbox.start()
    begin = clock.now() + LEAD_MS
    moments = [begin + round(random.uniform(0, seconds * 1000)) for _ in range(messages)]
    store = Store(clinic.open_driver(directory / "clinic.db"))
    store.write_now(clinic.fill_one_each, patients, iter(moments), now=clock.now())
    store.close()
    try:
        async with bot_process.running(sandbox, directory / "clinic.db"):
            assert clock.now() < begin, "the bot took too long to start; try it on a calmer machine"
            async with asyncio.timeout(seconds + LEAD_MS / 1000 + 30):
                while len(sandbox.ledger.sends()) < messages:  # noqa: ASYNC110  a ledger has no bell
                    await asyncio.sleep(0.1)
    finally:
        await sandbox.stop()
    sends = sandbox.ledger.sends()
    due = dict(zip(patients.chats(), moments, strict=True))
    assert {entry.chat_id for entry in sends} == due.keys(), "not one to each patient"
    return [entry.at - due[entry.chat_id] for entry in sends]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0, help="to scatter them over")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        late = asyncio.run(_measure(Path(place), given.messages, given.seconds))
    assert min(late) >= 0, "a message left before its moment"
    report.table(
        f"{len(late)} messages over {given.seconds:.0f} s",
        ("", "p50", "p99", "max"),
        [
            (
                "late by, ms",
                f"{report.percentile(late, 0.5):.0f}",
                f"{report.percentile(late, 0.99):.0f}",
                f"{max(late)}",
            )
        ],
    )
    report.figures(
        report.Figure("latest after its moment", f"{max(late)} ms", "≤ 1 s", max(late) <= 1000)
    )


if __name__ == "__main__":
    main()
