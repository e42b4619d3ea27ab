"""What a practitioner may change about a plan: pure, from a course and a change to another course.

A change is a value that a dialogue can keep from step to step. Instants are UTC epoch
milliseconds.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final, Literal

from scheduler.course import NEW, OPEN, Course, Visit
from scheduler.wallclock import local, local_date

Kind = Literal[
    "add",
    "move",
    "attend",
    "miss",
    "cancel",
    "protocol",
    "pause",
    "resume",
    "hand_over",
    "end",
]
Problem = Literal[
    "gone",
    "ended",
    "past",
    "future",
    "too_far",
    "taken",
    "same",
    "not_yet",
]

FURTHEST_YEARS: Final = 10


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a plan.

    Attributes:
        kind: what is done.
        visit_id: which session is moved, attended, missed or canceled.
        at: when a session is (add, move), UTC epoch ms.
        held: of an added one, whether it took place already.
        lipolytic: of a session or a protocol, where it is said.
        filler: likewise.
        treatment: the protocol that it becomes.
        area: the area that it becomes.
        staff_id: whom it is handed to.
    """

    kind: Kind
    visit_id: int | None = None
    at: int | None = None
    held: bool = False
    lipolytic: bool | None = None
    filler: bool | None = None
    treatment: str | None = None
    area: str | None = None
    staff_id: int | None = None


class Impossible(Exception):
    """A change that cannot be; ``problem`` says why.

    "gone": the session is not there or is not open any more. "ended": the plan is over. "past": a
    session to come would lie in the past. "future": one that took place would lie ahead.
    "not_yet": it is not its day yet. "too_far": more than ten years away. "taken": the plan has
    a session at that very moment. "same": nothing would be different.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


def apply(
    course: Course, change: Change, *, spoken_of: AbstractSet[int], zone: str, now: int
) -> Course:
    """Return the course as it is after a change.

    Args:
        course: the facts.
        change: what is done.
        spoken_of: the coming visits that the patient was reminded of already: a move of such a
            one makes another visit, with reminders of its own.
        zone: the patient's time zone.
        now: UTC epoch ms.

    Raises:
        Impossible: it cannot be done.
    """
    if course.ended:
        raise Impossible("ended")
    match change.kind:
        case "add":
            return _added(course, change, zone=zone, now=now)
        case "move":
            return _moved(course, change, spoken_of=spoken_of, zone=zone, now=now)
        case "attend":
            return _attended(course, change, zone=zone, now=now)
        case "miss" | "cancel":
            return _fallen_through(course, change, now=now)
        case "protocol":
            return _under(course, change)
        case _:
            return _standing(course, change)


def _added(course: Course, change: Change, *, zone: str, now: int) -> Course:
    at = _moment(course, change, held=change.held, zone=zone, now=now)
    visit = Visit(
        NEW,
        at,
        "held" if change.held else "planned",
        lipolytic=change.lipolytic,
        filler=change.filler,
    )
    return _as_the_newest(replace(course, visits=(*course.visits, visit)))


def _moved(
    course: Course, change: Change, *, spoken_of: AbstractSet[int], zone: str, now: int
) -> Course:
    visit = course.visit(change.visit_id or NEW)
    if visit is None or visit.state == "canceled":
        raise Impossible("gone")
    held = visit.state == "held"
    at = _moment(course, change, held=held, zone=zone, now=now)
    if held or visit.id not in spoken_of:
        return course.with_visit(replace(visit, starts_at=at, state="held" if held else "planned"))
    course = course.with_visit(replace(visit, state="canceled", why="moved"))
    first = visit.first_id or visit.id
    another = replace(visit, id=NEW, starts_at=at, state="planned", first_id=first)
    return replace(course, visits=(*course.visits, another))


def _attended(course: Course, change: Change, *, zone: str, now: int) -> Course:
    visit = _open(course, change)
    if local_date(visit.starts_at, zone) > local_date(now, zone):
        raise Impossible("not_yet")
    # Who is seen before the hour was there now: what counts from the session counts from now.
    held = replace(
        visit,
        state="held",
        starts_at=min(visit.starts_at, now),
        lipolytic=visit.lipolytic if change.lipolytic is None else change.lipolytic,
        filler=visit.filler if change.filler is None else change.filler,
    )
    return _as_the_newest(course.with_visit(held))


def _fallen_through(course: Course, change: Change, *, now: int) -> Course:
    visit = course.visit(change.visit_id or NEW)
    if visit is None or visit.state == "canceled":
        raise Impossible("gone")
    if change.kind == "cancel":
        return course.with_visit(replace(visit, state="canceled"))
    if visit.state == "held":
        raise Impossible("gone")
    if visit.starts_at > now:
        raise Impossible("not_yet")
    return course.with_visit(replace(visit, state="canceled", why="missed"))


def _under(course: Course, change: Change) -> Course:
    changed = replace(
        course,
        treatment=course.treatment if change.treatment is None else change.treatment,
        area=course.area if change.area is None else change.area,
        lipolytic=course.lipolytic if change.lipolytic is None else change.lipolytic,
        filler=course.filler if change.filler is None else change.filler,
    )
    if changed == course:
        raise Impossible("same")
    newest = max(course.held(), key=lambda visit: visit.starts_at, default=None)
    if newest is None:
        return changed
    # Only the newest session is meant: the earlier ones were what they were.
    visits = _told_apart(course).visits
    meant = replace(newest, lipolytic=changed.lipolytic, filler=changed.filler)
    return replace(changed, visits=visits).with_visit(meant)


def _standing(course: Course, change: Change) -> Course:
    changed = replace(
        course,
        paused={"pause": True, "resume": False}.get(change.kind, course.paused),
        ended=change.kind == "end",
        staff_id=change.staff_id or course.staff_id,
    )
    if changed == course:
        raise Impossible("same")
    return changed


def _open(course: Course, change: Change) -> Visit:
    visit = course.visit(change.visit_id or NEW)
    if visit is None or visit.state not in OPEN:
        raise Impossible("gone")
    return visit


def _moment(course: Course, change: Change, *, held: bool, zone: str, now: int) -> int:
    if change.at is None:
        raise Impossible("gone")
    if abs(local(change.at, zone).year - local(now, zone).year) > FURTHEST_YEARS:
        raise Impossible("too_far")
    if held and change.at > now:
        raise Impossible("future")
    if not held and change.at <= now:
        raise Impossible("past")
    there = next((each for each in course.live() if each.starts_at == change.at), None)
    if there is not None:
        raise Impossible("same" if there.id == change.visit_id else "taken")
    return change.at


def _as_the_newest(course: Course) -> Course:
    """Return the course with what its newest session that took place was like."""
    newest = max(course.held(), key=lambda visit: visit.starts_at, default=None)
    if newest is None or (newest.lipolytic is None and newest.filler is None):
        return course
    told = _told_apart(course)
    return replace(
        told,
        lipolytic=told.lipolytic if newest.lipolytic is None else newest.lipolytic,
        filler=told.filler if newest.filler is None else newest.filler,
    )


def _told_apart(course: Course) -> Course:
    """Return the course with each session that took place saying by itself what it was like."""
    visits = tuple(
        replace(
            visit,
            lipolytic=course.lipolytic if visit.lipolytic is None else visit.lipolytic,
            filler=course.filler if visit.filler is None else visit.filler,
        )
        if visit.state == "held"
        else visit
        for visit in course.visits
    )
    return replace(course, visits=visits)
