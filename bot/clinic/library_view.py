"""The library of tips in chat: what is in it, when each is sent, on and off, or once now."""

from collections.abc import Sequence
from typing import Final

from bot.clinic import broadcast_who, broadcasting
from bot.clinic.broadcast_draft import Draft
from bot.clinic.broadcast_screen import PREFIX, leave
from bot.practitioner.leaving import BROADCAST, busy
from bot.turn import Turn
from messages.render import day_long, escape
from messages.tips import LibraryTip
from scheduler import library, segments
from scheduler.channel import Button
from scheduler.wallclock import first_moment

ACTIONS: Final = frozenset({"library", "tip", "tip_on", "tip_off", "tip_send"})


def press(turn: Turn, action: str, name: str) -> None:
    """Take a button of the library."""
    if action == "library":
        turn.edit(*_list(turn))
        return
    tip = turn.catalogue.tips.get(name)
    if tip is None or turn.staff is None:
        turn.toast("clinic.broadcast.toast.no_tip")
        turn.edit(*_list(turn))
        return
    match action:
        case "tip_on":
            library.turn_on(turn.tx, name, tip, turn.clinic, member=turn.staff, now=turn.now)
        case "tip_off":
            library.turn_off(turn.tx, name, actor=turn.staff.actor, now=turn.now)
        case "tip_send":
            _send(turn, name, tip)
            return
    turn.edit(*_shown(turn, name, tip))


def _list(turn: Turn) -> tuple[str, Sequence[Sequence[Button]]]:
    rows = [
        [
            turn.button(
                f"clinic.broadcast.button.tip_{'on' if _next(turn, name) else 'off'}",
                f"{PREFIX}:tip:{name}",
                name=turn.text(f"tips.{name}.name"),
            )
        ]
        for name in sorted(turn.catalogue.tips)
    ]
    draft = broadcasting.open_draft(turn)
    if draft is not None:
        rows.append([*leave(turn, draft)])
    return turn.text("clinic.broadcast.library"), rows


def _shown(turn: Turn, name: str, tip: LibraryTip) -> tuple[str, Sequence[Sequence[Button]]]:
    """Show a tip: when it is sent, to whom, how many that is now, and what it says."""
    segment = library.segment_of(tip)
    audience = segments.audience(
        turn.tx,
        segment,
        quiet=turn.clinic.quiet,
        gap_ms=turn.clinic.tips_gap_ms,
        now=turn.now,
    )
    following = _next(turn, name)
    lines = [
        turn.text("clinic.broadcast.tip.title", name=turn.text(f"tips.{name}.name")),
        turn.text(
            f"clinic.broadcast.tip.{'next' if following else 'off'}",
            **({"day": following, "at": f"{tip.at:%H:%M}"} if following else {}),
        ),
        turn.text(
            "clinic.broadcast.tip.who",
            who=broadcast_who.name(turn, segment),
            people=turn.text("clinic.broadcast.people", n=audience.reached),
        ),
    ]
    text = escape(turn.catalogue.tip_text(turn.language, name))
    turn_it = "tip_off" if following else "tip_on"
    return (
        "\n".join([*lines, "", f"<blockquote>{text}</blockquote>"]),
        [
            [turn.button(f"clinic.broadcast.button.{turn_it}_now", f"{PREFIX}:{turn_it}:{name}")],
            [turn.button("clinic.broadcast.button.tip_send", f"{PREFIX}:tip_send:{name}")],
            [turn.button("clinic.broadcast.button.library_back", f"{PREFIX}:library:all")],
        ],
    )


def _next(turn: Turn, name: str) -> str:
    found = library.planned(turn.tx, name)
    if found is None:
        return ""
    zone = turn.clinic.timezone
    noon = first_moment(found.next_on, turn.catalogue.tips[name].at, zone)
    return day_long(noon, zone, turn.language)


def _send(turn: Turn, name: str, tip: LibraryTip) -> None:
    """Go through the usual steps with what the library says."""
    if busy(turn, BROADCAST):
        return
    made = library.tip_of(turn.catalogue, name, turn.language)
    broadcasting.begin_with(
        turn,
        Draft(
            serial=str(turn.incoming.message_id),
            text=made.text,
            poll=made.poll,
            others=made.others,
            segment=library.segment_of(tip).code,
            library=name,
        ),
    )
