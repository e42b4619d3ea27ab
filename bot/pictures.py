"""Pictures as staff may see them: the pixels that were sent, and nothing else that was in the file.

A photo taken with a phone may say where and when, and by which device. A file that is a picture
and something else besides comes out as the picture alone.
"""

from io import BytesIO
from typing import Final

SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
)
"""What a document's name ends in where it is a picture."""

_BEGINNINGS: Final = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
)
_BRANDS: Final = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"avis")
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_MOST_PIXELS: Final = 80_000_000
"""More than any phone's camera makes; a few kilobytes may claim to be far more than fits memory."""
_LONGEST_SIDE: Final = 2560
_QUALITY: Final = 90


class NotAPicture(Exception):
    """The bytes are no picture of a kind that can be read, or one too large to be opened."""


def looks_like_one(content: bytes) -> bool:
    """Say whether bytes begin as a picture does, whatever the file is called."""
    if content.startswith(_BEGINNINGS):
        return True
    if content[:4] == b"RIFF":
        return content[8:12] == b"WEBP"
    return content[4:8] == b"ftyp" and content[8:12] in _BRANDS


def without_metadata(content: bytes) -> bytes:
    """Return a picture drawn anew as JPEG, upright, at most 2,560 pixels on its longer side.

    Raises:
        NotAPicture: it cannot be opened; nothing of it may be passed on then.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415  needed for one message in a hundred

    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            _refuse_bombs(picture.size)
            picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except NotAPicture:
        raise
    except Exception as error:  # noqa: BLE001  whatever a decoder stumbles over in these bytes
        raise NotAPicture(type(error).__name__) from None
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    # A new picture of the same pixels: what Pillow carries along in ``info`` stays behind.
    bare = Image.frombytes("RGB", upright.size, upright.tobytes())
    drawn = BytesIO()
    bare.save(drawn, "JPEG", quality=_QUALITY)
    return drawn.getvalue()


def _refuse_bombs(size: tuple[int, int]) -> None:
    if size[0] * size[1] > _MOST_PIXELS:
        raise NotAPicture("too many pixels")
