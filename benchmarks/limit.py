"""Under Telegram's limit: how much of 30 messages a second is used, and how fast an alert leaves.

A broadcast of 10,000 goes through the dispatcher, encrypted and synchronous=FULL, to a sandbox
that counts and refuses as Telegram does. Meanwhile alerts are added at random moments. The judge
is the sandbox's ledger.
"""

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from telegram import Bot

from benchmarks import clinic, report
from bot.request import AiohttpRequest
from bot.telegram import TelegramChannel
from sandbox.limits import RateLimits
from sandbox.server import Sandbox
from scheduler import outbox
from scheduler.clock import SystemClock
from scheduler.database import Store
from scheduler.dispatch import Dispatcher
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.said import Said

PER_SECOND = 30
STAFF = range(99_100_001, 99_100_021)
# The first second fills up from nothing; it is not counted.
RAMP_S = 2.0


@dataclass(frozen=True, slots=True)
class Run:
    """What the ledger says: when each message was accepted, and how long each alert took."""

    accepted: tuple[float, ...]
    alerts: tuple[float, ...]
    refused: int


def _no_files(name: str, _args: object) -> tuple[str, bytes]:
    raise AssertionError(f"no message here has a {name}")


async def _add_alerts(store: Store, alerts: int, seconds: float) -> dict[str, float]:
    """Add alerts at random moments, to one member of staff after the other; when each was added."""
    added: dict[str, float] = {}
    begun = time.monotonic()
    for number, moment in enumerate(sorted(random.uniform(0, seconds) for _ in range(alerts))):
        await asyncio.sleep(max(0.0, begun + moment - time.monotonic()))
        text = f"Alert {number}: a patient reports severe pain."
        added[text] = time.monotonic()
        await store.write(
            outbox.say,
            Said(text),
            kind="alert",
            chat_id=STAFF[number % len(STAFF)],
            now=SystemClock().now(),
        )
    return added


async def _run(directory: Path, given: argparse.Namespace) -> Run:
    clock = SystemClock()
    limits = RateLimits(per_second=PER_SECOND)
    sandbox = Sandbox(clock=clock, limits=limits)
    patients = clinic.Patients(given.copies)
    # Before the start: afterwards each newcomer is shown to every open page.
    for chat in (*STAFF, *patients.chats()):
        sandbox.add_person("Anna", user_id=chat, started=True)
    await sandbox.start()
    store = Store(clinic.open_driver(directory / "clinic.db"))
    await store.write(
        clinic.fill_broadcast, patients, text="Drink enough water in the heat.", now=clock.now()
    )
    async with Bot(
        sandbox.token,
        base_url=f"{sandbox.api_url}/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(connections=1),
    ) as bot:
        dispatcher = Dispatcher(
            store,
            TelegramChannel(bot, _no_files),
            Preparer(clinic.catalogue(), clinic.CLINIC),
            clock,
            Pacer(Limits(per_second=PER_SECOND)),
        )
        store.on_wake(dispatcher.kick)
        running = asyncio.create_task(dispatcher.run())
        await asyncio.sleep(RAMP_S)
        added = await _add_alerts(store, given.alerts, given.seconds)
        await asyncio.sleep(RAMP_S)
        await dispatcher.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    store.close()
    await sandbox.stop()
    sends = sandbox.ledger.sends()
    left = {entry.text: entry.mono for entry in sends if entry.text in added}
    assert left.keys() == added.keys(), "an alert did not leave"
    return Run(
        tuple(entry.mono for entry in sends),
        tuple(left[text] - moment for text, moment in added.items()),
        limits.refused,
    )


def most_in_a_second(accepted: tuple[float, ...]) -> int:
    """The most messages in any window of one second, wherever it begins."""
    most = first = 0
    for last, moment in enumerate(accepted):
        while accepted[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def share_used(accepted: tuple[float, ...], seconds: float) -> float:
    """How much of the limit was used in the seconds after the first one."""
    begin = accepted[0] + 1.0
    within = sum(begin <= moment < begin + seconds for moment in accepted)
    return within / (PER_SECOND * seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each round")
    parser.add_argument("--alerts", type=int, default=100, help="of each round")
    parser.add_argument("--copies", type=int, default=10_000, help="of the broadcast")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    runs: list[Run] = []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as place:
            runs.append(asyncio.run(_run(Path(place), given)))
    shares = [share_used(run.accepted, given.seconds) for run in runs]
    most = max(most_in_a_second(run.accepted) for run in runs)
    refused = sum(run.refused for run in runs)
    waits = [wait for run in runs for wait in run.alerts]
    report.table(
        f"{given.copies:,} copies at {PER_SECOND}/s, {given.seconds:.0f} s, {given.rounds} rounds",
        ("", "p50", "p99", "max"),
        [
            (
                f"{len(waits)} alerts left after, ms",
                f"{report.percentile(waits, 0.5) * 1000:.0f}",
                f"{report.percentile(waits, 0.99) * 1000:.0f}",
                f"{max(waits) * 1000:.0f}",
            )
        ],
    )
    slow = report.percentile(waits, 0.99)
    report.figures(
        report.Figure(
            "share of the limit used", f"{min(shares):.2%}", "≥ 99 %", min(shares) >= 0.99
        ),
        report.Figure("refused with 429", str(refused), "0", refused == 0),
        report.Figure("most in any one second", str(most), f"≤ {PER_SECOND}", most <= PER_SECOND),
        report.Figure("an alert leaves within (p99)", f"{slow:.3f} s", "< 1 s", slow < 1),
    )


if __name__ == "__main__":
    main()
