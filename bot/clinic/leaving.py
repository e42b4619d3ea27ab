"""How somebody leaves the team: to whom their patients go, a preview with counts, a last yes."""

from typing import Final

from bot.turn import Turn
from messages.render import Html
from scheduler import handover
from scheduler import staff as team
from scheduler.channel import Button
from scheduler.handover import Load
from scheduler.staff import Staff

PREFIX: Final = "s"
_LABEL_NAME: Final = 24
_MOST: Final = 20
"""So many colleagues have a button: those with the fewest patients first."""


def press(turn: Turn, action: str, number: str, colleague: str = "") -> bool:
    """Take a button of the way out; returns False where the list of the team is to be shown."""
    member = team.by_id(turn.tx, int(number))
    if member is None or turn.staff is None:
        turn.toast("clinic.staff.toast.gone")
        return False
    if team.is_last_manager(turn.tx, member):
        turn.toast("clinic.staff.toast.last_manager", alert=True)
        return action == "remove"
    to = team.by_id(turn.tx, int(colleague)) if colleague.isdecimal() else None
    load = handover.load_of(turn.tx, member)
    if _needs_somebody(load) and (to is None or to.id == member.id):
        _choose(turn, member, load)
    elif action == "yes":
        _remove(turn, turn.staff, member, to)
    else:
        _ask(turn, member, to, load)
    return True


def shortened(name: str) -> str:
    """Return a name that fits a button."""
    return name if len(name) <= _LABEL_NAME else f"{name[: _LABEL_NAME - 1]}…"


def _needs_somebody(load: Load) -> bool:
    return bool(load.patients or load.alerts)


def _choose(turn: Turn, member: Staff, load: Load) -> None:
    others = [each for each in team.everyone(turn.tx) if each.id != member.id]
    ranked = sorted((team.active_patients(turn.tx, each.id), each.name, each.id) for each in others)
    rows = [
        [
            turn.button(
                "clinic.staff.button.hand_to",
                f"{PREFIX}:to:{member.id}:{number}",
                name=shortened(name),
                n=count,
            )
        ]
        for count, name, number in ranked[:_MOST]
    ]
    rows.append([_keep(turn)])
    turn.edit(
        turn.text("clinic.staff.choose", name=member.name, load=_worded(turn, load)),
        rows,
    )


def _ask(turn: Turn, member: Staff, to: Staff | None, load: Load) -> None:
    oneself = turn.staff is not None and member.id == turn.staff.id
    yes = ":".join(["yes", str(member.id), *([str(to.id)] if to else [])])
    turn.edit(
        turn.text(
            f"clinic.staff.ask_remove{'_self' if oneself else ''}",
            name=member.name,
            patients=_goes(turn, load, to),
        ),
        [
            [
                turn.button(
                    f"clinic.staff.button.{'leave' if oneself else 'remove'}_yes",
                    f"{PREFIX}:{yes}",
                ),
                _keep(turn),
            ]
        ],
    )


def _remove(turn: Turn, manager: Staff, member: Staff, to: Staff | None) -> None:
    load = handover.leave(turn.tx, member, to, actor=manager.actor, now=turn.now)
    if load is None:
        turn.toast("patient.start.old_button")
        return
    if to is not None and _needs_somebody(load) and to.id != manager.id:
        turn.say(
            turn.catalogue.text(
                to.language,
                "clinic.staff.told_handed",
                name=member.name,
                load=_worded(turn, load, to.language),
            ),
            chat_id=to.chat_id,
        )
    if member.id == manager.id:
        turn.edit(turn.text("clinic.staff.left", clinic=turn.clinic.name))
        return
    turn.edit(
        turn.text("clinic.staff.removed", name=member.name, patients=_goes(turn, load, to)),
        [[turn.button("clinic.staff.button.team", f"{PREFIX}:page:0")]],
    )
    turn.say(
        turn.catalogue.text(
            member.language,
            "clinic.staff.told_removed",
            clinic=turn.clinic.name,
            phone=turn.clinic.phone,
        ),
        chat_id=member.chat_id,
    )


def _goes(turn: Turn, load: Load, to: Staff | None) -> Html:
    if to is None or not _needs_somebody(load):
        return turn.text("clinic.staff.patients_none")
    return turn.text("clinic.staff.patients_go", name=to.name, load=_worded(turn, load))


def _worded(turn: Turn, load: Load, language: str = "") -> Html:
    """Return what goes over, a line each; what there is none of is left out."""
    counts = (
        ("patients", load.patients),
        ("active", load.active),
        ("alerts", load.alerts),
        ("waiting", load.waiting),
    )
    return Html(
        "\n".join(
            turn.catalogue.text(language or turn.language, f"clinic.staff.load.{key}", n=n)
            for key, n in counts
            if n or key == "patients"
        )
    )


def _keep(turn: Turn) -> Button:
    return turn.button("clinic.staff.button.keep", f"{PREFIX}:page:0")
