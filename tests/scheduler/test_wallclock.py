"""Readings and instants, over the odd days of many zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.wallclock import (
    first_moment,
    in_gap,
    last_moment,
    local,
    local_date,
)

ZONES = (
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/St_Johns",
)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def reading(text: str) -> tuple[date, time]:
    moment = datetime.fromisoformat(text)
    return moment.date(), moment.time()


@pytest.mark.parametrize(
    ("zone", "shown", "instant"),
    [
        ("Asia/Kolkata", "2026-05-04 10:00", "2026-05-04 04:30"),
        ("Europe/Madrid", "2026-01-15 10:00", "2026-01-15 09:00"),
        ("Europe/Madrid", "2026-07-15 10:00", "2026-07-15 08:00"),
        ("Europe/Madrid", "2028-02-29 00:00", "2028-02-28 23:00"),
        ("Pacific/Apia", "2026-01-01 00:30", "2025-12-31 11:30"),
    ],
)
def test_an_ordinary_reading_is_one_instant(zone: str, shown: str, instant: str) -> None:
    day, at = reading(shown)
    assert first_moment(day, at, zone) == last_moment(day, at, zone) == utc(instant)
    assert not in_gap(day, at, zone)


@pytest.mark.parametrize(
    ("zone", "skipped", "after"),
    [
        # zone, a reading that is never shown, the first moment after the gap in UTC
        ("Europe/Madrid", "2026-03-29 02:30", "2026-03-29 01:00"),
        ("Europe/Madrid", "2026-03-29 02:00", "2026-03-29 01:00"),
        ("America/New_York", "2026-03-08 02:59:59", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
        ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:00"),
        ("America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04 03:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),
        ("Pacific/Apia", "2011-12-30 00:00", "2011-12-30 10:00"),
    ],
)
def test_a_reading_in_a_gap_is_the_first_moment_after(zone: str, skipped: str, after: str) -> None:
    day, at = reading(skipped)
    assert in_gap(day, at, zone)
    assert first_moment(day, at, zone) == last_moment(day, at, zone) == utc(after)


@pytest.mark.parametrize(
    ("zone", "twice", "first", "last"),
    [
        ("Europe/Madrid", "2026-10-25 02:30", "2026-10-25 00:30", "2026-10-25 01:30"),
        ("America/New_York", "2026-11-01 01:00", "2026-11-01 05:00", "2026-11-01 06:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", "2026-04-04 15:15"),
        ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30", "2026-02-15 02:30"),
        ("America/Sao_Paulo", "2018-02-17 23:30", "2018-02-18 01:30", "2018-02-18 02:30"),
    ],
)
def test_a_reading_in_a_fold_is_two_instants(zone: str, twice: str, first: str, last: str) -> None:
    day, at = reading(twice)
    assert first_moment(day, at, zone) == utc(first)
    assert last_moment(day, at, zone) == utc(last)


def test_the_calendar_day_is_the_patients_own() -> None:
    instant = utc("2025-12-31 23:30")
    assert local_date(instant, "Europe/Madrid") == date(2026, 1, 1)
    assert local_date(instant, "America/New_York") == date(2025, 12, 31)
    assert local_date(instant, "Pacific/Apia") == date(2026, 1, 1)


def test_milliseconds_survive_the_way_to_the_wall_and_back() -> None:
    instant = 1_777_777_777_123
    shown = local(instant, "Asia/Kolkata")
    assert shown.microsecond == 123_000
    assert first_moment(shown.date(), shown.time(), "Asia/Kolkata") == instant


def test_a_zone_that_does_not_exist_is_named() -> None:
    with pytest.raises(ZoneInfoNotFoundError, match="Europe/Atlantis"):
        local(0, "Europe/Atlantis")


@given(
    zone=st.sampled_from(ZONES),
    shown=st.datetimes(datetime(2010, 1, 1), datetime(2030, 12, 31)),  # noqa: DTZ001 - readings have no zone
)
def test_the_first_moment_is_where_the_wall_clock_reaches_the_reading(
    zone: str, shown: datetime
) -> None:
    shown = shown.replace(microsecond=0)
    instant = first_moment(shown.date(), shown.time(), zone)

    def wall(ms: int) -> datetime:
        clock = datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)
        return clock.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert wall(instant) >= shown
    assert wall(instant - 1) < shown
    assert last_moment(shown.date(), shown.time(), zone) >= instant
