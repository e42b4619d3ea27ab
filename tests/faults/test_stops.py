"""A real process that is stopped, frozen, starved of disk or locked out: nothing is sent without
a record, and nothing is lost."""

import asyncio
import random
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlcipher3 import dbapi2

from bot.webhook import SECRET_HEADER, secret_for
from sandbox.clock import SandboxClock
from sandbox.server import Sandbox
from tests.faults import practice
from tests.faults.child import KEY, Child, environment
from tests.faults.judge import Verdict, judge
from tests.faults.load import Load, settled
from tests.faults.practice import Practice

pytestmark = pytest.mark.fault

ANSWER_TAKES_S = 0.02
FROZEN_S, FROZEN_LONG_S = 3.0, 30.0
# Beyond the ten seconds that the bot waits for a lock by itself.
LOCKED_S = 11.0
FULL_S = 4.0
DRAINS_WITHIN_S = 10.0
EXITS_WITHIN_S = 12.0


class Busy:
    """A bot under load, and what the judge says of it at the end."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.sandbox = Sandbox(clock=SandboxClock())

    async def begin(self, span_s: float = 8.0) -> None:
        """Start the sandbox, the bot and the people; everything falls due within the span."""
        await self.sandbox.start()
        self.sandbox.faults.slow(ANSWER_TAKES_S, method="sendMessage", count=None)
        self.clinic: Practice = practice.people(self.sandbox, doctors=4, patients=12)
        began = self.sandbox.clock.now()
        self.last = began + int(span_s * 1000)
        store = practice.open_database(self.directory)
        store.write_now(practice.move_in, self.clinic, now=began)
        chance = random.Random(7)
        store.write_now(practice.make_due, first=began, last=self.last, chance=chance)
        store.write_now(practice.broadcast, self.clinic, "A tip for everybody", at=began)
        store.close()
        self.child = Child(self.directory, environment(self.directory, self.sandbox))
        await self.child.start()
        self.load = Load(self.clinic, chance)
        self._people = asyncio.create_task(self.load.go_on(every_s=0.15))
        await self.sent(20)

    async def sent(self, more: int) -> None:
        """Wait until Telegram has accepted so many messages more."""
        wanted = len(self.sandbox.ledger) + more
        async with asyncio.timeout(30):
            while len(self.sandbox.ledger) < wanted:
                await asyncio.sleep(0.005)

    async def rest(self) -> None:
        """Let the people fall silent, and the bot send all that it owes."""
        self._people.cancel()
        await settled(self.sandbox, last=self.last)

    def verdict(self) -> Verdict:
        """Judge, once no bot runs any more."""
        store = practice.open_database(self.directory)
        try:
            rows = store.write_now(practice.rows_of, "outbox")
            replies = store.write_now(practice.rows_of, "replies")
        finally:
            store.close()
        assert self.load.wrong(replies, rows) == []
        return judge(rows, self.sandbox.ledger, now=self.sandbox.clock.now())

    async def close(self) -> None:
        self._people.cancel()
        await self.child.close()
        await self.sandbox.stop()


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[Busy]:
    made = Busy(tmp_path)
    await made.begin()
    yield made
    await made.close()


async def test_sigterm_under_load_drains_and_exits_with_0(
    busy: Busy, figures: Callable[..., None]
) -> None:
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert await busy.child.terminate() == 0, busy.child.words()
        took.append(round(time.monotonic() - began, 2))
        left = len(busy.sandbox.ledger)
        await asyncio.sleep(0.2)
        assert len(busy.sandbox.ledger) == left
        store = practice.open_database(busy.directory)
        rows = store.write_now(practice.rows_of, "outbox")
        store.close()
        verdict = judge(rows, busy.sandbox.ledger, now=0)
        assert verdict.states["sending"] == 0
        assert verdict.clean, str(verdict)
        assert not verdict.extra, "what was on its way has landed and is written down"
        await busy.child.start()
        await busy.sent(5)
    await busy.rest()
    assert await busy.child.terminate() == 0
    verdict = busy.verdict()
    figures(stops=3, seconds=took, rows=verdict.rows, lost=len(verdict.lost), extra=0)
    assert verdict.clean, str(verdict)
    assert not verdict.extra
    assert max(took) < DRAINS_WITHIN_S


async def test_sigterm_while_telegram_does_not_answer_ends_in_time_and_says_so(
    busy: Busy, figures: Callable[..., None]
) -> None:
    busy.sandbox.faults.lift()
    hang = busy.sandbox.faults.hang(60, applied=True, count=None)
    async with asyncio.timeout(30):
        while hang.hits < 5:
            await asyncio.sleep(0.01)
    began = time.monotonic()
    code = await busy.child.terminate()
    took = time.monotonic() - began
    busy.sandbox.faults.lift()
    assert code == 1, "not everything had settled"
    assert took < EXITS_WITHIN_S
    await busy.child.start()
    await busy.rest()
    assert await busy.child.terminate() == 0
    verdict = busy.verdict()
    figures(seconds=round(took, 2), rows=verdict.rows, extra=len(verdict.extra))
    assert verdict.clean, str(verdict)


async def test_a_process_that_was_frozen_goes_on_as_if_nothing_had_been(
    busy: Busy, long: bool, figures: Callable[..., None]
) -> None:
    frozen_s = FROZEN_LONG_S if long else FROZEN_S
    for _ in range(2):
        busy.child.signal(signal.SIGSTOP)
        await asyncio.sleep(frozen_s)
        busy.child.signal(signal.SIGCONT)
        await busy.sent(10)
    await busy.rest()
    assert await busy.child.terminate() == 0, busy.child.words()
    verdict = busy.verdict()
    figures(frozen_s=frozen_s, rows=verdict.rows, extra=len(verdict.extra))
    assert verdict.clean, str(verdict)
    assert long or not verdict.extra


async def test_a_full_disk_stops_the_sending_and_an_emptied_one_lets_it_go_on(
    busy: Busy, figures: Callable[..., None]
) -> None:
    busy.child.fill_disk(full=True)
    await asyncio.sleep(0.5)
    stopped_at = len(busy.sandbox.ledger)
    await asyncio.sleep(FULL_S)
    assert len(busy.sandbox.ledger) == stopped_at, "nothing leaves that cannot be written down"
    assert busy.child.pid, busy.child.words()
    alarm = [line for line in busy.child.lines if '"level": "error"' in line or "critical" in line]
    assert alarm, "a full disk is told in the log"
    busy.child.fill_disk(full=False)
    await busy.sent(20)
    await busy.rest()
    assert await busy.child.terminate() == 0, busy.child.words()
    verdict = busy.verdict()
    figures(full_s=FULL_S, rows=verdict.rows, lost=len(verdict.lost), extra=len(verdict.extra))
    assert verdict.clean, str(verdict)
    assert not verdict.extra


async def test_a_bot_that_is_killed_on_a_full_disk_loses_nothing(busy: Busy) -> None:
    busy.child.fill_disk(full=True)
    await asyncio.sleep(1.0)
    await busy.child.kill()
    await busy.child.start()
    await busy.rest()
    assert await busy.child.terminate() == 0
    verdict = busy.verdict()
    assert verdict.clean, str(verdict)
    assert len(verdict.extra) <= 2


async def test_a_database_that_is_locked_for_long_is_waited_for(
    busy: Busy, figures: Callable[..., None]
) -> None:
    other = dbapi2.connect(
        str(busy.directory / "aftercare.db"), isolation_level=None, check_same_thread=False
    )
    other.execute(f"PRAGMA key = \"x'{KEY}'\"")
    other.execute("PRAGMA busy_timeout = 5000")
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    await asyncio.sleep(0.3)
    stopped_at = len(busy.sandbox.ledger)
    await asyncio.sleep(LOCKED_S)
    assert len(busy.sandbox.ledger) == stopped_at
    other.execute("ROLLBACK")
    other.close()
    await busy.sent(20)
    await busy.rest()
    assert await busy.child.terminate() == 0, busy.child.words()
    verdict = busy.verdict()
    figures(locked_s=LOCKED_S, rows=verdict.rows, extra=len(verdict.extra))
    assert verdict.clean, str(verdict)
    assert not verdict.extra


async def test_a_bot_that_telegram_calls_keeps_what_it_confirmed_across_a_stop_and_a_kill(
    tmp_path: Path, figures: Callable[..., None]
) -> None:
    sandbox = Sandbox(clock=SandboxClock())
    await sandbox.start()
    clinic = practice.people(sandbox, doctors=1, patients=1)
    (ana,) = clinic.patients
    store = practice.open_database(tmp_path)
    store.write_now(practice.move_in, clinic, now=sandbox.clock.now())
    store.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    called = {
        "WEBHOOK_URL": "https://clinic.example/telegram",
        "WEBHOOK_LISTEN": f"127.0.0.1:{port}",
    }
    child = Child(tmp_path, environment(tmp_path, sandbox, **called))
    headers = {SECRET_HEADER: secret_for(sandbox.token)}
    wanted = []
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            for number, end in enumerate(("stop", "kill", "stop")):
                await child.start()
                async with http.get("/healthz") as answer:
                    assert answer.status == 200
                for copy in range(10):
                    wanted.append(f"note {number} {copy}")
                    body = text_update(ana.person.id, 10 * number + copy, wanted[-1])
                    for _ in range(2):  # Telegram may bring it again although it was confirmed
                        async with http.post("/telegram", json=body, headers=headers) as answer:
                            assert answer.status == 200
                if end == "kill":
                    await child.kill()
                else:
                    assert await child.terminate() == 0, child.words()
        await child.start()
        assert await child.terminate() == 0
    finally:
        await child.close()
        await sandbox.stop()
    store = practice.open_database(tmp_path)
    replies = store.write_now(practice.rows_of, "replies")
    states = {row["state"] for row in store.write_now(practice.rows_of, "inbox")}
    store.close()
    figures(confirmed=len(wanted), taken=len(replies))
    assert [row["text"] for row in replies] == wanted
    assert states == {"done"}


def text_update(user_id: int, number: int, text: str) -> dict[str, Any]:
    """Return an update as Telegram writes it."""
    return {
        "update_id": 1000 + number,
        "message": {
            "message_id": 1000 + number,
            "date": 1_777_000_000,
            "text": text,
            "chat": {"id": user_id, "type": "private"},
            "from": {"id": user_id, "is_bot": False, "first_name": "Ana"},
        },
    }
