"""The outbox: the one table of everything to be sent, and the only code that changes its states.

A row is ``pending`` until it is taken, ``sending`` from just before its request leaves, and ends
in exactly one of ``sent``, ``expired``, ``canceled``, ``refused``, ``uncertain`` with a reason.
A pending row with ``held`` set waits for a person (consent, a pause) and is not looked at.

Where a statement asks for one patient's rows since a moment, it says ``settled_at + 0``: SQLite
would otherwise go through all that the clinic has settled since, because it takes one clinic for
a small part of a table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from scheduler.database import Row, Tx
from scheduler.said import Said

Kind = Literal["reminder", "alert", "broadcast", "relay", "answer"]
SETTLED = ("sent", "expired", "canceled", "refused", "uncertain")

# A row of which a copy may have arrived ends as uncertain, whatever it is ended for: nobody can
# say that it was not delivered. A person who has looked at it may end it in any way.
_IN_DOUBT = "possible_duplicate = 1 AND state <> 'uncertain' AND :state <> 'uncertain'"


def _ended(reason: str = ":reason") -> str:
    """Return what is set in a row that ends in ``:state`` at ``:now``, for a reason (as SQL)."""
    return f"""state = CASE WHEN {_IN_DOUBT} THEN 'uncertain' ELSE :state END,
        reason = CASE WHEN {_IN_DOUBT} THEN 'may have arrived; ' ELSE '' END || {reason},
        content = CASE WHEN secret = 1 AND :state <> 'uncertain' AND NOT ({_IN_DOUBT}) THEN NULL
                       ELSE content END,
        settled_at = :now"""


class Lane(IntEnum):
    """Who goes first: a lower lane overtakes a higher one."""

    SAFETY = 0
    ANSWER = 1
    REMINDER = 2
    BROADCAST = 3


LANE_OF: Mapping[Kind, Lane] = {
    "alert": Lane.SAFETY,
    "answer": Lane.ANSWER,
    "relay": Lane.ANSWER,
    "reminder": Lane.REMINDER,
    "broadcast": Lane.BROADCAST,
}


@dataclass(frozen=True, slots=True)
class Owed:
    """One step of a plan, owed to a patient for a session. Instants in UTC epoch ms."""

    session_id: int
    step_key: str
    occurrence: int
    due_at: int
    ready_at: int
    useful_until: int


def say(
    tx: Tx,
    said: Said,
    *,
    chat_id: int,
    now: int,
    kind: Kind = "answer",
    lane: Lane | None = None,
    patient_id: int | None = None,
    enrollment_id: int | None = None,
    broadcast_id: int | None = None,
    ready_at: int | None = None,
    useful_until: int | None = None,
    staff_message_id: int | None = None,
    reply_id: int | None = None,
    erasure_id: int | None = None,
) -> int:
    """Owe ``said`` to a chat; return the row's id.

    It is due at this moment, or at ``ready_at``, and of use for good, or until ``useful_until``
    (both UTC epoch ms). ``staff_message_id`` is the message of staff that it takes to a patient,
    ``reply_id`` the patient's reply that it brings to staff, ``erasure_id`` the erasure that it
    tells of and goes with.
    """
    tx.wake()
    in_lane = int(LANE_OF[kind] if lane is None else lane)
    if ready_at is None and in_lane <= Lane.ANSWER:
        _keep_in_order(tx, chat_id, in_lane, now=now)
    row: int = tx.value(
        """INSERT INTO outbox (clinic_id, kind, lane, chat_id, patient_id, enrollment_id,
               broadcast_id, staff_message_id, reply_id, erasure_id, content, secret, due_at,
               ready_at, useful_until, state, created_at)
           VALUES (:clinic_id, :kind, :lane, :chat_id, :patient_id, :enrollment_id,
               :broadcast_id, :staff_message_id, :reply_id, :erasure_id, :content, :secret,
               :ready_at, :ready_at, :useful_until, 'pending', :now)
           RETURNING id""",
        kind=kind,
        lane=in_lane,
        chat_id=chat_id,
        patient_id=patient_id,
        enrollment_id=enrollment_id,
        broadcast_id=broadcast_id,
        staff_message_id=staff_message_id,
        reply_id=reply_id,
        erasure_id=erasure_id,
        content=said.to_json(),
        secret=int(said.secret),
        ready_at=now if ready_at is None else ready_at,
        useful_until=useful_until,
        now=now,
    )
    return row


def _keep_in_order(tx: Tx, chat_id: int, lane: int, *, now: int) -> None:
    """See to it that what was said before in a chat is not ready later than what is said now.

    A clock set back between the two would turn them around, or have the first wait for a time
    that has been already. What was put off, or planned for later, was never ready when said.
    """
    # Two statements: with IN or OR no partial index would be used.
    for state in ("state = 'pending' AND held IS NULL", "state = 'sending'"):
        tx.run(
            f"""UPDATE outbox SET ready_at = :now
                WHERE clinic_id = :clinic_id AND {state} AND lane = :lane AND chat_id = :chat_id
                  AND ready_at > :now AND ready_at <= created_at""",
            chat_id=chat_id,
            lane=lane,
            now=now,
        )


def owe_steps(
    tx: Tx,
    steps: Iterable[Owed],
    *,
    patient_id: int,
    enrollment_id: int,
    chat_id: int | None,
    held: str | None,
    now: int,
) -> int:
    """Owe the steps of a plan; a step already owed for its session is left as it is.

    Returns:
        How many rows were added.
    """
    tx.wake()
    return tx.many(
        """INSERT INTO outbox (clinic_id, kind, lane, chat_id, patient_id, enrollment_id,
               session_id, step_key, occurrence, due_at, ready_at, useful_until, state, held,
               created_at)
           VALUES (:clinic_id, 'reminder', :lane, :chat_id, :patient_id, :enrollment_id,
               :session_id, :step_key, :occurrence, :due_at, :ready_at, :useful_until, 'pending',
               :held, :now)
           ON CONFLICT (clinic_id, session_id, step_key, occurrence)
               WHERE step_key IS NOT NULL DO NOTHING""",
        (
            {
                "lane": int(Lane.REMINDER),
                "chat_id": chat_id,
                "patient_id": patient_id,
                "enrollment_id": enrollment_id,
                "session_id": step.session_id,
                "step_key": step.step_key,
                "occurrence": step.occurrence,
                "due_at": step.due_at,
                "ready_at": step.ready_at,
                "useful_until": step.useful_until,
                "held": held,
                "now": now,
            }
            for step in steps
        ),
    )


def begin_attempt(tx: Tx, *rows: Row, now: int) -> None:
    """Mark rows ``sending``: to be committed just before their requests leave."""
    tx.many(
        """UPDATE outbox SET state = 'sending', attempts = attempts + 1
           WHERE clinic_id = :clinic_id AND id = :id""",
        ({"id": row["id"]} for row in rows),
    )
    tx.many(
        """INSERT INTO attempts (clinic_id, outbox_id, started_at)
           VALUES (:clinic_id, :id, :now)""",
        ({"id": row["id"], "now": now} for row in rows),
    )


def finish_attempts(tx: Tx, outcomes: Mapping[int, str], *, now: int) -> None:
    """Write down what came of the attempts that were under way: outcome in words by row id."""
    tx.many(
        """UPDATE attempts SET finished_at = :now, outcome = :outcome
           WHERE clinic_id = :clinic_id AND outbox_id = :id AND finished_at IS NULL""",
        ({"id": row_id, "outcome": outcome, "now": now} for row_id, outcome in outcomes.items()),
    )


def sent(
    tx: Tx, row_id: int, message_id: int, *, now: int, reason: str = "accepted by Telegram"
) -> None:
    """End a row as sent; words that hold a secret are wiped."""
    all_sent(tx, {row_id: message_id}, now=now, reason=reason)


def all_sent(
    tx: Tx, message_ids: Mapping[int, int], *, now: int, reason: str = "accepted by Telegram"
) -> None:
    """End rows as sent, given as Telegram's message id by row id."""
    tx.many(
        """UPDATE outbox SET state = 'sent', reason = :reason,
               message_id = :message_id, settled_at = :now,
               content = CASE WHEN secret = 1 THEN NULL ELSE content END
           WHERE clinic_id = :clinic_id AND id = :id""",
        (
            {"id": row_id, "message_id": message_id, "reason": reason, "now": now}
            for row_id, message_id in message_ids.items()
        ),
    )


def end(
    tx: Tx,
    row_id: int,
    state: Literal["expired", "canceled", "refused", "uncertain"],
    reason: str,
    *,
    now: int,
) -> None:
    """End a row in any state but sent, with the reason in words; a secret in it is wiped.

    A row of which a copy may have arrived ends as uncertain, with that reason.
    """
    tx.run(
        f"""UPDATE outbox SET {_ended()}
           WHERE clinic_id = :clinic_id AND id = :id
             AND state IN ('pending', 'sending', 'uncertain')""",
        id=row_id,
        state=state,
        reason=reason,
        now=now,
    )


def again(tx: Tx, row_id: int, *, reason: str, possible_duplicate: bool = False) -> None:
    """Put a row back in its place of the queue; who has to wait, and how long, is in ``waits``.

    Its ``ready_at`` stays, so that what was said after it in the same chat does not overtake it.
    """
    tx.run(
        """UPDATE outbox SET state = 'pending', reason = :reason,
               possible_duplicate = CASE WHEN :duplicate THEN 1 ELSE possible_duplicate END
           WHERE clinic_id = :clinic_id AND id = :id AND state IN ('pending', 'sending')""",
        id=row_id,
        reason=reason,
        duplicate=possible_duplicate,
    )


def postpone(tx: Tx, row_id: int, *, ready_at: int, reason: str) -> None:
    """Have a row looked at again at ``ready_at`` (UTC epoch ms); others may overtake it."""
    tx.run(
        """UPDATE outbox SET state = 'pending', ready_at = :ready_at, reason = :reason
           WHERE clinic_id = :clinic_id AND id = :id AND state IN ('pending', 'sending')""",
        id=row_id,
        ready_at=ready_at,
        reason=reason,
    )


def prolong(tx: Tx, row_id: int, useful_until: int) -> None:
    """Have a row be of use until an instant (UTC epoch ms)."""
    tx.run(
        "UPDATE outbox SET useful_until = :until WHERE clinic_id = :clinic_id AND id = :id",
        id=row_id,
        until=useful_until,
    )


def hold(tx: Tx, row_id: int, why: str) -> None:
    """Hold one row back until a person lets it go on."""
    tx.run(
        """UPDATE outbox SET held = :why
           WHERE clinic_id = :clinic_id AND id = :id AND state = 'pending'""",
        id=row_id,
        why=why,
    )


def let_go(tx: Tx, patient_id: int, why: str) -> int:
    """Let the rows go on that were held for this; the last look decides about each in its turn."""
    tx.wake()
    return tx.run(
        """UPDATE outbox SET held = NULL
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND state = 'pending'
             AND held = :why AND chat_id IS NOT NULL""",
        patient_id=patient_id,
        why=why,
    )


def withdraw_copies(tx: Tx, broadcast_id: int, reason: str, *, now: int) -> int:
    """Cancel every copy of a broadcast that has not left; returns how many."""
    withdrawn = 0
    # First those of which a copy may have arrived: they are not taken back.
    for doubt in (1, 0):
        withdrawn = tx.run(
            f"""UPDATE outbox SET {_ended()}
               WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND broadcast_id = :id
                 AND state = 'pending' AND possible_duplicate = :doubt""",
            id=broadcast_id,
            doubt=doubt,
            state="canceled",
            reason=reason,
            now=now,
        )
    return withdrawn


def redirect(tx: Tx, chat_id: int, to: int) -> int:
    """Bring what patients wrote, and has not left yet, to another member's chat; returns how many.

    Alerts have copies of their own for each member.
    """
    tx.wake()
    return tx.run(
        """UPDATE outbox SET chat_id = :to
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND state = 'pending'
             AND kind = 'relay' AND reply_id IS NOT NULL""",
        chat_id=chat_id,
        to=to,
    )


def withdraw_from(tx: Tx, chat_id: int, reason: str, *, now: int) -> int:
    """Cancel what staff of this chat were owed and has not left; returns how many.

    What the same person is owed as a patient stays: reminders, and what is about themselves.
    """
    return tx.run(
        f"""UPDATE outbox SET {_ended()}
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND state = 'pending'
             AND held IS NULL AND lane IN (:safety, :answer)
             AND kind IN ('relay', 'alert', 'answer')
             AND (kind = 'alert' OR patient_id IS NULL OR patient_id NOT IN
                 (SELECT patients.id FROM patients
                  WHERE patients.clinic_id = :clinic_id AND patients.chat_id = :chat_id))""",
        state="canceled",
        chat_id=chat_id,
        safety=int(Lane.SAFETY),
        answer=int(Lane.ANSWER),
        reason=reason,
        now=now,
    )


def expire_useless(tx: Tx, *, now: int) -> set[int]:
    """Expire what is no longer useful at ``now`` (UTC epoch ms), held rows too.

    Returns:
        The enrollments whose reminders expired.
    """
    why = "'no longer useful' || COALESCE('; held: ' || held, '; ' || reason, '')"
    expired = tx.all(
        f"""UPDATE outbox SET {_ended(why)}
           WHERE clinic_id = :clinic_id AND state = 'pending' AND useful_until <= :now
           RETURNING enrollment_id""",
        state="expired",
        now=now,
    )
    return {row["enrollment_id"] for row in expired if row["enrollment_id"] is not None}


def left_sending(tx: Tx) -> list[Row]:
    """Return the rows that a crash left in ``sending``: nobody knows whether they went out."""
    return tx.all(
        "SELECT * FROM outbox WHERE clinic_id = :clinic_id AND state = 'sending' ORDER BY id"
    )


def row(tx: Tx, row_id: int) -> Row | None:
    """Return one row, or None."""
    return tx.first("SELECT * FROM outbox WHERE clinic_id = :clinic_id AND id = :id", id=row_id)


def counts(tx: Tx) -> dict[str, int]:
    """Return how many rows stand in each state."""
    return {
        found["state"]: found["n"]
        for found in tx.all(
            "SELECT state, COUNT(*) AS n FROM outbox WHERE clinic_id = :clinic_id GROUP BY state"
        )
    }
