"""Polls: the answers to a broadcast that asks. A vote is a patient's reply; the newest stands."""

from messages.tips import lines
from scheduler import broadcast_copies, broadcasts
from scheduler.database import Row, Tx

QUESTION = "poll"
"""What a vote answers, in the log of replies."""


def remember(tx: Tx, poll_id: str, outbox_id: int) -> None:
    """Write down which copy of a broadcast a poll of Telegram's is."""
    tx.run(
        """INSERT INTO polls (clinic_id, poll_id, outbox_id)
           VALUES (:clinic_id, :poll_id, :outbox_id)
           ON CONFLICT (clinic_id, poll_id) DO NOTHING""",
        poll_id=poll_id,
        outbox_id=outbox_id,
    )


def copy_of(tx: Tx, poll_id: str, patient_id: int) -> Row | None:
    """Return the outbox row of the copy that a patient votes in, or None.

    Where Telegram's word that it arrived was lost, the poll's id is not known: then it is the
    patient's newest poll that nobody could be sure about.
    """
    return tx.first(
        """SELECT outbox.* FROM polls
           JOIN outbox ON outbox.clinic_id = :clinic_id AND outbox.id = polls.outbox_id
           WHERE polls.clinic_id = :clinic_id AND polls.poll_id = :poll_id
             AND outbox.patient_id = :patient_id""",
        poll_id=poll_id,
        patient_id=patient_id,
    ) or tx.first(
        """SELECT outbox.* FROM outbox
           JOIN broadcasts ON broadcasts.clinic_id = :clinic_id
             AND broadcasts.id = outbox.broadcast_id AND broadcasts.poll = 1
           WHERE outbox.clinic_id = :clinic_id AND outbox.patient_id = :patient_id
             AND outbox.kind = 'broadcast' AND outbox.state = 'uncertain'
           ORDER BY outbox.id DESC LIMIT 1""",
        patient_id=patient_id,
    )


def vote(tx: Tx, copy: Row, options: tuple[int, ...], language: str, *, now: int) -> bool:
    """Log a vote; no option means that it was taken back.

    Args:
        tx: the open transaction.
        copy: the outbox row of the patient's copy.
        options: the places of the options, from 0.
        language: the language in which the patient got the poll.
        now: UTC epoch ms.

    Returns:
        False where the broadcast is no poll, or has no such option.
    """
    broadcast = broadcasts.by_id(tx, copy["broadcast_id"])
    if broadcast is None or not broadcast["poll"]:
        return False
    words = lines(broadcast_copies.tip_of(tx, broadcast).words(language))[1:]
    if not all(0 <= option < len(words) for option in options):
        return False
    tx.run(
        """INSERT INTO replies (clinic_id, patient_id, outbox_id, question, kind, value, text, at)
           VALUES (:clinic_id, :patient_id, :outbox_id, :question, 'vote', :value, :text, :now)
           ON CONFLICT (clinic_id, outbox_id, question) WHERE question IS NOT NULL
           DO UPDATE SET value = excluded.value, text = excluded.text, at = excluded.at""",
        patient_id=copy["patient_id"],
        outbox_id=copy["id"],
        question=QUESTION,
        value=",".join(map(str, options)),
        text=", ".join(words[option] for option in options),
        now=now,
    )
    return True


def tally(tx: Tx, broadcast_id: int) -> dict[str, int]:
    """Return how often each answer was given: places of options, with commas between several."""
    rows = tx.all(
        """SELECT replies.value, COUNT(*) AS n FROM outbox
           JOIN replies ON replies.clinic_id = :clinic_id AND replies.outbox_id = outbox.id
             AND replies.question = :question AND replies.value <> ''
           WHERE outbox.clinic_id = :clinic_id AND outbox.kind = 'broadcast'
             AND outbox.broadcast_id = :id
           GROUP BY replies.value ORDER BY replies.value""",
        id=broadcast_id,
        question=QUESTION,
    )
    return {row["value"]: row["n"] for row in rows}
