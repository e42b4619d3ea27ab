"""How each step of changing a plan looks: what is known, the question, its buttons."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.practitioner import plan_words
from bot.practitioner.calendar import Calendar
from bot.practitioner.plan_draft import Draft
from bot.practitioner.plan_words import PLACE
from bot.turn import Turn
from messages.cadence import proposed
from messages.protocol import Protocol
from messages.render import distance
from scheduler import staff
from scheduler.attendance_words import trait_code, trait_names, traits_asked
from scheduler.channel import Button
from scheduler.course import OPEN, Course, Visit
from scheduler.plans import Plan, Proposal
from scheduler.wallclock import first_moment, local, local_date

Row = tuple[Button, ...]
Screen = tuple[str, list[Row]]

_FIRST_DAYS_MS: Final = 400 * 24 * 60 * 60 * 1000
_WEEK_DAYS: Final = 7
_PLANS_SHOWN: Final = 20
_HELD_SHOWN: Final = 3
"""So many sessions that took place have a button of their own, the newest."""


def screen(turn: Turn, draft: Draft, plan: Plan, note: str | None = None) -> Screen:
    """Return the one message of the dialogue as it stands, but for the difference."""
    parts: list[str] = [plan_words.title(turn, plan)]
    if note:
        parts.append(note)
    rows: list[Row] = []
    match draft.step:
        case "menu":
            parts += [plan_words.sessions(turn, plan), turn.text(f"{PLACE}.menu")]
            rows = list(_menu(turn, draft, plan))
        case "visit":
            visit = visit_of(draft, plan)
            if visit is not None:
                at, state = plan_words.when(turn, visit), plan_words.state(turn, visit)
                parts.append(turn.text(f"{PLACE}.visit", moment=at, state=state))
                rows = list(_visit(turn, draft, visit))
        case "when":
            parts.append(_when_asked(turn, draft, plan))
            rows = list(_when(turn, draft, plan))
        case "colleague":
            rows = list(_colleagues(turn, draft, plan))
            key = "ask.colleague" if rows else "ask.nobody"
            parts.append(turn.text(f"{PLACE}.{key}", label=plan.patient.label))
        case _:
            parts.append(turn.text(f"{PLACE}.ask.{draft.step}"))
            rows = list(_choices(turn, draft, plan))
    return "\n\n".join(parts), [*rows, _leave(turn, draft)]


def which(turn: Turn, draft: Draft, plans: list[Plan], *, namesakes: bool) -> Screen:
    """Return the question which of several plans is meant, or (``namesakes``) whose."""
    key = f"{PLACE}.button.plan_of" if namesakes else f"{PLACE}.button.plan"
    rows: list[Row] = [
        (
            turn.button(
                key,
                draft.carry("w", plan.row["id"]),
                number=plan.patient.id,
                name=plan_words.name(turn, plan),
            ),
        )
        for plan in plans[:_PLANS_SHOWN]
    ]
    asked = turn.text(
        f"{PLACE}.which{'_patient' if namesakes else ''}", label=plans[0].patient.label
    )
    return asked, [*rows, _leave(turn, draft)]


def proposal_screen(
    turn: Turn, draft: Draft, proposal: Proposal, note: str | None = None
) -> Screen:
    """Return the difference that a change would make, to be confirmed or left."""
    plan = proposal.plan
    parts: list[str] = [plan_words.title(turn, plan)]
    if note:
        parts.append(note)
    parts.append(plan_words.what(turn, plan.course, proposal.after, proposal.change))
    parts.append(plan_words.difference(turn, proposal))
    rows: list[Row] = []
    if draft.other is not None:
        key = "practitioner.enroll.button.other_reading"
        said = plan_words.said(turn, draft.other)
        rows.append((turn.button(key, draft.carry("o"), moment=said),))
    rows.append((turn.button(f"{PLACE}.button.confirm", draft.carry("c")),))
    return "\n\n".join(parts), [*rows, _leave(turn, draft)]


def visit_of(draft: Draft, plan: Plan) -> Visit | None:
    """Return the session that a draft is about, if it is still there."""
    change = draft.change
    return plan.course.visit(change.visit_id or 0) if change else None


def calendar_of(turn: Turn, draft: Draft, plan: Plan) -> Calendar:
    """Return the calendar of the moment that is asked for."""
    visit = visit_of(draft, plan)
    change = draft.change
    earliest, latest = turn.now - _FIRST_DAYS_MS, turn.now + _FIRST_DAYS_MS
    if change is not None and change.kind == "move" and visit is not None:
        earliest, latest = (earliest, turn.now) if visit.state == "held" else (turn.now, latest)
    elif change is not None and change.kind == "add" and visit is None:
        earliest = min((each.starts_at for each in plan.course.live()), default=turn.now)
    return Calendar(
        zone=turn.clinic.timezone,
        language=turn.language,
        hours=turn.clinic.hours,
        first=earliest,
        last=latest,
        carry=lambda value: draft.carry("k", value),
    )


def _menu(turn: Turn, draft: Draft, plan: Plan) -> Iterator[Row]:
    def button(name: str, action: str, value: object = "") -> Button:
        return turn.button(f"{PLACE}.button.{name}", draft.carry(action, value))

    course = plan.course
    for visit in [*course.held()[-_HELD_SHOWN:], *course.open()]:
        key = f"{PLACE}.button.visit"
        said = plan_words.said(turn, visit.starts_at)
        yield (turn.button(key, draft.carry("s", visit.id), moment=said),)
    yield (button("add", "d", "add"),)
    yield (button("treat", "g", "treat"), button("hand_over", "g", "colleague"))
    standing = button("resume", "d", "resume") if course.paused else button("pause", "d", "pause")
    yield (standing, button("end", "d", "end"))


def _visit(turn: Turn, draft: Draft, visit: Visit) -> Iterator[Row]:
    def row(name: str, kind: str) -> Row:
        return (turn.button(f"{PLACE}.button.{name}", draft.carry("d", kind)),)

    if visit.state == "held":
        yield row("correct", "move")
        yield row("uncount", "cancel")
    elif visit.state in OPEN:
        zone = turn.clinic.timezone
        if local_date(visit.starts_at, zone) <= local_date(turn.now, zone):
            yield row("attend", "attend")
        if visit.starts_at <= turn.now:
            yield row("miss", "miss")
        yield row("move", "move")
        yield row("cancel", "cancel")
    yield (turn.button(f"{PLACE}.button.back", draft.carry("b")),)


def _when_asked(turn: Turn, draft: Draft, plan: Plan) -> str:
    if draft.view:
        return turn.text(f"{PLACE}.ask.calendar", zone=turn.clinic.timezone)
    visit = visit_of(draft, plan)
    if visit is None:
        return turn.text(f"{PLACE}.ask.when_add")
    return turn.text(f"{PLACE}.ask.when_{'held' if visit.state == 'held' else 'move'}")


def _when(turn: Turn, draft: Draft, plan: Plan) -> Iterator[Row]:
    if draft.view:
        yield from calendar_of(turn, draft, plan).rows(draft.view)
    else:
        if visit_of(draft, plan) is None:
            for days, at in proposals(turn, plan):
                yield (_proposal(turn, draft, days, at),)
        yield (turn.button(f"{PLACE}.button.calendar", draft.carry("k", "first")),)
    yield (turn.button(f"{PLACE}.button.back", draft.carry("b")),)


def _proposal(turn: Turn, draft: Draft, days: int, at: int) -> Button:
    carried, said = draft.carry("t", at), plan_words.said(turn, at)
    weeks, rest = divmod(days, _WEEK_DAYS)
    if not rest:
        return turn.button(f"{PLACE}.button.proposal", carried, n=weeks, moment=said)
    away = _capital(distance(at - turn.now, turn.language))
    return turn.button(f"{PLACE}.button.proposal_days", carried, distance=away, moment=said)


def proposals(turn: Turn, plan: Plan) -> list[tuple[int, int]]:
    """Return when the next session may be, as the protocol's cadence has it.

    Each is how many days after the last session it is, and the moment (epoch ms).
    """
    protocol = turn.catalogue.protocols.get(plan.course.treatment)
    held = plan.course.held()
    if protocol is None or protocol.cadence is None or not held:
        return []
    zone = turn.clinic.timezone
    last = local(held[-1].starts_at, zone)
    at = last.time().replace(second=0, microsecond=0)
    days = [offset.days for offset in proposed(protocol.cadence, len(held)) if offset.days]
    taken = {visit.starts_at for visit in plan.course.live()}
    return [
        (each, moment)
        for each in days
        if (moment := first_moment(last.date() + timedelta(days=each), at, zone)) > turn.now
        and moment not in taken
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _choices(turn: Turn, draft: Draft, plan: Plan) -> Iterator[Row]:
    course = plan.course
    protocol = turn.catalogue.protocols.get(course.treatment)
    match draft.step:
        case "traits":
            for traits in traits_asked(protocol):
                yield (_trait_button(turn, draft, traits),)
        case "treat":
            yield from _treat(turn, draft, course, protocol)
        case "treatment":
            for treatment in _exchangeable(turn, protocol):
                label = turn.catalogue.treatment_name(turn.language, treatment)
                yield (Button(label, data=draft.carry("n", treatment)),)
        case "area":
            asked = draft.change.treatment if draft.change else None
            key = asked or course.treatment
            chosen = turn.catalogue.protocols.get(key)
            for area in chosen.areas if chosen else ():
                label = turn.catalogue.area_name(turn.language, key, area)
                yield (Button(label, data=draft.carry("a", area)),)
    yield (turn.button(f"{PLACE}.button.back", draft.carry("b")),)


def _trait_button(turn: Turn, draft: Draft, traits: dict[str, bool]) -> Button:
    name = trait_names(turn.catalogue, turn.language, traits)
    return Button(_capital(name), data=draft.carry("y", trait_code(traits)))


def _treat(turn: Turn, draft: Draft, course: Course, protocol: Protocol | None) -> Iterator[Row]:
    def row(name: str, action: str, value: object) -> Row:
        return (turn.button(f"{PLACE}.button.{name}", draft.carry(action, value)),)

    if len(_exchangeable(turn, protocol)) > 0:
        yield row("treatment", "g", "treatment")
    if protocol is not None and len(protocol.areas) > 1:
        yield row("area", "g", "area")
    for trait, on in (("lipolytic", course.lipolytic), ("filler", course.filler)):
        if protocol is not None and getattr(protocol, trait) == "ask":
            yield row(f"{trait}_{'off' if on else 'on'}", "q", trait)


def _exchangeable(turn: Turn, protocol: Protocol | None) -> list[str]:
    """Return the treatments that a plan may change to: a visit ahead stays one."""
    kind = protocol.kind if protocol else "treatment"
    return sorted(
        (
            key
            for key, each in turn.catalogue.protocols.items()
            if each.kind == kind and each is not protocol
        ),
        key=lambda key: turn.catalogue.treatment_name(turn.language, key).casefold(),
    )


def _colleagues(turn: Turn, draft: Draft, plan: Plan) -> Iterator[Row]:
    for member in staff.everyone(turn.tx):
        if member.id != plan.course.staff_id:
            yield (Button(member.name, data=draft.carry("h", member.id)),)


def _leave(turn: Turn, draft: Draft) -> Row:
    return (turn.button(f"{PLACE}.button.leave", draft.carry("x")),)
