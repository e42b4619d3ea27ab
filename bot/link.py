"""The sandbox's link: its clock comes in, a view of the outbox goes out.

Only a bot that the sandbox started has one. The rest of the program cannot tell: it is given a
clock, and this one happens to run faster than the sun.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog

log = structlog.get_logger(__name__)

_FAR_S = 3600.0
_AGAIN_S = 0.5
_GIVE_UP_AFTER = 10
_BREATH_S = 0.005
"""At most one frame in this many seconds."""
_VIEW_EVERY_S = 0.1
"""At most one view of the outbox in this many seconds."""
_VIEW_SHARE = 10
"""At most one part in this many of the time is spent on views, however long the outbox is."""


class LinkedClock:
    """The sandbox's clock: an affine function of the machine's monotonic clock, with a ceiling."""

    def __init__(self) -> None:
        self._sim = 0.0
        self._mono = 0.0
        self._speed = 0.0
        self._ceiling: int | None = None
        self._wakers: list[Callable[[], None]] = []
        self.known = asyncio.Event()

    def set(self, state: dict[str, Any]) -> None:
        """Take over the state that the sandbox sent."""
        self._sim, self._mono = float(state["sim"]), float(state["mono"])
        self._speed, self._ceiling = float(state["speed"]), state["ceiling"]
        self.known.set()
        for wake in self._wakers:
            wake()

    def now(self) -> int:
        """Return the present instant in UTC epoch milliseconds."""
        instant = self._sim + (time.monotonic() - self._mono) * 1000 * self._speed
        return int(instant if self._ceiling is None else min(instant, self._ceiling))

    def seconds_until(self, instant: int) -> float:
        """Return the real seconds until ``instant`` (epoch ms) at the present speed."""
        left = instant - self.now()
        if left <= 0:
            return 0.0
        if self._speed <= 0:
            return _FAR_S
        return min(_FAR_S, left / 1000 / self._speed)

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever the clock was set or its speed changed."""
        self._wakers.append(wake)


class Link:
    """Keeps the WebSocket to the sandbox open.

    Args:
        url: the sandbox's link (ws:// on loopback).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.clock = LinkedClock()
        self._changed = asyncio.Event()
        self._view: Callable[[], Awaitable[dict[str, Any]]] | None = None
        self._standing: Callable[[], dict[str, Any]] = dict

    def show(
        self, view: Callable[[], Awaitable[dict[str, Any]]], standing: Callable[[], dict[str, Any]]
    ) -> None:
        """Send what these return from now on, whenever something has changed.

        Args:
            view: the outbox for people. It may take its time and is sent a few times a second.
            standing: what the clock goes by, which waits for it; a part of ``view`` too.
        """
        self._view, self._standing = view, standing
        self._changed.set()

    def changed(self) -> None:
        """Send a new view soon."""
        self._changed.set()

    async def run(self) -> None:
        """Stay connected; return once the sandbox is gone for good.

        A bot without its sandbox has no clock and nobody to talk to, and would keep the
        database from the next one.
        """
        failures = 0
        async with aiohttp.ClientSession() as session:
            while failures < _GIVE_UP_AFTER:
                try:
                    async with session.ws_connect(self._url, heartbeat=20) as socket:
                        failures = 0
                        await self._talk(socket)
                except aiohttp.ClientError as error:
                    log.info("link_lost", error=type(error).__name__)
                    failures += 1
                await asyncio.sleep(_AGAIN_S)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._changed.set()
        sender = asyncio.create_task(self._send(socket))
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    frame = json.loads(message.data)
                    if frame.get("type") == "clock":
                        self.clock.set(frame)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        next_view, follows = 0.0, False
        loop = asyncio.get_running_loop()
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._view is not None:
                began = loop.time()
                if began < next_view:
                    await socket.send_json({"type": "standing", **self._standing()})
                    # The view that was not sent now follows, also where nothing else happens.
                    if not follows:
                        loop.call_at(next_view, self._changed.set)
                        follows = True
                else:
                    follows = False
                    await socket.send_json({"type": "outbox", **await self._view()})
                    took = loop.time() - began
                    next_view = loop.time() + max(_VIEW_EVERY_S, _VIEW_SHARE * took)
            await asyncio.sleep(_BREATH_S)
