"""The world of a story: Telegram's stand-in on loopback, the real bot, real encrypted storage.

Everything runs in one process and time only moves when a story says so: nothing sleeps.
"""

import itertools
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest

from bot.app import App, open_store
from bot.request import AiohttpRequest
from bot.settings import Settings
from bot.texts import Texts
from sandbox.clock import ManualClock
from sandbox.phones import Phone
from sandbox.server import Sandbox
from scheduler.clock import elapsed
from scheduler.database import SqlcipherDriver, Store
from scheduler.downtime import Standstill
from scheduler.migrations import migrate
from scheduler.pacer import Limits

# What is true must not depend on how busy the machine is.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

KEY = "5a" * 32
ZONE = "Europe/Madrid"
HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
MANAGER_ID = 900_000_001


def moment(text: str, zone: str = ZONE) -> int:
    """Return the epoch ms of a local time such as "2026-05-04 10:00"."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@cache
def shipped_texts(language: str) -> Texts:
    """Return the shipped texts, which no test changes: they are loaded once."""
    return Texts(None, language)


@cache
def _fresh(key: str) -> bytes:
    """Return a database of today's schema in which nothing has happened, as its file holds it."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "fresh.db"
        driver = SqlcipherDriver(path, key)
        migrate(driver)
        driver.close()
        return path.read_bytes()


def put_fresh_database(path: Path, key: str) -> None:
    """Put a migrated database in place: making one takes longer than most stories."""
    path.write_bytes(_fresh(key))


class World:
    """A clinic's day in a test. Monday 4 May 2026, 10:00 in Madrid, when it begins."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.clock = ManualClock(moment("2026-05-04 10:00"))
        self.sandbox = Sandbox(clock=self.clock, zone=ZONE)
        self.directory = directory
        self._settings = settings
        self.request: Callable[..., AiohttpRequest] = AiohttpRequest
        self.elapsed: Callable[[], float] = elapsed
        self.app: App | None = None
        self.first_link: str | None = None
        self._marks: dict[int, int] = {}
        self._numbers = itertools.count(900_000_002)

    async def open(self) -> None:
        """Start the stand-in, the manager's phone and the bot."""
        await self.sandbox.start()
        self.manager = self.person("Marta", role="manager", user_id=MANAGER_ID)
        await self.start_bot()
        self.manager.open()
        await self.settle()

    def person(
        self, name: str, *, language: str = "en", role: Any = "patient", user_id: int | None = None
    ) -> Phone:
        """Give somebody a phone."""
        number = next(self._numbers) if user_id is None else user_id
        return self.sandbox.add_person(name, language_code=language, role=role, user_id=number)

    def settings(self) -> Settings:
        """Return the settings of this clinic."""
        values: dict[str, Any] = {
            "bot_token": self.sandbox.token,
            "bot_api_url": self.sandbox.api_url,
            "database_url": f"sqlite:///{self.directory / 'aftercare.db'}",
            "database_key": KEY,
            "clinic_name": "Alba Clinic",
            "clinic_timezone": ZONE,
            "clinic_language": "en",
            "clinic_phone": "+34 911 234 567",
            "emergency_number": "112",
            "manager_ids": str(MANAGER_ID),
            # A story that is about something else need not expect the morning message.
            "digest_at": "none",
        }
        return Settings(_env_file=None, **(values | self._settings))

    async def start_bot(self) -> None:
        """Start the bot on whatever its database holds."""
        settings = self.settings()
        if not (database := self.directory / "aftercare.db").exists():
            put_fresh_database(database, KEY)
        self.app = App(
            settings,
            open_store(settings),
            self.clock,
            limits=Limits(per_second=None, chat_gap=0, group_gap=0),
            request=self.request,
            texts=None if settings.protocols_dir else shipped_texts(settings.clinic_language),
            standstill=Standstill(self.elapsed),
        )
        self.first_link = await self.app.open()
        await self.settle()

    async def stop_bot(self) -> None:
        """Stop the bot as SIGTERM does."""
        app, self.app = self.bot, None
        await app.stop()

    @property
    def bot(self) -> App:
        """The bot, which must be running."""
        assert self.app is not None, "the bot is not running"
        return self.app

    @property
    def store(self) -> Store:
        """The bot's database."""
        return self.bot.store

    async def settle(self) -> None:
        """Let the bot do all that it has to do at this moment."""
        app = self.bot
        while True:
            new = await app.receiver.poll_once(0)
            handled = await app.receiver.handle_open()
            await app.dispatcher.drain()
            await app.receiver.settle()
            if not new and not handled:
                return

    async def until(self, instant: int) -> None:
        """Let time pass until ``instant`` (epoch ms), the bot awake all the while."""
        while True:
            await self.bot.tick()
            await self.settle()
            due = self.bot.dispatcher.next_ready
            if due is None or due > instant:
                break
            self.clock.set(max(due, self.clock.now()))
        self.clock.set(instant)
        await self.bot.tick()
        await self.settle()

    async def after(self, *, hours: float = 0, days: float = 0) -> None:
        """Let time pass, the bot awake all the while."""
        await self.until(self.clock.now() + int(hours * HOUR + days * DAY))

    def new(self, phone: Phone) -> list[dict[str, Any]]:
        """Return what the bot has sent to a phone since the last time this was asked."""
        sent = [m for m in self.sandbox.transcript(phone.person.id) if m["from"]["is_bot"]]
        seen = self._marks.get(phone.person.id, 0)
        self._marks[phone.person.id] = len(sent)
        return sent[seen:]

    def texts(self, phone: Phone) -> list[str]:
        """Return the texts and captions of what is new on a phone."""
        return [m.get("text") or m.get("caption") or "" for m in self.new(phone)]

    async def close(self) -> None:
        """Stop everything."""
        if self.app is not None:
            await self.stop_bot()
        await self.sandbox.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A clinic with a manager, its bot running against the stand-in."""
    made = World(tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def make_world(tmp_path: Path) -> AsyncIterator[Callable[..., World]]:
    """A clinic with settings of its own; the test opens it."""
    worlds: list[World] = []

    def make(**settings: Any) -> World:
        directory = tmp_path / str(len(worlds))
        directory.mkdir()
        worlds.append(World(directory, **settings))
        return worlds[-1]

    yield make
    for made in worlds:
        await made.close()
