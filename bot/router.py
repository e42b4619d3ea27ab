"""The router: which room answers an update. Nothing that a person sends is left unanswered."""

from bot.carried import holds_no_id
from bot.clinic import grouping
from bot.commands import BUTTONS, COMMANDS, DIALOGUES, roles_of
from bot.incoming import Incoming
from bot.patient import room as patient
from bot.practitioner import conversing, leaving, person, stray, writing
from bot.practitioner import room as practitioner
from bot.turn import House, Turn
from scheduler import dialogues, events, patients, settling, staff, staff_reach
from scheduler.database import Tx

_BY_NAME = {command.name: command for command in COMMANDS}
_TO_OTHERS = frozenset({leaving.WRITING, leaving.BROADCAST})


def take_turn(tx: Tx, house: House, incoming: Incoming, *, now: int) -> Turn:
    """Handle one update inside one transaction (``now`` in UTC epoch ms); return its turn."""
    # In a group it is the person that counts; nobody is a patient there.
    person = incoming.chat_id if incoming.private else incoming.user_id
    turn = Turn(
        tx=tx,
        now=now,
        house=house,
        incoming=incoming,
        staff=staff.at_chat(tx, person),
        patient=patients.at_chat(tx, incoming.chat_id) if incoming.private else None,
        dialogue=dialogues.of_chat(tx, incoming.chat_id),
    )
    if turn.staff is not None and incoming.name:
        staff.rename(tx, turn.staff.id, name=incoming.name)
    if turn.staff is not None and incoming.private and not _is_farewell(incoming):
        staff_reach.found(tx, turn.staff, now=now)
    if incoming.kind == "nothing" or not incoming.chat_id:
        return turn
    if incoming.kind == "button":
        settling.proved_by_press(tx, incoming.chat_id, incoming.message_id, incoming.data)
    patient.arrive(turn)
    if not incoming.private:
        grouping.take(turn)
    elif incoming.kind == "membership":
        _membership(turn)
    elif incoming.kind == "button":
        _button(turn)
    elif incoming.kind == "vote":
        patient.vote(turn)
    elif incoming.command is not None:
        _command(turn, incoming.command)
    else:
        _free(turn)
    return turn


def _is_farewell(incoming: Incoming) -> bool:
    """Say whether somebody blocked the bot; whatever else they do proves that they are reached."""
    return incoming.kind == "membership" and not incoming.joined


def _membership(turn: Turn) -> None:
    """Somebody blocked the bot. Whoever takes it back has arrived already."""
    if not _is_farewell(turn.incoming):
        return
    if turn.patient is not None:
        patient.blocked(turn)
    if turn.staff is not None:
        staff_reach.lost(turn.tx, turn.staff, now=turn.now)


def _command(turn: Turn, name: str) -> None:
    writing.before_command(turn, name)
    if name != "cancel":
        person.before_command(turn)
    command = _BY_NAME.get(name)
    if command is not None and command.roles & roles_of(turn):
        if "patient" in command.roles:
            patient.words_behind(turn)
        command.handler(turn)
        return
    if command is not None:
        # Told kindly, logged, and nothing revealed: not even whether the command exists.
        events.note(
            turn.tx,
            "command_refused",
            actor=_actor(turn),
            now=turn.now,
            patient_id=turn.patient.id if turn.patient else None,
            command=name,
        )
    if not patient.words_of_none(turn):
        turn.say(
            turn.text(
                "patient.start.unknown",
                phone=turn.clinic.phone,
                emergency=turn.clinic.emergency,
            )
        )


def _actor(turn: Turn) -> str:
    if turn.staff is not None:
        return turn.staff.actor
    return "patient" if turn.patient is not None else "stranger"


def _button(turn: Turn) -> None:
    prefix = turn.incoming.data.partition(":")[0]
    found = BUTTONS.get(prefix)
    if found is None or not found[0] & roles_of(turn) or holds_no_id(turn.incoming.data):
        turn.toast("patient.start.old_button")
        return
    found[1](turn)


def _free(turn: Turn) -> None:
    """Whatever is not a command or a button: a dialogue's next step, or a reply."""
    if conversing.follows(turn):
        return
    if turn.staff is not None and patient.alarms(turn):
        if not stray.is_addressed(turn, _TO_OTHERS):
            patient.reply(turn)
            return
        _unless_about_yourself(turn)
    if turn.dialogue is not None and not turn.incoming.edited:
        found = DIALOGUES.get(turn.dialogue.name)
        if found is not None and found[0] & roles_of(turn):
            found[1](turn)
            return
    if turn.patient is not None and (turn.staff is None or patient.answers_something(turn)):
        patient.reply(turn)
    elif turn.staff is not None:
        practitioner.unprompted(turn)
    else:
        turn.say(
            turn.text(
                "patient.start.stranger",
                clinic=turn.clinic.name,
                phone=turn.clinic.phone,
                emergency=turn.clinic.emergency,
            )
        )


def _unless_about_yourself(turn: Turn) -> None:
    """Tell a patient who is staff too, and writes of a danger sign to somebody, whom to call."""
    turn.say(
        turn.text(
            "practitioner.hint.about_yourself",
            phone=turn.clinic.phone,
            emergency=turn.clinic.emergency,
        )
    )
