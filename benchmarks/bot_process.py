"""The real bot as a process: started against a sandbox, watched until it runs, and stopped."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clinic
from sandbox.server import Sandbox

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Started:
    """A bot that runs. ``seconds`` passed from the start of its process to its first tick."""

    pid: int
    seconds: float

    def peak_megabytes(self) -> float:
        """The most memory that the process has ever held (VmHWM)."""
        return peak_megabytes(self.pid)


def peak_megabytes(pid: int | str = "self") -> float:
    """The most memory that a process has ever held, as the kernel counts it."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def environment(sandbox: Sandbox, database: Path) -> Mapping[str, str]:
    """Return the bot's whole environment: the clinic of :mod:`benchmarks.clinic`, no .env."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "BOT_TOKEN": sandbox.token,
        "BOT_API_URL": sandbox.api_url,
        "DATABASE_URL": f"sqlite:///{database}",
        "DATABASE_KEY": clinic.KEY,
        "CLINIC_NAME": clinic.CLINIC.name,
        "CLINIC_TIMEZONE": clinic.ZONE,
        "CLINIC_PHONE": clinic.CLINIC.phone,
        "EMERGENCY_NUMBER": clinic.CLINIC.emergency,
        "MANAGER_IDS": str(clinic.STAFF_CHAT),
        "QUIET_HOURS": "00:00-00:00",
        "LOG_FORMAT": "json",
    }


@asynccontextmanager
async def running(sandbox: Sandbox, database: Path) -> AsyncIterator[Started]:
    """Start the bot; it is there when its first tick is over, and is stopped by SIGTERM.

    Raises:
        RuntimeError: it ended, or did not run within two minutes; the text has its last lines.
    """
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        cwd=database.parent,
        env=environment(sandbox, database),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    drain: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            await _until_it_runs(process)
        seconds = time.perf_counter() - started
        drain = asyncio.create_task(_read_on(process))
        yield Started(process.pid, seconds)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        if drain is not None:
            await drain
        else:
            await process.communicate()
        await process.wait()


async def _until_it_runs(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    last: list[str] = []
    async for line in process.stdout:
        last = [*last[-20:], line.decode(errors="replace").rstrip()]
        # The log line that follows the first tick, with the receiver and the dispatcher at work.
        if '"running"' in last[-1]:
            return
    raise RuntimeError("the bot ended before it ran:\n" + "\n".join(last))


async def _read_on(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for _line in process.stdout:
        pass
