"""Broadcasts: one tip for many, each copy a row of the outbox with a state of its own.

How many copies stand in which state is read from the rows themselves. The broadcast's row counts
settled copies only to know, in constant time, when the progress is worth showing again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scheduler import broadcast_copies, events, outbox, segments, staff
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.said import Said
from scheduler.segments import Segment
from scheduler.tip import Tip
from scheduler.wallclock import HOUR

SAME_WITHIN_MS: Final = HOUR
"""Two managers who send the same words to the same people within the hour mean one broadcast."""
SHOW_EVERY_MS: Final = 3_000
SHOW_EVERY_SHARE: Final = 20
"""Progress is shown again after three seconds or a twentieth of the copies, as Telegram slows
bots down that edit a message much more often."""
AFTERMATH_MS: Final = 3 * 24 * HOUR
"""How long after its end it is told what a broadcast led to: replies, and people who left."""
AFTERMATH: Final = "aftermath"
"""The form of that later report."""
ANNOUNCED: Final = "announced"
"""The form of the word that one of the library begins by itself tomorrow, with how to stop it."""


@dataclass(frozen=True, slots=True)
class Started:
    """A broadcast that is on its way, and how many patients get it."""

    broadcast_id: int
    total: int


@dataclass(frozen=True, slots=True)
class NotStarted:
    """Nothing was changed: nobody would get it, or this very one was made just now.

    ``sender`` made the other one, at ``since`` (UTC epoch ms).
    """

    sender: str = ""
    since: int = 0


def start(
    tx: Tx,
    tip: Tip,
    segment: Segment,
    *,
    member: staff.Staff,
    clinic: Clinic,
    progress_message: int | None,
    starts: datetime | None = None,
    library: str | None = None,
    now: int,
) -> Started | NotStarted:
    """Owe a copy to every patient of a segment, and show the progress in a message.

    Args:
        tx: the open transaction.
        tip: what they get.
        segment: who they are.
        member: who sends it.
        clinic: the hours in which no copy leaves, in each patient's own zone, and how often one
            patient may get a tip.
        progress_message: Telegram's id of the message in the member's chat that becomes the
            progress; None for no progress.
        starts: the wall clock at which it begins in each patient's own zone (naive); None for now.
        library: the tip of the library that it was made from.
        now: UTC epoch ms.
    """
    local = starts.isoformat(timespec="minutes") if starts else None
    other = _made_just_now(tx, tip, segment, local, now=now)
    if other is not None:
        sender = staff.ever(tx, other["staff_id"])
        return NotStarted(sender.name if sender else "", other["created_at"])
    audience = segments.audience(
        tx, segment, quiet=clinic.quiet, gap_ms=clinic.tips_gap_ms, now=now
    )
    if audience.reached == 0:
        return NotStarted()
    broadcast_id = broadcast_copies.write(
        tx,
        tip,
        segment,
        staff_id=member.id,
        progress_message=progress_message,
        starts=local,
        library=library,
        now=now,
    )
    owed = broadcast_copies.owe(tx, broadcast_id, segment, clinic, starts=starts, now=now)
    tx.run(
        """UPDATE broadcasts SET total = :total, waits_until = :first
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=broadcast_id,
        total=owed.total,
        first=owed.waits_until,
    )
    events.note(
        tx,
        "broadcast_started",
        actor=member.actor,
        now=now,
        broadcast=broadcast_id,
        segment=segment.code,
        total=owed.total,
    )
    _show(tx, broadcast_id, now=now)
    tx.wake()
    return Started(broadcast_id, owed.total)


def _made_just_now(
    tx: Tx, tip: Tip, segment: Segment, starts: str | None, *, now: int
) -> Row | None:
    return tx.first(
        """SELECT * FROM broadcasts WHERE clinic_id = :clinic_id AND text = :text
             AND COALESCE(file_id, '') = :file AND segment = :segment AND poll = :poll
             AND COALESCE(starts_local, '') = :starts
             AND state <> 'canceled' AND (closed_at IS NULL OR created_at > :since) LIMIT 1""",
        text=tip.text,
        file=tip.file_id or "",
        segment=segment.code,
        poll=int(tip.poll),
        starts=starts or "",
        since=now - SAME_WITHIN_MS,
    )


def by_id(tx: Tx, broadcast_id: int) -> Row | None:
    """Return one broadcast, or None."""
    return tx.first(
        "SELECT * FROM broadcasts WHERE clinic_id = :clinic_id AND id = :id", id=broadcast_id
    )


def under_way(tx: Tx) -> list[Row]:
    """Return the broadcasts that have a copy to come or on its way, the newest first."""
    return tx.all(
        """SELECT broadcasts.*, staff.name AS sender FROM broadcasts
           JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = broadcasts.staff_id
           WHERE broadcasts.clinic_id = :clinic_id AND broadcasts.closed_at IS NULL
           ORDER BY broadcasts.id DESC"""
    )


def row_settled(tx: Tx, row: Row, *, now: int) -> None:
    """Take note that a copy was looked at; show the progress, close with the last one.

    Args:
        tx: the open transaction.
        row: the outbox row of the copy, in whatever state by now; one that is to be tried again
            does not count.
        now: UTC epoch ms.
    """
    broadcast = tx.first(
        """UPDATE broadcasts SET settled = settled + 1
           WHERE clinic_id = :clinic_id AND id = :id AND closed_at IS NULL
             AND EXISTS (SELECT 1 FROM outbox WHERE outbox.clinic_id = :clinic_id
                 AND outbox.id = :row AND outbox.state NOT IN ('pending', 'sending'))
           RETURNING settled, shown, total, shown_at, progress_message""",
        id=row["broadcast_id"],
        row=row["id"],
    )
    if broadcast is None:
        return
    if broadcast["settled"] >= broadcast["total"] and _close_if_done(
        tx, row["broadcast_id"], now=now
    ):
        return
    if broadcast["progress_message"] is None:
        return
    fresh = broadcast["settled"] - broadcast["shown"]
    if (
        fresh * SHOW_EVERY_SHARE >= broadcast["total"]
        or now - broadcast["shown_at"] >= SHOW_EVERY_MS
    ):
        _show(tx, row["broadcast_id"], now=now)


def close_finished(tx: Tx, *, now: int) -> None:
    """Close broadcasts whose last copies ended unseen: expired together, say (epoch ms)."""
    for row in tx.all(
        "SELECT id FROM broadcasts WHERE clinic_id = :clinic_id AND closed_at IS NULL"
    ):
        _close_if_done(tx, row["id"], now=now)


def cancel(tx: Tx, broadcast_id: int, *, actor: str, now: int) -> int:
    """Take back every copy that has not left; returns how many (0: it was too late).

    Args:
        tx: the open transaction.
        broadcast_id: which broadcast.
        actor: who cancels, as events name people.
        now: UTC epoch ms.
    """
    taken_back = outbox.withdraw_copies(tx, broadcast_id, "the broadcast was canceled", now=now)
    if not taken_back:
        return 0
    tx.run(
        """UPDATE broadcasts SET state = 'canceled', settled = settled + :n
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=broadcast_id,
        n=taken_back,
    )
    events.note(
        tx,
        "broadcast_canceled",
        actor=actor,
        now=now,
        broadcast=broadcast_id,
        canceled=taken_back,
    )
    if not _close_if_done(tx, broadcast_id, now=now):
        _show(tx, broadcast_id, now=now)
    return taken_back


def pause(tx: Tx, broadcast_id: int, *, actor: str, now: int) -> int:
    """Hold back every copy that has not left; returns how many (0: there is nothing to hold).

    A held copy does not grow stale: it has its day from when it is let go.
    """
    broadcast = by_id(tx, broadcast_id)
    if broadcast is None or broadcast["closed_at"] is not None or broadcast["paused_at"]:
        return 0
    held = broadcast_copies.hold(tx, broadcast_id)
    if not held:
        return 0
    tx.run(
        "UPDATE broadcasts SET paused_at = :now WHERE clinic_id = :clinic_id AND id = :id",
        id=broadcast_id,
        now=now,
    )
    events.note(tx, "broadcast_paused", actor=actor, now=now, broadcast=broadcast_id, held=held)
    _show(tx, broadcast_id, now=now)
    return held


def resume(tx: Tx, broadcast_id: int, *, actor: str, now: int) -> int:
    """Let the copies go that a pause holds back; returns how many."""
    broadcast = by_id(tx, broadcast_id)
    if broadcast is None or not broadcast["paused_at"]:
        return 0
    tx.run(
        "UPDATE broadcasts SET paused_at = NULL WHERE clinic_id = :clinic_id AND id = :id",
        id=broadcast_id,
    )
    freed = broadcast_copies.let_go(tx, broadcast_id, now=now)
    events.note(tx, "broadcast_resumed", actor=actor, now=now, broadcast=broadcast_id, freed=freed)
    if not _close_if_done(tx, broadcast_id, now=now):
        _show(tx, broadcast_id, now=now)
    tx.wake()
    return freed


def counts(tx: Tx, broadcast_id: int) -> dict[str, int]:
    """Return how many copies stand in each state, read from the copies themselves."""
    return {
        row["state"]: row["n"]
        for row in tx.all(
            """SELECT state, COUNT(*) AS n FROM outbox
               WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND broadcast_id = :id
               GROUP BY state""",
            id=broadcast_id,
        )
    }


def _close_if_done(tx: Tx, broadcast_id: int, *, now: int) -> bool:
    """Close a broadcast without a copy that may still leave, and have that reported."""
    closed = tx.first(
        """UPDATE broadcasts SET closed_at = :now, settled = total,
               state = CASE state WHEN 'sending' THEN 'finished' ELSE state END
           WHERE clinic_id = :clinic_id AND id = :id AND closed_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM outbox
                 WHERE outbox.clinic_id = :clinic_id AND outbox.kind = 'broadcast'
                   AND outbox.broadcast_id = :id AND outbox.state IN ('pending', 'sending'))
           RETURNING staff_id""",
        id=broadcast_id,
        now=now,
    )
    if closed is None:
        return False
    _show(tx, broadcast_id, now=now)
    any_sent = bool(counts(tx, broadcast_id).get("sent"))
    for member in staff.reached(tx, closed["staff_id"]):
        outbox.say(tx, Said("…"), chat_id=member.chat_id, now=now, broadcast_id=broadcast_id)
        if not any_sent:
            continue
        outbox.say(
            tx,
            Said("…", form=AFTERMATH),
            chat_id=member.chat_id,
            now=now,
            broadcast_id=broadcast_id,
            ready_at=now + AFTERMATH_MS,
        )
    return True


def _show(tx: Tx, broadcast_id: int, *, now: int) -> None:
    """Have the progress shown as it is when the edit leaves; one that waits already will do."""
    broadcast = by_id(tx, broadcast_id)
    if broadcast is None or broadcast["progress_message"] is None:
        return
    sender = staff.by_id(tx, broadcast["staff_id"])
    if sender is None:
        return
    row: int | None = broadcast["progress_row"]
    last = None if row is None else outbox.row(tx, row)
    if last is None or last["state"] != "pending":
        # The words are made when the row is prepared: see ``scheduler.prepare``.
        edit = Said("…", edit_message_id=broadcast["progress_message"])
        row = outbox.say(tx, edit, chat_id=sender.chat_id, now=now, broadcast_id=broadcast_id)
    tx.run(
        """UPDATE broadcasts SET progress_row = :row, shown = settled, shown_at = :now
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=broadcast_id,
        row=row,
        now=now,
    )
