"""Quiet hours: what is night, when it ends, and where messages go instead."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from scheduler.quiet import NotUseful, Policy, QuietHours, When, prolonged, settle

NIGHT = QuietHours()
NONE = QuietHours(time(9), time(9))
SMALL_HOURS = QuietHours(time(0), time(7))
MADRID = "Europe/Madrid"
HOUR = 3_600_000
ZONES = (
    MADRID,
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/St_Johns",
)


def at(text: str, zone: str = MADRID, fold: int = 0) -> int:
    aware = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(aware.timestamp() * 1000)


def shown(instant: int, zone: str = MADRID) -> str:
    return datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("quiet", "clock", "night"),
    [
        (NIGHT, "20:59", False),
        (NIGHT, "21:00", True),
        (NIGHT, "23:59", True),
        (NIGHT, "00:00", True),
        (NIGHT, "08:59", True),
        (NIGHT, "09:00", False),
        (SMALL_HOURS, "23:59", False),
        (SMALL_HOURS, "00:00", True),
        (SMALL_HOURS, "06:59", True),
        (SMALL_HOURS, "07:00", False),
        (NONE, "09:00", False),
        (NONE, "03:00", False),
    ],
)
def test_the_start_belongs_to_the_night_and_the_end_to_the_day(
    quiet: QuietHours, clock: str, night: bool
) -> None:
    assert quiet.holds(at(f"2026-05-04 {clock}"), MADRID) is night


@pytest.mark.parametrize(
    ("quiet", "zone", "asked", "ends"),
    [
        (NIGHT, MADRID, "2026-05-04 22:00", "2026-05-05 09:00"),
        (NIGHT, MADRID, "2026-05-05 08:59", "2026-05-05 09:00"),
        (NIGHT, MADRID, "2026-05-05 12:00", "2026-05-05 12:00"),
        (NIGHT, MADRID, "2026-12-31 23:30", "2027-01-01 09:00"),
        (NIGHT, MADRID, "2028-02-28 23:30", "2028-02-29 09:00"),
        (NIGHT, MADRID, "2026-03-28 23:00", "2026-03-29 09:00"),
        (NIGHT, MADRID, "2026-10-24 23:00", "2026-10-25 09:00"),
        (SMALL_HOURS, MADRID, "2026-05-05 00:00", "2026-05-05 07:00"),
        # the end itself lies in the gap
        (QuietHours(time(21), time(2, 30)), MADRID, "2026-03-29 01:00", "2026-03-29 03:00"),
        (
            QuietHours(time(22), time(2, 10)),
            "Australia/Lord_Howe",
            "2026-10-04 00:00",
            "2026-10-04 02:30",
        ),
        # the night's start lies in the gap, at midnight
        (SMALL_HOURS, "America/Sao_Paulo", "2018-11-04 01:00", "2018-11-04 07:00"),
        # a whole day is skipped: two nights grow into one
        (NIGHT, "Pacific/Apia", "2011-12-29 22:00", "2011-12-31 09:00"),
    ],
)
def test_the_night_ends_by_the_wall_clock(
    quiet: QuietHours, zone: str, asked: str, ends: str
) -> None:
    assert shown(quiet.ends_after(at(asked, zone), zone), zone) == ends


def test_the_hour_that_comes_twice_is_night_both_times() -> None:
    quiet = QuietHours(time(21), time(2, 30))
    first_half_past_two = at("2026-10-25 02:30")
    assert quiet.holds(first_half_past_two, MADRID)
    assert quiet.ends_after(first_half_past_two, MADRID) == first_half_past_two + HOUR


def test_the_night_goes_on_where_the_clock_is_turned_back_across_midnight() -> None:
    # In 2010 St. John's turned its clocks back at 00:01, to 23:01 of the day before.
    zone = "America/St_Johns"
    second_half_past_eleven = at("2010-11-06 23:30", zone, fold=1)
    assert not SMALL_HOURS.holds(at("2010-11-06 23:30", zone), zone)
    assert SMALL_HOURS.holds(second_half_past_eleven, zone)
    assert shown(SMALL_HOURS.ends_after(second_half_past_eleven, zone), zone) == "2010-11-07 07:00"


@pytest.mark.parametrize(
    ("quiet", "zone", "asked", "evening"),
    [
        (NIGHT, MADRID, "2026-05-05 08:00", "2026-05-04 20:59"),
        (NIGHT, MADRID, "2026-05-04 21:00", "2026-05-04 20:59"),
        (NIGHT, MADRID, "2026-05-04 20:59", "2026-05-04 20:59"),
        (NIGHT, MADRID, "2026-05-04 20:30", "2026-05-04 20:30"),
        (NIGHT, MADRID, "2027-01-01 00:10", "2026-12-31 20:59"),
        (NIGHT, MADRID, "2028-03-01 08:00", "2028-02-29 20:59"),
        (NIGHT, MADRID, "2026-03-29 08:00", "2026-03-28 20:59"),
        (SMALL_HOURS, MADRID, "2026-05-05 06:00", "2026-05-04 23:59"),
        (SMALL_HOURS, "America/Sao_Paulo", "2018-11-04 06:00", "2018-11-03 23:59"),
        (NIGHT, "Pacific/Apia", "2011-12-31 08:00", "2011-12-29 20:59"),
        (NONE, MADRID, "2026-05-05 03:00", "2026-05-05 03:00"),
    ],
)
def test_the_evening_before_is_a_minute_before_the_night(
    quiet: QuietHours, zone: str, asked: str, evening: str
) -> None:
    assert shown(quiet.begins_before(at(asked, zone), zone), zone) == evening


@pytest.mark.parametrize("edge", [time(21, 0, 1), time(21, 0, 0, 1), time(21, tzinfo=UTC)])
def test_quiet_hours_are_whole_local_minutes(edge: time) -> None:
    with pytest.raises(ValueError, match="whole local minutes"):
        QuietHours(edge, time(9))


@pytest.mark.parametrize(
    ("policy", "due", "until", "now", "expected"),
    [
        # awake: as it is due
        ("wait", "04 14:00", "06 14:00", "04 12:00", When(at("2026-05-04 14:00"))),
        ("earlier", "04 14:00", "06 14:00", "04 12:00", When(at("2026-05-04 14:00"))),
        # at night
        ("wait", "04 23:00", "06 14:00", "04 12:00", When(at("2026-05-05 09:00"), "later")),
        ("earlier", "04 23:00", "06 14:00", "04 12:00", When(at("2026-05-04 20:59"), "earlier")),
        # of no use in the morning
        ("wait", "04 23:00", "05 09:00", "04 12:00", NotUseful("quiet")),
        ("wait", "04 23:00", "05 09:01", "04 12:00", When(at("2026-05-05 09:00"), "later")),
        ("earlier", "05 08:00", "05 09:00", "04 12:00", When(at("2026-05-04 20:59"), "earlier")),
        # the evening is over: wait after all, or never
        ("earlier", "05 08:00", "05 12:00", "04 22:00", When(at("2026-05-05 09:00"), "later")),
        ("earlier", "05 08:00", "05 09:00", "04 22:00", NotUseful("quiet")),
        # what the night must not swallow: the evening before, else the morning whatever it is
        ("around", "04 23:00", "05 04:00", "04 12:00", When(at("2026-05-04 20:59"), "earlier")),
        ("around", "04 23:00", "05 04:00", "04 22:00", When(at("2026-05-05 09:00"), "later")),
        ("around", "04 23:00", "05 04:00", "05 04:00", NotUseful("past")),
        # overdue: now, if that is a waking moment and it is still of use
        ("wait", "04 14:00", "06 14:00", "05 12:00", When(at("2026-05-05 12:00"))),
        ("wait", "04 14:00", "06 14:00", "04 23:00", When(at("2026-05-05 09:00"), "later")),
        ("wait", "04 14:00", "04 18:00", "04 18:00", NotUseful("past")),
        ("wait", "04 14:00", "04 18:00", "04 17:59", When(at("2026-05-04 17:59"))),
    ],
)
def test_where_a_message_goes(
    policy: Policy, due: str, until: str, now: str, expected: When | NotUseful
) -> None:
    settled = settle(
        at(f"2026-05-{due}"),
        at(f"2026-05-{until}"),
        policy,
        NIGHT,
        MADRID,
        not_before=at(f"2026-05-{now}"),
    )
    assert settled == expected


@pytest.mark.parametrize(
    ("until", "morning", "then"),
    [
        ("05 04:00", "05 09:00", "05 14:00"),
        ("05 09:00", "05 09:00", "05 19:00"),
        ("05 12:00", "05 09:00", "05 12:00"),
    ],
)
def test_what_the_night_must_not_swallow_is_of_use_after_it(
    until: str, morning: str, then: str
) -> None:
    due = at("2026-05-04 23:00")
    found = prolonged(due, at(f"2026-05-{until}"), at(f"2026-05-{morning}"))
    assert found == at(f"2026-05-{then}")


def test_a_reminder_goes_at_once_in_the_last_minute_of_the_evening() -> None:
    now = at("2026-05-04 20:59:40")
    settled = settle(
        at("2026-05-05 08:00"), at("2026-05-05 09:00"), "earlier", NIGHT, MADRID, not_before=now
    )
    assert settled == When(now, "earlier")


minutes = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
quiets = st.builds(QuietHours, minutes, minutes)
instants = st.one_of(
    st.integers(at("2010-01-01"), at("2030-01-01")),
    # close to where the clocks change
    st.tuples(
        st.sampled_from(
            [
                at("2026-03-29 02:00"),
                at("2026-10-25 02:00"),
                at("2026-03-08 03:00", "America/New_York"),
                at("2026-11-01 01:00", "America/New_York"),
                at("2026-04-05 02:00", "Australia/Lord_Howe"),
                at("2026-10-04 02:30", "Australia/Lord_Howe"),
                at("2018-11-04 01:00", "America/Sao_Paulo"),
                at("2018-02-17 23:00", "America/Sao_Paulo"),
                at("2011-12-31 00:00", "Pacific/Apia"),
                at("2010-11-06 23:30", "America/St_Johns"),
            ]
        ),
        st.integers(-30 * HOUR, 30 * HOUR),
    ).map(sum),
)
zones = st.sampled_from(ZONES)
policies = st.sampled_from(["wait", "earlier"])


def wall_clock_says_night(quiet: QuietHours, instant: int, zone: str) -> bool:
    clock = datetime.fromtimestamp(instant // 1000, ZoneInfo(zone)).time()
    if quiet.start <= quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


@given(quiets, instants, zones)
def test_whenever_the_wall_clock_says_night_it_is_night(
    quiet: QuietHours, instant: int, zone: str
) -> None:
    if wall_clock_says_night(quiet, instant, zone):
        assert quiet.holds(instant, zone)


@given(instants, zones)
def test_the_default_night_is_exactly_what_the_wall_clock_says(instant: int, zone: str) -> None:
    # None of these zones changes its clocks within an hour of 09:00 or 21:00.
    assert NIGHT.holds(instant, zone) == wall_clock_says_night(NIGHT, instant, zone)


@given(quiets, instants, zones)
def test_ends_after_is_the_first_waking_moment(quiet: QuietHours, instant: int, zone: str) -> None:
    end = quiet.ends_after(instant, zone)
    assert not quiet.holds(end, zone)
    assert end >= instant
    assert end == instant or quiet.holds(end - 1, zone)


@given(quiets, instants, zones)
def test_begins_before_leaves_a_waking_minute(quiet: QuietHours, instant: int, zone: str) -> None:
    evening = quiet.begins_before(instant, zone)
    assert evening <= instant
    assert not quiet.holds(evening, zone)
    assert not quiet.holds(evening + 59_999, zone)


@given(quiets, instants, instants, zones)
def test_a_later_question_never_has_an_earlier_answer(
    quiet: QuietHours, one: int, other: int, zone: str
) -> None:
    early, late = sorted((one, other))
    assert quiet.ends_after(early, zone) <= quiet.ends_after(late, zone)
    assert quiet.begins_before(early, zone) <= quiet.begins_before(late, zone)


spans = st.integers(-72 * HOUR, 72 * HOUR)


@given(quiet=quiets, due=instants, window=spans, lead=spans, zone=zones, policy=policies)
def test_what_is_sent_is_sent_awake_in_time_and_not_too_soon(
    *, quiet: QuietHours, due: int, window: int, lead: int, zone: str, policy: Policy
) -> None:
    until, now = due + window, due - lead
    match settle(due, until, policy, quiet, zone, not_before=now):
        case When(moment, moved):
            assert not quiet.holds(moment, zone)
            assert now <= moment
            assert policy == "around" or moment < until
            assert moment < prolonged(due, until, moment)
            assert policy != "wait" or moment >= due
            assert (moved == "later") == (moment > max(due, now))
            assert (moved == "earlier") == (moment < max(due, now))
        case NotUseful("past"):
            assert max(due, now) >= until
        case NotUseful("quiet"):
            assert policy != "around"
            assert all(
                quiet.holds(moment, zone) for moment in range(max(due, now), until, 15 * 60_000)
            )


@given(
    quiet=quiets,
    due=instants,
    delay=st.integers(0, 72 * HOUR),
    lead=spans,
    zone=zones,
    policy=policies,
)
@example(
    quiet=NIGHT,
    due=at("2026-05-04 20:59:30"),
    delay=60_000,
    lead=24 * HOUR,
    zone=MADRID,
    policy="earlier",
)
def test_what_is_due_later_never_goes_sooner(
    *, quiet: QuietHours, due: int, delay: int, lead: int, zone: str, policy: Policy
) -> None:
    until, now = due + 100 * HOUR, due - lead
    first = settle(due, until, policy, quiet, zone, not_before=now)
    second = settle(due + delay, until, policy, quiet, zone, not_before=now)
    assume(isinstance(first, When) and isinstance(second, When))
    assert isinstance(first, When)
    assert isinstance(second, When)
    assert first.at <= second.at


@given(quiets, instants, st.integers(1, 72 * HOUR), zones, policies)
def test_settling_again_at_the_settled_moment_changes_nothing(
    quiet: QuietHours, due: int, window: int, zone: str, policy: Policy
) -> None:
    settled = settle(due, due + window, policy, quiet, zone, not_before=due - 48 * HOUR)
    assume(isinstance(settled, When))
    assert isinstance(settled, When)
    until = prolonged(due, due + window, settled.at)
    again = settle(settled.at, until, policy, quiet, zone, not_before=settled.at)
    assert again == When(settled.at)
