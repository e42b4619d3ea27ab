"""An encrypted file: opened with its key, brought to the disk, taken away with all beside it."""

import os
from pathlib import Path
from typing import Any

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
