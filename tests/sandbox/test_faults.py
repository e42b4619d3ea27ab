"""Faults on request, as a bot meets them, and what the ledger says of each."""

import asyncio
import io
from typing import Any

import aiohttp
import pytest

from sandbox.faults import Fault
from sandbox.limits import RateLimits
from sandbox.phones import Phone
from sandbox.server import Sandbox


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "accepted"),
    [
        ("refuse", 500, "application/json", 0),
        ("bad_gateway", 502, "text/html", 0),
        ("html", 200, "text/html", 1),
        ("broken_json", 200, "application/json", 1),
    ],
)
async def test_an_answer_that_is_not_what_it_should_be(
    sandbox: Sandbox,
    http: aiohttp.ClientSession,
    anna: Phone,
    kind: str,
    status: int,
    content_type: str,
    accepted: int,
) -> None:
    how: dict[str, Any] = {"method": "sendMessage"}
    if kind == "refuse":
        how |= {"status": 500, "description": "Internal Server Error"}
    getattr(sandbox.faults, kind)(**how)
    url = f"{sandbox.api_url}/bot{sandbox.token}/sendMessage"
    given = {"chat_id": anna.person.id, "text": "x"}
    async with http.post(url, json=given) as answer:
        assert (answer.status, answer.content_type) == (status, content_type)
        if kind in {"html", "broken_json"}:
            with pytest.raises(ValueError):  # noqa: PT011 - any kind of unreadable JSON will do
                await answer.json(content_type=None)
    assert [one.answered for one in sandbox.ledger] == [False] * accepted
    assert len(anna.transcript()) == accepted
    async with http.post(url, json=given) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(("kind", "accepted"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_connection_is_cut_before_or_after_the_message_was_accepted(
    sandbox: Sandbox, call: Any, anna: Phone, kind: str, accepted: int
) -> None:
    getattr(sandbox.faults, kind)(method="sendMessage")
    with pytest.raises(aiohttp.ClientConnectionError):
        await call("sendMessage", chat_id=anna.person.id, text="x")
    assert len(anna.transcript()) == accepted
    assert [one.answered for one in sandbox.ledger] == [False] * accepted
    assert (await call("sendMessage", chat_id=anna.person.id, text="x")).result


@pytest.mark.parametrize("applied", [False, True])
async def test_a_hang_lasts_beyond_the_bots_patience(
    sandbox: Sandbox, call: Any, anna: Phone, applied: bool
) -> None:
    sandbox.faults.hang(60, applied=applied)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await call("sendMessage", chat_id=anna.person.id, text="x")
    assert len(sandbox.ledger) == int(applied)


async def test_a_slow_answer_comes(sandbox: Sandbox, call: Any, anna: Phone) -> None:
    sandbox.faults.slow(0.01)
    assert (await call("sendMessage", chat_id=anna.person.id, text="x")).result
    assert [one.answered for one in sandbox.ledger] == [True]


async def test_an_upload_is_cut_midway(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone
) -> None:
    sandbox.faults.cut_upload(method="sendDocument")
    form = aiohttp.FormData({"chat_id": str(anna.person.id)})
    form.add_field("document", io.BytesIO(b"x" * 20_000_000), filename="big.bin")
    with pytest.raises(aiohttp.ClientError):
        await http.post(f"{sandbox.api_url}/bot{sandbox.token}/sendDocument", data=form)
    assert len(sandbox.ledger) == 0


async def test_429_comes_with_and_without_retry_after(
    sandbox: Sandbox, call: Any, anna: Phone
) -> None:
    sandbox.faults.too_many(7)
    sandbox.faults.too_many(None)
    first = await call("sendMessage", chat_id=anna.person.id, text="x")
    assert first.refusal == (429, "Too Many Requests: retry after 7")
    assert first.body["parameters"] == {"retry_after": 7}
    second = await call("sendMessage", chat_id=anna.person.id, text="x")
    assert second.status == 429
    assert "parameters" not in second.body


async def test_a_fault_hits_only_what_it_is_for_and_only_so_often(
    sandbox: Sandbox, call: Any, anna: Phone
) -> None:
    pablo = sandbox.add_person("Pablo", started=True)
    fault = sandbox.faults.refuse(
        500, "x", method="sendMessage", chat_id=pablo.person.id, skip=1, count=2
    )
    said = [
        (await call("sendMessage", chat_id=one.person.id, text="x")).status
        for one in (anna, pablo, pablo, anna, pablo, pablo)
    ]
    assert said == [200, 200, 500, 200, 500, 200]
    assert fault.hits == 2
    assert not sandbox.faults


async def test_a_fault_can_choose_by_what_is_said_and_last_until_it_is_lifted(
    sandbox: Sandbox, call: Any, anna: Phone
) -> None:
    fault = Fault("answer", status=500, body="{}", count=None)
    fault.matches = lambda _, values: "bad" in values.get("text", "")
    sandbox.faults.add(fault)
    for _ in range(3):
        assert (await call("sendMessage", chat_id=anna.person.id, text="bad")).status == 500
    assert (await call("sendMessage", chat_id=anna.person.id, text="good")).status == 200
    sandbox.faults.lift(fault)
    assert (await call("sendMessage", chat_id=anna.person.id, text="bad")).status == 200


async def test_faults_can_be_put_in_force_over_http(
    sandbox: Sandbox, http: aiohttp.ClientSession, call: Any
) -> None:
    fault = {"kind": "answer", "method": "getMe", "status": 401, "body": "{}", "count": None}
    async with http.post(f"{sandbox.url}/faults", json=fault) as answer:
        assert answer.status == 200
    async with http.get(f"{sandbox.url}/faults") as answer:
        assert [one["status"] for one in (await answer.json())["result"]] == [401]
    assert (await call("getMe")).status == 401
    async with http.delete(f"{sandbox.url}/faults") as answer:
        assert answer.status == 200
    assert (await call("getMe")).status == 200
    async with http.post(f"{sandbox.url}/faults", json={"kinds": "x"}) as answer:
        assert answer.status == 400


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_no_second_takes_more_than_the_whole_bots_limit() -> None:
    seconds = Seconds()
    limits = RateLimits(monotonic=seconds)
    waits = [limits.take(chat, group=False, paid=False) for chat in range(31)]
    assert waits == [None] * 30 + [1]
    assert limits.take(99, group=False, paid=True) is None
    seconds.now += 1.0
    assert limits.take(98, group=False, paid=False) is None
    assert limits.refused == 1


def test_a_chat_takes_a_small_burst_and_then_one_a_second() -> None:
    seconds = Seconds()
    limits = RateLimits(chat_burst=2, monotonic=seconds)
    said = []
    for _ in range(6):
        said.append(limits.take(1, group=False, paid=False) is None)
        seconds.now += 0.5
    assert said == [True, True, True, False, True, False]


def test_a_group_takes_twenty_a_minute() -> None:
    seconds = Seconds()
    limits = RateLimits(monotonic=seconds)
    taken = 0
    for _ in range(60):
        taken += limits.take(-1, group=True, paid=False) is None
        seconds.now += 1.0
    assert taken == 20
    assert limits.take(-1, group=True, paid=False) is None


async def test_a_limit_answers_429_and_sends_nothing(http: aiohttp.ClientSession) -> None:
    sandbox = Sandbox(limits=RateLimits(chat_burst=1))
    await sandbox.start()
    phone = sandbox.add_person("Anna", started=True)
    url = f"{sandbox.api_url}/bot{sandbox.token}/sendMessage"
    statuses = []
    for _ in range(3):
        async with http.post(url, json={"chat_id": phone.person.id, "text": "x"}) as answer:
            statuses.append(answer.status)
            body = await answer.json()
    assert statuses == [200, 429, 429]
    assert body["parameters"] == {"retry_after": 1}
    assert len(phone.transcript()) == 1
    await sandbox.stop()
