"""What the bot tells the sandbox: the clock at once, people a few times a second."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from bot import link as linking
from bot.link import Link

VIEW = {"rows": [], "counts": {}, "next_due": 5, "idle": True}


async def test_the_clock_is_told_of_every_change_and_the_view_of_the_last_one_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linking, "_VIEW_EVERY_S", 1.0)  # a busy machine takes its time
    frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def sandbox(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for frame in socket:
            frames.put_nowait(json.loads(frame.data))
        return socket

    app = web.Application()
    app.router.add_get("/link", sandbox)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    link = Link(f"ws://127.0.0.1:{runner.addresses[0][1]}/link")
    owed = {"next_due": 5, "idle": True}

    async def view() -> dict[str, Any]:
        return {**VIEW, **owed}

    link.show(view, lambda: dict(owed))
    running = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(5):
            assert await frames.get() == {"type": "outbox", **VIEW}
            owed["next_due"] = 6
            link.changed()
            assert await frames.get() == {"type": "standing", "next_due": 6, "idle": True}
            owed["next_due"] = 7
            link.changed()
            told = [await frames.get(), await frames.get()]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await runner.cleanup()
    assert told == [
        {"type": "standing", "next_due": 7, "idle": True},
        {"type": "outbox", **VIEW, "next_due": 7},
    ], "nothing else happened, and the page shows it all the same"
