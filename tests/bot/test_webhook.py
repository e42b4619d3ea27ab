"""The webhook over real HTTP: only Telegram's own calls, whole and in time, reach the inbox."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.webhook import MAX_BODY, SECRET_HEADER, Webhook

SECRET = "5e" * 32
UPDATE = {"update_id": 7, "message": {"message_id": 1}}
SOON_S = 0.2


class Inbox:
    """What was kept; keeping waits while it is shut, and fails while it is broken."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.broken = False
        self.well: bool | None = True

    async def keep(self, updates: list[dict[str, Any]]) -> int:
        self.asked.set()
        await self.open.wait()
        if self.broken:
            raise OSError("the disk is full")
        self.kept += updates
        return len(updates)

    async def healthy(self) -> bool:
        return bool(self.well)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def webhook(inbox: Inbox) -> AsyncIterator[Webhook]:
    url = "https://clinic.example/telegram"
    made = Webhook(url, SECRET, inbox.keep, inbox.healthy, body_within_s=SOON_S)
    await made.start("127.0.0.1", 0)
    yield made
    await made.stop()


async def call(
    webhook: Webhook,
    body: Any = None,
    *,
    path: str = "/telegram",
    method: str = "POST",
    secret: str | None = SECRET,
) -> int:
    data = io.BytesIO(json.dumps(UPDATE).encode() if body is None else body)
    headers = {} if secret is None else {SECRET_HEADER: secret}
    address = f"http://127.0.0.1:{webhook.port}{path}"
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, address, data=data, headers=headers) as answer,
    ):
        return answer.status


async def test_an_update_is_kept_before_it_is_confirmed(webhook: Webhook, inbox: Inbox) -> None:
    inbox.open.clear()
    calling = asyncio.create_task(call(webhook))
    await inbox.asked.wait()
    assert not calling.done()
    inbox.open.set()
    assert await calling == 200
    assert inbox.kept == [UPDATE]


async def test_what_could_not_be_kept_is_not_confirmed(webhook: Webhook, inbox: Inbox) -> None:
    inbox.broken = True
    assert await call(webhook) == 500
    inbox.broken = False
    assert await call(webhook) == 200
    assert inbox.kept == [UPDATE]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "0", SECRET.upper()])
async def test_without_the_right_secret_nothing_is_even_read(
    webhook: Webhook, inbox: Inbox, secret: str | None
) -> None:
    assert await call(webhook, secret=secret) == 401
    assert await call(webhook, b"{" * 100, secret=secret) == 401
    assert not inbox.asked.is_set()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"{}",
        b'{"update_id": null}',
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": 7.5}',
        b"[" * 200_000,
    ],
)
async def test_what_is_no_update_is_refused(webhook: Webhook, inbox: Inbox, body: bytes) -> None:
    assert await call(webhook, body) == 400
    assert not inbox.asked.is_set()
    assert await call(webhook) == 200, "and the next one is taken"


async def test_a_body_beyond_the_limit_is_refused(webhook: Webhook, inbox: Inbox) -> None:
    assert await call(webhook, json.dumps({**UPDATE, "x": "x" * MAX_BODY}).encode()) == 413
    assert not inbox.asked.is_set()
    just = json.dumps({**UPDATE, "x": ""}).encode()
    room = MAX_BODY - len(just)
    assert await call(webhook, json.dumps({**UPDATE, "x": "x" * room}).encode()) == 200


async def test_a_body_that_never_ends_holds_up_nobody(webhook: Webhook, inbox: Inbox) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", webhook.port)
    writer.write(
        b"POST /telegram HTTP/1.1\r\nHost: clinic.example\r\nContent-Length: 1000\r\n"
        + f"{SECRET_HEADER}: {SECRET}\r\n\r\n".encode()
        + b'{"update_id": 7'
    )
    assert await call(webhook) == 200, "others are served meanwhile"
    async with asyncio.timeout(5):
        status = await reader.readline()
        assert b" 408 " in status
        await reader.read()  # and the connection is closed
    writer.close()
    assert inbox.kept == [UPDATE]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/telegram", 405), ("POST", "/", 404), ("POST", "/healthz", 405)],
)
async def test_only_its_own_address_takes_updates(
    webhook: Webhook, inbox: Inbox, method: str, path: str, status: int
) -> None:
    assert await call(webhook, method=method, path=path) == status
    assert not inbox.asked.is_set()


async def test_healthz_says_whether_the_bot_is_at_work_and_needs_no_secret(
    webhook: Webhook, inbox: Inbox
) -> None:
    assert await call(webhook, method="GET", path="/healthz", secret=None) == 200
    inbox.well = False
    assert await call(webhook, method="GET", path="/healthz", secret=None) == 503


async def test_a_stop_answers_what_is_under_way_and_takes_nothing_new(
    webhook: Webhook, inbox: Inbox
) -> None:
    inbox.open.clear()
    calling = asyncio.create_task(call(webhook))
    await inbox.asked.wait()
    stopping = asyncio.create_task(webhook.stop())
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", webhook.port)
        except OSError:
            break
        writer.close()
        await asyncio.sleep(0)
    assert not stopping.done()
    inbox.open.set()
    assert await calling == 200
    await stopping
    assert inbox.kept == [UPDATE]
