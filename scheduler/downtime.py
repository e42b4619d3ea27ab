"""The downtime report: after an outage the managers are told once what came of it.

The last tick before it says since when nobody was at work; the program may have been stopped, or
have stood still (a machine that slept, a process that was halted). What was owed in that time is
given its chance first; once none of it is waiting to leave any more, the managers get one message.
"""

from collections.abc import Callable

from scheduler import clock, events, notices, staff
from scheduler.database import Tx

# A restart for an update is no outage that a manager needs to read about.
WORTH_TELLING_MS = 10 * 60 * 1000
# What leaves as soon as the machine wakes up does so before the heartbeat that takes note of it.
_AWAKE_BEFORE_MS = 10 * 1000
_FROM, _UNTIL = "outage_from", "outage_until"


class Standstill:
    """Notices that this process did not run for a while, which its own clocks may not tell.

    Args:
        elapsed: real seconds; only a clock that runs on while the machine sleeps, and that nobody
            sets, tells a standstill from a clock that was set forward.
    """

    def __init__(self, elapsed: Callable[[], float] = clock.elapsed) -> None:
        self._elapsed = elapsed
        self._last = elapsed()

    def over(self) -> bool:
        """Say whether since the last call so much time has passed as is worth telling."""
        last, self._last = self._last, self._elapsed()
        return (self._last - last) * 1000 >= WORTH_TELLING_MS


def notice(tx: Tx, *, now: int) -> bool:
    """Compare a start, or the end of a standstill, with the last tick; remember an outage.

    Args:
        tx: the open transaction.
        now: UTC epoch ms.

    Returns:
        Whether there was one that is worth telling.
    """
    last = events.marked(tx, "tick")
    if last is None or now - last < WORTH_TELLING_MS:
        return False
    if events.marked(tx, _FROM) is None:
        # A second one before the report was made belongs to the same outage.
        events.mark(tx, _FROM, now=last)
    events.mark(tx, _UNTIL, now=now)
    return True


def report_if_over(tx: Tx, *, now: int) -> bool:
    """Tell the managers what became of an outage, once nothing of it waits to leave.

    Args:
        tx: the open transaction.
        now: UTC epoch ms.

    Returns:
        Whether the report was made now.
    """
    since, until = events.marked(tx, _FROM), events.marked(tx, _UNTIL)
    if since is None or until is None or _still_leaving(tx, until=until):
        return False
    settled = {
        row["state"]: row["n"]
        for row in tx.all(
            """SELECT state, COUNT(*) AS n FROM outbox
               WHERE clinic_id = :clinic_id AND settled_at >= :awake
                 AND ready_at > :since AND ready_at <= :until AND created_at < :until
                 AND held IS NULL
               GROUP BY state""",
            since=since,
            until=until,
            awake=until - _AWAKE_BEFORE_MS,
        )
    }
    waiting: int = tx.value(
        """SELECT COUNT(*) FROM outbox
           WHERE clinic_id = :clinic_id AND state = 'pending' AND held IS NULL AND lane = 2
             AND reason = 'quiet hours' AND ready_at > :until
             AND due_at > :since AND due_at <= :until AND created_at < :until""",
        since=since,
        until=until,
    )
    uncertain: int = tx.value(
        """SELECT COUNT(*) FROM outbox
           WHERE clinic_id = :clinic_id AND state = 'uncertain' AND reviewed_at IS NULL"""
    )
    for member in staff.everyone(tx, "manager"):
        notices.tell(
            tx,
            [member],
            "clinic.downtime.report",
            now=now,
            since_ms=since,
            until_ms=until,
            sent=settled.get("sent", 0),
            expired=settled.get("expired", 0),
            waiting=waiting,
            uncertain=uncertain,
        )
    events.note(tx, "outage", actor="system", now=now, since=since, until=until, settled=settled)
    for name in (_FROM, _UNTIL):
        events.unmark(tx, name)
    return True


def _still_leaving(tx: Tx, *, until: int) -> bool:
    return (
        tx.value(
            """SELECT 1 FROM outbox WHERE clinic_id = :clinic_id AND state = 'sending'
                 AND lane IN (0, 1, 2) AND ready_at <= :until
               UNION ALL
               SELECT 1 FROM outbox WHERE clinic_id = :clinic_id AND state = 'pending'
                 AND held IS NULL AND lane IN (0, 1, 2) AND ready_at <= :until
               LIMIT 1""",
            until=until,
        )
        is not None
    )
