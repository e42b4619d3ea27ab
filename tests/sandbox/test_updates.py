"""Updates: long polling by one bot, webhooks with their secret, each until it is confirmed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from sandbox.phones import Phone
from sandbox.server import Sandbox


async def texts(call: Any, **parameters: Any) -> list[str]:
    return [one["message"]["text"] for one in (await call("getUpdates", **parameters)).result]


async def test_updates_come_again_until_a_higher_offset_confirms_them(
    call: Any, anna: Phone
) -> None:
    for word in ("one", "two", "three"):
        anna.text(word)
    first = (await call("getUpdates", limit=2)).result
    assert [one["message"]["text"] for one in first] == ["one", "two"]
    assert await texts(call) == ["one", "two", "three"]
    assert await texts(call, offset=first[0]["update_id"] + 1) == ["two", "three"]
    assert await texts(call) == ["two", "three"]
    assert await texts(call, offset=-1) == ["three"]
    assert await texts(call) == ["three"]
    assert first[1]["update_id"] == first[0]["update_id"] + 1


async def test_a_long_poll_ends_when_something_happens(call: Any, anna: Phone) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=50))
    while not (await call("getWebhookInfo")).result["pending_update_count"]:
        if not poll.done():
            anna.text("hello")
    assert (await poll).result[0]["message"]["text"] == "hello"


async def test_a_second_poll_ends_the_first_with_409(call: Any, anna: Phone) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=50))
    await call("getMe")  # a round trip later the first poll waits at the server
    second = asyncio.create_task(call("getUpdates", timeout=50))
    assert (await first).refusal == (
        409,
        (
            "Conflict: terminated by other getUpdates request; "
            "make sure that only one bot instance is running"
        ),
    )
    anna.text("hello")
    assert len((await second).result) == 1


async def test_only_the_kinds_of_updates_that_were_asked_for_come(call: Any, anna: Phone) -> None:
    await call("getUpdates", allowed_updates=["callback_query"])
    anna.text("not asked for")
    assert (await call("getUpdates")).result == []
    await call("getUpdates", allowed_updates=[])
    anna.text("asked for")
    assert await texts(call) == ["asked for"]


async def test_an_update_can_be_delivered_again_late_and_out_of_order(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    anna.text("one")
    one = (await call("getUpdates")).result[0]["update_id"]
    assert (await call("getUpdates", offset=one + 1)).result == []
    sandbox.updates.again(one)
    assert await texts(call, offset=one + 1) == ["one"]
    assert await texts(call, offset=one + 1) == []
    sandbox.updates.hold()
    anna.text("two")
    anna.text("three")
    assert await texts(call, offset=one + 1) == []
    sandbox.updates.release(reverse=True)
    assert await texts(call, offset=one + 1) == ["three", "two"]
    with pytest.raises(KeyError):
        sandbox.updates.again(1)


class Hook:
    """A bot's webhook that answers with the statuses it is given, then 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.taken: asyncio.Queue[tuple[int, str | None, str]] = asyncio.Queue()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        status = self.statuses.pop(0) if self.statuses else 200
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.taken.put_nowait((status, secret, body["message"]["text"]))
        return web.Response(status=status)


@pytest.fixture
async def hook(sandbox: Sandbox) -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    sandbox.webhook.first_wait = 0.001
    yield hook
    await sandbox.webhook.stop()
    await runner.cleanup()


async def test_a_webhook_gets_each_update_with_its_secret_until_it_takes_it(
    call: Any, anna: Phone, hook: Hook
) -> None:
    hook.statuses = [500, 502]
    await call("setWebhook", url=hook.url, secret_token="s3cret")
    anna.text("one")
    anna.text("two")
    taken = [await asyncio.wait_for(hook.taken.get(), 5) for _ in range(4)]
    assert taken == [
        (500, "s3cret", "one"),
        (502, "s3cret", "one"),
        (200, "s3cret", "one"),
        (200, "s3cret", "two"),
    ]
    info = (await call("getWebhookInfo")).result
    assert info["last_error_message"] == "Wrong response from the webhook: 502 Bad Gateway"


async def test_polling_and_a_webhook_exclude_each_other(call: Any, hook: Hook) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=50))
    await call("getMe")
    await call("setWebhook", url=hook.url)
    assert (await poll).refusal == (409, "Conflict: terminated by setWebhook request")
    assert (await call("getUpdates")).refusal == (
        409,
        (
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first"
        ),
    )
    await call("deleteWebhook")
    assert (await call("getUpdates")).result == []


async def test_pending_updates_can_be_dropped(call: Any, anna: Phone) -> None:
    anna.text("old")
    await call("deleteWebhook", drop_pending_updates=True)
    assert (await call("getUpdates")).result == []


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"url": "nonsense"}, "invalid webhook URL specified"),
        (
            {"url": "http://127.0.0.1:1/", "secret_token": "not allowed"},
            "secret token contains unallowed characters",
        ),
    ],
)
async def test_a_webhook_that_telegram_would_not_take(
    call: Any, parameters: dict[str, str], description: str
) -> None:
    answer = await call("setWebhook", **parameters)
    assert answer.refusal == (400, f"Bad Request: {description}")
    assert (await call("getWebhookInfo")).result["url"] == ""
