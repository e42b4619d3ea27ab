"""Writing to a patient from a button: a dialogue of one message, which shows to whom it goes."""

from collections.abc import Callable, Mapping
from typing import Final

from bot import telling
from bot.carried import WRITE, is_number
from bot.practitioner import conversing, stray
from bot.practitioner.leaving import WRITING as DIALOGUE
from bot.practitioner.leaving import busy, grown_old
from bot.turn import Turn
from messages.markup import untappable
from scheduler import conversation, replies, roster, unanswered
from scheduler.patients import Patient
from scheduler.staff import Staff

_SHOWN: Final = 400
"""So many letters of what the patient wrote last are shown above."""


def _button(turn: Turn) -> None:
    member = turn.staff
    if member is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["w", number] if is_number(number):
            patient = roster.seen(turn.tx, member, int(number))
            if patient is not None:
                _ask(turn, patient)
                return
        case ["x", number] if is_number(number):
            _leave_by_button(turn, member, int(number))
            return
    turn.toast("patient.start.old_button")


def _ask(turn: Turn, patient: Patient) -> None:
    hindrance = conversation.obstacle(turn.tx, patient, now=turn.now)
    if hindrance is not None:
        turn.toast(
            f"practitioner.conversation.obstacle.{hindrance}",
            alert=True,
            label=patient.label,
            phone=turn.clinic.phone,
        )
        return
    if busy(turn, DIALOGUE):
        return
    if _writes_to(turn) == patient.id:
        turn.toast("practitioner.conversation.go_ahead")
        return
    _take_button_off(turn, "left")
    lines = [turn.text("practitioner.conversation.ask", label=patient.label)]
    waits = unanswered.newest(turn.tx, patient.id)
    reply = replies.by_id(turn.tx, waits) if waits is not None else None
    if reply is not None and reply["text"]:
        words = untappable(_shortened(reply["text"]))
        lines.append(turn.text("practitioner.conversation.they_wrote", words=words))
    leave = turn.button("practitioner.conversation.button.leave", f"{WRITE}:x:{patient.id}")
    row = turn.say("\n\n".join(lines), [[leave]], patient_id=patient.id)
    turn.open_dialogue(DIALOGUE, {"patient": patient.id}, outbox_id=row)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _words(turn: Turn) -> None:
    """Take the message that is meant for the patient."""
    member, number = turn.staff, _writes_to(turn)
    if member is None or number is None or turn.dialogue is None:
        return
    if stray.quotes_elsewhere(turn):
        # It went, or did not go, to somebody else: what comes next must not surprise anybody.
        leave(turn)
        return
    patient = roster.seen(turn.tx, member, number)
    if patient is None:
        leave(turn)
        turn.say(turn.text("practitioner.hint.not_sent"), reply_to=turn.incoming.message_id)
        return
    if grown_old(turn):
        leave(turn)
        turn.say(
            turn.text("practitioner.conversation.stale", label=patient.label),
            [[telling.write_button(turn, turn.language, patient)]],
            reply_to=turn.incoming.message_id,
            patient_id=patient.id,
        )
        return
    if conversing.can_carry(turn):
        _take_button_off(turn, "asked")
        turn.close_dialogue()
    conversing.send(turn, member, patient)


def before_command(turn: Turn, name: str) -> None:
    """Leave the dialogue when a command is sent: what is written after it is meant for that.

    ``/cancel`` itself closes whatever dialogue is open, and says so.
    """
    if _writes_to(turn) is None:
        return
    _take_button_off(turn, "left")
    if name != "cancel":
        turn.close_dialogue()


def leave(turn: Turn) -> None:
    """Leave the dialogue: nothing more goes to the patient."""
    _take_button_off(turn, "left")
    turn.close_dialogue()


def _leave_by_button(turn: Turn, member: Staff, number: int) -> None:
    if _writes_to(turn) == number:
        turn.close_dialogue()
    patient = roster.seen(turn.tx, member, number)
    label = patient.label if patient else ""
    turn.edit(turn.text("practitioner.conversation.left", label=label))


def _take_button_off(turn: Turn, key: str) -> None:
    """Change the open dialogue's message to what became of it; it loses its button."""
    number = _writes_to(turn)
    if number is None or turn.dialogue is None or turn.dialogue.outbox_id is None:
        return
    patient = roster.seen(turn.tx, turn.staff, number) if turn.staff else None
    label = patient.label if patient else ""
    turn.edit_row(
        turn.dialogue.outbox_id, turn.text(f"practitioner.conversation.{key}", label=label)
    )


def _writes_to(turn: Turn) -> int | None:
    """Return the patient to whom the next message of this chat goes, if to one."""
    if turn.dialogue is None or turn.dialogue.name != DIALOGUE:
        return None
    return int(turn.dialogue.data["patient"])


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {WRITE: _button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = {DIALOGUE: _words}
