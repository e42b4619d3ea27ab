"""Timing: when the steps of a protocol are due, for how long they are of use, and when they go.

Pure decisions about one patient's plan. Instants are UTC epoch milliseconds, zones are IANA
names. Hours, minutes and seconds are elapsed time; days are calendar days on the patient's wall
clock, so that "the day after at 10:00" is at 10:00 also when the clocks change in between (gaps
and folds: see ``scheduler.wallclock``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

from messages.protocol import Step
from messages.times import Offset
from scheduler.quiet import Moved, NotUseful, NotUsefulReason, QuietHours, prolonged, settle
from scheduler.wallclock import HOUR, SECOND, first_moment, local

LATE_GRACE = 2 * HOUR

Lateness = Literal["send", "send_late", "expire"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of a plan, for one anchor, with its times in epoch ms.

    ``occurrence`` is 0 for the step itself and 1, 2 … for its repeats. ``due_at`` is when the
    protocol wants it, ``ready_at`` when it goes (after quiet hours had their say, ``moved``), and
    at ``useful_until`` it is of no use any more. A step that cannot be sent while it is of use
    stays in the plan with its reason in ``skipped``, for the practitioner to see: "past" (it was
    over before now) or "quiet" (only the night would be left); its ``ready_at`` is ``due_at``.
    """

    step_key: str
    occurrence: int
    anchor: str
    due_at: int
    ready_at: int
    useful_until: int
    comfort: bool
    moved: Moved | None = None
    skipped: NotUsefulReason | None = None


def shift(
    anchor: int,
    offset: Offset,
    zone: str,
    *,
    before: bool = False,
    at: time | None = None,
) -> int:
    """Return the instant that lies ``offset`` after (or ``before``) ``anchor``, epoch ms.

    An offset in days counts calendar days in ``zone`` and arrives at the local time ``at``, or
    at the anchor's own wall-clock time; ``at`` means nothing to an elapsed offset. An offset of
    nothing, with no ``at``, is the anchor itself.
    """
    sign = -1 if before else 1
    return _away(anchor, sign * offset.days, sign * offset.seconds, zone, at)


def _away(anchor: int, days: int, seconds: int, zone: str, at: time | None) -> int:
    if days == 0:
        return anchor + seconds * SECOND
    start = local(anchor, zone)
    day = start.date() + timedelta(days=days)
    return first_moment(day, start.time() if at is None else at, zone)


def due_at(step: Step, anchor: int, zone: str, occurrence: int = 0) -> int:
    """Return when ``step`` (or its repeat number ``occurrence``) is due, epoch ms."""
    offset = step.offset if occurrence == 0 else step.repeat[occurrence - 1]
    return shift(anchor, offset, zone, before=step.before, at=step.at)


def useful_until(step: Step, anchor: int, zone: str, occurrence: int = 0) -> int:
    """Return the first instant (epoch ms) at which ``step`` is of no use any more.

    ``useful_for`` is measured from the anchor as the offset is, and each repeat after the anchor
    is of use for as long as the step itself. What comes before its anchor, repeats included, is
    over ``useful_for`` ahead of it, and never later than the anchor: no appointment reminder at
    or after the appointment.
    """
    if step.before:
        return min(anchor, shift(anchor, step.useful_for, zone, before=True, at=step.at))
    if occurrence == 0:
        return shift(anchor, step.useful_for, zone, at=step.at)
    # The protocol's own check sees to it that a repeating step counts in one kind of unit.
    repeat = step.repeat[occurrence - 1]
    days = repeat.days + step.useful_for.days - step.offset.days
    seconds = repeat.seconds + step.useful_for.seconds - step.offset.seconds
    return _away(anchor, days, seconds, zone, step.at)


def anchor_of(step: Step, anchors: Mapping[str, int], zone: str, occurrence: int = 0) -> int | None:
    """Return the instant (epoch ms) that ``step`` hangs on, or None where it is not known.

    "last_session" is the last by date of all the sessions known, a next one included: while
    sessions go on, what hangs on the last one moves along with them. A lump check does not wait
    for a next session that is further away than the check: with visits months apart nobody would
    be asked for months, and an infection can begin up to 12 weeks after an injection.
    """
    if step.anchor != "last_session":
        return anchors.get(step.anchor)
    sessions = ("session", "last_session", "next_session")
    last = max((anchors[name] for name in sessions if name in anchors), default=None)
    session = anchors.get("session")
    if step.topic != "lump" or last is None or session is None:
        return last
    return session if due_at(step, session, zone, occurrence) < last else last


def plan(
    steps: Iterable[Step],
    anchors: Mapping[str, int],
    *,
    zone: str,
    quiet: QuietHours,
    now: int,
) -> tuple[Planned, ...]:
    """Lay out the steps in time, in the order in which they go.

    Args:
        steps: The steps that apply (``Protocol.steps_for``).
        anchors: The instants that are known (epoch ms) by name: "session", "next_session",
            "last_session", "enrollment". A step whose anchor is not known is left out.
        zone: The patient's time zone.
        quiet: The patient's quiet hours.
        now: Nothing goes before it, epoch ms. A step that is overdue and still of use goes now.

    Returns:
        Every step with its times, also those that are skipped and why. The same input in any
        order gives the same plan.
    """
    planned = [
        _planned(step, occurrence, anchor, zone=zone, quiet=quiet, now=now)
        for step in steps
        for occurrence in range(1 + len(step.repeat))
        if (anchor := anchor_of(step, anchors, zone, occurrence)) is not None
    ]
    return tuple(sorted(planned, key=lambda p: (p.ready_at, p.due_at, p.step_key, p.occurrence)))


def _planned(
    step: Step, occurrence: int, anchor: int, *, zone: str, quiet: QuietHours, now: int
) -> Planned:
    due = due_at(step, anchor, zone, occurrence)
    until = useful_until(step, anchor, zone, occurrence)
    # The evening before its due time may lie ahead of the session that a step speaks of.
    not_before = now if step.before else max(now, anchor)
    settled = settle(due, until, step.quiet, quiet, zone, not_before=not_before)
    if isinstance(settled, NotUseful):
        ready, moved, skipped = due, None, settled.reason
    else:
        ready, moved, skipped = settled.at, settled.moved, None
        until = prolonged(due, until, ready)
    return Planned(
        step_key=step.key,
        occurrence=occurrence,
        anchor=step.anchor,
        due_at=due,
        ready_at=ready,
        useful_until=until,
        comfort=step.comfort,
        moved=moved,
        skipped=skipped,
    )


def ended_by(new_session: int, planned: Sequence[Planned]) -> tuple[Planned, ...]:
    """Return the steps of an older session that a newer one (epoch ms) ends.

    Those are its comfort steps that would go at or after the newer session, which brings its own.
    Lump checks, results and appointments are no comfort steps and stay.
    """
    return tuple(
        step
        for step in planned
        if step.comfort and not step.skipped and step.ready_at >= new_session
    )


def expected_at(step: Step, due: int, quiet: QuietHours, zone: str) -> int:
    """Return from when on a step that leaves counts as late (epoch ms).

    Waiting for the morning is no lateness, except of what must not wait for it.
    """
    return quiet.ends_after(due, zone) if step.quiet == "wait" else due


def late_action(*, has_late_text: bool, ready: int, until: int, now: int) -> Lateness:
    """Decide what becomes of a step whose turn comes at ``now``, for instance after an outage.

    It is late when more than a grace has passed since ``ready`` (see :func:`expected_at`). The
    grace is two hours, because "how sore are you a day after?" reads just as well at 26 hours, or
    a quarter of the step's window where that is less: what is of use for six hours is stale sooner.

    Args:
        has_late_text: Whether the step has words of its own for coming late.
        ready: When it should have gone, epoch ms.
        until: The first instant at which it is of no use any more, epoch ms.
        now: The present, epoch ms.

    Returns:
        "expire" from ``until`` on; "send_late" for a late step with a late text; else "send".
    """
    if now >= until:
        return "expire"
    grace = min(LATE_GRACE, (until - ready) // 4)
    return "send_late" if has_late_text and now - ready > grace else "send"
