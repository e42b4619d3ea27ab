"""Looking for traces: a database's file and its log, decrypted page by page, free pages too.

Nothing of SQLite is used for it, so that what SQLite no longer shows is found as well. The format
is SQLCipher 4's: pages of 4,096 bytes, AES-256-CBC, at the end of each 16 bytes of IV and 64 of
HMAC; the file's first 16 bytes are the salt. A raw key encrypts the pages as it is.
"""

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE = 4096
RESERVE = 80
IV = 16
SALT = 16
WAL_HEADER = 32
FRAME_HEADER = 24


def clear(path: Path, key: str) -> bytes:
    """Return everything that a database's file and log hold, in clear, page after page."""
    raw = path.read_bytes()
    pages = [_page(raw[start : start + PAGE], key, first=start == 0) for start in _starts(raw)]
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        pages += list(_frames(log.read_bytes(), key))
    assert pages, f"{path} holds no page"
    return b"".join(pages)


def _starts(raw: bytes) -> range:
    return range(0, len(raw) - PAGE + 1, PAGE)


def _frames(raw: bytes, key: str) -> Iterator[bytes]:
    for start in range(WAL_HEADER, len(raw) - FRAME_HEADER - PAGE + 1, FRAME_HEADER + PAGE):
        number = int.from_bytes(raw[start : start + 4], "big")
        page = raw[start + FRAME_HEADER : start + FRAME_HEADER + PAGE]
        yield _page(page, key, first=number == 1)


def _page(page: bytes, key: str, *, first: bool) -> bytes:
    begin = SALT if first else 0
    iv = page[PAGE - RESERVE : PAGE - RESERVE + IV]
    cipher = Cipher(algorithms.AES(bytes.fromhex(key)), modes.CBC(iv)).decryptor()
    return cipher.update(page[begin : PAGE - RESERVE]) + cipher.finalize()
