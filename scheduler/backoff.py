"""Backoff: how long to wait before something that failed is tried again."""

from zlib import crc32

from scheduler.wallclock import MINUTE, SECOND

FIRST = 2 * SECOND
CAP = 15 * MINUTE


def backoff(attempt: int, retry_after_ms: int | None = None, *, seed: int | str) -> int:
    """Return the pause in ms after failed attempt number ``attempt`` (1 is the first).

    The pause doubles from 2 s (2, 4, 8 … 512 s) to the cap of 15 minutes, which the tenth
    attempt reaches. A half of it is spread by jitter, so that rows that failed together do not
    come back together. The jitter is drawn from ``seed`` (the row's id) and ``attempt`` alone: a
    replayed history pauses alike, and a restart changes nothing.

    Where Telegram said how long to wait (``retry_after_ms``), its word counts instead, whatever
    the attempt and the cap say: at least that long (and at least 1 s), with up to a second of
    jitter on top, because a 429 that is answered too early makes the next one longer.

    Raises:
        ValueError: ``attempt`` is less than 1 or ``retry_after_ms`` is negative.
    """
    if attempt < 1:
        raise ValueError(f"attempts count from 1, not {attempt}")
    if retry_after_ms is not None and retry_after_ms < 0:
        raise ValueError(f"retry_after_ms cannot be negative: {retry_after_ms}")
    # crc32 spreads evenly over 32 bits, and secrecy plays no part here.
    jitter = crc32(f"{seed}:{attempt}".encode())
    if retry_after_ms is not None:
        return max(retry_after_ms, SECOND) + (SECOND * jitter >> 32)
    # Doubling stops where the cap is certain to win, or a row's 10,000th attempt is a huge number.
    full = min(CAP, FIRST << min(attempt - 1, 16))
    return full // 2 + (full // 2 * jitter >> 32)
