"""The manager's room: /staff, who is on the team, how somebody joins and leaves it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.carried import ONCALL
from bot.clinic import leaving
from bot.clinic.leaving import PREFIX, shortened
from bot.names import bare
from bot.turn import Turn
from messages.render import Html, day_long, moment
from scheduler import events, invitations
from scheduler import staff as team
from scheduler.channel import Attachment, Button
from scheduler.staff import Role, Staff

PAGE: Final = 8
_ROLES: Final[tuple[Role, ...]] = ("practitioner", "manager")

Handler = Callable[[Turn], None]


def staff(turn: Turn) -> None:
    """Answer /staff: the list, or at once the link of ``/staff invite practitioner``."""
    words = turn.incoming.argument
    if not words:
        turn.say(*_list(turn, 0))
        return
    role = _role(turn, words)
    if role is None:
        turn.say(turn.text("clinic.staff.not_understood", words=shortened(words)))
        return
    _invite(turn, role)


def _button(turn: Turn) -> None:
    match turn.incoming.data.split(":")[1:]:
        case ["invite", "practitioner" | "manager" as role]:
            _invite(turn, role)
        case ["page", number] if number.isdecimal():
            turn.edit(*_list(turn, int(number)))
        case ["remove" | "to" | "yes" as action, number, *colleague] if number.isdecimal():
            if not leaving.press(turn, action, number, *colleague[:1]):
                turn.edit(*_list(turn, 0))
        case _:
            turn.toast("patient.start.old_button")


BUTTONS: Final[Mapping[str, Handler]] = {PREFIX: _button}


def _role(turn: Turn, words: str) -> Role | None:
    """Return the role that /staff is to invite for, in any language we speak.

    Only where nothing else is said: "remove manager Marta" must not become an invitation.
    """
    said = bare(words).split()
    invite = " ".join(_in_all_languages(turn, "clinic.staff.words_invite")).split()
    rest = " ".join(word for word in said if word not in invite)
    return next(
        (
            role
            for role in _ROLES
            if rest in {role, *_in_all_languages(turn, f"clinic.staff.role_{role}")}
        ),
        None,
    )


def _in_all_languages(turn: Turn, key: str) -> Iterator[str]:
    return (bare(turn.catalogue.label(each, key)) for each in turn.catalogue.languages)


def _invite(turn: Turn, role: Role) -> None:
    member = turn.staff
    if member is None:
        return
    link = turn.link(invitations.invite(turn.tx, role, now=turn.now, staff_id=member.id))
    until = turn.now + invitations.VALID_FOR_MS[role]
    events.note(turn.tx, "staff_invited", actor=member.actor, now=turn.now, role=role)
    turn.say(
        turn.text(
            f"clinic.staff.caption.invite_{role}",
            link=link,
            until=moment(until, turn.clinic.timezone, turn.language),
        ),
        attachment=Attachment("photo", made="qr", args={"link": link}),
        secret=True,
    )


def _list(turn: Turn, page: int) -> tuple[str, list[list[Button]]]:
    members = team.everyone(turn.tx)
    page = min(page, (len(members) - 1) // PAGE)
    shown = members[page * PAGE : (page + 1) * PAGE]
    text = "\n".join(
        [
            turn.text("clinic.staff.title", n=len(members)),
            "",
            *(_line(turn, member) for member in shown),
        ]
    )
    rows = [
        [turn.button(f"clinic.staff.button.invite_{role}", f"{PREFIX}:invite:{role}")]
        for role in _ROLES
    ]
    rows.append([turn.button("practitioner.oncall.button.staff", f"{ONCALL}:t:0")])
    rows += [
        [
            turn.button(
                f"clinic.staff.button.{'leave' if _is_me(turn, member) else 'remove'}",
                f"{PREFIX}:remove:{member.id}",
                name=shortened(member.name),
            )
        ]
        for member in shown
    ]
    turning = list(_turning(turn, page, len(members)))
    return text, [*rows, turning] if turning else rows


def _is_me(turn: Turn, member: Staff) -> bool:
    return turn.staff is not None and member.id == turn.staff.id


def _line(turn: Turn, member: Staff) -> Html:
    return turn.text(
        "clinic.staff.line_self" if _is_me(turn, member) else "clinic.staff.line",
        name=member.name,
        role=turn.text(f"clinic.staff.role_{member.role}"),
        day=day_long(member.since, turn.clinic.timezone, turn.language),
    )


def _turning(turn: Turn, page: int, count: int) -> Iterator[Button]:
    if page > 0:
        yield turn.button("clinic.staff.button.earlier", f"{PREFIX}:page:{page - 1}")
    if (page + 1) * PAGE < count:
        yield turn.button("clinic.staff.button.later", f"{PREFIX}:page:{page + 1}")
