"""The plan: every step in the order in which it goes, and what is skipped and why."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.protocol import Step
from scheduler.quiet import QuietHours
from scheduler.timing import Planned, ended_by, plan

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
    topic: str = "soreness",
) -> Step:
    return Step.model_validate(
        {
            "key": key,
            "topic": topic,
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


@pytest.mark.parametrize(
    ("topic", "next_session", "due"),
    [
        # the check would come before the next session: it does not wait for it
        ("lump", "2026-11-04", "2026-06-29"),
        ("lump", "2026-06-30", "2026-06-29"),
        # the next session comes first, and the watch begins again with it
        ("lump", "2026-06-29", "2026-08-24"),
        ("lump", "2026-06-01", "2026-07-27"),
        # what is no lump check counts from the last session, however far away that is
        ("result", "2026-11-04", "2026-12-30"),
    ],
)
def test_a_lump_check_does_not_wait_for_a_session_that_is_further_away(
    topic: str, next_session: str, due: str
) -> None:
    late = step("late", "56 days", "70 days", anchor="last_session", topic=topic)
    anchors = {"session": SESSION, "next_session": at(f"{next_session} 10:00")}
    (planned,) = plan((late,), anchors, zone=MADRID, quiet=NIGHT, now=SESSION)
    assert shown(planned.due_at) == f"{due} 10:00"


def test_a_newer_session_ends_the_comfort_steps_that_are_still_to_come() -> None:
    planned = plan(STEPS, {"session": SESSION}, zone=MADRID, quiet=NIGHT, now=SESSION)
    ended = ended_by(at("2026-05-05 10:00"), planned)
    assert [p.step_key for p in ended] == ["soreness", "bruise"]
    assert [p.step_key for p in ended_by(at("2026-05-05 10:01"), planned)] == ["bruise"]


def test_a_skipped_step_is_not_ended_again() -> None:
    late = plan(STEPS[:1], {"session": SESSION}, zone=MADRID, quiet=NIGHT, now=SESSION + 9 * HOUR)
    assert late[0].skipped == "past"
    assert ended_by(SESSION, late) == ()


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
