"""Whom a broadcast is for: filters that are combined by button, with how many that reaches."""

from collections.abc import Iterator
from typing import Final

from bot.clinic.broadcast_draft import Draft
from bot.clinic.broadcast_screen import Screen, data, leave
from bot.languages import own_name
from bot.turn import Turn
from messages.render import Html
from scheduler import segments, staff
from scheduler.broadcast_words import number
from scheduler.channel import Button
from scheduler.segments import KINDS, Audience, Kind, Segment

_PER_ROW: Final = 2
_MOST_OPTIONS: Final = 24
"""So many values of one kind have a button: a clinic with more of them has other troubles."""


def screen(turn: Turn, draft: Draft, audience: Audience) -> Screen:
    """Ask for whom: the filters that are set, how many that is, and who is left out and why."""
    key = "who" if audience.reached else "who_nobody"
    parts = [
        turn.text(
            f"clinic.broadcast.{key}",
            people=turn.text("clinic.broadcast.people", n=audience.reached),
            who=name(turn, draft.who),
        ),
        *left_out(turn, audience),
    ]
    buttons = [
        turn.button(
            "clinic.broadcast.button.filter",
            data(draft, "filter", kind),
            kind=turn.text(f"clinic.broadcast.kind.{kind}"),
            value=_values(turn, draft.who, kind) or turn.text("clinic.broadcast.any"),
        )
        for kind in KINDS
        if draft.who.values(kind) or len(segments.options(turn.tx, kind)) > 1
    ]
    rows = [(button,) for button in buttons]
    if audience.reached:
        count = number(audience.reached, turn.language)
        rows.append((turn.button("clinic.broadcast.button.go_on", data(draft, "go_on"), n=count),))
    return Screen("\n\n".join(parts), (*rows, leave(turn, draft)))


def choices(turn: Turn, kind: Kind) -> tuple[str, ...]:
    """Return the values that get a button."""
    return tuple(segments.options(turn.tx, kind)[:_MOST_OPTIONS])


def options(turn: Turn, draft: Draft, kind: Kind, audience: Audience) -> Screen:
    """Let values of one kind be chosen; what is chosen has a tick."""
    chosen = draft.who.values(kind)
    buttons = [
        Button(
            f"{'✓ ' if value in chosen else ''}{value_name(turn, kind, value)}",
            data=data(draft, "pick", place),
        )
        for place, value in enumerate(draft.choices)
    ]
    rows = [tuple(buttons[start : start + _PER_ROW]) for start in range(0, len(buttons), _PER_ROW)]
    done = turn.button("clinic.broadcast.button.done", data(draft, "done"))
    html = turn.text(
        "clinic.broadcast.pick",
        kind=turn.text(f"clinic.broadcast.kind.{kind}"),
        people=turn.text("clinic.broadcast.people", n=audience.reached),
    )
    return Screen(html, (*rows, (done,)))


def name(turn: Turn, segment: Segment) -> str:
    """Return what a segment is called, without markup."""
    if not segment.chosen:
        return turn.catalogue.label(turn.language, "clinic.broadcast.everyone")
    return " · ".join(_values(turn, segment, kind) for kind, _ in segment.chosen)


def value_name(turn: Turn, kind: Kind, value: str) -> str:
    """Return what one value of a kind is called, without markup."""
    found: str | None = value
    match kind:
        case "language":
            found = own_name(value)
        case "treatment" if value in turn.catalogue.protocols:
            found = turn.catalogue.treatment_name(turn.language, value)
        case "area":
            found = _area(turn, value)
        case "staff":
            member = staff.ever(turn.tx, int(value))
            found = member.name if member else value
        case "status":
            found = turn.catalogue.label(turn.language, f"clinic.broadcast.status.{value}")
        case "within" | "before":
            found = turn.catalogue.label(
                turn.language, f"clinic.broadcast.days.{kind}", n=int(value)
            )
    return found or value


def left_out(turn: Turn, audience: Audience) -> Iterator[Html]:
    """Yield how many do not get it and why, and for how many it is night."""
    if audience.left_out:
        lines = [
            turn.text(f"clinic.broadcast.why.{fate}", n=n) for fate, n in audience.left_out.items()
        ]
        title = turn.text("clinic.broadcast.left_out")
        yield Html("\n".join([title, *(f"• {line}" for line in lines)]))
    if audience.asleep:
        yield turn.text("clinic.broadcast.asleep", n=audience.asleep)


def _values(turn: Turn, segment: Segment, kind: Kind) -> str:
    return ", ".join(value_name(turn, kind, value) for value in segment.values(kind))


def _area(turn: Turn, area: str) -> str | None:
    """Return what an area is called by the first treatment that has it."""
    for treatment, protocol in turn.catalogue.protocols.items():
        if area in protocol.areas:
            return turn.catalogue.area_name(turn.language, treatment, area)
    return None
