"""Departures: which rows of the outbox may leave at a moment, and when the next one may."""

from scheduler import waits
from scheduler.database import Row, Tx
from scheduler.outbox import Lane

# Rows that are held (consent, a pause) or whose chat has to wait are not looked at.
_OPEN = """clinic_id = :clinic_id AND state = 'pending' AND held IS NULL AND lane = :lane
    AND NOT EXISTS (SELECT 1 FROM waits
        WHERE waits.clinic_id = :clinic_id AND waits.chat_id = outbox.chat_id
          AND waits.lane <= :lane AND waits.until > :now)"""


def due(tx: Tx, *, now: int, limit: int, busy: frozenset[int]) -> list[Row]:
    """Return up to ``limit`` rows that may leave now, safety first, at most one for each chat.

    Args:
        tx: the open transaction.
        now: UTC epoch ms.
        limit: how many rows at most; fewer only where no more chats have anything due.
        busy: chats that must not be written to at this moment (in flight, or paced).
    """
    found: dict[int, Row] = {}
    for lane in Lane:
        if waits.stops_everyone(tx, lane, now=now):
            break
        while len(found) < limit:
            rows = _some(tx, lane, now=now, limit=limit - len(found), skip=busy | found.keys())
            for row in rows:
                found.setdefault(row["chat_id"], row)
            if not rows:
                break
    return list(found.values())


def _some(tx: Tx, lane: Lane, *, now: int, limit: int, skip: frozenset[int]) -> list[Row]:
    # 0 is no chat: NOT IN an empty list would be no SQL, and NOT IN (NULL) is never true.
    names = ", ".join(["0", *(f":skip{index}" for index in range(len(skip)))])
    return tx.all(
        f"""SELECT * FROM outbox WHERE {_OPEN} AND ready_at <= :now AND chat_id NOT IN ({names})
            ORDER BY ready_at, id LIMIT :limit""",
        lane=int(lane),
        now=now,
        limit=limit,
        **{f"skip{index}": chat for index, chat in enumerate(skip)},
    )


def next_ready(tx: Tx, *, now: int) -> int | None:
    """Return the moment (UTC epoch ms) at which the next row may leave, or None.

    Where a chat or the whole bot has to wait, the end of that wait counts.
    """
    moments = [waits.next_over(tx, now=now)]
    for lane in Lane:
        if waits.stops_everyone(tx, lane, now=now):
            break
        moments.append(
            tx.value(
                f"SELECT ready_at FROM outbox WHERE {_OPEN} ORDER BY ready_at LIMIT 1",
                lane=int(lane),
                now=now,
            )
        )
    return min((moment for moment in moments if moment is not None), default=None)
