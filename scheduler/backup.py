"""Backups: a consistent, encrypted copy while the bot runs, verified before it gets its name.

And the way back: a restored database starts in *review mode*. What came due since the backup may
have been sent by the database that was lost, so it waits for a manager (``scheduler.decisions``).
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from scheduler.database import BUSY_TIMEOUT_MS, DatabaseProblem, SqlcipherDriver, Tx, WrongKey

NAME = re.compile(r"aftercare-\d{4}-\d{2}-\d{2}\.db")


class BackupFailed(DatabaseProblem):
    """The backup was not made, or cannot be used; the text says why and what to do next."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verified copy holds."""

    path: Path
    size: int
    rows: int


def back_up(database: Path, key: str, target: Path) -> Verified:
    """Copy a database, which may be in use, and verify the copy.

    Args:
        database: the file to copy.
        key: its key, which is the copy's key too.
        target: the copy; it must not exist yet.

    Raises:
        BackupFailed: the target exists, the disk is full, or the copy is not sound. Nothing
            stands under the target's name then.
        WrongKey: the key does not open the database.
    """
    if target.exists():
        raise BackupFailed(f"{target} exists already and was left as it is; give another name")
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        connection = _open(database, key)
        try:
            # A read transaction of its own: the bot goes on writing meanwhile.
            connection.execute("VACUUM INTO ?", (str(part),))
        finally:
            connection.close()
        part.chmod(0o600)
        found = verify(part, key)
        _flush(part)
        part.rename(target)
        _flush(target.parent)
    except (OSError, dbapi2.Error) as error:
        part.unlink(missing_ok=True)
        raise BackupFailed(
            f"{target}: the backup was not made ({error}); look at the disk's room and permissions"
        ) from error
    except DatabaseProblem:
        part.unlink(missing_ok=True)
        raise
    return Verified(target, found.size, found.rows)


def verify(path: Path, key: str) -> Verified:
    """Read a whole encrypted copy and check it.

    Raises:
        WrongKey: the key does not open it.
        BackupFailed: it is damaged; the text says how.
    """
    if not path.is_file():
        raise BackupFailed(f"{path}: there is no such file")
    connection = _open(path, key)
    try:
        faults = [row[0] for row in connection.execute("PRAGMA cipher_integrity_check")]
        faults += [
            row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"
        ]
        faults += [
            f"a row of {row[0]} belongs to nothing"
            for row in connection.execute("PRAGMA foreign_key_check")
        ]
        rows = connection.execute("SELECT COUNT(*) FROM outbox").fetchone()[0] if not faults else 0
    except dbapi2.Error as error:
        raise BackupFailed(f"{path}: cannot be read whole: {error}") from error
    finally:
        connection.close()
    if faults:
        raise BackupFailed(f"{path}: is damaged: {'; '.join(map(str, faults[:5]))}")
    return Verified(path, path.stat().st_size, rows)


def restore(backup: Path, database: Path, key: str, *, now: int) -> Path | None:
    """Put a backup in a database's place; what was there is kept beside it.

    Args:
        backup: a verified copy.
        database: the file to replace; the bot must be stopped.
        key: the key of both.
        now: UTC epoch ms, for the name of what is kept.

    Returns:
        Where the former database is kept now; None where there was none.

    Raises:
        WrongKey: the key does not open the backup.
        BackupFailed: the backup is damaged.
        AlreadyInUse: the bot is still running.
    """
    verify(backup, key)
    # Taking the lock proves that no bot is at work; a damaged database must not stand in the way.
    lock = SqlcipherDriver.lock(database)
    try:
        kept = None
        if database.exists():
            kept = database.with_name(f"{database.name}.replaced-{now}")
            database.rename(kept)
        for suffix in ("-wal", "-shm"):
            side = database.with_name(database.name + suffix)
            if side.exists():
                side.rename(database.with_name(f"{database.name}.replaced-{now}{suffix}"))
        shutil.copyfile(backup, database)
        database.chmod(0o600)
        _flush(database)
        _flush(database.parent)
    finally:
        os.close(lock)
    return kept


def begin_review(tx: Tx, *, now: int) -> int:
    """Hold back what came due since the backup until a manager has decided (``now``: epoch ms).

    Returns:
        How many rows wait.
    """
    return tx.run(
        """UPDATE outbox SET held = 'review',
               possible_duplicate = CASE WHEN state = 'sending' THEN 1
                                         ELSE possible_duplicate END,
               state = 'pending'
           WHERE clinic_id = :clinic_id
             AND (state = 'sending'
                  OR (state = 'pending' AND held IS NULL AND ready_at <= :now))""",
        now=now,
    )


def rotate(directory: Path, keep: int) -> list[Path]:
    """Delete the oldest nightly backups beyond ``keep``; returns which."""
    nightly = sorted(path for path in directory.iterdir() if NAME.fullmatch(path.name))
    old = nightly[:-keep] if keep else nightly
    for path in old:
        path.unlink()
    return old


def _open(path: Path, key: str) -> Any:
    connection = dbapi2.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except dbapi2.Error as error:
        connection.close()
        raise WrongKey(f"{path}: the key does not open it, or it is not one of ours") from error
    return connection


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
