"""The queue of updates: what happened and has not yet been confirmed by the bot."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.storage import Storage

FIRST_ID = 420_000_001
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds that Telegram sends only to a bot that asked for them."""

MAX_BATCH = 100
REMEMBERED = 1000


@dataclass(slots=True)
class Update:
    """One update; ``body`` is its JSON. ``again`` is one delivered although it was confirmed."""

    id: int
    kind: str
    body: str
    again: bool = False


class UpdateQueue:
    """Updates in order, kept until the bot confirms them by a higher offset."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._queue: deque[Update] = deque()
        self._recent: deque[Update] = deque(maxlen=REMEMBERED)
        self._held: list[Update] | None = None
        self._wakers: list[Callable[[], None]] = []
        self.allowed: list[str] = []
        meta = dict(storage.load("updates"))
        self._next_id: int = meta.get("next_id", FIRST_ID)
        self.allowed = meta.get("allowed", [])
        for _, known in sorted(storage.load("update"), key=lambda item: int(item[0])):
            self._queue.append(Update(**known))

    def __len__(self) -> int:
        return len(self._queue)

    def allow(self, kinds: Sequence[str]) -> None:
        """Deliver only these kinds from now on; an empty list means Telegram's default."""
        if list(kinds) != self.allowed:
            self.allowed = list(kinds)
            self._storage.put("updates", "allowed", self.allowed)

    def wants(self, kind: str) -> bool:
        """Return whether the bot asked for updates of this kind."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def push(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue an update; None where the bot did not ask for its kind."""
        if not self.wants(kind):
            return None
        number = self._next_id
        self._next_id += 1
        body = json.dumps({"update_id": number, kind: payload}, ensure_ascii=False)
        update = Update(number, kind, body)
        self._recent.append(update)
        self._storage.put("updates", "next_id", self._next_id)
        kept = {"id": number, "kind": kind, "body": body}
        self._storage.put("update", number, kept)
        self._storage.flush()  # a person's action survives a kill of the sandbox
        if self._held is not None:
            self._held.append(update)
        else:
            self._append(update)
        return number

    def _append(self, update: Update) -> None:
        self._queue.append(update)
        self._wake()

    def _wake(self) -> None:
        for wake in tuple(self._wakers):
            wake()

    def on_change(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` when an update arrives or is confirmed; returns how to stop that."""
        self._wakers.append(wake)
        return lambda: self._wakers.remove(wake)

    def confirm(self, offset: int) -> None:
        """Forget every update below ``offset``; a negative one keeps only that many."""
        if offset < 0:
            newest = sorted(update.id for update in self._queue)[offset:]
            offset = newest[0] if newest else 0
        before = len(self._queue)
        kept = deque(update for update in self._queue if update.id >= offset or update.again)
        if len(kept) == before:
            return
        for update in self._queue:
            if update.id < offset:
                self._storage.remove("update", update.id)
        self._queue = kept
        self._wake()

    def batch(self, limit: int = MAX_BATCH) -> list[Update]:
        """Return the oldest unconfirmed updates without confirming them."""
        batch = [update for _, update in zip(range(limit), self._queue, strict=False)]
        for update in batch:
            if update.again:
                self._queue.remove(update)
        return batch

    def first(self) -> Update | None:
        """Return the oldest unconfirmed update."""
        return self._queue[0] if self._queue else None

    def settle(self, update: Update) -> None:
        """Forget one update that a webhook took."""
        self._queue.remove(update)
        self._storage.remove("update", update.id)
        self._wake()

    async def arrival(self, seconds: float) -> None:
        """Wait until there is an update, at most ``seconds`` of real time."""
        if self._queue:
            return
        event = asyncio.Event()
        stop = self.on_change(event.set)
        try:
            async with asyncio.timeout(seconds):
                while not self._queue:
                    await event.wait()
                    event.clear()
        except TimeoutError:
            return
        finally:
            stop()

    def again(self, update_id: int) -> None:
        """Deliver an update once more, whatever was confirmed: Telegram promises no less.

        Raises:
            KeyError: If the update is not among the latest thousand.
        """
        for update in self._recent:
            if update.id == update_id:
                self._append(Update(update.id, update.kind, update.body, again=True))
                return
        raise KeyError(update_id)

    def hold(self) -> None:
        """Keep new updates back until :meth:`release`."""
        if self._held is None:
            self._held = []

    def release(self, *, reverse: bool = False) -> None:
        """Queue what was held back, the newest first if ``reverse``."""
        held, self._held = self._held or [], None
        for update in reversed(held) if reverse else held:
            self._append(update)

    def drop(self) -> None:
        """Forget everything that is pending."""
        self.confirm(self._next_id)
