"""A patient answers a poll: logged as a reply, without a word from the bot.

Telegram shows the vote in the poll itself, so an acknowledgment would say it a second time.
"""

from bot.turn import Turn
from scheduler import events, polls
from scheduler.patients import Patient


def take(turn: Turn, patient: Patient) -> None:
    """Log a vote, or that it was taken back."""
    copy = polls.copy_of(turn.tx, turn.incoming.data, patient.id)
    if copy is None or not polls.vote(
        turn.tx, copy, turn.incoming.options, patient.language, now=turn.now
    ):
        # A poll of another bot's life, or forged: the update itself stays in the inbox.
        events.note(turn.tx, "vote_unknown", actor="patient", now=turn.now, patient_id=patient.id)
