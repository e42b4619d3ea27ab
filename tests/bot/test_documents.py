"""Documents of patients: their bytes tell what they are, whatever they are called."""

import io
import zipfile

import pytest

from bot import documents
from bot.documents import Withheld

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\x00")


def packed(
    files: dict[str, bytes], *, encrypted: bool = False, how: int = zipfile.ZIP_DEFLATED
) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", how) as archive:
        for name, content in files.items():
            # Without the time of day: the bytes name the tests, and every worker has to agree.
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=how)
    content = whole.getvalue()
    if encrypted:
        # Of each entry in the directory at the end, the flag that says so.
        at = content.index(b"PK\x01\x02")
        content = content[: at + 8] + b"\x01\x00" + content[at + 10 :]
    return content


def word(**more: bytes) -> bytes:
    parts = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
    return packed(parts | more)


def entry(name: str) -> bytes:
    return name.encode("utf-16-le").ljust(128, b"\x00")


def why(content: bytes, name: str = "letter.pdf") -> str | None:
    try:
        documents.check(content, name)
    except Withheld as withheld:
        return withheld.reason
    return None


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 results",
        b"Just words, BM 23.4, no pain.",
        b"\x00" * 128 + b"DICM scan",
        b"{\\rtf1 words}",
        word(),
        word(**{"xl/printerSettings/printerSettings1.bin": b"\x01"}),
        packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        packed({"result 1.pdf": b"%PDF-1.4", "photo.jpg": b"\xff\xd8\xff", "letter.docx": word()}),
        OLE + entry("Root Entry") + entry("WordDocument") + "my Macros: 40 g".encode("utf-16-le"),
    ],
)
def test_what_only_says_something_passes(content: bytes) -> None:
    assert why(content) is None


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00 a program",
        b"\x7fELF a program",
        b"#!/bin/sh\nrm -rf /",
        b"\xca\xfe\xba\xbe a class",
        b"L\x00\x00\x00\x01\x14\x02\x00 a shortcut",
        b"\xef\xbb\xbf \n<!DOCTYPE html><p>Sign in",
        b'<?xml version="1.0"?>\n<svg onload="x()">',
        "<script>x()</script>".encode("utf-16"),
        packed({"META-INF/MANIFEST.MF": b"Main-Class: X"}),
        packed({"AndroidManifest.xml": b"x"}),
        packed({"results/scan.pdf": b"MZ\x90\x00"}),
        packed({"open me.js": b"x()"}),
        word(**{"word/media/image1.png": b"MZ\x90\x00"}),
        word(**{"word/run.vbs": b"x"}),
        OLE + entry("Root Entry") + entry("__substg1.0_37010102"),
    ],
)
def test_what_can_run_is_withheld_whatever_it_is_called(content: bytes) -> None:
    assert why(content) == "program"


@pytest.mark.parametrize(
    "content",
    [
        word(**{"word/vbaProject.bin": b"x"}),
        word(**{"xl/macrosheets/sheet1.xml": b"x"}),
        word(**{"word/embeddings/oleObject1.bin": b"x"}),
        packed({"mimetype": b"odt", "Basic/Standard/Module1.xml": b"x"}),
        packed({"letter.docx": word(**{"word/vbaProject.bin": b"x"})}),
        OLE + entry("WordDocument") + entry("_VBA_PROJECT"),
        b"{\\rtf1{\\object{\\*\\objdata 01}}}",
        b"%PDF-1.7 << /OpenAction << /S /JavaScript >> >>",
        b"%PDF-1.7 << /S /Launch >>",
    ],
)
def test_an_office_file_with_macros_is_withheld(content: bytes) -> None:
    assert why(content) == "macros"


def bomb() -> bytes:
    return packed({f"{number}.txt": b"\x00" * (16 * documents.MEGABYTE) for number in range(5)})


def lying() -> bytes:
    """An archive whose directory says that there is one byte, where there are many more."""
    size = 70 * documents.MEGABYTE
    return packed({"a.txt": b"\x00" * size}).replace(size.to_bytes(4, "little"), b"\x01\0\0\0")


@pytest.mark.parametrize(
    "content",
    [
        bomb(),
        lying(),
        packed({f"{number}": b"" for number in range(documents.MOST_PACKED + 1)}),
        packed({"inner.zip": packed({"a.txt": b"a"})}),
        packed({"a.txt": b"a"}, encrypted=True),
        packed({"a.txt": b"a"}, how=zipfile.ZIP_LZMA),
        packed({"a.txt": b"a"})[:-30],
        b"Rar!\x1a\x07\x00",
        b"7z\xbc\xaf\x27\x1c",
        b"\x1f\x8b\x08",
        b"words first" + packed({"a.exe": b"MZ"}),
    ],
)
def test_a_bomb_and_what_cannot_be_looked_into_are_withheld(content: bytes) -> None:
    assert why(content) == "archive"


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [
        ("letter.pdf", documents.MOST_BYTES, None),
        ("letter.pdf", documents.MOST_BYTES + 1, "too_large"),
        ("photo.jpg.exe", 1, "program"),
        ("RESULT.HTML", 1, "program"),
        ("photo\u202egpj.scr", 1, "program"),
        ("evil.exe. ", 1, "program"),
        ("table.XLSM", 1, "macros"),
        ("", 1, None),
    ],
)
def test_a_name_and_a_size_that_tell_are_answered_at_once(
    name: str, size: int, told: str | None
) -> None:
    assert documents.hindrance(name, size) == told


@pytest.mark.parametrize(
    ("name", "shown", "passed_on"),
    [
        ("letter.pdf", "letter.pdf", "letter.pdf"),
        ("../../etc/Brief an Dr. Ruiz.pdf", ".. .. etc Brief an Dr. Ruiz.pdf", None),
        ("photo\u202egpj.pdf", "photogpj.pdf", "photogpj.pdf"),
        ("a\nb\tc.pdf", "abc.pdf", "abc.pdf"),
        ("x" * 200 + ".pdf", "x" * 55 + "….pdf", "x" * 55 + "_.pdf"),
        ("Análisis (2).pdf", "Análisis (2).pdf", "Análisis (2).pdf"),
    ],
)
def test_a_name_is_one_plain_line(name: str, shown: str, passed_on: str | None) -> None:
    assert documents.shown(name) == shown
    plain = documents.plain_name(name)
    assert passed_on is None or plain == passed_on
    assert plain.count(".") == 1
    assert "/" not in plain
