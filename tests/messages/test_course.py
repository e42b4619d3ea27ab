"""The expected course: which answers a human looks at, by the tables of the clinical facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.course import expected_pain, judge_bruise, judge_pain


@pytest.mark.parametrize(
    ("score", "hours", "lipolytic", "before", "expected"),
    [
        (3, 24, False, None, None),
        (6, 24, False, None, None),
        (7, 24, False, None, "pain_severe"),
        (10, None, True, None, "pain_severe"),
        (4, 72, False, None, None),
        (4, 72.01, False, None, "pain_late"),
        (3, 200, False, None, None),
        (4, 73, True, None, None),
        (6, 168, True, None, None),
        (4, 168.01, True, None, "pain_late"),
        (2, 48, False, 1, None),
        (3, 48, False, 1, "pain_rising"),
        (3, 48, True, 1, "pain_rising"),
        (1, 48, False, 5, None),
        (9, 100, False, 2, "pain_severe"),
        (5, 100, False, 2, "pain_late"),
        (5, None, False, None, None),
        (6, 72, False, 5, None),
        (6, 72, False, 4, "pain_rising"),
        (0, 0, False, None, None),
        (2, 500, True, 0, "pain_rising"),
        (1, 500, True, 0, None),
        (7, 500, True, 9, "pain_severe"),
    ],
)
def test_pain_is_off_the_course_where_the_rules_say(
    score: int, hours: float | None, lipolytic: bool, before: int | None, expected: str | None
) -> None:
    assert judge_pain(score, hours=hours, lipolytic=lipolytic, before=before) == expected


@pytest.mark.parametrize(
    ("hours", "lipolytic", "most"),
    [
        (0, False, 6), (72, False, 6), (72.01, False, 3), (2_000, False, 3),
        (72.01, True, 6), (168, True, 6), (168.01, True, 3),
    ],
)  # fmt: skip
def test_the_expected_pain_is_the_most_that_is_not_off_the_course(
    hours: float, lipolytic: bool, most: int
) -> None:
    assert expected_pain(hours, lipolytic=lipolytic) == most
    assert judge_pain(most, hours=hours, lipolytic=lipolytic, before=None) is None
    assert judge_pain(most + 1, hours=hours, lipolytic=lipolytic, before=None) is not None


@pytest.mark.parametrize("score", [-1, 11])
def test_pain_off_the_scale_is_refused(score: int) -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        judge_pain(score, hours=1, lipolytic=False, before=None)


@given(st.integers(0, 9), st.floats(0, 2_000), st.booleans(), st.none() | st.integers(0, 10))
def test_more_pain_is_never_judged_more_lightly(
    score: int, hours: float, lipolytic: bool, before: int | None
) -> None:
    less = judge_pain(score, hours=hours, lipolytic=lipolytic, before=before)
    more = judge_pain(score + 1, hours=hours, lipolytic=lipolytic, before=before)
    assert less is None or more is not None


@pytest.mark.parametrize(
    ("answer", "day", "expected"),
    [
        ("none", 12, None),
        ("fading", 7, None),
        ("fading", 9, None),
        ("fading", 10, "bruise_late"),
        ("same", 7, None),
        ("same", 10, "bruise_late"),
        ("none", 10, None),
        ("none", 400, None),
        ("same", 9, None),
        ("fading", 11, "bruise_late"),
        ("fading", None, None),
        ("bigger", 0, "bruise_bigger"),
        ("bigger", 7, "bruise_bigger"),
        ("bigger", 12, "bruise_bigger"),
        ("bigger", None, "bruise_bigger"),
        ("same", None, None),
    ],
)
def test_a_bruise_is_off_the_course_when_it_grows_or_stays(
    answer: str, day: int | None, expected: str | None
) -> None:
    assert judge_bruise(answer, day=day) == expected
