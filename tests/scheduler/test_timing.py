"""When steps are due, for how long they are of use, and what becomes of late ones."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.protocol import Step
from messages.times import Offset
from scheduler.timing import Lateness, late_action, shift, useful_until

MADRID = "Europe/Madrid"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
CASABLANCA = "Africa/Casablanca"
SAO_PAULO = "America/Sao_Paulo"
KOLKATA = "Asia/Kolkata"
APIA = "Pacific/Apia"
ZONES = (MADRID, NEW_YORK, LORD_HOWE, CASABLANCA, SAO_PAULO, KOLKATA, APIA)
HOUR = 3_600_000


def at(text: str, zone: str = MADRID, fold: int = 0) -> int:
    aware = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(aware.timestamp() * 1000)


def shown(instant: int, zone: str = MADRID) -> str:
    return datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def step(
    after: str,
    useful_for: str,
    *,
    before: bool = False,
    clock: time | None = None,
    repeat: tuple[str, ...] = (),
) -> Step:
    return Step.model_validate(
        {
            "key": "checked",
            "topic": "appointment" if before else "diet",
            "anchor": "next_session" if before else "session",
            "offset": after,
            "before": before,
            "at": clock,
            "useful_for": useful_for,
            "repeat": repeat,
        }
    )


@pytest.mark.parametrize(
    ("zone", "anchor", "by", "clock", "expected"),
    [
        # hours are elapsed time, whatever the wall clock does meanwhile
        (MADRID, "2026-05-04 10:00", "1 hour", None, "2026-05-04 11:00"),
        (MADRID, "2026-03-28 10:00", "24 hours", None, "2026-03-29 11:00"),
        (MADRID, "2026-10-24 10:00", "24 hours", None, "2026-10-25 09:00"),
        (LORD_HOWE, "2026-10-03 10:00", "24 hours", None, "2026-10-04 10:30"),
        (MADRID, "2026-05-04 10:00", "30 seconds", None, "2026-05-04 10:00"),
        (MADRID, "2026-05-04 10:00", "90 minutes", time(9), "2026-05-04 11:30"),
        # days are calendar days: the same wall-clock time over both changes
        (MADRID, "2026-03-28 10:00", "1 day", None, "2026-03-29 10:00"),
        (MADRID, "2026-10-24 10:00", "1 day", None, "2026-10-25 10:00"),
        (NEW_YORK, "2026-03-07 16:45", "7 days", None, "2026-03-14 16:45"),
        (NEW_YORK, "2026-10-25 16:45", "7 days", None, "2026-11-01 16:45"),
        (LORD_HOWE, "2026-04-04 12:15", "1 day", None, "2026-04-05 12:15"),
        (CASABLANCA, "2026-02-14 18:00", "2 days", None, "2026-02-16 18:00"),
        (CASABLANCA, "2026-03-20 18:00", "14 days", None, "2026-04-03 18:00"),
        (SAO_PAULO, "2018-11-03 11:00", "1 day", None, "2018-11-04 11:00"),
        (KOLKATA, "2026-03-28 10:00", "1 day", None, "2026-03-29 10:00"),
        # at a local time of their own
        (MADRID, "2026-05-04 19:10", "7 days", time(10), "2026-05-11 10:00"),
        (MADRID, "2026-05-04 23:30", "2 weeks", time(10), "2026-05-18 10:00"),
        (MADRID, "2026-05-04 00:10", "1 day", time(0), "2026-05-05 00:00"),
        # in a gap: the first moment after it
        (MADRID, "2026-03-28 02:30", "1 day", None, "2026-03-29 03:00"),
        (NEW_YORK, "2026-03-01 10:00", "7 days", time(2, 15), "2026-03-08 03:00"),
        (LORD_HOWE, "2026-10-03 02:10", "1 day", None, "2026-10-04 02:30"),
        (SAO_PAULO, "2018-11-03 00:20", "1 day", None, "2018-11-04 01:00"),
        (CASABLANCA, "2026-03-15 02:30", "7 days", None, "2026-03-22 03:00"),
        (APIA, "2011-12-29 10:00", "1 day", None, "2011-12-31 00:00"),
        (APIA, "2011-12-29 10:00", "2 days", None, "2011-12-31 10:00"),
        # leap days and year ends
        (MADRID, "2028-02-28 10:00", "1 day", None, "2028-02-29 10:00"),
        (MADRID, "2027-02-28 10:00", "1 day", None, "2027-03-01 10:00"),
        (MADRID, "2028-02-01 10:00", "4 weeks", None, "2028-02-29 10:00"),
        (MADRID, "2026-12-31 23:30", "1 day", None, "2027-01-01 23:30"),
        (NEW_YORK, "2026-12-31 20:00", "6 hours", None, "2027-01-01 02:00"),
    ],
)
def test_what_comes_after_an_anchor(
    zone: str, anchor: str, by: str, clock: time | None, expected: str
) -> None:
    assert shown(shift(at(anchor, zone), Offset.parse(by), zone, at=clock), zone) == expected


@pytest.mark.parametrize(
    ("zone", "anchor", "by", "clock", "expected"),
    [
        (MADRID, "2026-05-12 10:00", "1 day", None, "2026-05-11 10:00"),
        (MADRID, "2026-05-12 10:00", "3 days", time(11, 30), "2026-05-09 11:30"),
        (MADRID, "2026-05-12 10:00", "2 hours", None, "2026-05-12 08:00"),
        (MADRID, "2026-03-30 02:30", "1 day", None, "2026-03-29 03:00"),
        (MADRID, "2026-03-30 10:00", "3 days", None, "2026-03-27 10:00"),
        (NEW_YORK, "2026-03-08 10:00", "8 hours", None, "2026-03-08 01:00"),
        (MADRID, "2028-03-01 10:00", "1 day", None, "2028-02-29 10:00"),
        (MADRID, "2027-01-01 10:00", "1 day", None, "2026-12-31 10:00"),
        (APIA, "2011-12-31 10:00", "1 day", None, "2011-12-31 00:00"),
    ],
)
def test_what_comes_before_an_anchor(
    zone: str, anchor: str, by: str, clock: time | None, expected: str
) -> None:
    instant = shift(at(anchor, zone), Offset.parse(by), zone, before=True, at=clock)
    assert shown(instant, zone) == expected


@pytest.mark.parametrize(
    ("zone", "anchor", "expected"),
    [
        (MADRID, "2026-10-24 02:30", "2026-10-25 00:30+00:00"),
        (NEW_YORK, "2026-10-31 01:30", "2026-11-01 05:30+00:00"),
        (LORD_HOWE, "2026-04-04 01:45", "2026-04-04 14:45+00:00"),
        (CASABLANCA, "2026-02-14 02:30", "2026-02-15 01:30+00:00"),
        (SAO_PAULO, "2018-02-16 23:30", "2018-02-18 01:30+00:00"),
    ],
)
def test_a_time_that_comes_twice_means_the_first_of_the_two(
    zone: str, anchor: str, expected: str
) -> None:
    instant = shift(at(anchor, zone), Offset.parse("1 day"), zone)
    assert instant == int(datetime.fromisoformat(expected).timestamp() * 1000)


def test_the_anchor_itself_is_an_instant_also_in_the_second_of_two_hours() -> None:
    second = at("2026-10-25 02:30", fold=1)
    assert shift(second, Offset.parse("1 hour"), MADRID) == second + HOUR
    assert shown(shift(second, Offset.parse("1 day"), MADRID)) == "2026-10-26 02:30"


@pytest.mark.parametrize(
    ("after", "useful_for", "before", "clock", "expected"),
    [
        ("1 hour", "6 hours", False, None, "2026-05-04 16:00"),
        ("24 hours", "36 hours", False, None, "2026-05-05 22:00"),
        ("7 days", "10 days", False, time(11), "2026-05-14 11:00"),
        ("7 days", "10 days", False, None, "2026-05-14 10:00"),
        ("3 days", "36 hours", True, time(11, 30), "2026-05-02 22:00"),
        ("1 day", "2 hours", True, time(11, 30), "2026-05-04 08:00"),
        # at its own local time this window would end after the visit
        ("1 day", "0 days", True, time(11, 30), "2026-05-04 10:00"),
    ],
)
def test_usefulness_is_measured_from_the_anchor(
    after: str, useful_for: str, *, before: bool, clock: time | None, expected: str
) -> None:
    checked = step(after, useful_for, before=before, clock=clock)
    assert shown(useful_until(checked, at("2026-05-04 10:00"), MADRID)) == expected


def test_a_repeat_is_of_use_for_as_long_as_the_step_itself() -> None:
    diet = step("30 days", "40 days", clock=time(18), repeat=("60 days", "80 days"))
    until = [shown(useful_until(diet, at("2026-01-01 10:00"), MADRID, n)) for n in range(3)]
    # The last window has the change of the clocks in it, and still ends at 18:00.
    assert until == ["2026-02-10 18:00", "2026-03-12 18:00", "2026-04-01 18:00"]


def test_repeats_before_an_appointment_are_all_over_at_the_same_time() -> None:
    visit = step("3 days", "1 day", before=True, repeat=("2 days",))
    until = {useful_until(visit, at("2026-05-12 10:00"), MADRID, n) for n in range(2)}
    assert until == {at("2026-05-11 10:00")}


SESSION = at("2026-05-04 10:00")


@pytest.mark.parametrize(
    ("window_hours", "minutes_late", "has_late_text", "action"),
    [
        # a long window: two hours of grace
        (24, 0, True, "send"),
        (24, -30, True, "send"),
        (24, 120, True, "send"),
        (24, 121, True, "send_late"),
        (24, 121, False, "send"),
        (24, 24 * 60 - 1, True, "send_late"),
        (24, 24 * 60, True, "expire"),
        (24, 24 * 60, False, "expire"),
        # a short one: a quarter of it
        (4, 60, True, "send"),
        (4, 61, True, "send_late"),
        (4, 240, True, "expire"),
    ],
)
def test_what_becomes_of_an_overdue_step(
    window_hours: int, minutes_late: int, *, has_late_text: bool, action: Lateness
) -> None:
    assert action == late_action(
        has_late_text=has_late_text,
        ready=SESSION,
        until=SESSION + window_hours * HOUR,
        now=SESSION + minutes_late * 60_000,
    )


clocks = st.one_of(st.none(), st.times().map(lambda c: c.replace(second=0, microsecond=0)))
instants = st.one_of(
    st.integers(at("2011-01-01"), at("2030-01-01")),
    st.integers(-40 * 24, 40 * 24).flatmap(
        lambda hours: st.sampled_from(
            [
                at("2026-03-29 02:00") + hours * HOUR,
                at("2026-10-25 02:00") + hours * HOUR,
                at("2018-11-04 01:00", SAO_PAULO) + hours * HOUR,
                at("2026-04-05 02:00", LORD_HOWE) + hours * HOUR,
                at("2011-12-31 00:00", APIA) + hours * HOUR,
            ]
        )
    ),
)


@given(
    days=st.integers(1, 400),
    more=st.integers(0, 400),
    anchor=instants,
    zone=st.sampled_from(ZONES),
    clock=clocks,
    before=st.booleans(),
)
def test_a_larger_offset_is_never_nearer(
    *, days: int, more: int, anchor: int, zone: str, clock: time | None, before: bool
) -> None:
    near = shift(anchor, Offset(days=days), zone, before=before, at=clock)
    far = shift(anchor, Offset(days=days + more), zone, before=before, at=clock)
    assert far <= near if before else near <= far
