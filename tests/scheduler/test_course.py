"""What a course of sessions wants to be sent, by its facts alone."""

from dataclasses import replace
from itertools import pairwise

import pytest

from messages.catalogue import Catalogue
from scheduler.course import Course, Visit, Wanted, wanted
from scheduler.quiet import QuietHours
from tests.scheduler.conftest import DAY, HOUR, NOW

ZONE = "Europe/Madrid"


def course(*visits: Visit, treatment: str = "facial", **facts: object) -> Course:
    area = {"facial": "face", "cellulite": "thighs", "fat-reduction": "abdomen"}.get(treatment, "")
    made = Course(
        treatment, area, lipolytic=False, filler=False, staff_id=1, began_at=NOW, visits=visits
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def laid(catalogue: Catalogue, of: Course, *, now: int = NOW) -> dict[tuple[int, str, int], Wanted]:
    protocol = catalogue.protocols[of.treatment]
    found = wanted(protocol, of, zone=ZONE, quiet=QuietHours(), now=now)
    keys = [each.key for each in found]
    assert len(set(keys)) == len(keys)
    return {each.key: each for each in found}


def steps_on(found: dict[tuple[int, str, int], Wanted], visit: int) -> set[str]:
    return {step for on, step, _ in found if on == visit}


def test_a_newer_session_ends_the_comfort_steps_of_the_older_and_keeps_its_lump_watch(
    catalogue: Catalogue,
) -> None:
    one, two = Visit(1, NOW, "held"), Visit(2, NOW + 14 * DAY, "held")
    found = laid(catalogue, course(one, two))
    assert (1, "bruise", 0) in found
    assert (1, "photo_day21", 0) not in found
    assert (1, "next_visit_day14", 0) not in found
    assert (1, "lump_day28", 0) in found
    assert {"care", "bruise", "photo_day21", "lump_day28"} <= steps_on(found, 2)


def test_a_session_that_is_only_planned_ends_nothing(catalogue: Catalogue) -> None:
    one, two = Visit(1, NOW, "held"), Visit(2, NOW + 14 * DAY, "planned")
    found = laid(catalogue, course(one, two))
    assert (1, "photo_day21", 0) in found
    assert "care" not in steps_on(found, 2)
    assert (2, "visit_in_1_day", 0) in found


def test_what_counts_from_the_last_session_hangs_on_the_newest(catalogue: Catalogue) -> None:
    one, two = Visit(1, NOW, "held"), Visit(2, NOW + 14 * DAY, "held")
    found = laid(catalogue, course(one, two))
    assert found[2, "lump_day84", 0].floating
    assert not any(step == "lump_day84" for on, step, _ in found if on == 1)


def test_a_lump_check_does_not_wait_for_a_session_months_ahead(catalogue: Catalogue) -> None:
    one, two = Visit(1, NOW, "held"), Visit(2, NOW + 70 * DAY, "planned")
    found = laid(catalogue, course(one, two))
    assert (1, "lump_day56", 0) in found
    assert (2, "lump_day84", 0) in found


def test_nobody_is_left_for_more_than_28_days_without_a_lump_question_in_a_weekly_course(
    catalogue: Catalogue,
) -> None:
    visits = [Visit(n + 1, NOW + 7 * n * DAY, "held") for n in range(8)]
    found = laid(catalogue, course(*visits, treatment="cellulite"))
    protocol = catalogue.protocols["cellulite"]
    asked = sorted(
        each.step.ready_at
        for each in found.values()
        if protocol.step(each.step.step_key).topic == "lump"
    )
    moments = [NOW, *asked]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps) <= 28 * DAY + 12 * HOUR
    assert asked[-1] - visits[-1].starts_at > 83 * DAY


def test_a_missed_session_brings_nothing(catalogue: Catalogue) -> None:
    one = Visit(1, NOW, "held")
    missed = Visit(2, NOW + 14 * DAY, "canceled", why="missed")
    assert laid(catalogue, course(one, missed)) == laid(catalogue, course(one))


def test_each_session_to_come_is_reminded_of(catalogue: Catalogue) -> None:
    visits = (Visit(1, NOW, "held"), *(Visit(n, NOW + n * 9 * DAY, "planned") for n in (2, 3)))
    found = laid(catalogue, course(*visits))
    for visit in (2, 3):
        assert {"visit_in_3_days", "visit_in_1_day"} <= steps_on(found, visit)


@pytest.mark.parametrize(("said", "expected"), [(None, False), (True, True), (False, False)])
def test_a_session_may_have_been_fat_dissolving_where_the_others_were_not(
    catalogue: Catalogue, said: bool | None, *, expected: bool
) -> None:
    visit = Visit(1, NOW, "held", lipolytic=said)
    found = laid(catalogue, course(visit, treatment="fat-reduction"))
    assert ("soreness_day1_lipolytic" in steps_on(found, 1)) is expected
    assert ("soreness_day1" in steps_on(found, 1)) is not expected


def test_an_ended_course_wants_nothing(catalogue: Catalogue) -> None:
    assert laid(catalogue, course(Visit(1, NOW, "held"), ended=True)) == {}


def test_a_consultation_leads_up_to_its_visit(catalogue: Catalogue) -> None:
    visit = Visit(1, NOW + 9 * DAY, "planned")
    found = laid(catalogue, course(visit, treatment="consultation"))
    assert {"visit_in_3_days", "prepare", "visit_in_1_day", "expectations"} == steps_on(found, 1)
