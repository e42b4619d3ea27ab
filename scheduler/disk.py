"""Trouble with the database's disk: kept in memory while it lasts, told once it is over.

While the database cannot be written nothing is sent, because nothing that is not recorded may be
sent; pump, receiver and ticker go on trying. The log says so at once. The managers are told when
it is over, for until then there is nowhere to write a notice down.
"""

from dataclasses import dataclass
from typing import Final

import structlog

from scheduler import events, notices, staff
from scheduler.database import Tx

log = structlog.get_logger(__name__)

SAID_AGAIN_MS: Final = 60 * 1000
"""So often the log repeats it."""
TOLD_AGAIN_MS: Final = 60 * 60 * 1000
"""A disk at its limit may fail every few seconds: managers hear of it once an hour at most."""
_TOLD: Final = "database_told"

_ADVICE: Final = {
    "SQLITE_FULL": "the disk is full; make room on it",
    "SQLITE_READONLY": "the file or its file system is read-only; make it writable",
    "SQLITE_BUSY": "another program holds the database; close it",
    "SQLITE_LOCKED": "another program holds the database; close it",
    "SQLITE_CANTOPEN": "the file or its folder cannot be opened; look at its permissions",
    "SQLITE_IOERR": "the disk refuses to read or write; look at its room and its health",
    "SQLITE_CORRUPT": "the file is damaged; stop the bot and run `aftercare restore FILE`",
    "SQLITE_NOTADB": "the file is damaged; stop the bot and run `aftercare restore FILE`",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A time in which the database could not be written (epoch ms), and why."""

    since: int
    last: int
    name: str


class Watch:
    """Remembers that the database is in trouble; it may be told so from any thread."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self._said_at: int | None = None

    def failed(self, error: BaseException, *, now: int) -> None:
        """Take note of a failed transaction at ``now`` (UTC epoch ms)."""
        name = str(getattr(error, "sqlite_errorname", type(error).__name__))
        since = self.fault.since if self.fault else now
        self.fault = Fault(since, now, name)
        if self._said_at is None or not 0 <= now - self._said_at < SAID_AGAIN_MS:
            self._said_at = now
            log.error("database_in_trouble", fault=name, advice=advice(name), since=since)

    def over(self, fault: Fault) -> None:
        """Forget a fault that was told, unless it failed again meanwhile."""
        log.info("database_is_back", since=fault.since, until=fault.last)
        if self.fault == fault:
            self.fault = None
            self._said_at = None


def advice(name: str) -> str:
    """Return what to do about a fault that SQLite names so."""
    for known, words in _ADVICE.items():
        if name.startswith(known):
            return words
    return "look at the disk and at `aftercare doctor`"


def tell(tx: Tx, fault: Fault, *, now: int) -> bool:
    """Tell the managers that the database could not be written, now that it can be again.

    Args:
        tx: the open transaction.
        fault: the trouble that is over.
        now: UTC epoch ms.

    Returns:
        Whether they are told; not where they were within the hour.
    """
    events.note(
        tx,
        "database_in_trouble",
        actor="system",
        now=now,
        since=fault.since,
        until=now,
        fault=fault.name,
    )
    told = events.marked(tx, _TOLD, by=now)
    if told is not None and now - told < TOLD_AGAIN_MS:
        return False
    events.mark(tx, _TOLD, now=now)
    notices.tell(
        tx,
        staff.everyone(tx, "manager"),
        "clinic.database.recovered",
        now=now,
        since_ms=fault.since,
        until_ms=now,
    )
    return True
