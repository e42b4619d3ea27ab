"""When too many replies come at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.flood import CALM_PER_MINUTE, MAX_PER_MINUTE, PAUSE_MS, needs_word, verdict


@pytest.mark.parametrize(
    ("flooding", "in_last_minute", "expected"),
    [
        (False, 1, "none"),
        (False, MAX_PER_MINUTE, "none"),
        (False, MAX_PER_MINUTE + 1, "begins"),
        (True, MAX_PER_MINUTE + 1, "goes_on"),
        (True, CALM_PER_MINUTE + 1, "goes_on"),
        (True, CALM_PER_MINUTE, "none"),
    ],
)
def test_a_flood_begins_and_ends(flooding: bool, in_last_minute: int, expected: str) -> None:
    assert verdict(flooding=flooding, in_last_minute=in_last_minute) == expected


@given(st.integers(1, 6), st.integers(1, 300))
def test_a_steady_stream_is_answered_once_at_most(every_s: int, count: int) -> None:
    """One every six seconds or faster, for as long as it likes: begun once, never over."""
    begun, flooding, times = 0, False, list[int]()
    for number in range(count):
        now = number * every_s
        times.append(now)
        found = verdict(flooding=flooding, in_last_minute=sum(t > now - 60 for t in times))
        begun += found == "begins"
        flooding = found != "none"
    assert begun <= 1


@pytest.mark.parametrize(
    ("since_last_ms", "same_words", "expected"),
    [
        (None, False, True),
        (None, True, False),
        (0, False, False),
        (PAUSE_MS, False, False),
        (PAUSE_MS + 1, False, True),
        (24 * 60 * PAUSE_MS, True, False),
    ],
)
def test_a_reply_is_acknowledged_once_for_one_go_and_never_twice_for_the_same_words(
    since_last_ms: int | None, same_words: bool, expected: bool
) -> None:
    assert needs_word(since_last_ms=since_last_ms, same_words=same_words) is expected
