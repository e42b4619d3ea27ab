"""The stretches of the expected course that a chart shades."""

import pytest

from bot.practitioner.card_chart import course


def pains(starts: list[float], last: float, *, lipolytic: bool = False) -> list[tuple[float, ...]]:
    found = course(starts, last, lipolytic=lipolytic)
    return [(s["start"], s["end"], s["pain"]) for s in found if "pain" in s]


def bruises(starts: list[float], last: float) -> list[tuple[float, float]]:
    found = course(starts, last, lipolytic=False)
    return [(s["start"], s["end"]) for s in found if s.get("bruise")]


@pytest.mark.parametrize(
    ("starts", "last", "lipolytic", "expected"),
    [
        ([0], 10, False, [(0, 3, 6), (3, 10, 3)]),
        ([0], 10, True, [(0, 7, 6), (7, 10, 3)]),
        ([0], 3, False, [(0, 3, 6)]),
        ([0], 2, False, [(0, 2, 6)]),
        ([0, 14], 20, False, [(0, 3, 6), (3, 14, 3), (14, 17, 6), (17, 20, 3)]),
        ([0, 2], 9, True, [(0, 2, 6), (2, 9, 6)]),
        ([], 9, False, []),
    ],
)
def test_soreness_is_expected_until_its_days_are_over_or_the_next_session(
    starts: list[float], last: float, lipolytic: bool, expected: list[tuple[float, ...]]
) -> None:
    assert pains(starts, last, lipolytic=lipolytic) == expected


def test_a_bruise_is_expected_for_ten_days_and_no_longer() -> None:
    assert bruises([0], 30) == [(0, 10)]
    assert bruises([0], 6) == [(0, 6)]
    assert bruises([0, 8], 30) == [(0, 8), (8, 18)]
    assert bruises([6], 6) == []
