"""When steps are due, for how long they are of use, and the plan that comes of it."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.protocol import Offset, Step
from scheduler.quiet import QuietHours
from scheduler.timing import (
    Lateness,
    Planned,
    ended_by,
    late_action,
    plan,
    shift,
    useful_until,
)

MADRID = "Europe/Madrid"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
CASABLANCA = "Africa/Casablanca"
SAO_PAULO = "America/Sao_Paulo"
KOLKATA = "Asia/Kolkata"
APIA = "Pacific/Apia"
ZONES = (MADRID, NEW_YORK, LORD_HOWE, CASABLANCA, SAO_PAULO, KOLKATA, APIA)
HOUR = 3_600_000
NIGHT = QuietHours()
NONE = QuietHours(time(0), time(0))


def at(text: str, zone: str = MADRID, fold: int = 0) -> int:
    aware = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(aware.timestamp() * 1000)


def shown(instant: int, zone: str = MADRID) -> str:
    return datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def step(
    key: str = "soreness",
    after: str = "1 day",
    useful_for: str = "2 days",
    *,
    anchor: str = "session",
    before: bool = False,
    clock: time | None = None,
    comfort: bool = True,
    quiet: str = "wait",
    repeat: tuple[str, ...] = (),
) -> Step:
    return Step.model_validate(
        {
            "key": key,
            "topic": "soreness",
            "anchor": anchor,
            "offset": after,
            "before": before,
            "at": clock,
            "useful_for": useful_for,
            "comfort": comfort,
            "quiet": quiet,
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
    checked = step(after=after, useful_for=useful_for, before=before, clock=clock)
    assert shown(useful_until(checked, at("2026-05-04 10:00"), MADRID)) == expected


def test_a_repeat_is_of_use_for_as_long_as_the_step_itself() -> None:
    diet = step("diet", "30 days", "40 days", clock=time(18), repeat=("60 days", "80 days"))
    until = [shown(useful_until(diet, at("2026-01-01 10:00"), MADRID, n)) for n in range(3)]
    # The last window has the change of the clocks in it, and still ends at 18:00.
    assert until == ["2026-02-10 18:00", "2026-03-12 18:00", "2026-04-01 18:00"]


def test_repeats_before_an_appointment_are_all_over_at_the_same_time() -> None:
    visit = step("visit", "3 days", "1 day", anchor="next_session", before=True, repeat=("2 days",))
    until = {useful_until(visit, at("2026-05-12 10:00"), MADRID, n) for n in range(2)}
    assert until == {at("2026-05-11 10:00")}


SESSION = at("2026-05-04 10:00")
STEPS = (
    step("care", "1 hour", "6 hours", quiet="earlier"),
    step("soreness", "24 hours", "36 hours"),
    step("bruise", "7 days", "10 days", clock=time(10)),
    step("lump", "28 days", "42 days", clock=time(10), comfort=False),
    step("late_lump", "56 days", "70 days", anchor="last_session", comfort=False),
    step("diet", "30 days", "40 days", comfort=False, repeat=("60 days", "90 days")),
    step(
        "visit",
        "1 day",
        "2 hours",
        anchor="next_session",
        before=True,
        comfort=False,
        quiet="earlier",
    ),
)


def timeline(planned: tuple[Planned, ...]) -> list[str]:
    return [
        f"{p.step_key}.{p.occurrence} {p.skipped or shown(p.ready_at)[5:]}"
        + (f" ({p.moved})" if p.moved else "")
        for p in planned
    ]


def test_a_plan_is_laid_out_in_the_order_in_which_it_goes() -> None:
    anchors = {"session": SESSION, "next_session": at("2026-06-01 09:30")}
    planned = plan(STEPS, anchors, zone=MADRID, quiet=NIGHT, now=SESSION)
    assert timeline(planned) == [
        "care.0 05-04 11:00",
        "soreness.0 05-05 10:00",
        "bruise.0 05-11 10:00",
        "visit.0 05-31 09:30",
        "lump.0 06-01 10:00",
        "diet.0 06-03 10:00",
        "diet.1 07-03 10:00",
        "late_lump.0 07-27 09:30",
        "diet.2 08-02 10:00",
    ]


def test_a_late_session_moves_its_care_to_the_same_evening_and_its_checks_to_the_morning() -> None:
    session = at("2026-05-04 20:15")
    steps = (
        step("care", "1 hour", "6 hours", quiet="earlier"),
        step("again", "26 hours", "40 hours"),
        step("short", "3 hours", "6 hours"),
    )
    planned = plan(steps, {"session": session}, zone=MADRID, quiet=NIGHT, now=session)
    assert timeline(planned) == [
        "care.0 05-04 20:59 (earlier)",
        "short.0 quiet",
        "again.0 05-06 09:00 (later)",
    ]


def test_nothing_moves_to_an_evening_before_the_session_it_speaks_of() -> None:
    session = at("2026-05-04 23:00")
    care = step("care", "1 hour", "12 hours", quiet="earlier")
    planned = plan((care,), {"session": session}, zone=MADRID, quiet=NIGHT, now=SESSION)
    assert timeline(planned) == ["care.0 05-05 09:00 (later)"]


def test_an_early_appointment_is_announced_the_evening_before() -> None:
    visit = step("visit", "2 hours", "0 hours", anchor="next_session", before=True, quiet="earlier")
    anchors = {"next_session": at("2026-05-12 09:30")}
    planned = plan((visit,), anchors, zone=MADRID, quiet=NIGHT, now=SESSION)
    assert timeline(planned) == ["visit.0 05-11 20:59 (earlier)"]


def test_what_is_over_stays_in_the_plan_with_its_reason() -> None:
    now = SESSION + 26 * HOUR
    planned = plan(STEPS[:3], {"session": SESSION}, zone=MADRID, quiet=NIGHT, now=now)
    assert timeline(planned) == ["care.0 past", "soreness.0 05-05 12:00", "bruise.0 05-11 10:00"]
    assert planned[0].ready_at == planned[0].due_at == SESSION + HOUR


def test_a_step_without_its_anchor_is_left_out() -> None:
    planned = plan(STEPS, {"enrollment": SESSION}, zone=MADRID, quiet=NIGHT, now=SESSION)
    assert planned == ()


@pytest.mark.parametrize(
    ("anchors", "due"),
    [
        ({"session": "05-04"}, "06-29"),
        ({"session": "05-04", "next_session": "06-01"}, "07-27"),
        ({"session": "06-01", "last_session": "05-04"}, "07-27"),
        ({"session": "05-04", "last_session": "06-01"}, "07-27"),
    ],
)
def test_what_hangs_on_the_last_session_hangs_on_the_last_by_date(
    anchors: dict[str, str], due: str
) -> None:
    late_lump = step("late_lump", "56 days", "70 days", anchor="last_session")
    known = {name: at(f"2026-{day} 10:00") for name, day in anchors.items()}
    (planned,) = plan((late_lump,), known, zone=MADRID, quiet=NIGHT, now=SESSION)
    assert shown(planned.due_at) == f"2026-{due} 10:00"


def test_a_newer_session_ends_the_comfort_steps_that_are_still_to_come() -> None:
    planned = plan(STEPS, {"session": SESSION}, zone=MADRID, quiet=NIGHT, now=SESSION)
    ended = ended_by(at("2026-05-05 10:00"), planned)
    assert [p.step_key for p in ended] == ["soreness", "bruise"]
    assert [p.step_key for p in ended_by(at("2026-05-05 10:01"), planned)] == ["bruise"]


def test_a_skipped_step_is_not_ended_again() -> None:
    late = plan(STEPS[:1], {"session": SESSION}, zone=MADRID, quiet=NIGHT, now=SESSION + 9 * HOUR)
    assert late[0].skipped == "past"
    assert ended_by(SESSION, late) == ()


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
spans = st.one_of(
    st.tuples(st.sampled_from(["days", "weeks"]), st.integers(1, 90)),
    st.tuples(st.sampled_from(["seconds", "minutes", "hours"]), st.integers(1, 500)),
)


@st.composite
def protocol_steps(draw: st.DrawFn) -> tuple[Step, ...]:
    steps = []
    for index in range(draw(st.integers(0, 8))):
        unit, count = draw(spans)
        before = draw(st.booleans())
        length = draw(st.integers(0, count - 1)) if before else count + draw(st.integers(1, 90))
        elapsed = unit not in {"days", "weeks"}
        further = count - 1 if before else count + 7
        repeats = draw(st.booleans()) and (not before or further > length)
        steps.append(
            step(
                f"step{index}",
                f"{count} {unit}",
                f"{length} {unit}",
                anchor=draw(st.sampled_from(["session", "next_session", "last_session"])),
                before=before,
                clock=None if elapsed else draw(clocks),
                comfort=draw(st.booleans()),
                quiet=draw(st.sampled_from(["wait", "earlier"])),
                repeat=(f"{further} {unit}",) if repeats and length else (),
            )
        )
    return tuple(steps)


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
quiets = st.sampled_from([NIGHT, NONE, QuietHours(time(1), time(3)), QuietHours(time(22), time(2))])


@given(
    steps=protocol_steps(),
    session=instants,
    until_next=st.integers(-90, 90),
    until_now=st.integers(-90 * 24, 90 * 24),
    zone=st.sampled_from(ZONES),
    quiet=quiets,
)
def test_every_plan_keeps_its_promises(
    *,
    steps: tuple[Step, ...],
    session: int,
    until_next: int,
    until_now: int,
    zone: str,
    quiet: QuietHours,
) -> None:
    anchors = {"session": session, "next_session": session + until_next * 24 * HOUR}
    now = session + until_now * HOUR
    planned = plan(steps, anchors, zone=zone, quiet=quiet, now=now)

    assert [p.ready_at for p in planned] == sorted(p.ready_at for p in planned)
    assert len({(p.step_key, p.occurrence) for p in planned}) == len(planned)
    assert len(planned) == sum(1 + len(s.repeat) for s in steps)
    by_key = {s.key: s for s in steps}
    for p in planned:
        anchor = max(anchors.values()) if p.anchor == "last_session" else anchors[p.anchor]
        if by_key[p.step_key].before:
            assert p.useful_until <= anchor
        elif p.skipped is None:
            assert p.ready_at >= anchor
        if p.skipped is None:
            assert not quiet.holds(p.ready_at, zone)
            assert now <= p.ready_at < p.useful_until
        elif p.skipped == "past":
            earliest = now if by_key[p.step_key].before else max(now, anchor)
            assert max(p.due_at, earliest) >= p.useful_until

    again = plan(steps[::-1], anchors, zone=zone, quiet=quiet, now=now)
    assert again == planned


@given(
    days=st.integers(0, 400),
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
    # An offset of nothing is the anchor itself; a calendar day may begin sooner than that where
    # the anchor is the second showing of its time.
    assert far <= near if before else near <= far or days == 0
