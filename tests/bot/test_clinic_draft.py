"""A half-made broadcast survives its table, and a text is measured as Telegram measures it."""

import pytest

from bot.clinic.broadcast_draft import MOST_CAPTION, MOST_TEXT, Draft, excess
from bot.clinic.broadcast_steps import data


def test_a_draft_is_read_back_from_the_table_as_it_was() -> None:
    draft = Draft(
        "12", "preview", "Hi", "file", ("all", "treatment:hair"), "treatment:hair", tested=True
    )
    assert Draft.from_data(draft.to_data()) == draft


@pytest.mark.parametrize(
    ("text", "photo", "over"),
    [
        ("x" * MOST_TEXT, False, 0),
        ("x" * (MOST_TEXT + 1), False, 1),
        ("x" * MOST_CAPTION, True, 0),
        ("x" * (MOST_CAPTION + 2), True, 2),
        ("🌞" * (MOST_TEXT // 2), False, 0),
        ("🌞" * (MOST_TEXT // 2 + 1), False, 2),
        ("", True, 0),
    ],
)
def test_a_text_is_measured_in_utf_16_units(text: str, photo: bool, over: int) -> None:
    assert excess(text, photo=photo) == over


@pytest.mark.parametrize(("place", "code"), [("0", "all"), ("1", "language:es"), ("2", None)])
def test_a_button_names_a_segment_by_its_place(place: str, code: str | None) -> None:
    assert Draft("12", choices=("all", "language:es")).chosen(place) == code


@pytest.mark.parametrize("place", ["", "-1", "x", "²", "9" * 50])
def test_a_place_that_is_none_names_nothing(place: str) -> None:
    assert Draft("12", choices=("all",)).chosen(place) is None


def test_a_buttons_data_fits_telegrams_64_bytes() -> None:
    assert len(data(Draft(str(2**53)), "cancel", 999).encode()) <= 64
