"""The bot as a child process: started, killed hard, started again, and its last words kept."""

import asyncio
import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LAST_LINES = 20
GRACE = 12.0  # the bot takes up to ten seconds to finish what it is sending
LONGEST_LINE = 1 << 20


class BotProcess:
    """Runs one command as the bot. It is started again only when somebody asks for it.

    Args:
        argv: The command.
        env: Its whole environment.
        tell: Called with the bot's state whenever it changes.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        self._argv = tuple(argv)
        self._env = dict(env)
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._asked = False
        self.exit_code: int | None = None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return self._process.pid if self.running and self._process is not None else None

    def state(self) -> dict[str, Any]:
        """Return what the page shows of it; ``last_lines`` only where it ended by itself."""
        state: dict[str, Any] = {"running": self.running}
        if not self.running and self.exit_code is not None:
            state["exit_code"] = self.exit_code
            if not self._asked:
                state["last_lines"] = list(self._lines)
        return state

    async def start(self) -> None:
        """Start it, unless it runs."""
        if self.running:
            return
        if self._watch is not None:
            await self._watch
        self._asked = False
        self.exit_code = None
        self._lines.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self._argv,
            env=self._env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
        )
        self._watch = asyncio.create_task(self._follow(self._process))
        self._tell(self.state())

    async def kill(self) -> None:
        """Kill it at once (SIGKILL), as a power cut or the kernel would."""
        process = self._process
        if process is None or not self.running:
            return
        self._asked = True
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if self._watch is not None:
            await self._watch

    async def restart(self) -> None:
        """Kill it and start it again."""
        await self.kill()
        await self.start()

    async def stop(self) -> None:
        """Ask it to stop (SIGTERM), and kill it if it has not in time."""
        process = self._process
        if process is None or not self.running:
            return
        self._asked = True
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(GRACE):
                await process.wait()
        except TimeoutError:
            await self.kill()
        if self._watch is not None:
            await self._watch

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        """Pass its lines on to our standard error and notice its end."""
        if process.stdout is not None:
            async for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip("\r\n")
                self._lines.append(line)
                sys.stderr.write(line + os.linesep)
        self.exit_code = await process.wait()
        self._tell(self.state())
