"""Groups: none of them hears of a patient, except the one that a manager named for the team.

In the team's group each patient has a topic. What a member of the team writes there goes to the
patient; alerts can be taken there. In every other group the bot says once that health is private.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bot.practitioner import alerting, conversing
from bot.turn import Turn
from scheduler import conversation, patients, staff_group, topics
from scheduler.patients import Patient

PREFIX: Final = "gr"
_MANAGER: Final = "manager"

Handler = Callable[[Turn], None]


def take(turn: Turn) -> None:
    """Handle what came from a group."""
    if turn.incoming.title:
        staff_group.rename(turn.tx, turn.chat_id, turn.incoming.title)
    match turn.incoming.kind:
        case "membership":
            _membership(turn)
        case "button":
            _button(turn)
        case _ if turn.incoming.command == "here":
            here(turn)
        case _ if staff_group.in_use(turn.tx) == turn.chat_id:
            _written(turn)


def here(turn: Turn) -> None:
    """Answer /here: in a group, use it; in private, say how, or which group is in use."""
    if not turn.incoming.private:
        _name(turn)
        return
    chat_id = staff_group.in_use(turn.tx)
    group = staff_group.at_chat(turn.tx, chat_id) if chat_id is not None else None
    if group is None:
        turn.say(turn.text("clinic.group.how"))
        return
    turn.say(
        turn.text("clinic.group.in_use", title=group.title),
        [[turn.button("clinic.group.button.stop", f"{PREFIX}:stop")]],
    )


def _name(turn: Turn) -> None:
    member = turn.staff
    if member is None or member.role != _MANAGER:
        _answer(turn, "only_managers")
    elif not turn.incoming.forum:
        _answer(turn, "no_topics")
    elif staff_group.ask(
        turn.tx, turn.chat_id, turn.incoming.title, actor=member.actor, now=turn.now
    ):
        _answer(turn, "asked")
    else:
        _answer(turn, "already")


def _answer(turn: Turn, key: str) -> None:
    turn.say(turn.text(f"clinic.group.{key}"), reply_to=turn.incoming.message_id)


def _membership(turn: Turn) -> None:
    if not turn.incoming.joined:
        staff_group.lose(turn.tx, turn.chat_id, "gone", now=turn.now)
    elif turn.staff is not None and turn.staff.role == _MANAGER:
        key = "offer" if turn.incoming.forum else "no_topics"
        use = [[turn.button("clinic.group.button.use", f"{PREFIX}:use")]]
        turn.say(turn.text(f"clinic.group.{key}"), use if turn.incoming.forum else ())
    else:
        turn.say(turn.text("patient.start.group", clinic=turn.clinic.name))


def _button(turn: Turn) -> None:
    member = turn.staff
    prefix, _, action = turn.incoming.data.partition(":")
    if member is None:
        turn.toast("patient.start.group_short")
    elif prefix == PREFIX and action == "use" and member.role == _MANAGER:
        turn.edit(turn.text("clinic.group.offer"))
        _name(turn)
    elif prefix in alerting.BUTTONS and staff_group.in_use(turn.tx) == turn.chat_id:
        alerting.pressed_in_group(turn)
    else:
        turn.toast("patient.start.group_short")


def _stop(turn: Turn) -> None:
    """Write in private again: pressed by a manager in their own chat."""
    member, chat_id = turn.staff, staff_group.in_use(turn.tx)
    if member is None or chat_id is None or turn.incoming.data != f"{PREFIX}:stop":
        turn.toast("patient.start.old_button")
        return
    staff_group.stop(turn.tx, chat_id, actor=member.actor, now=turn.now)
    turn.edit(turn.text("clinic.group.stopped"))


def _written(turn: Turn) -> None:
    """Bring what was written in a patient's topic to the patient."""
    patient = _whose(turn)
    if patient is None:
        return
    if turn.staff is None:
        _refuse(turn, "not_team", patient)
    elif turn.incoming.command is not None:
        _refuse(turn, "no_commands", patient)
    elif turn.incoming.edited:
        conversing.edited(turn)
    else:
        quoted = turn.incoming.reply_to
        answers = None
        if quoted is not None:
            answers = conversation.shown_at(turn.tx, turn.chat_id, quoted)
        conversing.send(turn, turn.staff, patient, answers=answers)


def _whose(turn: Turn) -> Patient | None:
    if turn.incoming.thread_id is None:
        return None
    patient_id = topics.patient_of(turn.tx, turn.chat_id, turn.incoming.thread_id)
    return patients.by_id(turn.tx, patient_id) if patient_id is not None else None


def _refuse(turn: Turn, key: str, patient: Patient) -> None:
    turn.say(
        turn.text(f"clinic.group.{key}"),
        reply_to=turn.incoming.message_id,
        patient_id=patient.id,
    )


BUTTONS: Final[Mapping[str, Handler]] = {PREFIX: _stop}
