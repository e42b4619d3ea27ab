"""Departures: which rows of the outbox may leave at a moment, and when the next one may."""

from typing import Final

from scheduler import outbox, waits
from scheduler.database import Row, Tx
from scheduler.outbox import Lane

# Rows that are held (consent, a pause) or whose chat has to wait are not looked at.
_OPEN: Final = """clinic_id = :clinic_id AND state = 'pending' AND held IS NULL
    AND NOT EXISTS (SELECT 1 FROM waits
        WHERE waits.clinic_id = :clinic_id AND waits.chat_id = outbox.chat_id
          AND waits.lane <= outbox.lane AND waits.until > :now)"""
_DUE: Final = f"""FROM outbox WHERE {_OPEN} AND lane = :lane AND ready_at <= :now
    AND (ready_at, id) > (:after, :after_id) ORDER BY ready_at, id LIMIT :limit"""
_NEXT: Final = ", ".join(
    f"""(SELECT ready_at FROM outbox WHERE {_OPEN} AND lane = {int(lane)}
           AND :open_lanes > {int(lane)} ORDER BY ready_at LIMIT 1) AS lane_{int(lane)}"""
    for lane in Lane
)
_PAGE: Final = 64
TWICE_LANES: Final = frozenset({Lane.ANSWER, Lane.REMINDER})
"""Whose rows are sent once more where nobody knows whether they arrived, and may wait a moment."""


def due(
    tx: Tx,
    *,
    now: int,
    limit: int,
    busy: frozenset[int],
    twice: int | None = None,
    waiting_for_files: frozenset[int] = frozenset(),
) -> list[Row]:
    """Return up to ``limit`` rows that may leave now, safety first, at most one for each chat.

    Args:
        tx: the open transaction.
        now: UTC epoch ms.
        limit: how many rows at most; fewer only where no more chats have anything due.
        busy: chats that must not be written to at this moment (in flight, or paced).
        twice: how many of them at most may be of ``TWICE_LANES``; None: any number.
        waiting_for_files: those of them in which a file is being made or fetched, which may take
            half a minute: what is about safety does not wait for it.
    """
    found: dict[int, Row] = {}
    for lane in range(waits.standing(tx, now=now).open_lanes):
        before, most = len(found), limit
        if twice is not None and lane in TWICE_LANES:
            most = min(limit, before + twice)
        if before < most:
            past = waiting_for_files if lane == Lane.SAFETY else frozenset()
            _add_from(tx, lane, found, now=now, limit=most, busy=busy - past)
        if twice is not None and lane in TWICE_LANES:
            twice -= len(found) - before
    return list(found.values())


def _add_from(
    tx: Tx, lane: int, found: dict[int, Row], *, now: int, limit: int, busy: frozenset[int]
) -> None:
    """Add the first rows of a lane to ``found``, until there are ``limit``."""
    page = limit - len(found)
    rows = _some(tx, "*", lane, None, now=now, limit=page)
    for row in rows:
        if row["chat_id"] not in busy:
            found.setdefault(row["chat_id"], row)
    # Where rows of busy chats stand in front of the others, those are looked for behind them.
    page = max(page, _PAGE)
    while rows and len(found) < limit:
        rows = _some(tx, "id, chat_id, ready_at", lane, rows[-1], now=now, limit=page)
        for row in rows:
            if row["chat_id"] not in busy and row["chat_id"] not in found and len(found) < limit:
                whole = outbox.row(tx, row["id"])
                if whole is not None:
                    found[row["chat_id"]] = whole
        page *= 2


def _some(tx: Tx, columns: str, lane: int, last: Row | None, *, now: int, limit: int) -> list[Row]:
    """Return the next rows of a lane that are due, after ``last`` (None: from the first on)."""
    return tx.all(
        f"SELECT {columns} {_DUE}",
        lane=lane,
        now=now,
        limit=limit,
        after=-1 if last is None else last["ready_at"],
        after_id=0 if last is None else last["id"],
    )


def next_ready(tx: Tx, *, now: int) -> int | None:
    """Return the moment (UTC epoch ms) at which the next row may leave, or None.

    Where a chat or the whole bot has to wait, the end of that wait counts.
    """
    standing = waits.standing(tx, now=now)
    first = tx.first(
        f"SELECT {_NEXT} WHERE :clinic_id = :clinic_id", now=now, open_lanes=standing.open_lanes
    )
    moments = [standing.next_over, *(first or {}).values()]
    return min((moment for moment in moments if moment is not None), default=None)
