"""Patients' pictures: the pixels reach staff, and nothing else that was in the file."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.pictures import NotAPicture, without_metadata

SECRET = b"Calle Mayor 1, Madrid"


def drawn(form: str = "JPEG", size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(made, form, **more)
    return made.getvalue()


def with_exif(*, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[1] = "N"
    return drawn(exif=exif.tobytes(), comment=SECRET)


def test_where_a_photo_was_taken_stays_behind() -> None:
    assert SECRET in with_exif()
    clean = without_metadata(with_exif())
    assert SECRET not in clean
    with Image.open(BytesIO(clean)) as picture:
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        red, green, blue = picture.getpixel((30, 20))
        assert abs(red - 200) < 6
        assert abs(green - 40) < 6
        assert abs(blue - 40) < 6


def test_a_photo_that_lies_on_its_side_is_stood_up() -> None:
    with Image.open(BytesIO(without_metadata(with_exif(orientation=6)))) as picture:
        assert picture.size == (40, 60)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_usual_kind_of_picture_comes_out_as_one_kind(form: str) -> None:
    with Image.open(BytesIO(without_metadata(drawn(form)))) as picture:
        assert picture.format == "JPEG"


def test_what_hides_behind_a_picture_is_cut_off() -> None:
    polyglot = drawn("PNG") + b"PK\x03\x04<script>" + SECRET
    clean = without_metadata(polyglot)
    assert SECRET not in clean
    assert b"<script>" not in clean


def test_a_large_picture_is_made_small_enough_to_send() -> None:
    with Image.open(BytesIO(without_metadata(drawn(size=(6000, 3000))))) as picture:
        assert picture.size == (2560, 1280)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"<svg onload='alert(1)'/>",
        drawn()[:200],
        b"\xff\xd8\xff\xe0" + b"\x00" * 100,
        # A few kilobytes that claim 90 million pixels.
        drawn("PNG", size=(9_500, 9_500)),
    ],
    ids=["nothing", "a document", "a drawing", "cut off", "only a head", "a bomb"],
)
def test_what_is_no_picture_is_refused_whole(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        without_metadata(content)
