"""The inbox: every update as Telegram gave it, before anything is done with it.

An update is confirmed to Telegram only after it stands here. It takes effect once, however often
it arrives, and in order within its chat; one that cannot be handled is tried again, then parked,
and never blocks another chat.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.backoff import backoff
from scheduler.database import Row, Tx
from scheduler.holdings import STAFF_CHATS

MAX_TRIES = 4
_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Received:
    """One update: Telegram's number, the chat it belongs to, and the JSON as it came."""

    update_id: int
    chat_id: int | None
    payload: str


def receive(tx: Tx, updates: Iterable[Received], *, now: int) -> int:
    """Keep updates that are new; returns how many were (duplicates are dropped here)."""
    return tx.many(
        """INSERT INTO inbox (clinic_id, update_id, chat_id, payload, state, try_at, received_at)
           VALUES (:clinic_id, :update_id, :chat_id, :payload, 'new', :now, :now)
           ON CONFLICT (clinic_id, update_id) DO NOTHING""",
        (
            {
                "update_id": update.update_id,
                "chat_id": update.chat_id,
                "payload": update.payload,
                "now": now,
            }
            for update in updates
        ),
    )


def next_offset(tx: Tx) -> int | None:
    """Return the offset for getUpdates: everything up to it is safely here. None: the start.

    It follows the newest update, not the highest number: after a week without any, Telegram goes
    on with a number of its choice, which may be lower.
    """
    newest: int | None = tx.value(
        "SELECT update_id FROM inbox WHERE clinic_id = :clinic_id ORDER BY id DESC LIMIT 1"
    )
    return None if newest is None else newest + 1


def forget_old(tx: Tx, *, days: int, now: int) -> int:
    """Delete updates that were dealt with, or parked, more than ``days`` ago; returns how many.

    Telegram repeats an update for a day at most. The newest one stays, whatever its age: the
    offset for getUpdates is read from it. ``now`` is UTC epoch ms.
    """
    return tx.run(
        """DELETE FROM inbox WHERE clinic_id = :clinic_id AND state IN ('done', 'parked')
             AND done_at < :before
             AND id < (SELECT MAX(newest.id) FROM inbox AS newest
                 WHERE newest.clinic_id = :clinic_id)""",
        before=now - days * _DAY_MS,
    )


def open_updates(tx: Tx, *, now: int, limit: int = 50) -> list[Row]:
    """Return updates to handle now, in order; a chat with one waiting to be retried waits whole."""
    return tx.all(
        """SELECT * FROM inbox
           WHERE clinic_id = :clinic_id AND state = 'new' AND try_at <= :now
             AND NOT EXISTS (SELECT 1 FROM inbox AS earlier
                 WHERE earlier.clinic_id = :clinic_id AND earlier.state = 'new'
                   AND earlier.chat_id = inbox.chat_id AND earlier.id < inbox.id
                   AND earlier.try_at > :now)
           ORDER BY id LIMIT :limit""",
        now=now,
        limit=limit,
    )


def is_open(tx: Tx, inbox_id: int) -> bool:
    """Say whether an update still waits to take effect."""
    return (
        tx.value(
            "SELECT 1 FROM inbox WHERE clinic_id = :clinic_id AND id = :id AND state = 'new'",
            id=inbox_id,
        )
        is not None
    )


def done(tx: Tx, inbox_id: int, *, now: int) -> None:
    """Mark an update as handled: in the same transaction as its effects."""
    tx.run(
        """UPDATE inbox SET state = 'done', done_at = :now, error = NULL
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=inbox_id,
        now=now,
    )
    _wipe_a_strangers(tx, inbox_id)


def _wipe_a_strangers(tx: Tx, inbox_id: int) -> None:
    """Keep nothing of an update that is dealt with, where its chat is no patient's and no member's.

    Somebody may have been erased while it waited.
    """
    tx.run(
        f"""UPDATE inbox SET payload = '{{}}', chat_id = NULL
            WHERE clinic_id = :clinic_id AND id = :id AND chat_id IS NOT NULL
              AND chat_id NOT IN {STAFF_CHATS}
              AND NOT EXISTS (SELECT 1 FROM patients WHERE patients.clinic_id = :clinic_id
                  AND patients.chat_id = inbox.chat_id)""",
        id=inbox_id,
    )


def waits_since(tx: Tx, moment: int) -> bool:
    """Say whether an update that came by a moment (UTC epoch ms) is still to be dealt with."""
    return (
        tx.value(
            """SELECT 1 FROM inbox WHERE clinic_id = :clinic_id AND state = 'new'
                 AND received_at <= :moment""",
            moment=moment,
        )
        is not None
    )


def failed(tx: Tx, inbox_id: int, error: str, *, now: int) -> bool:
    """Write down that handling an update failed; returns True where it is parked for good.

    Args:
        tx: the open transaction.
        inbox_id: which update.
        error: the kind of fault, without anybody's words.
        now: UTC epoch ms.
    """
    tries: int = tx.value(
        """UPDATE inbox SET tries = tries + 1, error = :error
           WHERE clinic_id = :clinic_id AND id = :id RETURNING tries""",
        id=inbox_id,
        error=error,
    )
    parked = tries >= MAX_TRIES
    tx.run(
        """UPDATE inbox SET state = :state, try_at = :try_at, done_at = :done_at
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=inbox_id,
        state="parked" if parked else "new",
        try_at=now + backoff(tries, seed=inbox_id),
        done_at=now if parked else None,
    )
    if parked:
        _wipe_a_strangers(tx, inbox_id)
    return parked
