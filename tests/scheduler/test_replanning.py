"""The difference between a plan's rows and what is wanted of it now: pure, and by property."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from messages.catalogue import Catalogue
from scheduler.course import Course, Visit, Wanted, wanted
from scheduler.database import Row
from scheduler.quiet import QuietHours
from scheduler.replanning import DROPPED, Diff, diff, has_left
from tests.scheduler.conftest import DAY, HOUR, NOW

ZONE = "Europe/Madrid"
LEFT = ("sending", "sent", "uncertain", "refused")


def row(each: Wanted, number: int, *, state: str = "pending", **more: Any) -> Row:
    return {
        "id": number,
        "session_id": each.visit_id,
        "step_key": each.step.step_key,
        "occurrence": each.step.occurrence,
        "due_at": each.step.due_at,
        "ready_at": each.step.ready_at,
        "useful_until": each.step.useful_until,
        "state": state,
        "reason": None,
        "attempts": 0,
        "possible_duplicate": 0,
        "reviewed_at": None,
        **more,
    }


def rows_of(found: tuple[Wanted, ...], **states: str) -> list[Row]:
    going = [each for each in found if not each.step.skipped]
    return [
        row(each, number, state=states.get(each.step.step_key, "pending"))
        for number, each in enumerate(going, start=1)
    ]


def laid(catalogue: Catalogue, visits: tuple[Visit, ...], *, now: int = NOW) -> tuple[Wanted, ...]:
    course = Course(
        "facial", "face", lipolytic=False, filler=False, staff_id=1, began_at=NOW, visits=visits
    )
    protocol = catalogue.protocols["facial"]
    return wanted(protocol, course, zone=ZONE, quiet=QuietHours(), now=now)


HELD = Visit(1, NOW, "held")
NEXT = Visit(2, NOW + 14 * DAY, "planned")


def keys(found: Diff, rows: list[Row]) -> dict[str, set[str]]:
    by_id = {each["id"]: each["step_key"] for each in rows}
    return {
        "moved": {by_id[each.row_id] for each in found.moved},
        "dropped": {by_id[each] for each in found.dropped},
        "revived": {by_id[each.row_id] for each in found.revived},
        "new": {each.step.step_key for each in found.new},
        "sent": {by_id[each] for each in found.sent},
    }


def test_nothing_changed_is_no_difference(catalogue: Catalogue) -> None:
    found = laid(catalogue, (HELD, NEXT))
    rows = rows_of(found)
    result = diff(rows, found, now=NOW)
    assert len(result.kept) == len(rows)
    assert (result.moved, result.dropped, result.new, result.revived) == ((), (), (), ())


def test_a_session_that_moves_takes_its_unsent_reminders_along(catalogue: Catalogue) -> None:
    rows = rows_of(laid(catalogue, (HELD, NEXT)), care="sent", soreness_day1="sending")
    later = replace(NEXT, starts_at=NEXT.starts_at + 7 * DAY)
    result = keys(diff(rows, laid(catalogue, (HELD, later)), now=NOW), rows)
    assert {"visit_in_3_days", "visit_in_1_day", "lump_day84"} <= result["moved"]
    assert "bruise" not in result["moved"]
    assert (result["dropped"], result["new"]) == (set(), set())
    assert result["sent"] == {"care", "soreness_day1"}


def test_a_check_of_the_last_session_moves_over_to_the_newer_one(catalogue: Catalogue) -> None:
    rows = rows_of(laid(catalogue, (HELD,)))
    later = NOW + 15 * DAY
    two = Visit(2, later, "held")
    result = diff(rows, laid(catalogue, (HELD, two), now=later), now=later)
    by_id = {each["id"]: each for each in rows}
    moved = {by_id[each.row_id]["step_key"]: each.wanted for each in result.moved}
    assert moved["lump_day84"].visit_id == 2
    assert "photo_day21" in keys(result, rows)["dropped"]
    assert "care" in keys(result, rows)["new"]


def test_a_check_that_was_sent_for_the_older_session_comes_again_for_the_newer(
    catalogue: Catalogue,
) -> None:
    rows = rows_of(laid(catalogue, (HELD,)), result_day28="sent")
    later = NOW + 29 * DAY
    result = diff(rows, laid(catalogue, (HELD, Visit(2, later, "held")), now=later), now=later)
    assert (2, "result_day28", 0) in {each.key for each in result.new}


def test_a_check_that_hung_elsewhere_and_was_sent_is_not_sent_again(catalogue: Catalogue) -> None:
    """Rows made before checks hung on the session they count from."""
    two = replace(NEXT, state="held")
    found = laid(catalogue, (HELD, two))
    rows = rows_of(found, lump_day84="sent")
    for each in rows:
        if each["step_key"] == "lump_day84":
            each["session_id"] = 1
    result = keys(diff(rows, found, now=NOW), rows)
    assert "lump_day84" not in result["new"]
    assert "lump_day84" in result["sent"]


def test_what_is_late_is_not_added_to_a_session_whose_messages_have_begun(
    catalogue: Catalogue,
) -> None:
    now = NOW + 3 * HOUR
    found = laid(catalogue, (HELD,), now=now)
    begun = [each for each in rows_of(found, hands_off="sent") if each["step_key"] == "hands_off"]
    assert "care" not in {each.step.step_key for each in diff(begun, found, now=now).new}
    assert "care" in {each.step.step_key for each in diff([], found, now=now).new}


def test_what_a_change_dropped_may_come_back_and_what_ended_by_itself_may_not(
    catalogue: Catalogue,
) -> None:
    found = laid(catalogue, (HELD, NEXT))
    rows = rows_of(found, bruise="canceled", lump_day28="canceled", photo_day21="expired")
    reasons = {"bruise": DROPPED, "lump_day28": "left as it is by staff:1"}
    for each in rows:
        each["reason"] = reasons.get(each["step_key"])
    result = keys(diff(rows, found, now=NOW), rows)
    assert result["revived"] == {"bruise"}
    assert result["new"] == set()


visits = st.lists(
    st.builds(
        Visit,
        id=st.just(0),
        starts_at=st.integers(-60, 120).map(lambda days: NOW + days * DAY),
        state=st.sampled_from(["held", "planned", "confirmed", "canceled"]),
    ),
    min_size=1,
    max_size=4,
).map(lambda made: tuple(replace(each, id=number) for number, each in enumerate(made, start=1)))
outcomes = st.lists(
    st.sampled_from(["pending"] * 4 + ["sent", "sending", "uncertain", "refused", "expired"]),
    min_size=80,
    max_size=80,
)


def carried_out(rows: list[Row], found: Diff) -> list[Row]:
    """Do to a copy of rows what ``scheduler.plans`` does to the table."""
    after = {each["id"]: dict(each) for each in rows}
    for placed in (*found.kept, *found.moved, *found.revived):
        one = after[placed.row_id]
        one["session_id"] = placed.wanted.visit_id
        if placed not in found.kept:
            step = placed.wanted.step
            one |= {"due_at": step.due_at, "ready_at": step.ready_at}
            one |= {"useful_until": step.useful_until, "state": "pending", "reason": None}
    for number in found.dropped:
        after[number] |= {"state": "canceled", "reason": DROPPED}
    new = [row(each, len(rows) + n) for n, each in enumerate(found.new, start=1)]
    return [*after.values(), *new]


@given(before=visits, after=visits, states=outcomes, later=st.integers(0, 90), again=visits)
def test_whatever_changes_nothing_is_sent_twice_and_nothing_sent_is_changed(
    catalogue: Catalogue,
    before: tuple[Visit, ...],
    after: tuple[Visit, ...],
    states: list[str],
    later: int,
    again: tuple[Visit, ...],
) -> None:
    now = NOW + later * DAY
    rows = rows_of(laid(catalogue, before))
    for each, state in zip(rows, states, strict=False):
        each["state"] = state
    for facts in (after, again):
        asked = laid(catalogue, facts, now=now)
        found = diff(rows, asked, now=now)
        touched = [each.row_id for each in (*found.kept, *found.moved, *found.revived)]
        touched += found.dropped
        by_id = {each["id"]: each for each in rows}
        assert len(set(touched)) == len(touched)
        assert not any(has_left(by_id[number]) for number in touched)
        assert {each["id"] for each in rows if each["state"] == "pending"} <= set(touched)
        rows = carried_out(rows, found)
        # The unique index: one row of a session, step and occurrence.
        keyed = [(each["session_id"], each["step_key"], each["occurrence"]) for each in rows]
        assert len(set(keyed)) == len(keyed)
        settled = diff(rows, asked, now=now)
        assert (settled.moved, settled.dropped, settled.new, settled.revived) == ((), (), (), ())


def test_the_rows_that_left_are_told_by_their_state() -> None:
    some = {"possible_duplicate": 0}
    assert all(has_left({**some, "state": state}) for state in LEFT)
    assert not any(has_left({**some, "state": state}) for state in ("pending", "expired"))
    assert has_left({"state": "pending", "possible_duplicate": 1})
