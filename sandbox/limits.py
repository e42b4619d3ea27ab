"""Telegram's limits on sending, enforced on request: 429 with retry_after, as the real API does."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE = 60.0


@dataclass
class RateLimits:
    """How much may be sent; what is refused does not count.

    Args:
        per_second: Messages in any one second for the whole bot.
        paid_per_second: The same with ``allow_paid_broadcast``.
        chat_burst: Messages that one chat takes at once before it is held to one a second.
        group_per_minute: Messages in any minute in one group.
        monotonic: The clock the limits live by, in seconds.
    """

    per_second: int = 30
    paid_per_second: int = 1000
    chat_burst: int = 3
    group_per_minute: int = 20
    monotonic: Callable[[], float] = time.monotonic
    refused: int = field(default=0, init=False)
    _sent: deque[float] = field(default_factory=deque, init=False)
    _paid: deque[float] = field(default_factory=deque, init=False)
    _groups: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque), init=False)
    _chats: dict[int, float] = field(default_factory=dict, init=False)

    def take(self, chat_id: int, *, group: bool, paid: bool) -> int | None:
        """Count one message; return the seconds to wait if it is one too many.

        Args:
            chat_id: The chat it goes to.
            group: Whether that is a group.
            paid: Whether the bot pays for the higher limit of the whole bot.
        """
        now = self.monotonic()
        sent, most = (self._paid, self.paid_per_second) if paid else (self._sent, self.per_second)
        waits = [_window(sent, now, 1.0, most)]
        if group:
            waits.append(_window(self._groups[chat_id], now, MINUTE, self.group_per_minute))
        # one a second with a burst: a virtual time that runs ahead of the clock by the burst
        ahead = max(self._chats.get(chat_id, 0.0), now)
        waits.append(ahead - now - (self.chat_burst - 1))
        wait = max(waits)
        if wait > 0:
            self.refused += 1
            return math.ceil(wait)
        sent.append(now)
        self._chats[chat_id] = ahead + 1.0
        if group:
            self._groups[chat_id].append(now)
        return None


def _window(sent: deque[float], now: float, length: float, most: int) -> float:
    """Return the seconds until one more fits into the window that ends now; 0 if it fits."""
    while sent and sent[0] <= now - length:
        sent.popleft()
    return sent[0] + length - now if len(sent) >= most else 0.0
