"""The link: a WebSocket between the sandbox and the bot that it started.

The sandbox sends the clock. The bot sends when it owes something next, so that the clock waits
there (``standing``), and a few times a second what its outbox holds besides, for the page's side
panel (``outbox``).
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.timekeeper import Timekeeper

HEARTBEAT = 30.0
MAX_FRAME = 16 * 1024 * 1024


class Link:
    """At most one bot at the other end; a new one takes the place of the old."""

    def __init__(
        self,
        state: Callable[[], Mapping[str, Any]],
        timekeeper: Timekeeper | None,
        tell: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self._state = state
        self._timekeeper = timekeeper
        self._tell = tell
        self._socket: web.WebSocketResponse | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.outbox: dict[str, Any] = {"rows": [], "next_due": None, "counts": {}, "idle": True}

    @property
    def connected(self) -> bool:
        """Whether a bot is at the other end."""
        return self._socket is not None

    def clock_changed(self) -> None:
        """Send the clock's new state to the bot at once."""
        socket = self._socket
        if socket is not None and not socket.closed:
            frame = json.dumps({"type": "clock", **self._state()})
            task = asyncio.get_running_loop().create_task(_send(socket, frame))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            await self._socket.close()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_FRAME)
        await socket.prepare(request)
        former, self._socket = self._socket, socket
        if former is not None:
            await former.close()
        if self._timekeeper is not None:
            self._timekeeper.linked()
        self.clock_changed()
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._take(frame.data)
        finally:
            if self._socket is socket:
                self._socket = None
                if self._timekeeper is not None:
                    self._timekeeper.unlinked()
        return socket

    def _take(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        kind = frame.pop("type", None) if isinstance(frame, dict) else None
        if kind not in {"outbox", "standing"}:
            return
        self.outbox = frame if kind == "outbox" else {**self.outbox, **frame}
        if self._timekeeper is not None:
            due = frame.get("next_due")
            self._timekeeper.reported(
                due if isinstance(due, int) else None, idle=bool(frame.get("idle", True))
            )
        if kind == "outbox":
            self._tell("outbox", frame)


async def _send(socket: web.WebSocketResponse, frame: str) -> None:
    try:
        await socket.send_str(frame)
    except ConnectionError:
        return  # the bot was killed; serve() notices by itself
