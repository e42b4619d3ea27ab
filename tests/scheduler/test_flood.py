"""When too many replies come at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.flood import CALM_PER_MINUTE, MAX_PER_MINUTE, verdict


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
