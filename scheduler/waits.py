"""Who must be left alone until when: chats that Telegram slowed down, or that a failure rests in.

A wait holds up one lane and the less urgent ones. Telegram's own word holds up everything; a pause
of ours after a failure must not keep a safety answer from trying its own luck.
"""

from typing import Final

from scheduler.database import Tx

WHOLE_BOT: Final = 0
"""Stands for every chat at once."""
ALL_LANES: Final = 0


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
           ON CONFLICT (clinic_id, chat_id, lane) DO UPDATE SET until = excluded.until
           WHERE excluded.until > waits.until""",
        chat_id=chat_id,
        lane=lane,
        until=until,
    )


def stops_everyone(tx: Tx, lane: int, *, now: int) -> bool:
    """Say whether nothing of this lane may leave at ``now`` (UTC epoch ms), to whatever chat."""
    return (
        tx.value(
            """SELECT 1 FROM waits WHERE clinic_id = :clinic_id AND chat_id = :whole_bot
                 AND lane <= :lane AND until > :now""",
            whole_bot=WHOLE_BOT,
            lane=lane,
            now=now,
        )
        is not None
    )


def next_over(tx: Tx, *, now: int) -> int | None:
    """Return when the next wait is over (UTC epoch ms), or None."""
    moment: int | None = tx.value(
        "SELECT MIN(until) FROM waits WHERE clinic_id = :clinic_id AND until > :now", now=now
    )
    return moment


def forget_over(tx: Tx, *, now: int) -> None:
    """Drop the waits that are over at ``now`` (UTC epoch ms)."""
    tx.run("DELETE FROM waits WHERE clinic_id = :clinic_id AND until <= :now", now=now)
