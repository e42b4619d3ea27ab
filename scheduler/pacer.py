"""The pacer: how fast messages may leave, evenly spaced, for the whole bot and for each chat.

It counts real seconds of a monotonic clock, because Telegram's limits do, whatever time the
patients' plans live by.

Telegram counts arrivals, which nobody here can see; but a message has arrived before its answer
is here. Of a full second of messages, the next may therefore leave one second after the first one
left, and as much later as the first one's answer took longer than the quickest lately did: so
much later it may have arrived. Where the way is always as long, that costs nothing; where it is
not, no second holds more than the limit all the same.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

# A second is taken for a little longer than it is, for what clocks and timers are short of.
_WINDOW: Final = 1.002
# How far a late start may be made good: the grid is kept, but never by a burst.
_CATCH_UP: Final = 0.5
# No longer than this can a message be on its way without having arrived; one whose answer takes
# longer waits at the other end.
_LONGEST_WAY: Final = 0.25
# Over so many seconds of messages the quickest answer is looked for.
_LATELY: Final = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's limits. ``per_second`` of None sets no limit (a Bot API server of one's own)."""

    per_second: int | None = 30
    chat_gap: float = 1.0
    group_gap: float = 3.0


PAID = Limits(per_second=1000)
"""Telegram's limits for a bot that pays for what goes beyond 30 a second."""


@dataclass(slots=True)
class Slot:
    """When a message may leave, when it left, and when its answer was here (monotonic seconds)."""

    opens_at: float
    left_at: float | None = None
    answered_at: float | None = None


class Pacer:
    """Hands out the slots in which a message may leave. Not thread-safe: one loop owns it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        rate = limits.per_second
        self._interval = 0.0 if rate is None else _WINDOW / rate
        self._next = 0.0
        self._slots: deque[Slot] = deque(maxlen=rate or 1)
        self._quickest = self._quickest_before = float("inf")
        self._answers = 0
        self._chats: dict[int, float] = {}

    @property
    def unlimited(self) -> bool:
        """Whether there is no limit for the whole bot."""
        return self._limits.per_second is None

    @property
    def at_once(self) -> int:
        """How many messages that a crash would double may be under way at once, under a limit.

        As many as leave in a fifteenth of a second, two at least: at 30 a second an answer that
        takes 65 ms holds nothing up, and a kill doubles two messages at most.
        """
        return max(2, (self._limits.per_second or 0) // 15)

    def delay(self, now: float) -> float:
        """Return how many seconds pass until the next slot (``now`` in monotonic seconds)."""
        if self._limits.per_second is None:
            return 0.0
        earliest = self._next
        if len(self._slots) == self._limits.per_second:
            earliest = max(earliest, self._arrived_by(self._slots[0], now) + _WINDOW)
        return max(0.0, earliest - now)

    def slots(self, now: float, within: float) -> int:
        """Return how many slots open within so many seconds from ``now``; there is a limit."""
        delay = self.delay(now)
        return 0 if delay > within else 1 + int((within - delay) / self._interval)

    def _arrived_by(self, slot: Slot, now: float) -> float:
        """Return when a message has arrived at the latest, if the quickest took no time at all."""
        if slot.left_at is None:
            return max(now, slot.opens_at)
        took = (slot.answered_at or now) - slot.left_at
        slower = took - min(self._quickest, self._quickest_before, took)
        return slot.left_at + min(slower, _LONGEST_WAY)

    def take(self, now: float, chat_id: int, *, edit: bool = False) -> Slot:
        """Use the next slot for a chat; an edit rests no chat.

        Returns:
            The slot; who uses it notes in it when the message left and when the answer was here.
        """
        opens = now + self.delay(now)
        slot = Slot(opens)
        if self._limits.per_second is not None:
            late = min(max(0.0, opens - self._next), self._interval * _CATCH_UP)
            self._next = opens - late + self._interval
            self._slots.append(slot)
        gap = self._limits.group_gap if chat_id < 0 else self._limits.chat_gap
        if gap and not edit:
            self._chats[chat_id] = opens + gap
        return slot

    def answered(self, slot: Slot, now: float) -> None:
        """Note that the answer to a message that left in ``slot`` is here."""
        if slot.left_at is None or self._limits.per_second is None:
            return
        slot.answered_at = now
        self._quickest = min(self._quickest, now - slot.left_at)
        self._answers += 1
        if self._answers >= _LATELY * self._limits.per_second:
            self._quickest_before, self._quickest = self._quickest, float("inf")
            self._answers = 0

    def resting(self, now: float) -> frozenset[int]:
        """Return the chats that must not be written to yet, and forget those that may."""
        over = [chat for chat, until in self._chats.items() if until <= now]
        for chat in over:
            del self._chats[chat]
        return frozenset(self._chats)

    def next_rested(self, now: float) -> float | None:
        """Return in how many seconds the next resting chat may be written to, or None."""
        return max(0.0, min(self._chats.values()) - now) if self._chats else None
