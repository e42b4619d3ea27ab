"""The pacer: no second above the limit, no chat too fast, and nothing of the limit wasted."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.pacer import Limits, Pacer

LIMIT = 30
lateness = st.lists(st.floats(0, 0.2), min_size=1, max_size=40)


def saturated(pacer: Pacer, late: list[float], messages: int) -> list[float]:
    """Send as fast as the pacer lets us, each time ``late`` seconds after the slot opened."""
    now, times = 0.0, []
    for number in range(messages):
        now += pacer.delay(now) + late[number % len(late)]
        pacer.take(now, chat_id=number + 1)
        times.append(now)
    return times


@given(lateness)
def test_no_second_ever_holds_more_than_the_limit(late: list[float]) -> None:
    times = saturated(Pacer(Limits(LIMIT)), late, 300)
    for first, one_too_many in zip(times, times[LIMIT:], strict=False):
        assert one_too_many - first > 1.0


@given(st.lists(st.floats(0, 0.002), min_size=1, max_size=40))
def test_a_queue_that_is_never_empty_uses_the_limit_to_99_percent(late: list[float]) -> None:
    times = saturated(Pacer(Limits(LIMIT)), late, 62 * LIMIT)
    in_a_minute = sum(time < 60 for time in times)
    assert in_a_minute >= 0.99 * LIMIT * 60


@given(lateness)
def test_messages_are_spaced_evenly_not_in_bursts(late: list[float]) -> None:
    times = saturated(Pacer(Limits(LIMIT)), late, 100)
    assert min(b - a for a, b in pairwise(times)) >= 0.5 / LIMIT


@given(
    st.lists(
        st.tuples(st.integers(-3, 3).filter(bool), st.floats(0, 2), st.booleans()), max_size=100
    )
)
def test_a_chat_rests_for_a_second_and_a_group_for_three(
    wishes: list[tuple[int, float, bool]],
) -> None:
    pacer, now = Pacer(Limits(None)), 0.0
    written: dict[int, float] = {}
    for chat, passed, edit in wishes:
        now += passed
        if chat in pacer.resting(now):
            continue
        assert now - written.get(chat, -10) >= (3.0 if chat < 0 else 1.0)
        pacer.take(now, chat, edit=edit)
        if not edit:
            written[chat] = now


def test_the_next_rested_chat_is_known() -> None:
    pacer = Pacer(Limits(None))
    assert pacer.next_rested(0) is None
    pacer.take(0, chat_id=1)
    pacer.take(0.25, chat_id=2)
    assert pacer.next_rested(0.5) == pytest.approx(0.5)
    assert pacer.resting(1.0) == {2}
    assert pacer.next_rested(1.0) == pytest.approx(0.25)


def test_without_a_limit_nothing_is_held_up() -> None:
    pacer = Pacer(Limits(per_second=None))
    assert pacer.unlimited
    for chat in range(1, 1000):
        assert pacer.delay(0.0) == 0
        pacer.take(0.0, chat)


def test_chats_that_have_rested_are_forgotten() -> None:
    pacer = Pacer(Limits(None))
    for chat in range(1, 10_000):
        pacer.take(float(chat), chat)
        pacer.resting(float(chat))
    assert len(pacer._chats) <= 2
