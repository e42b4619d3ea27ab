"""When the news of a visit leaves: after Undo, off the night, and in time for the visit."""

from datetime import time
from typing import Any

import pytest

from scheduler.quiet import QuietHours
from scheduler.visit_news import News, leaves_at
from tests.conftest import ZONE, moment

NIGHT = QuietHours(time(21), time(9))


def news(at: str, before: str) -> News:
    session: dict[str, Any] = {}
    return News("moved", at=moment(at), before=moment(before), session=session)


@pytest.mark.parametrize(
    ("made", "now", "visit", "leaves"),
    [
        # Five minutes in which it can be taken back; whoever taps later does not wait.
        ("2026-05-05 10:00", "2026-05-05 10:00", "2026-05-18 10:00", "2026-05-05 10:05"),
        ("2026-05-05 10:00", "2026-05-05 10:04", "2026-05-18 10:00", "2026-05-05 10:05"),
        ("2026-05-05 10:00", "2026-05-05 11:00", "2026-05-18 10:00", "2026-05-05 11:00"),
        # In the night it waits for the morning, also where the five minutes end in it.
        ("2026-05-05 22:00", "2026-05-05 22:00", "2026-05-18 10:00", "2026-05-06 09:00"),
        ("2026-05-05 20:57", "2026-05-05 20:57", "2026-05-18 10:00", "2026-05-06 09:00"),
        # Up to two hours before the visit; after that nobody is left to come in vain.
        ("2026-05-05 22:00", "2026-05-05 22:00", "2026-05-06 11:00", "2026-05-06 09:00"),
        ("2026-05-05 22:00", "2026-05-05 22:00", "2026-05-06 10:59", "2026-05-05 22:05"),
        ("2026-05-05 10:00", "2026-05-05 10:00", "2026-05-05 12:03", "2026-05-05 10:03"),
        ("2026-05-05 10:00", "2026-05-05 10:00", "2026-05-05 10:30", "2026-05-05 10:00"),
    ],
)
def test_it_leaves_when_it_is_sure_and_in_time(
    made: str, now: str, visit: str, leaves: str
) -> None:
    for told in (
        news(visit, visit),
        news(visit, "2026-06-01 10:00"),
        news("2026-06-01 10:00", visit),
    ):
        at = leaves_at(told, NIGHT, ZONE, made_at=moment(made), now=moment(now))
        assert at == moment(leaves)


def test_the_time_that_is_over_hurries_nobody() -> None:
    """A visit that nobody spoke of was yesterday, and is moved to next week."""
    told = news("2026-05-18 10:00", "2026-05-04 10:00")
    now = moment("2026-05-05 22:00")
    assert leaves_at(told, NIGHT, ZONE, made_at=now, now=now) == moment("2026-05-06 09:00")


def test_once_it_may_leave_it_still_may_a_moment_later() -> None:
    made = moment("2026-05-05 20:50")
    told = news("2026-05-18 10:00", "2026-05-18 10:00")
    at = leaves_at(told, NIGHT, ZONE, made_at=made, now=made)
    assert leaves_at(told, NIGHT, ZONE, made_at=made, now=at) == at
