"""Server-Sent Events: what happens in the sandbox, for every page that looks on."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

KEEP_ALIVE = 15.0
BACKLOG = 20_000


class EventHub:
    """Hands every event to every open page; a page that falls behind is cut off and reconnects."""

    def __init__(self, state: Callable[[], dict[str, Any]]) -> None:
        self._state = state
        self._pages: set[asyncio.Queue[str | None]] = set()

    def publish(self, event: str, data: dict[str, Any]) -> None:
        """Send an event to every page."""
        if not self._pages:
            return
        frame = _frame(event, data)
        for page in tuple(self._pages):
            if page.qsize() >= BACKLOG:
                self._pages.discard(page)
                page.put_nowait(None)
            else:
                page.put_nowait(frame)

    def close(self) -> None:
        """Let every page go."""
        for page in self._pages:
            page.put_nowait(None)
        self._pages.clear()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one page: everything as it stands, then each event."""
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )
        await response.prepare(request)
        page: asyncio.Queue[str | None] = asyncio.Queue()
        self._pages.add(page)
        try:
            await response.write(_frame("state", self._state()).encode())
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE):
                        frame = await page.get()
                except TimeoutError:
                    frame = ": still here\n\n"
                if frame is None:
                    return response
                await response.write(frame.encode(errors="replace"))
        except ConnectionError:
            return response
        finally:
            self._pages.discard(page)


def _frame(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
