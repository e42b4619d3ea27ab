"""A course of sessions, and every reminder that it wants: pure, from facts to a plan.

What a practitioner changes is a change of these facts; what then becomes of the reminders is
decided by ``scheduler.replanning``. Instants are UTC epoch milliseconds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from messages.protocol import Protocol, Step
from scheduler.quiet import QuietHours
from scheduler.timing import Planned, anchor_of, ended_by, plan

VisitState = Literal["held", "planned", "confirmed", "change_wanted", "canceled"]
Why = Literal["missed", "moved", "undone"]

OPEN: Final[frozenset[VisitState]] = frozenset({"planned", "confirmed", "change_wanted"})
NEW: Final = 0
"""The id of a visit that is not in the database yet."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A session of a course, as its row says.

    Attributes:
        id: the row's; :data:`NEW` before there is one.
        starts_at: UTC epoch ms.
        state: of the row; "held" is a session that took place.
        why: of a canceled one, what became of it where that is known.
        lipolytic: whether it was fat-dissolving; None where it is as the enrollment says.
        filler: likewise for hyaluronic filler.
        first_id: of one that was moved to a row of its own, the row that it was at first.
    """

    id: int
    starts_at: int
    state: VisitState
    why: Why | None = None
    lipolytic: bool | None = None
    filler: bool | None = None
    first_id: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One enrollment as far as its plan depends on it.

    Attributes:
        treatment: the protocol.
        area: of the body, as the protocol calls it.
        lipolytic: whether the newest session was fat-dissolving.
        filler: likewise for hyaluronic filler.
        staff_id: whose patient it is.
        began_at: when the enrollment was made, UTC epoch ms.
        visits: every session, canceled ones too.
        paused: whether the clinic holds the plan back.
        ended: whether the clinic ended it.
    """

    treatment: str
    area: str
    lipolytic: bool
    filler: bool
    staff_id: int
    began_at: int
    visits: tuple[Visit, ...]
    paused: bool = False
    ended: bool = False

    def visit(self, visit_id: int) -> Visit | None:
        """Return one visit, or None."""
        return next((each for each in self.visits if each.id == visit_id), None)

    def with_visit(self, changed: Visit) -> "Course":
        """Return the course with the visit of that id as given."""
        visits = tuple(changed if each.id == changed.id else each for each in self.visits)
        return replace(self, visits=visits)

    def live(self) -> list[Visit]:
        """Return the visits that took place or are to come, by date."""
        return sorted(
            (each for each in self.visits if each.state != "canceled"),
            key=lambda visit: (visit.starts_at, visit.id),
        )

    def held(self) -> list[Visit]:
        """Return the visits that took place, by date."""
        return [each for each in self.live() if each.state == "held"]

    def open(self) -> list[Visit]:
        """Return the visits of which nobody has said yet that they took place, by date."""
        return [each for each in self.live() if each.state in OPEN]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One reminder that a course wants, with the visit it hangs on and when that is (epoch ms).

    ``floating`` ones hang on the last session, whichever that is: they move over to a newer one.
    """

    visit_id: int
    visit_at: int
    step: Planned
    floating: bool = False

    @property
    def key(self) -> tuple[int, str, int]:
        """The visit, the step and its occurrence: there is one row of each."""
        return self.visit_id, self.step.step_key, self.step.occurrence


def wanted(
    protocol: Protocol, course: Course, *, zone: str, quiet: QuietHours, now: int
) -> tuple[Wanted, ...]:
    """Return every reminder of a course, those that cannot be sent any more with the reason.

    Each session that took place brings the steps that count from it; a newer one ends its comfort
    steps. A session to come brings its reminders. What counts from the last session hangs on the
    newest, a coming one included (``timing.anchor_of`` says which checks do not wait for it).

    Args:
        protocol: the protocol of the course as it is today.
        course: the facts.
        zone: the patient's time zone.
        quiet: the patient's quiet hours.
        now: UTC epoch ms; nothing goes before it.
    """
    if course.ended:
        return ()

    def laid(steps: Iterable[Step], **anchors: int) -> tuple[Planned, ...]:
        return plan(steps, anchors, zone=zone, quiet=quiet, now=now)

    held, coming = course.held(), course.open()
    # A consultation lies ahead when somebody is enrolled: its steps lead up to it.
    following = held if protocol.kind == "treatment" else course.live()
    found: list[Wanted] = []
    for visit in following:
        steps = laid(_steps(protocol, course, visit, "session"), session=visit.starts_at)
        newer = next((each for each in held if each.starts_at > visit.starts_at), None)
        over = set(ended_by(newer.starts_at, steps)) if newer else set()
        found += [Wanted(visit.id, visit.starts_at, step) for step in steps if step not in over]
    for visit in coming:
        steps = laid(_steps(protocol, course, visit, "next_session"), next_session=visit.starts_at)
        found += [Wanted(visit.id, visit.starts_at, step) for step in steps]
    if following:
        newest, first = following[-1], following[0]
        found += _from_the_last(protocol, course, newest, coming, zone=zone, quiet=quiet, now=now)
        steps = laid(_steps(protocol, course, newest, "enrollment"), enrollment=course.began_at)
        found += [Wanted(first.id, first.starts_at, step) for step in steps]
    return tuple(found)


def _from_the_last(
    protocol: Protocol,
    course: Course,
    newest: Visit,
    coming: list[Visit],
    *,
    zone: str,
    quiet: QuietHours,
    now: int,
) -> Iterator[Wanted]:
    last = max([newest, *coming], key=lambda visit: visit.starts_at)
    anchors = {"session": newest.starts_at, "next_session": last.starts_at}
    steps = {step.key: step for step in _steps(protocol, course, newest, "last_session")}
    for planned in plan(steps.values(), anchors, zone=zone, quiet=quiet, now=now):
        counted = anchor_of(steps[planned.step_key], anchors, zone, planned.occurrence)
        hangs_on = newest if counted == newest.starts_at else last
        yield Wanted(hangs_on.id, hangs_on.starts_at, planned, floating=True)


def _steps(protocol: Protocol, course: Course, visit: Visit, anchor: str) -> tuple[Step, ...]:
    steps = protocol.steps_for(
        lipolytic=course.lipolytic if visit.lipolytic is None else visit.lipolytic,
        filler=course.filler if visit.filler is None else visit.filler,
        area=course.area,
    )
    return tuple(step for step in steps if step.anchor == anchor)
