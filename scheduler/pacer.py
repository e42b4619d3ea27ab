"""The pacer: how fast messages may leave, evenly spaced, for the whole bot and for each chat.

It counts real seconds of a monotonic clock, because Telegram's limits do, whatever time the
patients' plans live by.
"""

from collections import deque
from dataclasses import dataclass

# A second is taken for a little longer than it is, because the network may squeeze together what
# left evenly. No more than that: 99 % of the limit is to be used.
_WINDOW = 1.004
# How far a late start may be made good: the grid is kept, but never by a burst.
_CATCH_UP = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's limits. ``per_second`` of None sets no limit (a Bot API server of one's own)."""

    per_second: int | None = 30
    chat_gap: float = 1.0
    group_gap: float = 3.0


PAID = Limits(per_second=1000)
"""Telegram's limits for a bot that pays for what goes beyond 30 a second."""


class Pacer:
    """Hands out the slots in which a message may leave. Not thread-safe: one loop owns it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        rate = limits.per_second
        self._interval = 0.0 if rate is None else _WINDOW / rate
        self._next = 0.0
        self._recent: deque[float] = deque(maxlen=rate or 1)
        self._chats: dict[int, float] = {}

    @property
    def unlimited(self) -> bool:
        """Whether there is no limit for the whole bot."""
        return self._limits.per_second is None

    def delay(self, now: float) -> float:
        """Return how many seconds pass until the next slot (``now`` in monotonic seconds)."""
        if self._limits.per_second is None:
            return 0.0
        earliest = self._next
        if len(self._recent) == self._limits.per_second:
            earliest = max(earliest, self._recent[0] + _WINDOW)
        return max(0.0, earliest - now)

    def take(self, now: float, chat_id: int, *, edit: bool = False) -> None:
        """Use the slot that is open at ``now`` for a chat; an edit rests no chat."""
        if self._limits.per_second is not None:
            late = min(max(0.0, now - self._next), self._interval * _CATCH_UP)
            self._next = now - late + self._interval
            self._recent.append(now)
        gap = self._limits.group_gap if chat_id < 0 else self._limits.chat_gap
        if gap and not edit:
            self._chats[chat_id] = now + gap

    def resting(self, now: float) -> frozenset[int]:
        """Return the chats that must not be written to yet, and forget those that may."""
        over = [chat for chat, until in self._chats.items() if until <= now]
        for chat in over:
            del self._chats[chat]
        return frozenset(self._chats)

    def next_rested(self, now: float) -> float | None:
        """Return in how many seconds the next resting chat may be written to, or None."""
        return max(0.0, min(self._chats.values()) - now) if self._chats else None
