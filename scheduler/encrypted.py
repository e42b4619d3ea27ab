"""An encrypted file: opened with its key, brought to the disk, taken away with all beside it.

And what is made of one beside it, under a hidden name, until it takes a place: a crash in between
leaves it there, with all that it holds of people, so that somebody has to find it again.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal

from sqlcipher3 import dbapi2

Work = Literal["sealing", "restoring", "rekeying"]
_OWNERS: Final[tuple[Work, ...]] = ("restoring", "rekeying")
"""What is done by whoever has the database's lock; backups are made without it."""
_BESIDE = (".lock", "-wal", "-shm", "-journal")


def unlock(connection: Any, key: str) -> None:
    """Give a connection its key (64 hexadecimal digits), and read to prove that it is the one.

    Raises:
        sqlcipher3's DatabaseError: "file is not a database" where it is not.
    """
    # SQLCipher would print its own lines about a wrong key; ours says what to do.
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()


def prove(path: Path, key: str) -> None:
    """Try a key on a connection that cannot write; raises as :func:`unlock` does.

    One that can folds the log that a crash left into the file when it is closed, even with a
    wrong key.
    """
    connection = dbapi2.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        unlock(connection, key)
    finally:
        connection.close()


def flush(path: Path) -> None:
    """Wait until a closed file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(path: Path) -> None:
    """Take a file away, with what SQLite and its lock left beside it."""
    for name in (path, *(path.with_name(path.name + suffix) for suffix in _BESIDE)):
        name.unlink(missing_ok=True)


def unfinished(path: Path, work: Work) -> Path:
    """Return the name under which something is made of a file, beside it."""
    return path.with_name(f".{path.name}.{work}")


@contextmanager
def alone(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Seal copies in a folder one after the other, whoever does it.

    Raises:
        BlockingIOError: somebody is at it, and they were not to be waited for.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(lock)


def left_behind(database: Path, vault: Path) -> list[Path]:
    """Return what was left half made beside a database and its vault; not what is being sealed."""
    found = [unfinished(path, work) for path in (database, vault) for work in _OWNERS]
    with suppress(OSError), alone(database.parent, wait=False):
        found.append(unfinished(database, "sealing"))
    return [path for path in found if path.exists()]


def clear(database: Path, vault: Path) -> None:
    """Take away what was left half made; for whoever has the database's lock."""
    for path in left_behind(database, vault):
        with suppress(OSError):
            discard(path)
