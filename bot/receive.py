"""The receiver: getUpdates → inbox → handler, in that order, so that no update is ever lost.

Telegram forgets an update as soon as a later one is asked for. So the raw JSON is committed to the
inbox first, and only the next request confirms it.
"""

import asyncio
import json
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.warnings import PTBUserWarning

from bot.incoming import Incoming, read_payload
from bot.router import take_turn
from bot.trouble import tell_of_parked
from bot.turn import House, Turn
from scheduler import events, inbox
from scheduler.clock import Clock
from scheduler.database import Row, Store, Tx, in_trouble

log = structlog.get_logger(__name__)

# The raw JSON is wanted: one update that the library cannot read must not lose the others.
warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)

POLL_TIMEOUT_S = 25
ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "poll_answer",
)
# Of a message that an update repeats, what says which one it is.
_PLACE = ("message_id", "date", "chat")
_QUOTATIONS = frozenset({"quote", "external_reply", "reply_to_story"})
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_CONFLICT_PAUSE_S = 5.0
# What a column of the database holds. A number beyond it is none of Telegram's.
_LARGEST_ID = 1 << 63


class Receiver:
    """Polls, keeps, handles.

    Args:
        store: the database.
        bot: Telegram.
        house: returns the clinic, its texts and the bot's name as they are now.
        clock: what the handlers are given as ``now``.
        sleep: waits for so many real seconds after a poll that failed.
    """

    def __init__(
        self,
        store: Store,
        bot: Bot,
        house: Callable[[], House],
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._bot = bot
        self._house = house
        self._clock = clock
        self._sleep = sleep
        self._arrived = asyncio.Event()
        self._stopping = False
        self._offset: int | None = None
        self._background: set[asyncio.Task[None]] = set()
        self.busy = False

    def kick(self) -> None:
        """Have the open updates looked at (also those waiting to be tried again)."""
        self._arrived.set()

    def stop(self) -> None:
        """Take no new update; the one in hand is finished."""
        self._stopping = True
        self._arrived.set()

    async def poll(self) -> None:
        """Poll until stopped. No fault of the network or of Telegram ends it."""
        pause = _FIRST_PAUSE_S
        while not self._stopping:
            try:
                await self.poll_once(POLL_TIMEOUT_S)
                pause = _FIRST_PAUSE_S
            except RetryAfter as error:
                await self._sleep(_seconds(error))
            except Conflict:
                log.warning("another_bot_polls", advice="stop the other process with this token")
                await self._sleep(_CONFLICT_PAUSE_S)
            except (InvalidToken, NetworkError, TelegramError) as error:
                # One 401 or 404 may be a hiccup of theirs; so even that does not end polling.
                log.warning("poll_failed", error=type(error).__name__, pause_s=pause)
                await self._sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            except Exception as error:
                # The database: what was not kept was not confirmed either. Its own trouble is
                # logged by scheduler.disk, not once for every try.
                if not in_trouble(error):
                    log.exception("poll_in_trouble", pause_s=pause)
                await self._sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def poll_once(self, timeout_s: int) -> int:
        """Ask for updates once and keep them; returns how many were new.

        Raises:
            telegram.error.TelegramError: Telegram or the network did not answer as hoped.
        """
        if self._offset is None:
            self._offset = await self._store.read(inbox.next_offset)
        raw: list[dict[str, Any]] = await self._bot.do_api_request(
            "getUpdates",
            api_kwargs={
                **({} if self._offset is None else {"offset": self._offset}),
                "timeout": timeout_s,
                "allowed_updates": list(ALLOWED_UPDATES),
            },
            read_timeout=timeout_s + 10,
        )
        new = await self.keep(raw)
        if raw:
            self._offset = max(update["update_id"] for update in raw) + 1
        return new

    async def keep(self, raw: list[dict[str, Any]]) -> int:
        """Commit raw updates to the inbox and have them handled; returns how many were new."""
        received = [
            inbox.Received(update["update_id"], chat_of(update), json.dumps(update))
            for update in map(without_quotes, raw)
        ]
        new = await self._store.write(_keep, received, now=self._clock.now())
        if new:
            self.kick()
        return new

    async def work(self) -> None:
        """Handle what the inbox holds, until stopped."""
        while not self._stopping:
            self._arrived.clear()
            try:
                await self.handle_open()
            except Exception as error:
                if not in_trouble(error):
                    log.exception("inbox_in_trouble")
                await asyncio.sleep(_FIRST_PAUSE_S)
                continue
            await self._arrived.wait()

    async def handle_open(self) -> int:
        """Handle every update that may be handled now, in order; returns how many."""
        handled = 0
        self.busy = True
        try:
            while rows := await self._store.read(inbox.open_updates, now=self._clock.now()):
                for row in rows:
                    if self._stopping:
                        return handled
                    if not await self._handle(row):
                        # Later updates of that chat wait with it; look again at what may go on.
                        break
                    handled += 1
        finally:
            self.busy = False
        return handled

    async def _handle(self, row: Row) -> bool:
        incoming: Incoming | None = None
        try:
            incoming = read_payload(row["payload"], self._bot)
            turn = await self._store.write(
                _take, row["id"], self._house(), incoming, now=self._clock.now()
            )
        except Exception as error:
            if in_trouble(error):
                # Not the handler's fault: it is not one of the tries that an update has.
                raise
            log.exception("update_failed", inbox_id=row["id"])
            await self._store.write(
                _fail,
                row["id"],
                type(error).__name__,
                self._house(),
                incoming,
                now=self._clock.now(),
            )
            return False
        if turn is not None and incoming.query_id:
            self._answer_query(incoming.query_id, turn)
        return True

    def _answer_query(self, query_id: str, turn: Turn) -> None:
        """Stop the button's spinner: best effort, a query lives for seconds only."""

        async def answer() -> None:
            try:
                await self._bot.answer_callback_query(
                    query_id, text=turn.toast_text or None, show_alert=turn.toast_alert
                )
            except TelegramError as error:
                log.info("query_not_answered", error=type(error).__name__)

        task = asyncio.create_task(answer())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def settle(self, within_s: float | None = None) -> None:
        """Wait for answers to button presses that are still on their way; break off the late.

        Args:
            within_s: real seconds to wait at most: such an answer only stops a spinner.
        """
        if self._background:
            _, late = await asyncio.wait(self._background, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def without_quotes(update: dict[str, Any]) -> dict[str, Any]:
    """Return an update without the words that it only repeats (pure).

    A pressed button brings the whole message that it hangs under, an answer the one that it
    quotes: often about somebody else than who sent it, and known already. Their numbers are kept.
    """
    kept: dict[str, Any] = {}
    for kind, value in update.items():
        if not isinstance(value, dict):
            kept[kind] = value
            continue
        inner = {name: each for name, each in value.items() if name not in _QUOTATIONS}
        place = "message" if kind == "callback_query" else "reply_to_message"
        quoted = value.get(place)
        if isinstance(quoted, dict):
            inner[place] = {name: quoted[name] for name in _PLACE if name in quoted}
        kept[kind] = inner
    return kept


def _keep(tx: Tx, received: list[inbox.Received], *, now: int) -> int:
    events.mark(tx, "poll", now=now)
    return inbox.receive(tx, received, now=now)


def _take(tx: Tx, inbox_id: int, house: House, incoming: Incoming, *, now: int) -> Turn | None:
    if not inbox.is_open(tx, inbox_id):
        return None
    turn = take_turn(tx, house, incoming, now=now)
    inbox.done(tx, inbox_id, now=now)
    return turn


def _fail(
    tx: Tx, inbox_id: int, error: str, house: House, incoming: Incoming | None, *, now: int
) -> None:
    if inbox.failed(tx, inbox_id, error, now=now) and incoming is not None:
        tell_of_parked(tx, house, incoming, now=now)


def chat_of(update: dict[str, Any]) -> int | None:
    """Return the chat that a raw update belongs to; None where it names none that could be."""
    for value in update.values():
        if isinstance(value, dict):
            message = value.get("message", value)
            chat = message.get("chat") if isinstance(message, dict) else None
            if "poll_id" in value:
                # A vote names no chat: it takes its turn among what its voter writes.
                chat = value.get("user")
            number = chat.get("id") if isinstance(chat, dict) else None
            if type(number) is int and abs(number) < _LARGEST_ID:
                return number
    return None


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after if isinstance(after, int) else after.total_seconds()
