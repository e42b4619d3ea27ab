"""What the sandbox remembers between two starts: JSON values in a plain SQLite file.

Values are written behind, in batches: the sandbox is the witness in tests that kill the *bot*, so
it may take the risk that the bot may not. What a person does on a phone is flushed at once, so
a kill of the sandbox itself loses at most a tenth of a second of the bot's messages.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FLUSH_SECONDS = 0.1
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Storage:
    """A table of JSON values by kind and key.

    Args:
        path: The file; None keeps everything in memory only, and then nothing is written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._pending: dict[tuple[str, str], Any] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._db: sqlite3.Connection | None = None
        if path is not None:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS remembered (kind TEXT NOT NULL, key TEXT NOT NULL,"
                " value TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID"
            )

    def put(self, kind: str, key: object, value: object) -> None:
        """Remember ``value``, which must turn into JSON when the next batch is written."""
        if self._db is not None:
            self._pending[kind, str(key)] = value
            self._schedule()

    def remove(self, kind: str, key: object) -> None:
        """Forget a value."""
        self.put(kind, key, None)

    def load(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Yield every key and value of one kind; nothing where there is no file."""
        if self._db is None:
            return
        rows = self._db.execute("SELECT key, value FROM remembered WHERE kind = ?", (kind,))
        for key, value in rows.fetchall():
            yield key, json.loads(value)

    def flush(self) -> None:
        """Write what is pending now, in one transaction."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._db is None or not self._pending:
            return
        pending, self._pending = self._pending, {}
        gone = [key for key, value in pending.items() if value is None]
        kept = [(*key, encode(value)) for key, value in pending.items() if value is not None]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("DELETE FROM remembered WHERE kind = ? AND key = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO remembered VALUES (?, ?, ?)", kept)
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.flush()
        if self._db is not None:
            self._db.close()
            self._db = None

    def _schedule(self) -> None:
        if self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # before the server runs: close() or the first flush() writes it
            self._timer = loop.call_later(FLUSH_SECONDS, self.flush)
