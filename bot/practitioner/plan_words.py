"""A plan and a change of it in words: its sessions, what is done, what the messages become."""

from collections.abc import Iterator
from typing import Final

from bot.practitioner.card_words import area_suffix, day_of_course, topic_of, treatment_name
from bot.turn import Turn
from messages.markup import Html
from messages.render import clock, day_from, day_long, moment, moment_long
from scheduler import staff
from scheduler.changes import Change
from scheduler.course import OPEN, Course, Visit, Wanted
from scheduler.plans import Plan, Proposal
from scheduler.replanning import Diff
from scheduler.wallclock import local_date

PLACE: Final = "practitioner.plans"
_LINES: Final = 6
"""So many messages of a change are named; of more, how many."""
_TOPICS: Final = 6


def title(turn: Turn, plan: Plan) -> Html:
    """Return whose plan it is, and of which treatment."""
    row = plan.row
    return turn.text(
        f"{PLACE}.title",
        label=plan.patient.label,
        treatment=treatment_name(turn, row["treatment"]),
        area=area_suffix(turn, row["treatment"], row["area"]),
    )


def name(turn: Turn, plan: Plan) -> str:
    """Return what tells one plan of a patient from another: the treatment and its day."""
    visits = plan.course.live()
    began = visits[0].starts_at if visits else plan.course.began_at
    return f"{treatment_name(turn, plan.row['treatment'])} · {day_of_course(turn, began)}"


def sessions(turn: Turn, plan: Plan) -> str:
    """Return the sessions of a plan, a line each, and what is still to come."""
    lines = [f"• {when(turn, visit)} ({state(turn, visit)})" for visit in plan.course.live()]
    pending = [row for row in plan.reminders if row["state"] == "pending"]
    if pending:
        following = min(row["ready_at"] for row in pending)
        lines += ["", turn.text(f"{PLACE}.coming", n=len(pending), moment=said(turn, following))]
    else:
        lines += ["", turn.text(f"{PLACE}.no_coming")]
    if plan.course.paused:
        lines.append(turn.text(f"{PLACE}.paused"))
    return "\n".join(lines)


def state(turn: Turn, visit: Visit) -> Html:
    """Return where a session stands; of one that is over and nobody spoke of, a question."""
    unsaid = visit.state in OPEN and visit.starts_at <= turn.now
    return turn.text(f"{PLACE}.state.{'unsaid' if unsaid else visit.state}")


def when(turn: Turn, visit: Visit) -> str:
    """Return a session's day and time."""
    zone = turn.clinic.timezone
    day = day_long(visit.starts_at, zone, turn.language)
    return f"{day}, {clock(visit.starts_at, zone, turn.language)}"


def said(turn: Turn, at: int) -> str:
    """Return a moment (epoch ms) on the clinic's clocks, short."""
    return moment(at, turn.clinic.timezone, turn.language)


def echoed(turn: Turn, at: int) -> str:
    """Return a moment (epoch ms) with its weekday, year and zone."""
    return moment_long(at, turn.clinic.timezone, turn.language)


def what(turn: Turn, before: Course, after: Course, change: Change) -> Html:
    """Return in words what a change does."""
    visit = before.visit(change.visit_id) if change.visit_id is not None else None
    at = change.at if change.at is not None else visit.starts_at if visit else 0
    names = {
        "moment": echoed(turn, at),
        "before": said(turn, visit.starts_at) if visit else "",
    }
    key: str = change.kind
    held = visit is not None and visit.state == "held"
    match change.kind:
        case "add":
            key = "add_held" if change.held else "add"
        case "move":
            key = "correct" if held else "move"
        case "cancel":
            key = "uncount" if held else "cancel"
        case "protocol":
            names = {"before": kind_of(turn, before), "after": kind_of(turn, after)}
        case "hand_over":
            member = staff.by_id(turn.tx, change.staff_id or 0)
            names = {"name": member.name if member else ""}
    told = turn.text(f"{PLACE}.what.{key}", **names)
    traits = list(traits_of(turn, change)) if change.kind in {"add", "attend"} else []
    return Html(" · ".join([told, *traits]))


def kind_of(turn: Turn, course: Course) -> str:
    """Return the treatment and area of a course, and what kind of sessions it has where asked."""
    parts = [
        treatment_name(turn, course.treatment) + area_suffix(turn, course.treatment, course.area)
    ]
    protocol = turn.catalogue.protocols.get(course.treatment)
    if protocol is not None and protocol.lipolytic == "ask":
        parts.append(_trait(turn, "lipolytic", on=course.lipolytic))
    if protocol is not None and protocol.filler == "ask":
        parts.append(_trait(turn, "filler", on=course.filler))
    return ", ".join(parts)


def traits_of(turn: Turn, change: Change) -> Iterator[str]:
    """Yield what kind of session is said to have taken place."""
    if change.lipolytic is not None:
        yield _trait(turn, "lipolytic", on=change.lipolytic)
    if change.filler is not None:
        yield _trait(turn, "filler", on=change.filler)


def _trait(turn: Turn, trait: str, *, on: bool) -> str:
    return turn.catalogue.label(turn.language, f"{PLACE}.trait.{'' if on else 'not_'}{trait}")


def difference(turn: Turn, proposal: Proposal) -> str:
    """Return what a change does to the messages: counts, the first moments, what falls away."""
    found = proposal.diff
    lines: list[str] = [turn.text(f"{PLACE}.diff.title")]
    lines.append(", ".join(_counts(turn, proposal)))
    waits = proposal.after.paused and proposal.change.kind != "pause"
    if waits:
        lines.append(turn.text(f"{PLACE}.diff.held", n=len(found.coming)))
    elif found.changes:
        first = found.changes[0].step.ready_at
        zone = turn.clinic.timezone
        if local_date(first, zone) > local_date(turn.now, zone):
            day = day_from(turn.now, first, zone, turn.language)
            lines.append(turn.text(f"{PLACE}.diff.before", day=day))
    lines += _messages(turn, proposal.after, found)
    lines += _gone(turn, proposal)
    if proposal.plan.row["status"] == "invited" and found.coming:
        lines.append(turn.text(f"{PLACE}.diff.waits"))
    elif found.sent and (found.moved or found.dropped):
        lines.append(turn.text(f"{PLACE}.diff.sent_stays"))
    return "\n".join(lines)


def _counts(turn: Turn, proposal: Proposal) -> Iterator[str]:
    found = proposal.diff
    standing = {"pause": "held", "resume": "go_on"}.get(proposal.change.kind)
    if standing is not None:
        yield turn.text(f"{PLACE}.diff.{standing}", n=len(found.coming))
        return
    counts = {
        "moved": len(found.moved),
        "dropped": len(found.dropped),
        "new": len(found.new) + len(found.revived),
    }
    if not any(counts.values()):
        yield turn.text(f"{PLACE}.diff.nothing")
        return
    for word, number in {**counts, "kept": len(found.kept), "sent": len(found.sent)}.items():
        if number:
            yield turn.text(f"{PLACE}.diff.{word}", n=number)


def _messages(turn: Turn, after: Course, found: Diff) -> Iterator[str]:
    changes = found.changes
    for each in changes[:_LINES]:
        yield turn.text(
            f"{PLACE}.diff.line",
            moment=said(turn, each.step.ready_at),
            topic=_topic(turn, after, each),
        )
    if len(changes) > _LINES:
        yield turn.text(f"{PLACE}.diff.more", n=len(changes) - _LINES)


def _topic(turn: Turn, course: Course, wanted: Wanted) -> str:
    return topic_of(turn, course.treatment, wanted.step.step_key)


def _gone(turn: Turn, proposal: Proposal) -> Iterator[str]:
    by_id = {row["id"]: row for row in proposal.plan.reminders}
    dropped = [by_id[row_id] for row_id in proposal.diff.dropped]
    names = list(
        dict.fromkeys(
            topic_of(turn, proposal.plan.row["treatment"], row["step_key"])
            for row in sorted(dropped, key=lambda row: (row["ready_at"], row["id"]))
        )
    )
    if names:
        told = ", ".join(names[:_TOPICS]) + (" …" if len(names) > _TOPICS else "")
        yield turn.text(f"{PLACE}.diff.gone", topics=told)
