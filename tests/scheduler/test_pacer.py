"""The pacer: no second above the limit, no chat too fast, and nothing of the limit wasted."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.pacer import Limits, Pacer, Slot

LIMIT = 30
lateness = st.lists(st.floats(0, 0.2), min_size=1, max_size=40)
jitter = st.lists(st.floats(0, 0.05), min_size=1, max_size=40)


@dataclass
class Way:
    """How long messages are on their way, there and back; the first one takes the least."""

    least: float = 0.0
    there: Sequence[float] = (0.0,)
    back: Sequence[float] = (0.0,)

    def of(self, number: int) -> tuple[float, float]:
        if number == 0:
            return self.least, self.least
        there = self.least + self.there[number % len(self.there)]
        return there, self.least + self.back[number % len(self.back)]


def saturated(
    pacer: Pacer, late: Sequence[float], messages: int, way: Way | None = None
) -> tuple[list[float], list[float]]:
    """Send as fast as the pacer lets us, each time ``late`` seconds after the slot opened.

    Returns:
        When each message left, and when they arrived, in the order of arrival.
    """
    now, left, arrived = 0.0, [], []
    answers: list[tuple[float, int, Slot]] = []
    for number in range(messages):
        while True:
            while answers and answers[0][0] <= now:
                at, _, slot = heapq.heappop(answers)
                pacer.answered(slot, at)
            delay = pacer.delay(now)
            if delay <= 0:
                break
            soonest = answers[0][0] - now if answers else delay
            now += max(min(delay, soonest), 1e-6)
        now += late[number % len(late)]
        slot = pacer.take(now, chat_id=number + 1)
        slot.left_at = now
        there, back = (way or Way()).of(number)
        left.append(now)
        arrived.append(now + there)
        heapq.heappush(answers, (now + there + back, number, slot))
    return left, sorted(arrived)


@given(lateness)
def test_no_second_ever_holds_more_than_the_limit(late: list[float]) -> None:
    _, times = saturated(Pacer(Limits(LIMIT)), late, 300)
    for first, one_too_many in zip(times, times[LIMIT:], strict=False):
        assert one_too_many - first > 1.0


@given(st.floats(0, 0.2), jitter, jitter)
def test_no_second_holds_more_however_unevenly_messages_arrive(
    least: float, there: list[float], back: list[float]
) -> None:
    _, times = saturated(Pacer(Limits(LIMIT)), [0.001], 200, Way(least, there, back))
    for first, one_too_many in zip(times, times[LIMIT:], strict=False):
        assert one_too_many - first > 1.0


@given(st.lists(st.floats(0, 0.002), min_size=1, max_size=40), st.floats(0, 0.2))
def test_a_queue_that_is_never_empty_uses_the_limit_to_99_percent(
    late: list[float], least: float
) -> None:
    _, times = saturated(Pacer(Limits(LIMIT)), late, 62 * LIMIT, Way(least))
    in_a_minute = sum(time < times[0] + 60 for time in times)
    assert in_a_minute >= 0.99 * LIMIT * 60


def test_one_slow_answer_costs_its_own_slot_and_no_other() -> None:
    slow = [0.0] * 400
    slow[100] = 0.1
    _, times = saturated(Pacer(Limits(LIMIT)), [0.0], 400, Way(0.05, slow))
    _, steady = saturated(Pacer(Limits(LIMIT)), [0.0], 400, Way(0.05))
    assert times[-1] - steady[-1] < 0.1 + 1e-6


def test_a_way_that_has_become_longer_is_taken_as_it_is() -> None:
    longer = [0.0] * 300 + [0.08] * 1200
    _, times = saturated(Pacer(Limits(LIMIT)), [0.0], 1500, Way(0.02, longer))
    last = [time for time in times if time > times[-1] - 10]
    assert len(last) >= 0.99 * LIMIT * 10


@given(lateness)
def test_messages_are_spaced_evenly_not_in_bursts(late: list[float]) -> None:
    times, _ = saturated(Pacer(Limits(LIMIT)), late, 100)
    assert min(b - a for a, b in pairwise(times)) >= 0.5 / LIMIT


def test_a_slot_may_be_taken_before_it_opens() -> None:
    pacer = Pacer(Limits(LIMIT))
    opens = [pacer.take(10.0, chat_id=chat).opens_at for chat in (1, 2, 3)]
    assert opens[0] == 10.0
    assert opens[1] - opens[0] >= 0.5 / LIMIT
    assert opens[2] - opens[1] == pytest.approx(1 / LIMIT, rel=0.01)
    assert pacer.resting(opens[1] + 1.0) == {3}


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
        assert now - written.get(chat, -10) >= (3.0 if chat < 0 else 1.0) - 1e-9
        pacer.take(now, chat, edit=edit)
        if not edit:
            written[chat] = now


@pytest.mark.parametrize(("per_second", "open_soon"), [(30, 1), (1000, 25)])
def test_as_many_slots_open_soon_as_can_then_be_taken(per_second: int, open_soon: int) -> None:
    pacer = Pacer(Limits(per_second))
    pacer.take(10.0, chat_id=0)
    begins = 10.0 + pacer.delay(10.0)
    assert pacer.slots(begins, 0.025) == open_soon
    opens = [pacer.take(begins, chat_id=chat).opens_at for chat in range(1, open_soon + 1)]
    assert opens[-1] <= begins + 0.025
    assert pacer.slots(begins, 0.005) == 0


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
