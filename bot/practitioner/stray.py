"""Messages of staff that quote another message: they are meant for somebody, not for a dialogue."""

from collections.abc import Container

from bot.patient import room as patient
from bot.practitioner import conversing, leaving
from bot.turn import Turn
from scheduler import conversation, outbox


def quotes_elsewhere(turn: Turn) -> bool:
    """Take a message that quotes something other than the dialogue's own message.

    Somebody who is staff and a patient may answer a message of their own plan. What quotes a
    message about a patient goes to that patient. Anything else goes nowhere, and that is said.

    Returns:
        Whether the message was taken.
    """
    quoted = turn.incoming.reply_to
    if quoted is None or quoted == _of_dialogue(turn):
        return False
    if patient.answers_something(turn):
        patient.reply(turn)
    elif not conversing.quoted(turn):
        turn.say(turn.text("practitioner.hint.not_sent"), reply_to=turn.incoming.message_id)
    return True


def is_addressed(turn: Turn, to_others: Container[str]) -> bool:
    """Say whether a message of staff is meant for somebody else to read.

    It is written in a dialogue that is (``to_others``: the names of those), it answers a message
    about a patient, or it changes what went to one.
    """
    if turn.staff is None:
        return False
    if turn.incoming.edited:
        number = turn.incoming.message_id
        return conversation.written(turn.tx, turn.staff, number) is not None
    quoted = turn.incoming.reply_to
    if quoted is None or quoted == _of_dialogue(turn):
        named = turn.dialogue is not None and turn.dialogue.name in to_others
        return named and not leaving.grown_old(turn)
    return conversation.about(turn.tx, turn.staff, quoted) is not None


def _of_dialogue(turn: Turn) -> int | None:
    """Return the Telegram id of the open dialogue's message, if it has one by now."""
    if turn.dialogue is None or turn.dialogue.outbox_id is None:
        return None
    row = outbox.row(turn.tx, turn.dialogue.outbox_id)
    return row["message_id"] if row else None
