"""A Telegram that answers whatever a test tells it to, over real HTTP on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import telegram
from aiohttp import web

from bot.request import AiohttpRequest

TOKEN = "123456:not-a-real-token-but-long-enough-abc"


class FarTelegram:
    """The server's side: what it was asked, and how it answers from now on."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.files: dict[str, tuple[str | None, bytes]] = {}
        self.url = ""
        self.requests = 0
        self.arrived = asyncio.Event()
        self.handle_early: Callable[[web.Request], Awaitable[None]] | None = None
        self._answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
        self.accepts()

    def accepts(self, **more: object) -> None:
        chat = {"id": 7, "type": "private", "first_name": "A."}
        message = {"message_id": 41, "date": 1_777_000_000, "chat": chat} | more
        self.says(200, {"ok": True, "result": message})

    def refuses(self, status: int, description: str, **parameters: int) -> None:
        body = {"ok": False, "error_code": status, "description": description}
        self.says(status, body | ({"parameters": parameters} if parameters else {}))

    def says(self, status: int, body: object, **headers: str) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "text/html" if isinstance(body, str) else "application/json"

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, text=text, content_type=kind, headers=headers)

        self._answer = answer

    def hangs(self) -> None:
        async def answer(_: web.Request) -> web.StreamResponse:
            await asyncio.Event().wait()
            raise AssertionError

        self._answer = answer

    def hangs_up(self, *, with_reset: bool = False) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort() if with_reset else request.transport.close()
            return web.Response()

        self._answer = answer

    def stops_in_the_middle(self) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"ok": true, "resu')
            assert request.transport is not None
            request.transport.close()
            return response

        self._answer = answer

    def drips(self, *, every: float) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "100000"})
            await response.prepare(request)
            while True:
                await response.write(b" ")
                await asyncio.sleep(every)

        self._answer = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        self.arrived.set()
        if self.handle_early is not None:
            await self.handle_early(request)
        await self._read(request)
        return await self._answer(request)

    async def _read(self, request: web.Request) -> None:
        method = request.path.rsplit("/", 1)[1]
        if request.content_type == "application/json":
            self.asked.append((method, await request.json()))
        elif request.content_type == "multipart/form-data":
            words: dict[str, Any] = {}
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    self.files[name] = (value.filename, value.file.read())
                else:
                    words[name] = value
            self.asked.append((method, words))


@pytest.fixture
async def far_telegram() -> AsyncIterator[FarTelegram]:
    there = FarTelegram()
    app = web.Application(client_max_size=50 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", there.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[AiohttpRequest]:
    # Longer than a busy machine pauses, short enough to be waited for where that is tested.
    async with AiohttpRequest(
        read_timeout=1.0, connect_timeout=1.0, pool_timeout=1.0, media_write_timeout=1.0
    ) as request:
        yield request


@pytest.fixture
def far_bot(far_telegram: FarTelegram, http: AiohttpRequest) -> telegram.Bot:
    """A bot that talks to ``far_telegram``."""
    return telegram.Bot(TOKEN, base_url=f"{far_telegram.url}/bot", request=http)
