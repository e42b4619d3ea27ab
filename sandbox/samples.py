"""Samples of what people send, made in code: a photo, a voice note, a sticker, a file, a video."""

import math
import struct
import zlib
from functools import cache

SIDE = 480
STICKER_SIDE = 256
OPUS_SILENCE = b"\xf8\xff\xfe"
OPUS_RATE = 48_000
VOICE_SECONDS = 2
FRAMES_A_SECOND = 50


@cache
def photo() -> bytes:
    """Return a PNG: a soft circle of skin tones on a plain ground."""
    rows = bytearray()
    for y in range(SIDE):
        rows.append(0)
        for x in range(SIDE):
            distance = math.hypot(x - SIDE / 2, y - SIDE / 2) / (SIDE / 2)
            warm = max(0.0, 1.0 - distance)
            rows += bytes((236 - int(40 * distance), 208 - int(46 * warm), 190 - int(60 * warm)))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", header)
        + _png_chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + _png_chunk(b"IEND", b"")
    )


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@cache
def voice() -> bytes:
    """Return an Ogg file with two seconds of silence in Opus."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, OPUS_RATE, 0, 0)
    vendor = b"sandbox"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    frames = VOICE_SECONDS * FRAMES_A_SECOND
    pages = [_ogg_page(0, 0, 2, [head]), _ogg_page(1, 0, 0, [tags])]
    granule = frames * OPUS_RATE // FRAMES_A_SECOND
    pages.append(_ogg_page(2, granule, 4, [OPUS_SILENCE] * frames))
    return b"".join(pages)


def _ogg_page(sequence: int, granule: int, flags: int, packets: list[bytes]) -> bytes:
    table = bytes(len(packet) for packet in packets)
    head = b"OggS" + struct.pack("<BBqIII", 0, flags, granule, 0x5A4D, sequence, 0)
    page = bytearray(head + bytes((len(table),)) + table + b"".join(packets))
    page[22:26] = struct.pack("<I", _ogg_checksum(bytes(page)))
    return bytes(page)


def _ogg_checksum(page: bytes) -> int:
    """Return Ogg's CRC: polynomial 0x04C11DB7, not reflected, from zero."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
            value &= 0xFFFFFFFF
    return value


@cache
def sticker() -> bytes:
    """Return a lossless WebP: a smiling face with a transparent ground, eyes and mouth."""
    bits = _Bits()
    bits.add(0x2F, 8)
    bits.add(STICKER_SIDE - 1, 14)
    bits.add(STICKER_SIDE - 1, 14)
    bits.add(1, 1)  # alpha is used
    bits.add(0, 3)  # version
    bits.add(0, 3)  # no transform, no color cache, one set of prefix codes
    for color in (196, 255, 64):  # green, red, blue: one symbol each, so pixels take no bits
        bits.add(0b101, 3)
        bits.add(color, 8)
    bits.add(0b111, 3)  # alpha: two symbols, one bit a pixel
    bits.add(0, 8)
    bits.add(255, 8)
    bits.add(0b001, 3)  # distance: never used
    bits.add(0, 1)
    for y in range(STICKER_SIDE):
        for x in range(STICKER_SIDE):
            bits.add(int(_face(x, y)), 1)
    body = bits.bytes()
    body += b"\0" * (len(body) % 2)
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _face(x: int, y: int) -> bool:
    center = STICKER_SIDE / 2
    across, down = (x - center) / center, (y - center) / center
    radius = math.hypot(across, down)
    eye = math.hypot(abs(across) - 0.35, down + 0.25) < 0.12  # noqa: PLR2004 - a drawing
    mouth = 0.5 < radius < 0.62 and down > 0.15  # noqa: PLR2004 - a drawing
    return radius < 0.95 and not eye and not mouth  # noqa: PLR2004 - a drawing


class _Bits:
    """Bits packed from the lowest up, as WebP wants them."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._held = 0
        self._count = 0

    def add(self, value: int, count: int) -> None:
        self._held |= value << self._count
        self._count += count
        while self._count >= 8:  # noqa: PLR2004 - a byte
            self._out.append(self._held & 0xFF)
            self._held >>= 8
            self._count -= 8

    def bytes(self) -> bytes:
        rest = bytes((self._held & 0xFF,)) if self._count else b""
        return bytes(self._out) + rest


@cache
def document() -> bytes:
    """Return a PDF of one page with one line on it."""
    stream = b"BT /F1 18 Tf 72 720 Td (A sample document) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)


@cache
def video() -> bytes:
    """Return an MP4 of no length: a container that says what it is, and holds no picture."""
    ftyp = b"isom" + struct.pack(">I", 512) + b"isomiso2mp41"
    mvhd = struct.pack(">IIIII", 0, 0, 0, 1000, 0) + struct.pack(">IHHII", 0x10000, 0x100, 0, 0, 0)
    unity = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    mvhd += unity + bytes(24) + struct.pack(">I", 1)
    return _box(b"ftyp", ftyp) + _box(b"moov", _box(b"mvhd", mvhd)) + _box(b"mdat", b"")


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body
