"""What /oncall shows: a member's hours and days off, and the team's."""

from datetime import date, time
from typing import Final

from bot.carried import ONCALL
from bot.hours_words import in_words
from bot.turn import Turn
from messages.markup import Html
from messages.render import day_from, local
from scheduler import absences, oncall
from scheduler import staff as team
from scheduler.absences import Absence
from scheduler.channel import Button
from scheduler.staff import Staff
from scheduler.wallclock import MINUTE, first_moment

"""Of the callback data; an action and the member's id follow."""
PAGE: Final = 8
_TEXTS: Final = "practitioner.oncall"

Screen = tuple[str, list[list[Button]]]


def text(turn: Turn, key: str, /, **params: object) -> Html:
    """Return one of the texts of /oncall."""
    return turn.text(f"{_TEXTS}.{key}", **params)


def button(turn: Turn, key: str, data: str, /, **params: object) -> Button:
    """Return one of the buttons of /oncall; ``data`` is what follows the prefix."""
    return turn.button(f"{_TEXTS}.button.{key}", f"{ONCALL}:{data}", **params)


def back(turn: Turn, member: Staff) -> list[Button]:
    """Return the row that leads back to a member's hours and leaves what was begun."""
    return [button(turn, "back", f"v:{member.id}")]


def screen(turn: Turn, member: Staff, note: Html | None = None) -> Screen:
    """Return a member's hours and days off, and what can be changed."""
    coming = absences.coming(turn.tx, member.id)
    lines = [
        text(turn, "title", name=member.name),
        _hours(turn, member),
        *(_off(turn, absence) for absence in coming),
        *(_covers(turn, absence) for absence in absences.covered_by(turn.tx, member.id)),
        Html(""),
        text(turn, "what"),
    ]
    rows = [[button(turn, "hours", f"w:{member.id}")]]
    if oncall.own_hours(turn.tx, member.id) is not None:
        rows[0].append(button(turn, "clinic", f"c:{member.id}"))
    rows.append([button(turn, "leave", f"a:{member.id}")])
    rows += [
        [
            button(
                turn,
                "cancel",
                f"x:{member.id}:{absence.id}",
                since=_day(turn, absence.starts_at),
            )
        ]
        for absence in coming
    ]
    if turn.staff is not None and turn.staff.role == "manager":
        rows.append([button(turn, "team", "t:0")])
    return "\n".join([*([note, ""] if note else []), *lines]), rows


def team_screen(turn: Turn, page: int) -> Screen:
    """Return the whole team: who is on call when, who is now, and who is away."""
    members = team.everyone(turn.tx)
    page = min(page, (len(members) - 1) // PAGE)
    shown = members[page * PAGE : (page + 1) * PAGE]
    now = {m.id for m in oncall.on_call(turn.tx, members, turn.clinic, now=turn.now)}
    lines = [text(turn, "team.title"), *(_line(turn, member, now) for member in shown)]
    if not now:
        lines += [Html(""), text(turn, "team.nobody")]
    rows = [[Button(member.name, data=f"{ONCALL}:v:{member.id}")] for member in shown]
    turning = []
    if page > 0:
        turning.append(button(turn, "earlier", f"t:{page - 1}"))
    if (page + 1) * PAGE < len(members):
        turning.append(button(turn, "more", f"t:{page + 1}"))
    return "\n".join(lines), [*rows, turning] if turning else rows


def _line(turn: Turn, member: Staff, now: set[int]) -> Html:
    if member.id in team.out_of_reach(turn.tx):
        return text(turn, "team.line_lost", name=member.name)
    away = next((a for a in absences.coming(turn.tx, member.id) if a.state == "now"), None)
    if away is not None:
        until = _last_day(turn, away)
        return text(turn, "team.line_away", name=member.name, until=until, who=_who(turn, away))
    key = "team.line_now" if member.id in now else "team.line"
    return text(turn, key, name=member.name, hours=hours_of(turn, member))


def hours_of(turn: Turn, member: Staff) -> str:
    """Return a member's hours in words, the clinic's where they have none of their own."""
    hours = oncall.own_hours(turn.tx, member.id) or turn.clinic.hours
    return in_words(hours, turn.language, turn.catalogue)


def _hours(turn: Turn, member: Staff) -> Html:
    hours = hours_of(turn, member)
    if oncall.own_hours(turn.tx, member.id) is not None:
        return Html(f"<b>{hours}</b>")
    return text(turn, "hours_clinic", hours=hours)


def _off(turn: Turn, absence: Absence) -> Html:
    since, until = _day(turn, absence.starts_at), _last_day(turn, absence)
    key = "away_day" if since == until else "away"
    return text(turn, key, since=since, until=until, who=_who(turn, absence))


def _covers(turn: Turn, absence: Absence) -> Html:
    return text(turn, "standing_in", who=absence.name, until=_last_day(turn, absence))


def _who(turn: Turn, absence: Absence) -> str:
    return absence.stand_in or text(turn, "managers")


def _day(turn: Turn, at: int) -> str:
    return day_from(turn.now, at, turn.clinic.timezone, turn.language)


def _last_day(turn: Turn, absence: Absence) -> str:
    return _day(turn, absence.ends_at - MINUTE)


def day_name(turn: Turn, which: date) -> str:
    """Return a calendar day of the clinic in words: "Mon 10 May"."""
    return _day(turn, beginning(turn, which))


def today(turn: Turn) -> date:
    """Return the clinic's day of this turn."""
    return local(turn.now, turn.clinic.timezone).date()


def beginning(turn: Turn, which: date) -> int:
    """Return the first moment (UTC epoch ms) of a calendar day of the clinic."""
    return first_moment(which, time(0), turn.clinic.timezone)
