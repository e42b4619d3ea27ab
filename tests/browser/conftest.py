"""A stage for the page of phones: the real sandbox, a bot played by the test, a real Chromium."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from sandbox import scene
from sandbox.clock import SandboxClock
from sandbox.phones import Phone
from sandbox.server import Sandbox

TUESDAY = 1_777_968_000_000  # Tuesday 5 May 2026, 10:00 in Madrid
LAPTOP = (1440, 900)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class PlayedBot:
    """The bot's side of the Bot API, word by word as the test says it."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self._sandbox = sandbox
        self._session = session
        self._offset = 0

    async def call(self, method: str, **parameters: Any) -> Any:
        url = f"{self._sandbox.api_url}/bot{self._sandbox.token}/{method}"
        async with self._session.post(url, json=parameters) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def says(self, phone: Phone, text: str, *rows: list[str], **more: Any) -> dict[str, Any]:
        """Send HTML, with inline buttons whose data is their label."""
        if rows:
            keys = [[{"text": one, "callback_data": one} for one in row] for row in rows]
            more["reply_markup"] = {"inline_keyboard": keys}
        chat_id = phone.person.id
        sent: dict[str, Any] = await self.call(
            "sendMessage", chat_id=chat_id, text=text, parse_mode="HTML", **more
        )
        return sent

    async def hears(self) -> dict[str, Any]:
        """Return the next update, confirming those before it."""
        updates = await self.call("getUpdates", offset=self._offset, limit=1, timeout=10)
        assert updates, "the bot heard nothing"
        self._offset = updates[0]["update_id"] + 1
        update: dict[str, Any] = updates[0]
        return update


class PlayedLink:
    """The bot's end of the link: what it owes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def owes(self, *rows: dict[str, Any]) -> None:
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["state"]] = counts.get(row["state"], 0) + 1
        due = [row["ready_at"] for row in rows if row["state"] == "pending"]
        frame = {
            "type": "outbox",
            "rows": list(rows),
            "next_due": min(due, default=None),
            "counts": counts,
            "idle": True,
        }
        await self._socket.send_str(json.dumps(frame))

    async def close(self) -> None:
        await self._socket.close()


def row(number: int, state: str = "pending", **more: Any) -> dict[str, Any]:
    """Return the outbox row that is due ``number`` hours after the story begins."""
    due = TUESDAY + number * 3_600_000
    plain = {
        "id": number,
        "kind": "reminder",
        "who": "A.P.",
        "what": "Care",
        "state": state,
        "reason": None,
        "due_at": due,
        "ready_at": due,
        "useful_until": None,
        "sent_at": due if state == "sent" else None,
        "attempts": 0,
        "possible_duplicate": False,
    }
    return plain | more


class Stage:
    """Everything that a test of the page needs at hand."""

    def __init__(self, sandbox: Sandbox, bot: PlayedBot, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.bot = bot
        self._session = session
        self._links: list[PlayedLink] = []
        self.manager = sandbox.phone(scene.MANAGER_ID)
        self.practitioner = sandbox.phone(scene.PRACTITIONER_ID)
        self.anna, self.pablo = (sandbox.phone(number) for number in scene.PATIENT_IDS)

    row = staticmethod(row)
    begins = TUESDAY

    async def link(self) -> PlayedLink:
        # Kept, for a socket that nobody holds is closed, and the bot with it taken for gone.
        self._links.append(PlayedLink(await self._session.ws_connect(self.sandbox.link_url)))
        return self._links[-1]

    async def unlink(self) -> None:
        """Hang up: a socket that is left to the garbage collector is a warning in a later test."""
        for each in self._links:
            await each.close()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    sandbox = Sandbox(clock=SandboxClock(start=TUESDAY, speed=0))
    await sandbox.start()
    for person in scene.cast():
        sandbox.world.add_person(person)
    async with aiohttp.ClientSession() as session:
        played = Stage(sandbox, PlayedBot(sandbox, session), session)
        yield played
        await played.unlink()
    await sandbox.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "the page's tests need Debian's chromium"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        await launched.close()


class Viewer:
    """Opens the page in a window and remembers every complaint of the browser."""

    def __init__(self, browser: Browser, sandbox: Sandbox) -> None:
        self._browser = browser
        self._sandbox = sandbox
        self.complaints: list[str] = []

    async def open(self, size: tuple[int, int] = LAPTOP, **window: Any) -> Page:
        width, height = size
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, **window
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._console)
        await page.goto(f"{self._sandbox.url}/")
        await page.locator(".phone").first.wait_for(state="attached")
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@pytest.fixture
async def viewer(browser: Browser, stage: Stage) -> AsyncIterator[Viewer]:
    """The page's window; a test fails if the browser had anything to complain of."""
    async for viewer in watching(browser, stage.sandbox):
        yield viewer


async def watching(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Viewer]:
    """A window on a sandbox's page, whose complaints are looked at in the end."""
    viewer = Viewer(browser, sandbox)
    yield viewer
    await asyncio.sleep(0)  # what the browser said last is still on its way
    assert viewer.complaints == []
