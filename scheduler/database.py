"""The driver port: encrypted storage behind a thin, synchronous transaction.

Use cases are plain functions ``f(tx, …, now)`` over an open :class:`Tx`; async code reaches them
through :class:`Store`, which runs each in a transaction of its own on the one thread that owns
the connection. SQL stays in the dialect that SQLite and PostgreSQL share, with named parameters,
so that a second driver can stand beside the SQLCipher one.
"""

import asyncio
import fcntl
import os
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlcipher3 import dbapi2
from sqlite_utils import Database as SqliteDatabase

from scheduler.encrypted import prove, unlock
from scheduler.sqlite_version import is_sound

P = ParamSpec("P")
T = TypeVar("T")
Row = dict[str, Any]

BUSY_TIMEOUT_MS = 10_000
# The driver by itself keeps fewer compiled statements than one turn of the dispatcher uses:
# each would be compiled anew every time, which costs more than running it.
_COMPILED_STATEMENTS = 512
# A page that is not in memory has to be decrypted and authenticated, again at every look.
_PAGES_KIB = 8 * 1024


DriverError: type[Exception] = dbapi2.Error
"""What a statement or a commit raises; :func:`in_trouble` says which of these are the disk's."""


def in_trouble(error: BaseException) -> bool:
    """Say whether the database itself failed (disk, lock, damage), not what was asked of it."""
    return isinstance(error, dbapi2.Error) and not isinstance(
        error,
        dbapi2.IntegrityError | dbapi2.ProgrammingError | dbapi2.DataError | dbapi2.InterfaceError,
    )


class DatabaseProblem(Exception):
    """The database cannot be used; the text says why and what to do next."""


class WrongKey(DatabaseProblem):
    """The key does not open the file. The file was not touched."""


class AlreadyInUse(DatabaseProblem):
    """Another process works on the same database."""


class Driver(Protocol):
    """What a database has to offer; one connection, used from one thread."""

    def execute(self, sql: str, params: Mapping[str, object]) -> tuple[list[Row], int]:
        """Run one statement and return its rows and the number of rows it changed."""
        ...

    def execute_many(self, sql: str, params: Iterable[Mapping[str, object]]) -> int:
        """Run one statement for each set of parameters; return how many rows changed."""
        ...

    def begin(self) -> None:
        """Begin a transaction that may write; waits for another writer."""
        ...

    def commit(self) -> None:
        """Make the transaction durable: it survives a power cut from here on."""
        ...

    def rollback(self) -> None:
        """Undo the transaction."""
        ...

    def compact(self) -> bool:
        """Write everything anew, so that no trace of what was deleted is left on the disk.

        Returns:
            Whether that is so; False where somebody still reads the state before: try again.

        Raises:
            DatabaseProblem: it could not be done; everything is as it was.
        """
        ...

    def close(self) -> None:
        """Close the connection and free the database for another process."""
        ...


class Tx:
    """One open transaction of one clinic.

    Every statement must name ``clinic_id``, which is bound here: a query that forgets whose rows
    it touches is refused, not run.
    """

    __slots__ = ("_driver", "clinic_id", "committed", "woke")

    def __init__(self, driver: Driver, clinic_id: int) -> None:
        self._driver = driver
        self.clinic_id = clinic_id
        self.woke = False
        self.committed: list[Callable[[], None]] = []

    def _bound(self, sql: str, params: Mapping[str, object]) -> dict[str, object]:
        if "clinic_id" not in sql:
            raise ValueError(f"the statement is not bound to a clinic: {sql}")
        return {**params, "clinic_id": self.clinic_id}

    def all(self, sql: str, /, **params: object) -> list[Row]:
        """Return every row of a query."""
        return self._driver.execute(sql, self._bound(sql, params))[0]

    def first(self, sql: str, /, **params: object) -> Row | None:
        """Return the first row of a query, or None."""
        rows = self.all(sql, **params)
        return rows[0] if rows else None

    def value(self, sql: str, /, **params: object) -> Any:
        """Return the first column of the first row, or None where there is no row."""
        row = self.first(sql, **params)
        return None if row is None else next(iter(row.values()))

    def run(self, sql: str, /, **params: object) -> int:
        """Run a statement and return how many rows it changed."""
        return self._driver.execute(sql, self._bound(sql, params))[1]

    def many(self, sql: str, rows: Iterable[Mapping[str, object]]) -> int:
        """Run a statement once for each mapping in ``rows``; return how many rows changed."""
        return self._driver.execute_many(sql, (self._bound(sql, row) for row in rows))

    def wake(self) -> None:
        """Ask for the dispatcher to look at the outbox as soon as this is committed."""
        self.woke = True

    def then(self, act: Callable[[], None]) -> None:
        """Do something as soon as this is committed, before any later transaction begins.

        ``act`` runs on the database's thread and must not raise; it is forgotten where this is
        undone.
        """
        self.committed.append(act)


class SqlcipherDriver:
    """SQLite through SQLCipher and sqlite-utils, one file, one process.

    Args:
        path: the database file; it is made where there is none.
        key: 64 hexadecimal digits, the raw 256-bit key.

    Raises:
        WrongKey: the key does not open an existing file, or the file is not ours.
        AlreadyInUse: another process holds the lock file beside the database.
        DatabaseProblem: the SQLite in use has the WAL-reset bug, or the folder is unusable.
    """

    def __init__(self, path: Path, key: str) -> None:
        _refuse_unsound_sqlite(dbapi2.sqlite_version)
        if not re.fullmatch(r"[0-9a-fA-F]{64}", key):
            raise WrongKey("DATABASE_KEY must be 64 hexadecimal digits; `aftercare init` makes one")
        self._lock = self.lock(path)
        try:
            self.connection = self._open(path, key)
        except BaseException:
            os.close(self._lock)
            raise
        self.sqlite_utils = SqliteDatabase(self.connection)

    @staticmethod
    def lock(path: Path) -> int:
        """Take the lock of a database and return its descriptor; closing that gives it back.

        Raises:
            AlreadyInUse: another process holds it.
            DatabaseProblem: the folder cannot be written.
        """
        # One file under two names is still one database.
        path = path.resolve()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseProblem(
                f"{path.parent}: cannot write there ({error.strerror}); "
                "give the folder to the user that runs the bot, or change DATABASE_URL"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise AlreadyInUse(
                f"{path}: another aftercare process is using this database; stop it first "
                "(two bots on one database would send everything twice)"
            ) from error
        return lock

    def _open(self, path: Path, key: str) -> Any:
        try:
            if path.exists():
                prove(path, key)
            connection = dbapi2.connect(
                str(path),
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_COMPILED_STATEMENTS,
            )
            try:
                _set_up(connection, path, key)
            except BaseException:
                connection.close()
                raise
        except dbapi2.DatabaseError as error:
            if "not a database" in str(error):
                raise WrongKey(
                    f"{path}: the key does not open this database (or it is not one of ours); "
                    "the file was not touched; look at DATABASE_KEY / DATABASE_KEY_FILE"
                ) from error
            raise DatabaseProblem(f"{path}: cannot be opened: {error}") from error
        return connection

    def execute(self, sql: str, params: Mapping[str, object]) -> tuple[list[Row], int]:
        """Run one statement and return its rows and the number of rows it changed."""
        cursor = self.connection.execute(sql, params)
        if cursor.description is None:
            return [], cursor.rowcount
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return rows, max(cursor.rowcount, 0)

    def execute_many(self, sql: str, params: Iterable[Mapping[str, object]]) -> int:
        """Run one statement for each set of parameters; return how many rows changed."""
        changed: int = self.connection.executemany(sql, params).rowcount
        return max(changed, 0)

    def begin(self) -> None:
        """Take the write lock at once: a deferred BEGIN could fail after the first read."""
        # A rollback that failed on a sick disk must not be the end of every later transaction.
        self.rollback()
        self.connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit; durable when this returns (synchronous=FULL)."""
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if SQLite has not done so by itself already."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def compact(self) -> bool:
        """Write the file anew and empty the log; see :meth:`Driver.compact`."""
        self.rollback()
        # Not waited for here: this is the thread on which everything else waits.
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            if not self._empty_log():
                return False
            # The copy that it works on has the key too, and the room that a large file needs.
            self.connection.execute("PRAGMA temp_store = FILE")
            self.connection.execute("VACUUM")
            return self._empty_log()
        except dbapi2.Error as error:
            raise DatabaseProblem(
                f"the file could not be written anew ({error}); it needs its own size again as "
                "room on its disk, and in /var/tmp (or SQLITE_TMPDIR)"
            ) from error
        finally:
            self.connection.execute("PRAGMA temp_store = MEMORY")
            self.connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")

    def _empty_log(self) -> bool:
        busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close the connection (which folds the WAL into the file) and give the lock back."""
        try:
            self.connection.close()
        finally:
            os.close(self._lock)


class Store:
    """The async edge: runs use cases on the database's own thread, one transaction each."""

    def __init__(self, driver: Driver, clinic_id: int = 1) -> None:
        self._driver = driver
        self._clinic_id = clinic_id
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._on_wake: Callable[[], None] = lambda: None
        self._on_trouble: Callable[[BaseException], None] = lambda _: None

    def on_trouble(self, tell: Callable[[BaseException], None]) -> None:
        """Call ``tell``, on the database's thread, whenever the database itself failed."""
        self._on_trouble = tell

    def on_wake(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` on the event loop after each commit that left work in the outbox."""
        self._on_wake = wake

    async def write(
        self, use_case: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``use_case`` in a transaction; commit, or undo all of it if it raises."""
        loop = asyncio.get_running_loop()
        result, woke = await loop.run_in_executor(
            self._thread, lambda: self._transact(use_case, *args, **kwargs)
        )
        if woke:
            self._on_wake()
        return result

    # One writer thread makes reading and writing the same thing; the names tell the reader which.
    read = write

    def write_now(
        self, use_case: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``use_case`` and wait for it: for the command line, where no loop runs."""
        return self._thread.submit(lambda: self._transact(use_case, *args, **kwargs)).result()[0]

    def _transact(
        self, use_case: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, bool]:
        tx = Tx(self._driver, self._clinic_id)
        try:
            self._driver.begin()
            result = use_case(tx, *args, **kwargs)
            self._driver.commit()
            for act in tx.committed:
                act()
        except BaseException as error:
            if in_trouble(error):
                self._on_trouble(error)
            try:
                self._driver.rollback()
            except Exception as trouble:  # noqa: BLE001 -- the first fault is the one to tell
                error.add_note(f"and it could not be undone: {type(trouble).__name__}")
            raise
        return result, tx.woke

    async def compact(self) -> bool:
        """Have the file written anew, between two transactions; see :meth:`Driver.compact`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._driver.compact)

    def close(self) -> None:
        """Finish what is under way and close the database."""
        try:
            self._thread.submit(self._driver.close).result()
        finally:
            self._thread.shutdown()


def _set_up(connection: Any, path: Path, key: str) -> None:
    unlock(connection, key)
    os.chmod(path, 0o600)  # noqa: PTH101 -- before WAL files copy the mode
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise DatabaseProblem(
            f"{path}: this disk cannot keep a write-ahead log (journal mode {mode}); "
            "put the database on a local disk"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # What is deleted is overwritten at once; ``compact`` gets what rearranging pages leaves.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{_PAGES_KIB}")


def _refuse_unsound_sqlite(version: str) -> None:
    if not is_sound(version):
        raise DatabaseProblem(
            f"SQLite {version} can lose committed data (the WAL-reset bug, mended in 3.51.3); "
            "install the locked dependencies again: `make run` does it"
        )
