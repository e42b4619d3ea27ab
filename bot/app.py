"""The composition root: every part of the bot is made here, and handed what it needs."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from telegram import Bot
from telegram.error import InvalidToken, NetworkError, TelegramError

from bot import menus
from bot.data_file import Files
from bot.forgetting import Forgetting
from bot.making import maker
from bot.nightly import Nightly
from bot.practitioner import digesting
from bot.receive import ALLOWED_UPDATES, Receiver
from bot.request import AiohttpRequest
from bot.settings import Settings
from bot.standing import Standing
from bot.telegram import TelegramChannel
from bot.texts import Texts
from bot.turn import House
from bot.webhook import Webhook, secret_for
from messages.catalogue import Catalogue
from scheduler import (
    disk,
    downtime,
    encrypted,
    events,
    export_files,
    invitations,
    library,
    overview,
    retention,
    staff,
    staff_group,
    taking_back,
    upkeep,
    waits,
)
from scheduler.clinic import Clinic
from scheduler.clock import Clock
from scheduler.database import Row, SqlcipherDriver, Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.migrations import migrate
from scheduler.pacer import PAID, Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.prepared import Prepared
from scheduler.reading import refuse_damaged
from scheduler.ticker import Ticker

log = structlog.get_logger(__name__)

_GREETING_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 30.0
_PANEL_ROWS = 200
_HEALTHY_WITHIN_S = 5.0
_ANSWER_WITHIN_S = 5.0
_TICK_WITHIN_MS = 60_000


class TokenRefused(Exception):
    """Telegram does not know the token: nothing can be done without a person."""


def open_store(settings: Settings) -> Store:
    """Open the database of the settings and bring its schema up to date.

    Raises:
        DatabaseProblem: it cannot be used; the text says why and what to do.
    """
    path, key = settings.database_path, settings.read_key().get_secret_value()
    refuse_damaged(path, key)
    driver = SqlcipherDriver(path, key)
    # Whatever worked on a copy beside it has ended, and will not finish it.
    encrypted.clear(path, settings.vault_path)
    migrate(driver)
    return Store(driver)


class App:
    """The bot, whole: built from settings, a clock and an open store.

    Args:
        settings: what the operator set.
        store: the open database; closed by :meth:`stop`.
        clock: what the plans live by.
        limits: how fast messages may leave.
        request: makes what speaks HTTP; its timeouts are those of the bot.
        texts: today's texts; left out, they are loaded as the settings say.
        on_change: called whenever the outbox or the inbox has changed.
        standstill: notices that the process did not run for a while.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        limits: Limits | None = None,
        request: Callable[..., AiohttpRequest] = AiohttpRequest,
        texts: Texts | None = None,
        on_change: Callable[[], None] | None = None,
        standstill: downtime.Standstill | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.standing = Standing(settings, clock)
        self.texts = texts or Texts(settings.protocols_dir, settings.clinic_language)
        base = settings.bot_api_url
        self.bot = Bot(
            settings.bot_token.get_secret_value(),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=request(),
            get_updates_request=request(connections=1),
        )
        self._username = ""
        self._menus = menus.Menus(self.bot)
        self.receiver = Receiver(store, self.bot, self.house, clock)
        self._files = Files(store, self.bot, self.house, clock)
        self.dispatcher = Dispatcher(
            store,
            TelegramChannel(
                self.bot, maker(store, self.house, clock, self._files), paid=settings.paid_broadcast
            ),
            self._prepare,
            clock,
            Pacer(limits or (PAID if settings.paid_broadcast else Limits())),
        )
        self.ticker = Ticker(self.tick)
        if on_change is not None:
            self.dispatcher.on_turn = on_change
        self.nightly = Nightly(settings, self.standing, store, clock)
        self._forgetting = Forgetting(settings, self.standing, store, clock)
        self._disk = disk.Watch()
        self._standstill = standstill or downtime.Standstill()
        store.on_trouble(lambda error: self._disk.failed(error, now=clock.now()))
        store.on_wake(self.dispatcher.kick)
        clock.on_change(self._clock_changed)
        self._tasks: list[asyncio.Task[None]] = []
        self.webhook: Webhook | None = None

    def house(self) -> House:
        """Return what holds for a turn as it is now."""
        return House(self.clinic, self.catalogue, self._username, self.standing)

    @property
    def clinic(self) -> Clinic:
        """The clinic as it is now."""
        return self.standing.clinic

    @property
    def catalogue(self) -> Catalogue:
        """Today's texts; where a patient's own language has none, the clinic's of now is spoken."""
        return self.texts.catalogue.speaking(self.clinic.language)

    def _prepare(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        return Preparer(self.catalogue, self.clinic)(tx, row, now=now)

    def _clock_changed(self) -> None:
        self.dispatcher.kick()
        self.receiver.kick()

    async def open(self) -> str | None:
        """Get ready: greet Telegram, settle what a crash left, make the managers.

        Returns:
            The link that makes whoever opens it the first manager, where there is no manager.

        Raises:
            TokenRefused: Telegram does not know the token.
        """
        self._files.on(asyncio.get_running_loop())
        await self._greet()
        now = self.clock.now()
        await self.store.read(self.standing.load)
        lost = await self.dispatcher.recover()
        token = await self.store.write(_first_words, self.settings, now=now)
        if lost:
            log.warning("recovered_after_crash", rows=lost)
        # A part of it that fails is no reason not to start: the next heartbeat tries again.
        await self.ticker.beat()
        return f"https://t.me/{self._username}?start={token}" if token else None

    async def _greet(self) -> None:
        pause = _GREETING_PAUSE_S
        while True:
            try:
                await self.bot.initialize()
                me = await self.bot.get_me()
                await self._choose_way_in()
            except InvalidToken as error:
                raise TokenRefused(
                    "BOT_TOKEN: Telegram does not know this token; copy it again from @BotFather"
                ) from error
            except NetworkError as error:
                log.warning("telegram_not_reached", error=type(error).__name__, pause_s=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            else:
                self._username = me.username or ""
                return

    async def _choose_way_in(self) -> None:
        """Tell Telegram whether it is to call or to be asked."""
        if self.settings.webhook_url is None:
            # A webhook left behind by another set-up would answer every poll with 409.
            await self.bot.delete_webhook(drop_pending_updates=False)
            return
        await self.bot.set_webhook(
            self.settings.webhook_url,
            secret_token=secret_for(self.settings.bot_token.get_secret_value()),
            allowed_updates=list(ALLOWED_UPDATES),
        )

    async def start(self) -> None:
        """Start receiving, handling, sending and ticking on the running loop.

        Raises:
            OSError: in webhook mode, the port of WEBHOOK_LISTEN is taken.
        """
        if self.settings.webhook_url is not None:
            self.webhook = Webhook(
                self.settings.webhook_url,
                secret_for(self.settings.bot_token.get_secret_value()),
                self.receiver.keep,
                self.healthy,
            )
            await self.webhook.start(*self.settings.webhook_listen)
        else:
            self._tasks = [asyncio.create_task(self.receiver.poll(), name="poll")]
        self._tasks += [
            asyncio.create_task(self.receiver.work(), name="work"),
            asyncio.create_task(self.dispatcher.run(), name="dispatch"),
        ]
        self.ticker.start()
        self.receiver.kick()

    async def healthy(self) -> bool:
        """Say whether the bot is at work: its database answers and its ticker ticks."""
        try:
            async with asyncio.timeout(_HEALTHY_WITHIN_S):
                last = await self.store.read(events.marked, "tick")
        except Exception:
            log.exception("not_healthy")
            return False
        return last is not None and self.clock.now() - last < _TICK_WITHIN_MS

    async def tick(self) -> None:
        """Do what is done at every heartbeat; a row decides what is sent, this only wakes.

        Raises:
            ExceptionGroup: some of it failed; all else was done.
        """
        faults = []
        for part in (
            self._notice_pause,
            self._keep_order,
            self._begin_tips,
            self._tell_of_disk,
            self._say_good_morning,
            self._tidy,
            self._ask_telegram,
            self.nightly.look,
            self._forgetting.look,
            self._renew,
        ):
            try:
                await part()
            except Exception as fault:  # noqa: BLE001  raised below, with what else failed
                faults.append(fault)
        self.dispatcher.kick()
        self.receiver.kick()
        if faults:
            raise ExceptionGroup("parts of a heartbeat failed", faults)

    async def _notice_pause(self) -> None:
        if self._standstill.over():
            await self.store.write(downtime.notice, now=self.clock.now())

    async def _begin_tips(self) -> None:
        await self.store.write(library.begin_due, self.catalogue, self.clinic, now=self.clock.now())

    async def _keep_order(self) -> None:
        await self.store.write(upkeep.beat, self.clinic, now=self.clock.now())

    async def _tell_of_disk(self) -> None:
        if (fault := self._disk.fault) is not None:
            await self.store.write(disk.tell, fault, now=self.clock.now())
            self._disk.over(fault)

    async def _say_good_morning(self) -> None:
        at = self.standing.settings.digest_at
        await self.store.write(digesting.morning, self.house(), at, now=self.clock.now())

    async def _tidy(self) -> None:
        """Erase what has been kept, or stood in a chat, for long enough."""
        for _ in range(retention.AT_ONCE):
            if not await self.store.write(retention.daily, self.clinic, now=self.clock.now()):
                break
        await self.store.write(taking_back.look, self.clinic, self.catalogue, now=self.clock.now())
        await self.store.write(export_files.look, self.clinic, now=self.clock.now())

    async def _renew(self) -> None:
        """Take up what has changed around the bot: texts, holidays, who is on the team."""
        self.texts.refresh()
        self.standing.refresh()
        await self._menus.sync(await self.store.read(menus.wanted), self.catalogue)

    async def _ask_telegram(self) -> None:
        """Ask something harmless where what may have arrived waits for Telegram to answer."""
        if not await self.store.read(waits.for_contact, now=self.clock.now()):
            return
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self.bot.get_me()
        except (TelegramError, TimeoutError):
            answered = False
        else:
            answered = True
        await self.store.write(waits.telegram_answered, answered=answered, now=self.clock.now())

    async def stop(self, within_s: float = 10.0) -> bool:
        """Stop: take nothing new, let what is on its way land, close the database.

        Returns:
            Whether everything that was on its way has settled.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        self.receiver.stop()
        # Side by side: a tick that waits for Telegram must not use up the time of what was sent.
        ticking = asyncio.create_task(self.ticker.stop())
        if self.webhook is not None:
            await self.webhook.stop()
        clean = await self.dispatcher.stop(max(0.0, deadline - asyncio.get_running_loop().time()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await ticking
        await self.receiver.settle(max(0.0, deadline - asyncio.get_running_loop().time()))
        await self.nightly.settle()
        try:
            await self.bot.shutdown()
        except TelegramError as error:
            log.info("shutdown_of_bot_failed", error=type(error).__name__)
        self.store.close()
        return clean

    async def panel(self) -> dict[str, Any]:
        """Return the view of the outbox for the sandbox's panel."""
        view = await self.store.read(overview.snapshot, limit=_PANEL_ROWS)
        return {**view, **self.owed_next()}

    def owed_next(self) -> dict[str, Any]:
        """Return what the sandbox's clock goes by: the next due moment and whether all is done."""
        return {
            "next_due": self.dispatcher.next_ready,
            "idle": self.dispatcher.idle and not self.receiver.busy,
        }


def _first_words(tx: Tx, settings: Settings, *, now: int) -> str | None:
    events.mark(tx, "start", now=now)
    downtime.notice(tx, now=now)
    language = settings.clinic_language
    left_out = staff.ensure_managers(tx, settings.manager_ids, language=language, now=now)
    if left_out:
        log.warning("manager_ids_left_out", how_many=left_out, why="they were removed in the chat")
    group = settings.staff_group
    if group is not None and staff_group.at_chat(tx, group) is None:
        staff_group.ask(tx, group, str(group), actor="system", now=now)
    if staff.everyone(tx, "manager"):
        return None
    return invitations.invite(tx, "manager", now=now)
