"""Hours of a week: read, written, and asked about over days off, nights and clock changes."""

from datetime import date, time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from scheduler.hours import CLINIC_HOURS, DAYS, Span, WeeklyHours, parse, written
from scheduler.wallclock import HOUR, MINUTE, first_moment

ZONE = "Europe/Madrid"


def at(day: str, clock: str, zone: str = ZONE) -> int:
    return first_moment(date.fromisoformat(day), time.fromisoformat(clock), zone)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Mo-Fr 09:00-18:00", None),
        ("Mo-Fr 9-18", "Mo-Fr 09:00-18:00"),
        ("Mo-Fr 09:00-14:00,16:00-20:00; Sa 10:00-14:00", None),
        ("Mo, We 9-13 , 15-19", "Mo 09:00-13:00,15:00-19:00; We 09:00-13:00,15:00-19:00"),
        ("Mo-Th,Sa 9-18", "Mo-Th 09:00-18:00; Sa 09:00-18:00"),
        ("09:00-21:00", "Mo-Su 09:00-21:00"),
        ("0-24", "Mo-Su 00:00-24:00"),
        ("Fr 20:00-08:00", None),
        ("Sa-Mo 10-14", "Mo 10:00-14:00; Sa-Su 10:00-14:00"),
        ("Mo-Fr 9-18; We off", "Mo-Tu 09:00-18:00; Th-Fr 09:00-18:00"),
        ("Mo 15-19,9-13", "Mo 09:00-13:00,15:00-19:00"),
        ("off", None),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, canonical: str | None) -> None:
    assert written(parse(text)) == (canonical or text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no hours"),
        ("soon", '"soon" is not understood'),
        ("Mo-Fr 9-25", "is not understood"),
        ("Mo-Fr 9:60-18", "is not understood"),
        ("Mo-Fr 9-24:30", "is not understood"),
        ("Mo-Xx 9-18", "is not understood"),
        ("Mo 9-14,13-18", "the hours of Mo overlap"),
        ("Mo 9-14,14-18", "the hours of Mo overlap"),
        ("Mo 1-2,3-4,5-6,7-8,9-10", "more than 4"),
    ],
)
def test_what_is_no_hours_is_said_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)


# Monday 4 May 2026.
@pytest.mark.parametrize(
    ("hours", "day", "clock", "is_open", "opens"),
    [
        ("Mo-Fr 09:00-18:00", "2026-05-04", "09:00", True, None),
        ("Mo-Fr 09:00-18:00", "2026-05-04", "17:59", True, None),
        ("Mo-Fr 09:00-18:00", "2026-05-04", "08:59", False, ("2026-05-04", "09:00")),
        ("Mo-Fr 09:00-18:00", "2026-05-04", "18:00", False, ("2026-05-05", "09:00")),
        ("Mo-Fr 09:00-18:00", "2026-05-08", "23:40", False, ("2026-05-11", "09:00")),
        ("Mo 09:00-14:00,16:00-20:00", "2026-05-04", "15:00", False, ("2026-05-04", "16:00")),
        ("Mo 20:00-08:00", "2026-05-05", "07:59", True, None),
        ("Mo 20:00-08:00", "2026-05-05", "08:00", False, ("2026-05-11", "20:00")),
        ("0-24", "2026-05-10", "03:00", True, None),
    ],
)
def test_what_is_open_and_what_opens_next(
    hours: str, day: str, clock: str, is_open: bool, opens: tuple[str, str] | None
) -> None:
    now = at(day, clock)
    assert parse(hours).open_at(now, ZONE) is is_open
    assert parse(hours).next_opening(now, ZONE) == (at(*opens) if opens else now)


def test_a_closed_day_is_passed_over() -> None:
    hours = WeeklyHours(CLINIC_HOURS.week, frozenset({date(2026, 5, 5)}))
    assert not hours.open_at(at("2026-05-05", "10:00"), ZONE)
    assert hours.next_opening(at("2026-05-04", "19:00"), ZONE) == at("2026-05-06", "09:00")


def test_without_hours_nothing_ever_opens() -> None:
    never = parse("off")
    assert never.never
    assert never.next_opening(at("2026-05-04", "10:00"), ZONE) is None


def test_the_night_of_a_clock_change_is_as_long_as_clocks_show_it() -> None:
    night = parse("Sa 22:00-03:00")
    # 25 October 2026: 03:00 comes twice to Madrid, as 02:00 does; the hours end with the last.
    begin = at("2026-10-24", "22:00")
    assert night.open_at(begin + 6 * HOUR - MINUTE, ZONE)
    assert not night.open_at(begin + 6 * HOUR, ZONE)


def test_one_day_is_changed_and_the_others_stay() -> None:
    changed = CLINIC_HOURS.on(5, [Span(time(10), time(14))])
    assert written(changed) == "Mo-Fr 09:00-18:00; Sa 10:00-14:00"
    assert written(changed.on(0, [])) == "Tu-Fr 09:00-18:00; Sa 10:00-14:00"


_times = some.builds(time, some.integers(0, 23), some.sampled_from([0, 15, 30]))


@some.composite
def _weeks(draw: some.DrawFn) -> WeeklyHours:
    def one_day() -> tuple[Span, ...]:
        edges = sorted(draw(some.lists(_times, unique=True, max_size=8)))
        return tuple(Span(a, b) for a, b in list(pairwise(edges))[::2])

    return WeeklyHours(tuple(one_day() for _ in DAYS))


@settings(max_examples=50)
@given(_weeks())
def test_what_is_written_is_read_back_as_it_was(week: WeeklyHours) -> None:
    assert parse(written(week)) == week


@settings(max_examples=50)
@given(_weeks(), some.integers(0, 366 * 24 * 60), some.sampled_from([ZONE, "America/Santiago"]))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    week: WeeklyHours, minutes: int, zone: str
) -> None:
    now = at("2026-01-01", "00:00") + minutes * MINUTE
    opening = week.next_opening(now, zone)
    assert (opening is None) == week.never
    if opening is not None:
        assert opening >= now
        assert week.open_at(opening, zone)
        assert opening == now or not week.open_at(opening - MINUTE, zone)
