"""A sandbox on a free port, and a plain HTTP client as the first witness."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from sandbox.clock import ManualClock
from sandbox.phones import Phone
from sandbox.server import Sandbox

START = 1_777_888_800_000  # 4 May 2026, 10:00 UTC


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any

    @property
    def result(self) -> Any:
        assert self.body["ok"] is True, self.body
        return self.body["result"]

    @property
    def refusal(self) -> tuple[int, str]:
        assert self.body["ok"] is False, self.body
        assert self.body["error_code"] == self.status
        return self.status, self.body["description"]


Call = Callable[..., Awaitable[Answer]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(clock=clock)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def call(sandbox: Sandbox, http: aiohttp.ClientSession) -> Call:
    """Call a method with JSON parameters."""

    async def call(method: str, /, **parameters: Any) -> Answer:
        url = f"{sandbox.api_url}/bot{sandbox.token}/{method}"
        async with http.post(url, json=parameters) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)

    return call


@pytest.fixture
def anna(sandbox: Sandbox) -> Phone:
    """Somebody who pressed Start before the test began."""
    return sandbox.add_person("Anna", started=True)
