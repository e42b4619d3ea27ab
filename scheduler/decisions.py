"""Decisions that only a person can take: is a message sent once more, or left as it is?

Two kinds of rows wait here. *Uncertain* ones, of which nobody can tell whether they arrived. And,
after a restore, *restored* ones: they came due since the backup, so the database that was lost
may have sent them (``scheduler.backup.begin_review``).

A manager sees all of them, a practitioner the uncertain ones of the patients whom they may see
(``scheduler.roster``). The copies of one broadcast are one item. Every decision is an event with
who took it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from scheduler import broadcasts, enrollment, events, roster
from scheduler.database import Row, Tx
from scheduler.staff import Staff

Why = Literal["uncertain", "restored"]
Choice = Literal["send", "leave"]

_UNCERTAIN: Final = "outbox.state = 'uncertain' AND outbox.reviewed_at IS NULL"
_RESTORED: Final = "outbox.state = 'pending' AND outbox.held = 'review'"
_TOO_LATE: Final = "no longer useful when somebody wanted it sent"
_LEFT: Final = "left as it is by {actor}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item that waits for a person.

    ``row`` is the outbox row, of a broadcast's copies the first, with ``label`` (the patient's),
    ``member`` (a member of staff it goes to) and ``treatment``; ``count`` is how many rows it
    stands for. Instants in it are UTC epoch ms.
    """

    row: Row
    why: Why
    count: int

    @property
    def is_broadcast(self) -> bool:
        """Whether it stands for the copies of a broadcast."""
        return bool(self.row["kind"] == "broadcast")


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the rows of one decision; all 0 where somebody else had been faster."""

    sent: int = 0
    expired: int = 0
    left: int = 0


def waiting(tx: Tx, member: Staff, *, offset: int, limit: int) -> list[Waiting]:
    """Return what waits for ``member``, restored ones first, then by time."""
    found = tx.all(
        f"""SELECT MIN(outbox.id) AS id, COUNT(*) AS n, outbox.state FROM outbox
            WHERE outbox.clinic_id = :clinic_id AND ({_visible_to(member)})
            GROUP BY outbox.state,
                CASE WHEN outbox.kind = 'broadcast' THEN -outbox.broadcast_id ELSE outbox.id END
            ORDER BY outbox.state, MIN(outbox.due_at), MIN(outbox.id)
            LIMIT :limit OFFSET :offset""",
        member=member.id,
        limit=limit,
        offset=offset,
    )
    return [_waiting(tx, row["id"], row["n"]) for row in found]


def count(tx: Tx, member: Staff, why: Why | None = None) -> int:
    """Return how many rows wait for ``member``: all, or those of one kind."""
    rows: int = tx.value(
        f"""SELECT COUNT(*) FROM outbox
            WHERE outbox.clinic_id = :clinic_id AND ({_visible_to(member, why)})""",
        member=member.id,
    )
    return rows


def items(tx: Tx, member: Staff) -> int:
    """Return how many items :func:`waiting` has for ``member``."""
    found: int = tx.value(
        f"""SELECT COUNT(DISTINCT outbox.state || CASE WHEN outbox.kind = 'broadcast'
                THEN -outbox.broadcast_id ELSE outbox.id END) FROM outbox
            WHERE outbox.clinic_id = :clinic_id AND ({_visible_to(member)})""",
        member=member.id,
    )
    return found


def of_row(tx: Tx, member: Staff, row_id: int) -> Waiting | None:
    """Return the item that a row stands for, where it still waits and ``member`` may see it."""
    row = tx.first(
        f"""SELECT outbox.id FROM outbox WHERE outbox.clinic_id = :clinic_id AND outbox.id = :id
              AND ({_visible_to(member)})""",
        id=row_id,
        member=member.id,
    )
    return None if row is None else _waiting(tx, row["id"], 1)


def decide(tx: Tx, item: Waiting, choice: Choice, *, actor: str, now: int) -> Decided:
    """Send an item once more, or leave it as it is.

    What is no longer useful expires instead of being sent. What was already decided by somebody
    else is not touched.

    Args:
        tx: the open transaction.
        item: from :func:`waiting` or :func:`of_row`.
        choice: what the person chose.
        actor: who chose, as events name people.
        now: UTC epoch ms.
    """
    which = _UNCERTAIN if item.why == "uncertain" else _RESTORED
    if item.is_broadcast:
        which += " AND outbox.kind = 'broadcast' AND outbox.broadcast_id = :id"
        subject: int = item.row["broadcast_id"]
    else:
        which += " AND outbox.id = :id"
        subject = item.row["id"]
    return _decide(tx, which, choice, actor=actor, now=now, patient=item.row, id=subject)


def decide_restored(tx: Tx, choice: Choice, *, actor: str, now: int) -> Decided:
    """Send or skip everything that waits since a restore; see :func:`decide`."""
    return _decide(tx, _RESTORED, choice, actor=actor, now=now)


def _decide(
    tx: Tx,
    which: str,
    choice: Choice,
    *,
    actor: str,
    now: int,
    patient: Row | None = None,
    **params: object,
) -> Decided:
    if choice == "send":
        expired = _expire(tx, which, now=now, **params)
        decided = Decided(sent=_release(tx, which, now=now, **params), expired=expired)
    else:
        decided = Decided(left=_leave(tx, which, actor=actor, now=now, **params))
    if decided != Decided():
        events.note(
            tx,
            f"review_{choice}",
            actor=actor,
            now=now,
            patient_id=patient["patient_id"]
            if patient and patient["kind"] != "broadcast"
            else None,
            row=patient["id"] if patient else None,
            broadcast=patient["broadcast_id"] if patient else None,
            rows=decided.sent + decided.expired + decided.left,
            expired=decided.expired,
        )
    return decided


def _release(tx: Tx, which: str, *, now: int, **params: object) -> int:
    """Have rows sent: in their turn, and marked as possible duplicates, which they are."""
    _count_again(tx, which, **params)
    released = tx.run(
        f"""UPDATE outbox SET state = 'pending', held = NULL, ready_at = :now, settled_at = NULL,
                reason = 'sent again by a person', possible_duplicate = 1
            WHERE outbox.clinic_id = :clinic_id AND {which}""",
        now=now,
        **params,
    )
    tx.wake()
    return released


def _count_again(tx: Tx, which: str, **params: object) -> None:
    """Take copies that are to be sent again out of the count of their broadcast, while it runs."""
    for copies in tx.all(
        f"""SELECT outbox.broadcast_id, COUNT(*) AS n FROM outbox
            WHERE outbox.clinic_id = :clinic_id AND outbox.kind = 'broadcast'
              AND outbox.state = 'uncertain' AND {which}
            GROUP BY outbox.broadcast_id""",
        **params,
    ):
        tx.run(
            """UPDATE broadcasts SET settled = settled - :n
               WHERE clinic_id = :clinic_id AND id = :id AND closed_at IS NULL""",
            id=copies["broadcast_id"],
            n=copies["n"],
        )


def _expire(tx: Tx, which: str, *, now: int, **params: object) -> int:
    rows = tx.all(
        f"""UPDATE outbox SET state = 'expired', held = NULL, settled_at = :now, reviewed_at = :now,
                reason = '{_TOO_LATE}' || CASE WHEN possible_duplicate = 1 OR state = 'uncertain'
                    THEN '; an earlier try may have arrived' ELSE '' END,
                content = CASE WHEN secret = 1 THEN NULL ELSE content END
            WHERE outbox.clinic_id = :clinic_id AND {which} AND outbox.useful_until <= :now
            RETURNING enrollment_id""",
        now=now,
        **params,
    )
    _follow_up(tx, rows, now=now)
    return len(rows)


def _leave(tx: Tx, which: str, *, actor: str, now: int, **params: object) -> int:
    """Leave uncertain rows uncertain, and cancel restored ones that nobody has tried to send."""
    rows = tx.all(
        f"""UPDATE outbox SET reviewed_at = :now, held = NULL,
                settled_at = COALESCE(settled_at, :now),
                state = CASE WHEN state = 'uncertain' OR possible_duplicate = 1
                    THEN 'uncertain' ELSE 'canceled' END,
                reason = COALESCE(reason || '; ', '') || :left,
                content = CASE WHEN secret = 1 THEN NULL ELSE content END
            WHERE outbox.clinic_id = :clinic_id AND {which}
            RETURNING enrollment_id""",
        left=_LEFT.format(actor=actor),
        now=now,
        **params,
    )
    _follow_up(tx, rows, now=now)
    return len(rows)


def _follow_up(tx: Tx, rows: list[Row], *, now: int) -> None:
    for enrollment_id in {row["enrollment_id"] for row in rows} - {None}:
        enrollment.complete_if_done(tx, enrollment_id, now=now)
    broadcasts.close_finished(tx, now=now)


def _visible_to(member: Staff, why: Why | None = None) -> str:
    """Return the condition on ``outbox`` for what waits and ``member`` may decide about."""
    if member.role == "manager":
        chosen = {"uncertain": _UNCERTAIN, "restored": _RESTORED}
        return chosen[why] if why else f"({_UNCERTAIN}) OR ({_RESTORED})"
    if why == "restored":
        return "1 = 0"
    return f"""{_UNCERTAIN} AND outbox.kind <> 'broadcast' AND EXISTS (
        SELECT 1 FROM patients WHERE patients.clinic_id = :clinic_id
          AND patients.id = outbox.patient_id AND {roster.seen_by(member)})"""


def _waiting(tx: Tx, row_id: int, rows: int) -> Waiting:
    row = tx.first(
        """SELECT outbox.*, patients.label, enrollments.treatment,
               (SELECT staff.name FROM staff WHERE staff.clinic_id = :clinic_id
                  AND staff.chat_id = outbox.chat_id AND staff.removed_at IS NULL) AS member
           FROM outbox
           LEFT JOIN patients ON patients.clinic_id = :clinic_id
             AND patients.id = outbox.patient_id
           LEFT JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = outbox.enrollment_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.id = :id""",
        id=row_id,
    )
    if row is None:
        raise LookupError(f"outbox row {row_id} vanished within a transaction")
    return Waiting(row, "uncertain" if row["state"] == "uncertain" else "restored", rows)
