"""Who must be left alone until when: chats that Telegram slowed down, or that a failure rests in.

A wait holds up one lane and the less urgent ones. Telegram's own word holds up everything; a pause
of ours after a failure must not keep a safety answer from trying its own luck.

What may have arrived waits for Telegram itself: it is sent once more only after Telegram has
answered something harmless, so that an outage does not use up the one try that is left.
"""

from dataclasses import dataclass
from typing import Final

from scheduler.database import Tx
from scheduler.outbox import Lane
from scheduler.wallclock import MINUTE

WHOLE_BOT: Final = 0
"""Stands for every chat at once."""
ALL_LANES: Final = 0
UNANSWERED_MS: Final = 15 * MINUTE
"""How long a chat waits for Telegram to answer, from the last time that it did not."""


def wait(tx: Tx, chat_id: int, *, until: int, lane: int = ALL_LANES) -> None:
    """Leave a chat alone until an instant, across a restart; a longer wait is not shortened.

    Args:
        tx: the open transaction.
        chat_id: which chat; ``WHOLE_BOT`` for all of them.
        until: UTC epoch ms.
        lane: the most urgent lane that has to wait.
    """
    tx.run(
        """INSERT INTO waits (clinic_id, chat_id, lane, until)
           VALUES (:clinic_id, :chat_id, :lane, :until)
           ON CONFLICT (clinic_id, chat_id, lane)
               DO UPDATE SET until = excluded.until, soonest = NULL
           WHERE excluded.until > waits.until""",
        chat_id=chat_id,
        lane=lane,
        until=until,
    )


def wait_for_contact(tx: Tx, chat_id: int, *, soonest: int, lane: int) -> None:
    """Leave a chat alone until Telegram has answered, at ``soonest`` (UTC epoch ms) or later."""
    tx.run(
        """INSERT INTO waits (clinic_id, chat_id, lane, until, soonest)
           VALUES (:clinic_id, :chat_id, :lane, :until, :soonest)
           ON CONFLICT (clinic_id, chat_id, lane)
               DO UPDATE SET until = excluded.until, soonest = excluded.soonest
           WHERE excluded.until > waits.until""",
        chat_id=chat_id,
        lane=lane,
        until=soonest + UNANSWERED_MS,
        soonest=soonest,
    )


def for_contact(tx: Tx, *, now: int) -> bool:
    """Say whether an answer of Telegram's at ``now`` (UTC epoch ms) would end a wait."""
    return (
        tx.value(
            "SELECT 1 FROM waits WHERE clinic_id = :clinic_id AND soonest <= :now LIMIT 1", now=now
        )
        is not None
    )


def telegram_answered(tx: Tx, *, answered: bool, now: int) -> None:
    """End the waits for Telegram's answer, or prolong them where there was none.

    Args:
        tx: the open transaction.
        answered: whether Telegram answered when it was asked.
        now: UTC epoch ms.
    """
    if answered:
        tx.wake()
    tx.run(
        """UPDATE waits SET until = :until, soonest = CASE WHEN :answered THEN NULL ELSE soonest END
           WHERE clinic_id = :clinic_id AND soonest <= :now""",
        until=now if answered else now + UNANSWERED_MS,
        answered=int(answered),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """The waits that are not over.

    ``next_over`` is when the next one is over, or may end (UTC epoch ms); None without any. Lanes
    from ``open_lanes`` on have to wait altogether, whatever the chat.
    """

    next_over: int | None
    open_lanes: int


def standing(tx: Tx, *, now: int) -> Standing:
    """Return how things stand at ``now`` (UTC epoch ms)."""
    row = tx.first(
        """SELECT MIN(CASE WHEN soonest > :now THEN soonest ELSE until END) AS next_over,
               COALESCE(MIN(CASE WHEN chat_id = :whole_bot THEN lane END), :lanes) AS open_lanes
           FROM waits WHERE clinic_id = :clinic_id AND until > :now""",
        whole_bot=WHOLE_BOT,
        lanes=len(Lane),
        now=now,
    )
    return Standing(**row) if row else Standing(None, len(Lane))


def forget_over(tx: Tx, *, now: int) -> None:
    """Drop the waits that are over at ``now`` (UTC epoch ms)."""
    tx.run("DELETE FROM waits WHERE clinic_id = :clinic_id AND until <= :now", now=now)
