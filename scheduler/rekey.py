"""Another key for the encrypted files: each is written anew, read whole, then put in its place.

At every moment a file opens with the old key or with the new one, and nothing is lost by a crash
in between: who starts again goes on where it ended.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from scheduler.database import DatabaseProblem, SqlcipherDriver, WrongKey
from scheduler.encrypted import discard, flush, prove, unfinished, unlock


class RotationFailed(DatabaseProblem):
    """A file keeps its old key; the text says which, why, and what to do next."""


def opens(path: Path, key: str) -> bool:
    """Say whether a key opens a file (which is not touched)."""
    try:
        prove(path, key)
    except dbapi2.DatabaseError:
        return False
    return True


def rotate(database: Path, others: Sequence[Path], old: str, new: str) -> list[Path]:
    """Give a database, and the files that share its key, a new one.

    Args:
        database: the bot must be stopped.
        others: those that exist are rewritten first.
        old: 64 hexadecimal digits.
        new: the same; kept somewhere safe by the caller before this is called.

    Returns:
        The files that were rewritten; those that the new key opened already are not among them.

    Raises:
        AlreadyInUse: the bot is running.
        WrongKey: a file opens with neither key; nothing was changed.
        RotationFailed: the disk, or the copy is not what the file was; that file is as it was.
    """
    lock = SqlcipherDriver.lock(database)
    try:
        files = [path for path in (*others, database) if path.exists()]
        waiting = [path for path in files if not opens(path, new)]
        for path in waiting:
            if not opens(path, old):
                raise WrongKey(f"{path}: opens neither with the key of now nor with the next one")
        for path in waiting:
            try:
                _rewrite(path, old, new)
            except (OSError, dbapi2.Error) as error:
                raise RotationFailed(
                    f"{path}: keeps its old key ({error}); look at the disk's room and "
                    "permissions, then do it again"
                ) from error
        return waiting
    finally:
        os.close(lock)


def _rewrite(path: Path, old: str, new: str) -> None:
    fresh = unfinished(path, "rekeying")
    discard(fresh)
    source = dbapi2.connect(str(path), isolation_level=None)
    try:
        unlock(source, old)
        # What is still in the log belongs to the file, and would be lost with the old one.
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        source.execute(f"ATTACH DATABASE ? AS fresh KEY \"x'{new}'\"", (str(fresh),))
        fresh.chmod(0o600)
        source.execute("SELECT sqlcipher_export('fresh')")
        (version,) = source.execute("PRAGMA user_version").fetchone()
        source.execute(f"PRAGMA fresh.user_version = {version}")
        counted = _counts(source)
        source.execute("DETACH DATABASE fresh")
        _compare(fresh, new, counted)
        # With a log that cannot be folded in, the copy would miss its end.
        source.execute("PRAGMA journal_mode = DELETE")
    except BaseException:
        source.close()
        discard(fresh)
        raise
    source.close()
    flush(fresh)
    fresh.replace(path)
    flush(path.parent)


def _compare(fresh: Path, key: str, counted: dict[str, int]) -> None:
    connection = dbapi2.connect(str(fresh), isolation_level=None)
    try:
        unlock(connection, key)
        faults = [row[0] for row in connection.execute("PRAGMA cipher_integrity_check")]
        faults += [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        if faults or _counts(connection) != counted:
            raise RotationFailed(f"{fresh}: the copy is not what the file was; nothing was changed")
    finally:
        connection.close()


def _counts(connection: Any) -> dict[str, int]:
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    ]
    return {
        name: connection.execute(f'SELECT COUNT(*) FROM main."{name}"').fetchone()[0]
        for name in tables
    }
