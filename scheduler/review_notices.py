"""Who is told, and when, that something waits in /review: once, not once for every row.

A member of staff has at most one such notice open: until they opened /review, or a day passed.
"""

from typing import Final

from scheduler import backup, decisions, duty, events, notices, staff
from scheduler.database import Tx
from scheduler.staff import Staff

REMIND_AFTER_MS: Final = 24 * 60 * 60 * 1000
_LOOKED: Final = "review_looked"
# Between two looks for members whose notice has grown old without anything new.
_LOOK_AGAIN_MS: Final = 60 * 60 * 1000


def opened(tx: Tx, member: Staff, *, now: int) -> None:
    """Write down that a member looked at /review: from now on there may be a new notice."""
    events.mark(tx, _opened(member), now=now)


def tell_of_uncertain(tx: Tx, *, now: int) -> int:
    """Tell those in charge of rows that ended uncertain; returns how many were told.

    Args:
        tx: the open transaction.
        now: UTC epoch ms.
    """
    newest: int | None = tx.value(
        """SELECT MAX(settled_at) FROM outbox WHERE clinic_id = :clinic_id
             AND state = 'uncertain' AND reviewed_at IS NULL"""
    )
    if newest is None:
        return 0
    looked = events.marked(tx, _LOOKED, by=now)
    if looked is not None and newest <= looked and now - looked < _LOOK_AGAIN_MS:
        return 0
    events.mark(tx, _LOOKED, now=now)
    told = [member for member, at in _concerned(tx) if _is_to_be_told(tx, member, at, now=now)]
    for member in told:
        events.mark(tx, _told(member), now=now)
        notices.tell(
            tx,
            [member],
            "practitioner.review.notice",
            now=now,
            n=decisions.count(tx, member, "uncertain"),
        )
    return len(told)


def tell_of_restore(tx: Tx, *, now: int) -> bool:
    """Tell the managers once, at the first start after a restore, what waits for them."""
    managers = staff.everyone(tx, "manager")
    if events.marked(tx, backup.RESTORED) is None or not managers:
        return False
    events.unmark(tx, backup.RESTORED)
    rows = decisions.count(tx, managers[0], "restored")
    key = "clinic.restored.waiting" if rows else "clinic.restored.nothing"
    notices.tell(tx, managers, key, now=now, n=rows)
    return True


def _concerned(tx: Tx) -> list[tuple[Staff, int]]:
    """Return who is in charge of what waits, and when the newest of theirs ended (epoch ms)."""
    newest: dict[int, tuple[Staff, int]] = {}
    for row in tx.all(
        """SELECT broadcast_id, patient_id, MAX(settled_at) AS at FROM (
               SELECT CASE WHEN kind = 'broadcast' THEN broadcast_id END AS broadcast_id,
                   CASE WHEN kind <> 'broadcast' THEN patient_id END AS patient_id, settled_at
               FROM outbox WHERE clinic_id = :clinic_id
                 AND state = 'uncertain' AND reviewed_at IS NULL) AS open
           GROUP BY broadcast_id, patient_id"""
    ):
        if row["patient_id"] is not None:
            members = duty.in_charge(tx, row["patient_id"])
        else:
            members = staff.everyone(tx, "manager")
        for member in members:
            known = newest.get(member.id)
            if known is None or known[1] < row["at"]:
                newest[member.id] = (member, row["at"])
    return list(newest.values())


def _is_to_be_told(tx: Tx, member: Staff, newest: int, *, now: int) -> bool:
    told = events.marked(tx, _told(member), by=now)
    looked = events.marked(tx, _opened(member), by=now)
    if looked is not None and newest <= looked:
        return False
    if told is None or (looked is not None and looked >= told):
        return True
    return now - told >= REMIND_AFTER_MS


def _told(member: Staff) -> str:
    return f"review_told:{member.id}"


def _opened(member: Staff) -> str:
    return f"review_opened:{member.id}"
