"""Looking into a database without owning it: read-only, beside a running bot or without one.

The command line's way in (``aftercare doctor``, ``aftercare outbox``), and the backup's. Nothing
is ever written through it: not even the write-ahead log is folded into the file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlcipher3 import dbapi2

from scheduler.database import BUSY_TIMEOUT_MS, DatabaseProblem, Row, Tx, WrongKey
from scheduler.encrypted import unlock
from scheduler.log_pages import in_log

_READ_WHOLE_UP_TO: Final = 64 * 1024 * 1024
_PAGE: Final = re.compile(r"\bpage (\d+)")
_FOREIGN_KEY: Final = "a row of {} belongs to nothing"


class Reader:
    """A driver that only reads. It holds no lock, so a bot may be at work on the same file.

    Args:
        path: the database file.
        key: 64 hexadecimal digits, the raw 256-bit key.

    Raises:
        WrongKey: the key does not open the file, or its beginning is damaged.
        DatabaseProblem: there is no such file, or it cannot be read.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.connection = _open(path, key)

    def execute(self, sql: str, params: Mapping[str, object]) -> tuple[list[Row], int]:
        """Run one query and return its rows."""
        cursor = self.connection.execute(sql, dict(params))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()], 0

    def execute_many(self, sql: str, params: Iterable[Mapping[str, object]]) -> int:  # noqa: ARG002 -- the port's own names
        """Refuse: nothing is written here."""
        raise DatabaseProblem(f"{self.path}: is open for reading only")

    def begin(self) -> None:
        """Begin a transaction: everything read in it shows one moment."""
        self.connection.execute("BEGIN")

    def commit(self) -> None:
        """End the transaction."""
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        """End the transaction, if there is one."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def compact(self) -> bool:
        """Refuse: nothing is written here."""
        raise DatabaseProblem(f"{self.path}: is open for reading only")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def damages(self, *, full: bool) -> list[str]:
        """Return what is wrong with the file, in SQLite's words; nothing where it is sound.

        Args:
            full: also authenticate every page and compare every index with its table, which reads
                all of it several times.
        """
        found: list[str] = []
        try:
            if full:
                found += self._unauthentic()
            question = "PRAGMA integrity_check(5)" if full else "PRAGMA quick_check(5)"
            answers = (str(row[0]) for row in self.connection.execute(question).fetchall())
            found += [answer for answer in answers if answer != "ok"]
            found += [
                _FOREIGN_KEY.format(row[0])
                for row in self.connection.execute("PRAGMA foreign_key_check").fetchmany(5)
            ]
        except dbapi2.DatabaseError as error:
            found.append(f"cannot be read whole: {error}")
        return found

    def _unauthentic(self) -> list[str]:
        """Return the pages of the file that are not as they were written, in SQLCipher's words.

        It looks at the file alone. Pages that stand in the log as well do not count; the other
        check reads those from there, and authenticates them.
        """
        answers = self.connection.execute("PRAGMA cipher_integrity_check").fetchall()
        newer = in_log(self.path) if answers else frozenset()
        found = []
        for (answer,) in answers:
            page = _PAGE.search(answer)
            if page is None or int(page[1]) not in newer:
                found.append(str(answer))
        return found


def refuse_damaged(path: Path, key: str) -> None:
    """Look at a database before it is opened for work; the look leaves it as it is.

    One of up to 64 MB is read whole (a second or so); a larger one only as far as every start
    needs it, and ``aftercare doctor`` reads the rest.

    Raises:
        WrongKey: the key does not open the file.
        DatabaseProblem: the file is damaged.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    reader = Reader(path, key)
    try:
        damages = reader.damages(full=False) if path.stat().st_size <= _READ_WHOLE_UP_TO else []
    finally:
        reader.close()
    if damages:
        raise DatabaseProblem(
            f"{path}: is damaged and was left as it is ({damages[0].splitlines()[-1]}); "
            "bring back the newest backup: `aftercare restore FILE`"
        )


@contextmanager
def reading(path: Path, key: str, clinic_id: int = 1) -> Iterator[Tx]:
    """Open a database for one look at it.

    Raises:
        WrongKey: see :class:`Reader`.
        DatabaseProblem: likewise, or it was found damaged while it was read.
    """
    reader = Reader(path, key)
    try:
        reader.begin()
        yield Tx(reader, clinic_id)
        reader.rollback()
    except dbapi2.DatabaseError as error:
        raise DatabaseProblem(f"{path}: cannot be read: {error}") from error
    finally:
        reader.close()


def _open(path: Path, key: str) -> Any:
    if not path.is_file():
        raise DatabaseProblem(f"{path}: there is no such file")
    connection = dbapi2.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA temp_store = MEMORY")
        unlock(connection, key)
    except dbapi2.DatabaseError as error:
        connection.close()
        if "not a database" in str(error):
            raise WrongKey(
                f"{path}: the key does not open it (look at DATABASE_KEY / DATABASE_KEY_FILE), "
                "it is not one of ours, or its beginning is damaged (then: `aftercare restore "
                "FILE`); the file was not touched"
            ) from error
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            raise DatabaseProblem(
                f"{path}: is damaged and was left as it is; bring back the newest backup: "
                "`aftercare restore FILE`"
            ) from error
        raise DatabaseProblem(f"{path}: cannot be read: {error}") from error
    return connection
