"""The sandbox put together: a server on loopback that plays Telegram for one bot.

In tests::

    sandbox = Sandbox(clock=ManualClock(START))
    await sandbox.start()
    anna = sandbox.add_person("Anna")
    ...                                    # a bot polls sandbox.api_url with sandbox.token
    anna.open("payload")                   # presses Start through a t.me link
    welcome = await anna.heard("Welcome")
    anna.tap(welcome["message_id"], "I agree")
    await sandbox.stop()
"""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox import scene
from sandbox.botapi.call import Desk
from sandbox.botapi.polling import Polling
from sandbox.botapi.profile import menu
from sandbox.botapi.routes import BotApi
from sandbox.botapi.webhook import Webhook
from sandbox.clock import Clock, ClockState, SandboxClock
from sandbox.events import EventHub
from sandbox.faults import Faults
from sandbox.files import FileStore
from sandbox.groups import Groups, shown
from sandbox.ledger import Ledger
from sandbox.limits import RateLimits
from sandbox.link import Link
from sandbox.page import Page, guard
from sandbox.phones import Phone
from sandbox.process import BotProcess
from sandbox.storage import Storage
from sandbox.timekeeper import Timekeeper
from sandbox.updates import UpdateQueue
from sandbox.world import Chat, Message, Person, Role, World

HOST = "127.0.0.1"
BOT_ID = 7_000_000_001
TOKEN = f"{BOT_ID}:SANDBOX-token-that-opens-nothing-else"
FIRST_USER_ID = 800_000_001
MAX_BODY = 64 * 1024 * 1024


class Sandbox:
    """Telegram on your desk.

    Args:
        clock: What everything is dated by; left out, the virtual clock of the page, going on
            from where it stood if there is a directory.
        directory: Where to remember the world, the files and the ledger; None for memory only.
        token: The bot's token, `<bot id>:<secret>`.
        bot_username: The bot's @name.
        bot_name: The bot's display name.
        zone: The clinic's time zone, which the page shows times in.
        clinic: The clinic's name, after which its team's group is called.
        limits: Telegram's rate limits to enforce; None for no limit.
        begins: The first instant of a new world, UTC epoch ms, which then goes on from where it
            stood, not by the machine's time; None for the machine's.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        directory: Path | None = None,
        *,
        token: str = TOKEN,
        bot_username: str = "aftercare_sandbox_bot",
        bot_name: str = "Aftercare",
        zone: str = "Europe/Madrid",
        clinic: str = "Clinic",
        limits: RateLimits | None = None,
        begins: int | None = None,
    ) -> None:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        self.token = token
        self.zone = zone
        self.clinic = clinic
        self._storage = Storage(directory / "world.sqlite" if directory else None)
        self.clock: Clock = clock if clock is not None else self._restored_clock(begins)
        files = FileStore(self._storage, directory / "files" if directory else None)
        self.world = World(self.clock, self._storage, files)
        self.updates = UpdateQueue(self._storage)
        self.ledger = Ledger(directory / "ledger.jsonl" if directory else None)
        self.faults = Faults()
        bot = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": bot_name,
            "username": bot_username,
        }
        self.desk = Desk(self.world, self.updates, self.ledger, bot, limits)
        self.groups = Groups(self.desk)
        self.webhook = Webhook(self.updates, self.clock)
        self.process: BotProcess | None = None
        self.timekeeper = (
            Timekeeper(self.clock, self.updates) if isinstance(self.clock, SandboxClock) else None
        )
        self.events = EventHub(self.state)
        self.link = Link(self._clock_numbers, self.timekeeper, self.world.tell)
        polling = Polling(self.updates, self.webhook)
        self._api = BotApi(self.desk, token, self.faults, polling, self.webhook)
        self._phones: dict[int, Phone] = {}
        self._user_ids = itertools.count(max([FIRST_USER_ID - 1, *self.world.people]) + 1)
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._clock_timer: asyncio.TimerHandle | None = None

    def _restored_clock(self, begins: int | None) -> SandboxClock:
        """Return a clock that never falls behind what was simulated before."""
        last = dict(self._storage.load("clock")).get("now")
        clock = SandboxClock(start=begins)
        if begins is not None:
            return clock if last is None else SandboxClock(start=last)
        if last is not None and last > clock.now():
            clock = SandboxClock(start=last)
        return clock

    @property
    def url(self) -> str:
        """Where the page is, without a slash at the end."""
        return f"http://{HOST}:{self._port}"

    @property
    def api_url(self) -> str:
        """What takes the place of https://api.telegram.org for the bot."""
        return self.url

    @property
    def link_url(self) -> str:
        """The WebSocket that a bot started by the sandbox connects to."""
        return f"ws://{HOST}:{self._port}/link"

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes any free one.

        Raises:
            OSError: If the port is taken.
        """
        app = web.Application(client_max_size=MAX_BODY, middlewares=[guard])
        app.add_routes(self._api.routes())
        app.add_routes(Page(self).routes())
        app.add_routes([web.get("/events", self.events.serve), web.get("/link", self.link.serve)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.world.listen(self._happened)
        self.clock.on_change(self._clock_changed)
        if self.timekeeper is not None:
            self.timekeeper.start()
        self._note_time()

    async def stop(self) -> None:
        """Stop the bot's process, the server, and write what is pending."""
        if self.process is not None:
            await self.process.stop()
        await self.webhook.stop()
        self.events.close()
        await self.link.close()
        if self.timekeeper is not None:
            self.timekeeper.stop()
        if self._clock_timer is not None:
            self._clock_timer.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._storage.put("clock", "now", self.clock.now())
        self._storage.close()
        self.ledger.close()

    def add_person(
        self,
        first_name: str,
        *,
        last_name: str = "",
        username: str = "",
        language_code: str = "en",
        role: Role = "patient",
        started: bool = False,
        user_id: int | None = None,
    ) -> Phone:
        """Add somebody and return their phone.

        ``role`` is only what the page shows; the bot does not see it. ``started`` is for load
        tests: the person pressed Start before, and the bot is not told.
        """
        number = next(self._user_ids) if user_id is None else user_id
        self.world.add_person(
            Person(number, first_name, last_name, username, language_code, role, started)
        )
        return self.phone(number)

    def phone(self, user_id: int) -> Phone:
        """Return somebody's phone.

        Raises:
            KeyError: If nobody has this id.
        """
        if user_id not in self._phones:
            self._phones[user_id] = Phone(self.desk, self.world.people[user_id])
        return self._phones[user_id]

    def transcript(self, chat_id: int) -> list[Message]:
        """Return the messages of a private chat or a group in order, as they read now."""
        return list(self.world.chats[chat_id].messages.values())

    def add_team(self) -> Chat:
        """Make the team's group, with topics; the manager adds the bot as an administrator."""
        members = scene.team(self.world.people.values())
        title = f"{self.clinic} team"
        return self.groups.create(title, members, forum=True, status="administrator")

    async def run_bot(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start the bot as a child process; its lines go to our standard error."""
        self.process = BotProcess(argv, env, lambda _: self.events.publish("bot", self.bot_state()))
        await self.process.start()

    async def open_scene(self) -> None:
        """Put the cast on the stage, and play the opening at the very first start."""
        for person in scene.cast():
            if person.id not in self.world.people:
                self.world.add_person(person)
        if not self.world.meta.get("opened"):
            manager = self.phone(scene.MANAGER_ID)
            if await scene.opening(manager, self.phone(scene.PRACTITIONER_ID)):
                self.world.remember("opened", value=True)

    def clock_state(self) -> dict[str, Any]:
        """Return the clock as the page shows it: the link's state, the instant, the next due."""
        due = self.timekeeper.next_due if self.timekeeper is not None else None
        return {**self._clock_numbers(), "now": self.clock.now(), "next_due": due}

    def _clock_numbers(self) -> ClockState:
        if isinstance(self.clock, SandboxClock):
            return self.clock.state()
        now = self.clock.now()
        return {"sim": float(now), "mono": 0.0, "speed": 0.0, "ceiling": now}

    def bot_state(self) -> dict[str, Any]:
        """Return the bot as the page shows it."""
        bot = self.desk.bot
        process = self.process.state() if self.process else {"running": self.link.connected}
        commands = self.world.meta.get("commands", {}).get("default/", [])
        return {
            "username": bot["username"],
            "name": bot["first_name"],
            "commands": commands,
            **process,
        }

    def people(self) -> list[dict[str, Any]]:
        """Return the people as the page shows them."""
        return [
            {
                "id": person.id,
                "name": person.name,
                "role": person.role,
                "language": person.language_code,
                "phone_label": scene.phone_label(person),
                "started": person.started,
                "blocked": person.blocked,
                "commands": menu(self.world, person),
            }
            for person in self.world.people.values()
        ]

    def state(self) -> dict[str, Any]:
        """Return everything: the first event that a page gets."""
        chats = self.world.chats.items()
        return {
            "people": self.people(),
            "bot": self.bot_state(),
            "chats": {str(number): list(chat.messages.values()) for number, chat in chats},
            "groups": [shown(chat) for _, chat in chats if chat.is_group],
            "clock": self.clock_state(),
            "outbox": self.link.outbox,
            "zone": self.zone,
        }

    def _happened(self, event: str, data: dict[str, Any]) -> None:
        if event in {"message", "edited"}:
            phone = self._phones.get(data["chat_id"])
            if phone is not None:
                phone.notice(data["message"])
        if event == "people":
            data = {"people": self.people()}
        if event == "group":
            data |= shown(self.world.chats[data["chat_id"]])
        self.events.publish(event, data)

    def _clock_changed(self) -> None:
        self.link.clock_changed()
        self.events.publish("clock", self.clock_state())

    def _note_time(self) -> None:
        """Remember the simulated instant once a second, so that a restart never goes back."""
        self._storage.put("clock", "now", self.clock.now())
        self.ledger.flush()
        self._clock_timer = asyncio.get_running_loop().call_later(1.0, self._note_time)
