"""The bot as a process of its own, that a test may treat as badly as it likes."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
KEY = "6b" * 32
ZONE = "Europe/Madrid"


def environment(directory: Path, sandbox: Sandbox, **more: str) -> dict[str, str]:
    """Return the whole environment of a bot whose clinic lies in ``directory``."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "BOT_TOKEN": sandbox.token,
        "BOT_API_URL": sandbox.api_url,
        "DATABASE_URL": f"sqlite:///{directory / 'aftercare.db'}",
        "DATABASE_KEY": KEY,
        "CLINIC_NAME": "Alba Clinic",
        "CLINIC_TIMEZONE": ZONE,
        "CLINIC_PHONE": "+34 911 234 567",
        "EMERGENCY_NUMBER": "112",
        "QUIET_HOURS": "00:00-00:00",
        # Broadcast after broadcast is the load; nobody is to be spared a second one.
        "TIPS_EVERY_DAYS": "0",
        "LOG_FORMAT": "json",
        **more,
    }


class Child:
    """One bot after the other, at most one at a time.

    Args:
        directory: its working directory, where the database lies.
        env: its whole environment.
        forked: fork each bot off a process that has its imports behind it, which takes half a
            second instead of seconds; otherwise each start is a plain ``python -m bot run``.
        arguments: what follows ``run``.
    """

    def __init__(
        self,
        directory: Path,
        env: Mapping[str, str],
        *,
        forked: bool = False,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self._directory = directory
        self._env = dict(env)
        self._forked = forked
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._running = asyncio.Event()
        self.lines: deque[str] = deque(maxlen=2000)
        self.pid = 0
        self.startups: list[float] = []

    async def _spawn(self, *arguments: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env=self._env,
            cwd=self._directory,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        self._reading = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode(errors="replace").rstrip()
            self.lines.append(line)
            if '"event": "running"' in line:
                self._running.set()

    async def _ask(self, order: str) -> int:
        assert self._process is not None
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{order}\n".encode())
        answer = await self._process.stdout.readline()
        assert answer, self.words()
        return int(answer)

    async def _light_forge(self) -> None:
        await self._spawn(str(Path(__file__).with_name("forge.py")))
        assert self._process is not None
        assert self._process.stdout
        assert await self._process.stdout.readline() == b"ready\n", self.words()

    async def begin(self) -> None:
        """Start the bot; :meth:`running` waits until it is at work."""
        self._running.clear()
        self._began = time.monotonic()
        if not self._forked:
            await self._spawn("-m", "bot", "run", *self._arguments)
            assert self._process is not None
            self.pid = self._process.pid
            return
        if self._process is None:
            await self._light_forge()
            self._began = time.monotonic()
        self.pid = await self._ask(" ".join(("start", *self._arguments)))

    async def running(self, within_s: float = 180.0) -> float:
        """Wait until the bot says that it runs; returns the seconds that it took."""
        try:
            async with asyncio.timeout(within_s):
                await self._running.wait()
        except TimeoutError:
            raise AssertionError(f"the bot did not start:\n{self.words()}") from None
        self.startups.append(time.monotonic() - self._began)
        return self.startups[-1]

    async def start(self) -> float:
        """Start the bot and wait until it runs; returns the seconds that it took."""
        await self.begin()
        return await self.running()

    def signal(self, number: signal.Signals) -> None:
        """Send the bot a signal; one that has ended by itself is none of the sender's business."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def ended(self) -> int:
        """Wait for the bot's end and return its exit code (minus the signal that killed it)."""
        if self._forked:
            return await self._ask(f"wait {self.pid}")
        assert self._process is not None
        assert self._reading is not None
        code = await self._process.wait()
        await self._reading
        self._process = None
        return code

    def fill_disk(self, *, full: bool) -> None:
        """Let no file of the bot's be written (or let it again): the disk is full for it alone."""
        _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (1 if full else most, most))

    async def kill(self) -> None:
        """SIGKILL: no handler runs, no buffer is flushed."""
        self.signal(signal.SIGKILL)
        code = await self.ended()
        assert code == -signal.SIGKILL, f"it had ended by itself with {code}:\n{self.words()}"

    async def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def close(self) -> None:
        """Leave nothing behind, whatever state the bot is in."""
        process, self._process = self._process, None
        if process is None:
            return
        for pid in {self.pid, process.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGKILL)
        await process.wait()
        if self._reading is not None:
            await self._reading

    def words(self, last: int = 30) -> str:
        """Return the last lines of its log."""
        return "\n".join(list(self.lines)[-last:])

    def events(self, name: str) -> list[dict[str, object]]:
        """Return what it logged under a name."""
        found = []
        for line in self.lines:
            if f'"event": "{name}"' in line:
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return found
