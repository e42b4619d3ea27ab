"""Offsets, questions and steps: what is accepted, what is refused, and for whom a step exists."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from messages.protocol import Protocol, Question, Step
from messages.times import Offset

offsets = st.one_of(
    st.integers(0, 3_660).map(lambda days: Offset(days=days)),
    st.integers(0, 3_660 * 86_400).map(lambda seconds: Offset(seconds=seconds)),
)


def a_step(**changes: object) -> Step:
    sound = {
        "key": "care",
        "topic": "care",
        "anchor": "session",
        "offset": "1 day",
        "useful_for": "2 days",
    }
    return Step.model_validate({**sound, **changes})


@given(offsets)
def test_an_offset_written_out_is_read_back_the_same(offset: Offset) -> None:
    assert Offset.parse(str(offset)) == offset


@given(st.integers(0, 500), st.sampled_from(["second", "minute", "hour", "day", "week"]))
def test_singular_and_plural_units_mean_the_same(count: int, unit: str) -> None:
    assert Offset.parse(f"{count} {unit}") == Offset.parse(f" {count}  {unit}s ")


@given(st.text())
def test_any_other_words_are_refused_with_a_value_error(words: str) -> None:
    try:
        offset = Offset.parse(words)
    except ValueError:
        return
    assert Offset.parse(str(offset)) == offset


@pytest.mark.parametrize(
    ("words", "days", "seconds", "written"),
    [
        ("1 hour", 0, 3_600, "1 hour"),
        ("90 minutes", 0, 5_400, "90 minutes"),
        ("30 seconds", 0, 30, "30 seconds"),
        ("120 seconds", 0, 120, "2 minutes"),
        ("24 hours", 0, 86_400, "24 hours"),
        ("1 day", 1, 0, "1 day"),
        ("10 days", 10, 0, "10 days"),
        ("14 days", 14, 0, "2 weeks"),
        ("1 week", 7, 0, "1 week"),
    ],
)
def test_days_are_calendar_days_and_the_rest_is_elapsed_time(
    words: str, days: int, seconds: int, written: str
) -> None:
    offset = Offset.parse(words)
    assert (offset.days, offset.seconds) == (days, seconds)
    assert str(offset) == written


@pytest.mark.parametrize(
    "words",
    ["", "1", "hour", "1.5 hours", "-1 day", "1 month", "1day", "3661 days", "٣ days", "1 d"],
)
def test_what_is_not_an_offset_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time|unknown unit|ten years"):
        Offset.parse(words)


def test_an_offset_is_not_in_days_and_seconds_at_once() -> None:
    with pytest.raises(ValidationError, match="not both"):
        Offset(days=1, seconds=1)


@pytest.mark.parametrize(
    ("kind", "options", "answers"),
    [
        ("pain", (), ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")),
        ("yes_no", (), ("yes", "no")),
        ("rating", (), ("1", "2", "3", "4", "5")),
        ("choice", ("none", "fading"), ("none", "fading")),
    ],
)
def test_a_question_knows_its_answers_in_order(kind, options, answers) -> None:
    assert Question(key="q", kind=kind, options=options).answers == answers


def test_steps_are_chosen_by_the_sort_of_session() -> None:
    steps = (
        a_step(key="any"),
        a_step(key="fat", lipolytic=True),
        a_step(key="no_fat", lipolytic=False),
        a_step(key="filled", filler=True),
        a_step(key="chin", areas=["chin"]),
    )
    protocol = Protocol(treatment="x", areas=("chin", "arm"), lipolytic="ask", steps=steps)

    def keys(**session: object) -> list[str]:
        return [step.key for step in protocol.steps_for(**session)]

    assert keys() == ["any", "no_fat"]
    assert keys(lipolytic=True, area="chin") == ["any", "fat", "chin"]
    assert keys(filler=True, area="arm") == ["any", "no_fat", "filled"]


def test_a_step_names_every_contradiction_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        a_step(offset="50 hours", at="10:00", repeat=["3 days"])
    words = str(refused.value)
    assert all(f"{key}: " in words for key in ("useful_for", "at", "repeat"))


def test_a_repeating_reminder_comes_nearer_to_its_anchor() -> None:
    step = a_step(offset="3 days", before=True, useful_for="2 hours", repeat=["1 day"], at=None)
    assert step.repeat == (Offset(days=1),)
    with pytest.raises(ValidationError, match="further along"):
        a_step(offset="1 day", before=True, useful_for="0 days", repeat=["3 days"])
    with pytest.raises(ValidationError, match="before useful_for"):
        a_step(offset="3 days", before=True, useful_for="1 day", repeat=["1 day"])


@pytest.mark.parametrize(("written", "read"), [("09:05", time(9, 5)), (time(9, 5), time(9, 5))])
def test_a_local_time_is_read_from_words_or_toml(written: object, read: time) -> None:
    assert a_step(at=written).at == read


@pytest.mark.parametrize("written", ["9:05", "24:00", "10:60", "10:00:00", 10, True])
def test_what_is_not_a_local_time_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="local time"):
        a_step(at=written)


def test_a_step_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_step().key = "other"


def test_an_unknown_step_is_named() -> None:
    protocol = Protocol(treatment="x", steps=(a_step(),))
    assert protocol.step("care").key == "care"
    with pytest.raises(KeyError, match="x has no step 'gone'"):
        protocol.step("gone")
