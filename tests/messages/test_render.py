"""Instants and durations in words: the right zone, the right language, nothing rounded away."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.render import day, distance, local, moment, moment_long, span

HOUR = 3_600_000
DAY = 24 * HOUR


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Tue 5 May, 10:00"), ("es", "mar, 5 may, 10:00"), ("pt-br", "ter., 5 de mai., 10:00"),
     ("ru", "вт, 5 мая, 10:00"), ("nonsense", "Tue 5 May, 10:00")],
)  # fmt: skip
def test_a_moment_is_said_in_the_patients_words_and_zone(language: str, said: str) -> None:
    assert moment(at(2026, 5, 5, 8), "Europe/Madrid", language) == said


def test_the_day_is_the_one_of_the_zone() -> None:
    instant = at(2026, 5, 5, 23)
    assert day(instant, "America/Bogota", "en") == "Tue 5 May"
    assert day(instant, "Europe/Madrid", "en") == "Wed 6 May"


def test_a_long_moment_has_the_year_and_the_zone() -> None:
    assert (
        moment_long(at(2027, 1, 1, 8), "Europe/Madrid", "es")
        == "vie, 1 ene 2027, 9:00 (Europe/Madrid)"
    )


def test_both_sides_of_a_clock_change_keep_their_offset() -> None:
    before, after = at(2026, 10, 25, 0, 30), at(2026, 10, 25, 1, 30)
    assert local(before, "Europe/Madrid").isoformat() == "2026-10-25T02:30:00+02:00"
    assert local(after, "Europe/Madrid").isoformat() == "2026-10-25T02:30:00+01:00"


@pytest.mark.parametrize(
    ("length", "said"),
    [(30_000, "30 seconds"), (60_000, "1 minute"), (90_000, "90 seconds"), (HOUR, "1 hour"),
     (90 * 60_000, "90 minutes"), (2 * HOUR, "2 hours"), (DAY, "1 day"), (36 * HOUR, "36 hours"),
     (3 * DAY, "3 days"), (14 * DAY, "14 days"), (0, "0 seconds")],
)  # fmt: skip
def test_a_duration_is_said_in_the_largest_unit_that_fits(length: int, said: str) -> None:
    assert span(length, "en") == said


def test_a_distance_says_its_direction() -> None:
    assert distance(3 * DAY, "en") == "in 3 days"
    assert distance(-2 * HOUR, "en") == "2 hours ago"
    assert distance(36 * HOUR, "es") == "dentro de 36 horas"


@given(st.integers(0, 4_000 * DAY), st.sampled_from(["en", "es", "fr", "ru", "pt"]))
def test_any_duration_has_words(length: int, language: str) -> None:
    assert span(length, language)
    assert distance(length, language)
    assert distance(-length, language)
