"""The calendar to tap: months, days and times, only such as can be an answer."""

import pytest

from bot.practitioner.calendar import Calendar, view_of
from scheduler.hours import parse
from tests.conftest import moment

FIRST, LAST = "2026-05-06 10:15", "2026-07-01 10:00"


def calendar(first: str = FIRST, last: str = LAST, *, hours: str = "Mo-Fr 09:00-12:00") -> Calendar:
    return Calendar(
        zone="Europe/Madrid",
        language="en",
        hours=parse(hours),
        first=moment(first),
        last=moment(last),
        carry=lambda value: value,
    )


def labels(shown: Calendar, view: str) -> list[list[str]]:
    return [[button.label for button in row] for row in shown.rows(view)]


def carried(shown: Calendar, view: str) -> list[str]:
    return [button.data or "" for row in shown.rows(view) for button in row]


def test_a_month_has_only_days_with_a_time_to_choose() -> None:
    rows = labels(calendar(), "202605")
    assert rows[0] == ["May 2026", "›"]
    assert rows[1] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert rows[2] == ["·", "·", "6", "7", "8", "9", "10"]
    assert labels(calendar(), "202607")[0] == ["‹", "July 2026"]
    assert labels(calendar(), "202607")[2] == ["·", "·", "1", "·", "·", "·", "·"]


def test_a_day_offers_the_clinics_hours_that_are_still_to_come() -> None:
    assert labels(calendar(), "20260506") == [["10:30", "11:00", "11:30"], ["‹ May 2026"]]
    assert labels(calendar(), "20260507")[0] == ["09:00", "09:30", "10:00", "10:30"]


def test_on_a_day_off_the_usual_hours_are_offered() -> None:
    assert labels(calendar(), "20260509")[0] == ["09:00", "09:30", "10:00", "10:30"]


def test_a_time_that_the_clocks_skip_is_not_offered() -> None:
    night = calendar("2027-03-01 00:00", "2027-04-01 00:00", hours="Su 01:00-04:00")
    times = [label for row in labels(night, "20270328") for label in row]
    assert times == ["01:00", "01:30", "03:00", "03:30", "‹ March 2027"]


def test_what_a_time_carries_is_read_back_as_that_moment() -> None:
    shown = calendar()
    value = next(each for each in carried(shown, "20260507") if each.endswith("1130"))
    assert shown.moment(value) == moment("2026-05-07 11:30")
    assert view_of(moment("2026-05-07 11:30"), "Europe/Madrid") == "202605"


@pytest.mark.parametrize(
    "value", ["0", "", "x", "202605", "20260507", "202613011000", "202605060900", "209905061000"]
)
def test_what_is_no_moment_of_this_calendar_is_none(value: str) -> None:
    assert calendar().moment(value) is None


@pytest.mark.parametrize(
    ("value", "view"),
    [("202605", True), ("20260531", True), ("202613", False), ("20260532", False), ("0", False)],
)
def test_months_and_days_are_views(value: str, *, view: bool) -> None:
    assert calendar().is_view(value) is view


def test_every_value_fits_a_button_and_every_row_a_phone() -> None:
    for view in ("202605", "20260507", "nonsense"):
        assert all(len(each) <= len("202605141530") for each in carried(calendar(), view))
        assert all(len(row) <= 7 for row in labels(calendar(), view))
