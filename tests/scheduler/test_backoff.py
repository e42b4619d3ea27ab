"""Pauses between attempts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.backoff import CAP, FIRST, backoff


@pytest.mark.parametrize(
    ("attempt", "full"),
    [(1, 2_000), (2, 4_000), (5, 32_000), (9, 512_000), (10, 900_000), (10_000, 900_000)],
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(attempt: int, full: int) -> None:
    pauses = [backoff(attempt, seed=row) for row in range(500)]
    assert full // 2 <= min(pauses)
    assert max(pauses) <= full


def test_rows_that_failed_together_come_back_spread_out() -> None:
    pauses = sorted(backoff(10, seed=row) for row in range(1_000))
    tenths = [pauses[i] for i in range(0, 1_000, 100)]
    assert all(later - earlier > CAP // 40 for earlier, later in pairwise(tenths))


def test_a_row_pauses_alike_when_its_history_is_replayed() -> None:
    assert [backoff(n, seed=7) for n in range(1, 12)] == [backoff(n, seed=7) for n in range(1, 12)]
    assert backoff(3, seed=7) != backoff(3, seed=8)


@given(
    attempt=st.integers(1, 10_000),
    asked=st.integers(0, 86_400_000),
    seed=st.one_of(st.integers(), st.text(max_size=20)),
)
def test_telegram_is_never_asked_again_sooner_than_it_said(
    attempt: int, asked: int, seed: int | str
) -> None:
    pause = backoff(attempt, asked, seed=seed)
    assert max(asked, 1_000) <= pause <= max(asked, 1_000) + 1_000


@given(attempt=st.integers(1, 10_000), seed=st.integers())
def test_no_pause_is_shorter_than_a_second_or_longer_than_the_cap(attempt: int, seed: int) -> None:
    assert FIRST // 2 <= backoff(attempt, seed=seed) <= CAP


def test_attempts_count_from_one() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        backoff(0, seed=1)
    with pytest.raises(ValueError, match="negative"):
        backoff(1, -1, seed=1)
