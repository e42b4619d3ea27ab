"""A half-made broadcast survives its table, and a text is measured as Telegram measures it."""

import json

import pytest

from bot.clinic.broadcast_draft import Draft
from bot.clinic.broadcast_screen import data
from messages.tips import MOST_CAPTION, MOST_TEXT, can_be_poll, excess


def test_a_draft_is_read_back_from_the_table_as_it_was() -> None:
    draft = Draft(
        "12",
        "preview",
        "Hi",
        "photo",
        "file",
        others={"es": "Hola"},
        choices=("es",),
        segment="treatment:hair",
        starts="2026-05-05T10:00",
        tested=True,
    )
    assert Draft.from_data(json.loads(json.dumps(draft.to_data()))) == draft


@pytest.mark.parametrize(
    ("text", "with_file", "over"),
    [
        ("x" * MOST_TEXT, False, 0),
        ("x" * (MOST_TEXT + 1), False, 1),
        ("x" * 5000, False, 904),
        ("x" * MOST_CAPTION, True, 0),
        ("x" * (MOST_CAPTION + 2), True, 2),
        ("🌞" * (MOST_TEXT // 2), False, 0),
        ("🌞" * (MOST_TEXT // 2 + 1), False, 2),
        ("", True, 0),
    ],
)
def test_a_text_is_measured_in_utf_16_units(text: str, with_file: bool, over: int) -> None:
    assert excess(text, with_file=with_file) == over


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("Sun cream today?\nYes\nNo", True),
        ("Sun cream today?\n\n Yes \nNo\n", True),
        ("Sun cream today?\nYes", False),
        ("Sun cream today?\nYes\nYes", False),
        ("q" * 301 + "\nYes\nNo", False),
        ("Q?\nYes\n" + "n" * 101, False),
        ("Q?\n" + "\n".join(map(str, range(12))), True),
        ("Q?\n" + "\n".join(map(str, range(13))), False),
        ("", False),
    ],
)
def test_a_poll_is_a_question_and_its_answers_a_line_each(text: str, fits: bool) -> None:
    assert can_be_poll(text) is fits


@pytest.mark.parametrize(("place", "value"), [("0", "en"), ("1", "es"), ("2", None)])
def test_a_button_names_a_value_by_its_place(place: str, value: str | None) -> None:
    assert Draft("12", choices=("en", "es")).chosen(place) == value


@pytest.mark.parametrize("place", ["", "-1", "x", "²", "9" * 50])
def test_a_place_that_is_none_names_nothing(place: str) -> None:
    assert Draft("12", choices=("en",)).chosen(place) is None


def test_a_buttons_data_fits_telegrams_64_bytes() -> None:
    assert len(data(Draft(str(2**53)), "language", 999).encode()) <= 64
    assert len(data(Draft(str(2**53)), "filter", "treatment").encode()) <= 64
