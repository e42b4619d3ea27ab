"""Documents that patients send: what may be passed on to the clinic's computers, told by content.

A name may say anything, so it is the bytes that count: programs, scripts and pages that run them,
office files with macros, and archives that unpack to more than they should are withheld. What is
passed on gets a plain name. Pure, but slow for a large archive: for a thread.
"""

import io
import re
import unicodedata
import zipfile
from pathlib import PurePosixPath
from typing import Final, Literal

Reason = Literal["too_large", "program", "macros", "archive", "unreadable"]

MOST_BYTES: Final = 20 * 1024 * 1024
"""Telegram gives a bot no file that is larger, and what cannot be looked into is not passed on."""
MOST_UNPACKED: Final = 64 * 1024 * 1024
MOST_PACKED: Final = 2_000
"""An archive may hold so many bytes, unpacked, and so many files."""
MEGABYTE: Final = 1024 * 1024

_NAME_LETTERS: Final = 60
_HEAD: Final = 1024
_NO_NAME: Final = "file"
_PROGRAM_ENDINGS: Final = re.compile(
    "apk|appx?|bat|bin|chm|cmd|com|command|cpl|deb|desktop|dll|dmg|exe|gadget|hta|html?|img|inf|ins"
    "|ipa|iso|jar|jse?|lnk|mht|mhtml|mjs|ms[cip]|msix|ocx|pif|pkg|psm?1|pyw?|reg|rpm|run|sc[frt]|sh"
    "|svg|swf|sys|url|vb[es]?|vhdx?|ws[cfh]|xbap|xhtml|xll"
)
_MACRO_ENDINGS: Final = re.compile("do[ct]m|potm|ppam|pp[st]m|sldm|xlam?|xlm|xlsb|xl[st]m")
_PROGRAMS: Final = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"L\x00\x00\x00\x01\x14\x02\x00",
    b"ITSF",
    b"!<arch>",
    b"\xed\xab\xee\xdb",
    b"dex\n",
)
"""What programs of Windows, Linux, macOS, Java, Android, shortcuts and packages begin with."""
_ARCHIVES: Final = (
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
    b"\x1f\x9d",
    b"LZIP",
)
"""Archives that nothing here can look into."""
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OFFICE_PARTS: Final = frozenset({"bin", "svg"})
"""Settings of printers, and drawings: by themselves they would be withheld."""
_ENCRYPTED: Final = 0x1
_UNPACKED_SAFELY: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_TAR_AT: Final = slice(257, 265)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENTRY: Final = 128
"""Entries of the directory of an OLE file lie at multiples of so many bytes."""
_OLE_OFFICE: Final = ("WordDocument", "Workbook", "Book", "PowerPoint Document")
_OLE_MACROS: Final = ("_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros", "VBA", "\x01Ole10Native")
_ZIP_MACROS: Final = re.compile(
    r"vbaproject|vbadata|/macrosheets/|/activex/|oleobject\d*\.bin$|^basic/|^scripts/|/scripts/",
    re.IGNORECASE,
)
_RUNS_IN_A_BROWSER: Final = re.compile(
    rb"<\s*(?:!doctype\s+html|html|script|svg|iframe|object|embed|hta:)[\s>/]", re.IGNORECASE
)
_PDF_RUNS: Final = re.compile(rb"/(?:Launch|JavaScript|EmbeddedFile|RichMedia)\b")
_RTF_EMBEDS: Final = re.compile(rb"\\(?:objdata|objupdate|objocx)", re.IGNORECASE)


class Withheld(Exception):
    """A document is not passed on; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def hindrance(name: str, size: int) -> Reason | None:
    """Return what keeps a document from being passed on, as far as its name and size tell."""
    if size > MOST_BYTES:
        return "too_large"
    return _told_by_ending(name)


def _told_by_ending(name: str) -> Reason | None:
    ending = _ending(name)
    if _MACRO_ENDINGS.fullmatch(ending):
        return "macros"
    return "program" if _PROGRAM_ENDINGS.fullmatch(ending) else None


def check(content: bytes, name: str = "") -> None:
    """Let a document pass if nothing in it can run, and it unpacks to what fits.

    Raises:
        Withheld: it does not pass.
    """
    _Look(MOST_UNPACKED).into(content, name)


def shown(name: str) -> str:
    """Return a file's name as it can be read: in one line, without what turns letters around."""
    bare = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    one_line = " ".join(bare.replace("/", " ").replace("\\", " ").split())
    if len(one_line) <= _NAME_LETTERS:
        return one_line
    ending = PurePosixPath(one_line).suffix[:8]
    return f"{one_line[: _NAME_LETTERS - len(ending) - 1]}…{ending}"


def plain_name(name: str) -> str:
    """Return the name that a document is passed on under: letters, digits, and one ending."""
    path = PurePosixPath(shown(name).lstrip("."))
    stem = re.sub(r"[^\w ().-]", "_", path.stem).strip(" .") or _NO_NAME
    suffix = re.sub(r"[^\w.]", "", path.suffix)
    return f"{stem.replace('.', '_')}{suffix}"


class _Look:
    """A look into one document and what is packed in it, which may have ``room`` bytes."""

    def __init__(self, room: int) -> None:
        self._room = room

    def into(self, content: bytes, name: str, *, packed: bool = False) -> None:
        reason = _told_by_ending(name)
        if reason is None and content.startswith(_PROGRAMS):
            reason = "program"
        if reason is None and content.startswith(_ZIP):
            self._unpack(content, packed=packed)
        elif reason is None:
            reason = _told_by_content(content)
        if reason is not None:
            raise Withheld(reason)

    def _unpack(self, content: bytes, *, packed: bool) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                self._all(archive, packed=packed)
        except Withheld:
            raise
        except Exception:  # noqa: BLE001  whatever a reader stumbles over in these bytes
            raise Withheld("archive") from None

    def _all(self, archive: zipfile.ZipFile, *, packed: bool) -> None:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        office = bool({"[Content_Types].xml", "mimetype"} & names)
        reason = _told_by_names(names)
        # An archive in an archive is looked into where it is an office file, and no deeper.
        if reason is not None or (packed and not office) or not self._fits(entries):
            raise Withheld(reason or "archive")
        for entry in entries:
            self._one(archive, entry, office=office)

    def _fits(self, entries: list[zipfile.ZipInfo]) -> bool:
        """Say whether all may be unpacked, as far as it is told; what is encrypted may not.

        Nor what is packed in other ways than most: those may ask for gigabytes to begin with.
        """
        return (
            len(entries) <= MOST_PACKED
            and sum(entry.file_size for entry in entries) <= self._room
            and not any(entry.flag_bits & _ENCRYPTED for entry in entries)
            and all(entry.compress_type in _UNPACKED_SAFELY for entry in entries)
        )

    def _one(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, office: bool) -> None:
        with archive.open(entry) as file:
            # What it says of its size may be a lie.
            inner = file.read(self._room + 1)
        self._room -= len(inner)
        if self._room < 0:
            raise Withheld("archive")
        if not office:
            self.into(inner, entry.filename, packed=True)
        elif inner.startswith(_PROGRAMS) or (
            _ending(entry.filename) not in _OFFICE_PARTS and _told_by_ending(entry.filename)
        ):
            raise Withheld("program")


def _told_by_content(content: bytes) -> Reason | None:
    """Return why a document that is no ZIP is withheld, or None."""
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    if content.startswith(_OLE):
        return _told_by_parts(content)
    if content.startswith(_ARCHIVES) or content[_TAR_AT].startswith(b"ustar"):
        return "archive"
    if zipfile.is_zipfile(io.BytesIO(content)):
        # Behind other bytes: most programs that open archives find it all the same.
        return "archive"
    if head.startswith(b"%PDF"):
        return "macros" if _PDF_RUNS.search(content) else None
    if head.startswith(b"{\\rtf"):
        return "macros" if _RTF_EMBEDS.search(content) else None
    return "program" if _RUNS_IN_A_BROWSER.search(head.replace(b"\x00", b"")) else None


def _told_by_parts(content: bytes) -> Reason | None:
    """Return why an OLE file, as Office wrote them until 2007, is withheld, or None."""
    if any(_has_entry(content, each) for each in _OLE_MACROS):
        return "macros"
    # Without a document in it, it is an installer, or a mail with whatever hangs on it.
    return None if any(_has_entry(content, each) for each in _OLE_OFFICE) else "program"


def _has_entry(content: bytes, name: str) -> bool:
    """Say whether an OLE file has a part of that name; in its text the word may stand."""
    mark = name.encode("utf-16-le") + b"\x00\x00"
    at = content.find(mark)
    while at > 0 and at % _OLE_ENTRY:
        at = content.find(mark, at + 1)
    return at > 0


def _told_by_names(names: set[str]) -> Reason | None:
    if {"META-INF/MANIFEST.MF", "AndroidManifest.xml", "classes.dex"} & names:
        return "program"
    return "macros" if any(map(_ZIP_MACROS.search, names)) else None


def _ending(name: str) -> str:
    return PurePosixPath(shown(name).rstrip(". ")).suffix[1:].casefold()
