"""Files that were sent either way, and what can be told about a picture from its first bytes."""

import secrets
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.storage import Storage

FOLDERS = {
    "photo": "photos",
    "document": "documents",
    "voice": "voice",
    "video": "videos",
    "audio": "music",
    "sticker": "stickers",
    "animation": "animations",
}
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "audio/ogg": ".oga",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
    "application/pdf": ".pdf",
    "text/calendar": ".ics",
}
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file that the sandbox holds; ``path`` is what getFile answers."""

    file_id: str
    unique_id: str
    kind: str
    name: str
    mime: str
    size: int
    path: str
    width: int = 0
    height: int = 0


class FileStore:
    """Files by their file_id, in a directory or in memory."""

    def __init__(self, storage: Storage, directory: Path | None = None) -> None:
        self._storage = storage
        self._directory = directory
        self._contents: dict[str, bytes] = {}
        self._files: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        for _, known in storage.load("file"):
            self._remember(StoredFile(**known))

    def add(self, kind: str, name: str, mime: str, content: bytes) -> StoredFile:
        """Keep a file and return what is known of it."""
        unique_id = secrets.token_urlsafe(9)
        width, height = picture_size(content) or (0, 0)
        suffix = Path(name).suffix[:10] or SUFFIXES.get(mime, "")
        if not suffix.replace(".", "").isalnum():
            suffix = ""
        number = len(self._files)
        stored = StoredFile(
            file_id=f"{kind[:2].upper()}AC{secrets.token_urlsafe(24)}",
            unique_id=unique_id,
            kind=kind,
            name=name,
            mime=mime,
            size=len(content),
            path=f"{FOLDERS.get(kind, 'documents')}/file_{number}{suffix}",
            width=width,
            height=height,
        )
        if self._directory is None:
            self._contents[stored.file_id] = content
        else:
            (self._directory / stored.file_id).write_bytes(content)
        self._remember(stored)
        self._storage.put("file", stored.file_id, asdict(stored))
        return stored

    def get(self, file_id: str) -> StoredFile | None:
        """Return what is known of a file."""
        return self._files.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        """Return the file that getFile named ``path``."""
        return self._by_path.get(path)

    def content(self, stored: StoredFile) -> bytes:
        """Return the bytes of a file."""
        if self._directory is None:
            return self._contents[stored.file_id]
        return (self._directory / stored.file_id).read_bytes()

    def _remember(self, stored: StoredFile) -> None:
        self._files[stored.file_id] = stored
        self._by_path[stored.path] = stored


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG, JPEG, GIF or WebP; None for what is no picture."""
    if content.startswith(PNG) and content[12:16] == b"IHDR":
        return struct.unpack(">II", content[16:24])
    if content[:6] in {b"GIF87a", b"GIF89a"} and len(content) >= len("GIF89a") + 4:
        return struct.unpack("<HH", content[6:10])
    if content.startswith(b"\xff\xd8"):
        return _jpeg_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp_size(content)
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(content) and content[position] == 0xFF:  # noqa: PLR2004 - marker byte
        marker = content[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004 - SOF0–15
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            return width, height
        (length,) = struct.unpack(">H", content[position + 2 : position + 4])
        position += 2 + length
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    match content[12:16]:
        case b"VP8 " if len(content) >= 30:  # noqa: PLR2004 - the header's length
            width, height = struct.unpack("<HH", content[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L" if len(content) >= 25:  # noqa: PLR2004 - the header's length
            (bits,) = struct.unpack("<I", content[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X" if len(content) >= 30:  # noqa: PLR2004 - the header's length
            width = int.from_bytes(content[24:27], "little") + 1
            return width, int.from_bytes(content[27:30], "little") + 1
    return None
