"""New quiet hours for what is planned already: which messages move, and to when.

Quiet hours are looked at again when a message leaves, so nothing would go out at night in any case.
But a message that was put off until nine for a night that now ends at eight should go at eight.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

from messages.catalogue import Catalogue
from scheduler import holding
from scheduler.database import Row, Tx
from scheduler.quiet import NotUseful, QuietHours, settle
from scheduler.wallclock import MINUTE, local

_QUARTER: Final = 15 * MINUTE
_DAY_MINUTES: Final = 24 * 60
_MARGIN_MINUTES: Final = 180


@dataclass(frozen=True, slots=True)
class Moves:
    """How many of the pending messages leave at another time, too late to be of use, as before."""

    moved: int = 0
    dropped: int = 0
    same: int = 0


def preview(tx: Tx, quiet: QuietHours, catalogue: Catalogue, *, now: int) -> Moves:
    """Count what new quiet hours would do to what is pending at ``now`` (UTC epoch ms)."""
    return _count(_moved(tx, quiet, catalogue, now=now))


def apply(tx: Tx, quiet: QuietHours, catalogue: Catalogue, *, now: int) -> Moves:
    """Give what is pending at ``now`` (UTC epoch ms) the moments of new quiet hours.

    What would come too late to be of use keeps its moment: it expires then, with its reason.
    """
    found = _moved(tx, quiet, catalogue, now=now)
    tx.many(
        # What may go after its time (quiet = "around") is of use after the night for as long as
        # it was without it.
        """UPDATE outbox SET ready_at = :ready_at,
               useful_until = CASE WHEN useful_until > :ready_at THEN useful_until
                   ELSE :ready_at + useful_until - due_at END
           WHERE clinic_id = :clinic_id AND id = :id AND state = 'pending'""",
        (
            {"id": row["id"], "ready_at": at}
            for row, at in found
            if at is not None and at != row["ready_at"]
        ),
    )
    tx.wake()
    return _count(found)


def _moved(
    tx: Tx, quiet: QuietHours, catalogue: Catalogue, *, now: int
) -> list[tuple[Row, int | None]]:
    # What waits for a person gets its moment when it is let go. What failed before waits for its
    # next try, and what is held up by the night only is not due otherwise.
    rows = tx.all(
        """SELECT outbox.id, outbox.due_at, outbox.ready_at, outbox.useful_until, outbox.kind,
               outbox.step_key, patients.timezone, enrollments.treatment, sessions.starts_at
           FROM outbox
           JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = outbox.patient_id
           LEFT JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = outbox.enrollment_id
           LEFT JOIN sessions ON sessions.clinic_id = :clinic_id
             AND sessions.id = outbox.session_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.state = 'pending'
             AND outbox.held IS NULL AND outbox.attempts = 0
             AND outbox.useful_until IS NOT NULL
             AND outbox.kind IN ('reminder', 'broadcast')"""
    )
    found: list[tuple[Row, int | None]] = []
    for row in rows:
        if row["ready_at"] == row["due_at"] > now and not _near(
            row["due_at"], row["timezone"], quiet
        ):
            found.append((row, row["ready_at"]))
            continue
        policy, earliest = (
            holding.at_night(catalogue, row, now=now)
            if row["kind"] == "reminder"
            else ("wait", now)
        )
        moment = settle(
            row["due_at"],
            row["useful_until"],
            policy,
            quiet,
            row["timezone"],
            not_before=earliest,
        )
        if isinstance(moment, NotUseful):
            found.append((row, None))
        elif row["ready_at"] <= now and moment.at == now:
            found.append((row, row["ready_at"]))  # it leaves at once as it would have
        else:
            found.append((row, moment.at))
    return found


def _near(instant: int, zone: str, quiet: QuietHours) -> bool:
    """Say whether an instant may lie in the night: a look at a few numbers spares most rows more.

    The margin is wider than any turn of a clock, so that a "no" is certain.
    """
    if quiet.start == quiet.end:
        return False
    start, end = (60 * edge.hour + edge.minute for edge in (quiet.start, quiet.end))
    minute = (instant // MINUTE + _offset(instant // _QUARTER, zone)) % _DAY_MINUTES
    length = (end - start) % _DAY_MINUTES + 2 * _MARGIN_MINUTES
    return (minute - start + _MARGIN_MINUTES) % _DAY_MINUTES <= length


@lru_cache(maxsize=65_536)
def _offset(quarter: int, zone: str) -> int:
    """Return by how many minutes clocks are ahead of UTC in a quarter of an hour."""
    ahead = local(quarter * _QUARTER, zone).utcoffset() or timedelta(0)
    return int(ahead.total_seconds() // 60)


def _count(found: list[tuple[Row, int | None]]) -> Moves:
    dropped = sum(at is None for _, at in found)
    moved = sum(at is not None and at != row["ready_at"] for row, at in found)
    return Moves(moved, dropped, len(found) - dropped - moved)
