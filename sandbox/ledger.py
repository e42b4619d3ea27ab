"""The ledger: what the Bot API accepted, when, for which chat.

It is kept outside the bot and its database and only ever grows: the judge of every promise that
nothing was lost and nothing doubled.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(slots=True)
class Entry:
    """One send, edit or deletion that took effect.

    ``at`` is the sandbox's clock in UTC epoch ms, ``mono`` the machine's monotonic clock in
    seconds. ``answered`` is False where an injected fault kept the answer from the bot.
    """

    number: int
    at: int
    mono: float
    method: str
    chat_id: int
    message_id: int
    text: str
    digest: str
    silent: bool
    paid: bool
    answered: bool = True


class Ledger:
    """An append-only list of entries, and a file of JSON lines beside it if one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._file: TextIO | None = None
        if path is not None:
            self._file = path.open("a", encoding="utf-8", buffering=1 << 16)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def add(
        self,
        *,
        at: int,
        mono: float,
        method: str,
        chat_id: int,
        message_id: int,
        text: str,
        silent: bool = False,
        paid: bool = False,
    ) -> Entry:
        """Append what was accepted and return it; the caller may later mark it unanswered."""
        digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
        entry = Entry(
            len(self.entries), at, mono, method, chat_id, message_id, text, digest, silent, paid
        )
        self.entries.append(entry)
        return entry

    def write(self, entry: Entry) -> None:
        """Write an entry to the file, once its answer has been given or lost."""
        if self._file is not None:
            fields = {name: getattr(entry, name) for name in Entry.__slots__}
            self._file.write(encode(fields) + "\n")

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Flush and close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def of(self, chat_id: int, method: str | None = None) -> list[Entry]:
        """Return the entries of one chat in order, of one method if it is named."""
        return [
            entry
            for entry in self.entries
            if entry.chat_id == chat_id and method in (None, entry.method)
        ]

    def sends(self) -> list[Entry]:
        """Return the entries that made a new message: not edits, deletions or forwards of state."""
        return [
            entry for entry in self.entries if entry.method.startswith(("send", "copy", "forward"))
        ]
