"""Which pages of a database stand in its write-ahead log, newer than in the file itself.

What the file has in their place is of no account: the log is read first, and folding it in
overwrites them. A power cut while that is under way may leave them torn. The log's headers are
not encrypted; their form is fixed (https://sqlite.org/walformat.html).
"""

import struct
from pathlib import Path
from typing import Final

_MAGIC: Final = (0x377F0682, 0x377F0683)
_HEADER: Final = struct.Struct(">8I")  # magic, version, page size, number, two salts, two sums
_FRAME: Final = struct.Struct(">6I")  # page, pages in all (only of a commit), two salts, two sums


def in_log(database: Path) -> frozenset[int]:
    """Return the numbers of the pages that transactions in the log have written.

    The sums are not checked: whoever needs a page of a log that is damaged finds that out by
    reading it through SQLite, which does not take a frame whose sum is wrong.
    """
    try:
        with database.with_name(f"{database.name}-wal").open("rb") as log:
            header = log.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return frozenset()
            magic, _, page_size, _, *salts, _, _ = _HEADER.unpack(header)
            if magic not in _MAGIC:
                return frozenset()
            committed: set[int] = set()
            begun: set[int] = set()
            while len(frame := log.read(_FRAME.size)) == _FRAME.size:
                page, pages_in_all, *marks, _, _ = _FRAME.unpack(frame)
                if marks != salts:
                    break  # what is left of an earlier round
                begun.add(page)
                if pages_in_all:
                    committed |= begun
                    begun.clear()
                log.seek(page_size, 1)
    except FileNotFoundError:
        return frozenset()
    return frozenset(committed)
