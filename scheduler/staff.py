"""The people of the clinic: practitioners and managers, and their coming and going."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from scheduler import absences, dialogues, events, invitations, outbox
from scheduler.database import Row, Tx

Role = Literal["practitioner", "manager"]


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of the clinic's staff; a manager may do all that a practitioner may.

    ``since`` is when they joined, UTC epoch ms.
    """

    id: int
    chat_id: int
    name: str
    role: Role
    language: str
    since: int = 0

    @property
    def actor(self) -> str:
        """How events name this person."""
        return f"staff:{self.id}"


def _staff(row: Row) -> Staff:
    return Staff(
        id=row["id"],
        chat_id=row["chat_id"],
        name=row["name"],
        role=row["role"],
        language=row["language"],
        since=row["created_at"],
    )


def at_chat(tx: Tx, chat_id: int) -> Staff | None:
    """Return the member who talks in a chat, or None (removed members are nobody)."""
    row = tx.first(
        """SELECT * FROM staff WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND removed_at IS NULL""",
        chat_id=chat_id,
    )
    return _staff(row) if row else None


def by_id(tx: Tx, staff_id: int) -> Staff | None:
    """Return a member who still belongs to the clinic, or None."""
    row = tx.first(
        """SELECT * FROM staff WHERE clinic_id = :clinic_id AND id = :id
             AND removed_at IS NULL""",
        id=staff_id,
    )
    return _staff(row) if row else None


def ever(tx: Tx, staff_id: int) -> Staff | None:
    """Return a member, also one who has left the clinic since, or None."""
    row = tx.first("SELECT * FROM staff WHERE clinic_id = :clinic_id AND id = :id", id=staff_id)
    return _staff(row) if row else None


def everyone(tx: Tx, role: Role | None = None) -> list[Staff]:
    """Return the members of the clinic, managers first, then by name."""
    rows = tx.all(
        """SELECT * FROM staff WHERE clinic_id = :clinic_id AND removed_at IS NULL
           ORDER BY CASE role WHEN 'manager' THEN 0 ELSE 1 END, name, id"""
    )
    return [_staff(row) for row in rows if role in (None, row["role"])]


def everyone_ever(tx: Tx) -> list[Staff]:
    """Return the members of the clinic and those who have left it, the newest first."""
    rows = tx.all("SELECT * FROM staff WHERE clinic_id = :clinic_id ORDER BY id DESC")
    return [_staff(row) for row in rows]


def managers(tx: Tx) -> list[Staff]:
    """Return the managers that are within reach; all of them where none is."""
    lost = out_of_reach(tx)
    found = everyone(tx, "manager")
    return [member for member in found if member.id not in lost] or found


def reached(tx: Tx, staff_id: int) -> list[Staff]:
    """Return a member, or the managers where they have left the clinic or get no messages."""
    member = by_id(tx, staff_id)
    return [member] if member is not None and staff_id not in out_of_reach(tx) else managers(tx)


def out_of_reach(tx: Tx) -> frozenset[int]:
    """Return the members (ids) whose chats take no messages: see ``scheduler.staff_reach``."""
    rows = tx.all(
        """SELECT id FROM staff WHERE clinic_id = :clinic_id AND removed_at IS NULL
             AND lost_at IS NOT NULL"""
    )
    return frozenset(row["id"] for row in rows)


def becomes_lost(tx: Tx, staff_id: int, *, now: int) -> bool:
    """Mark a member as out of reach (``now`` in UTC epoch ms); False where they were already."""
    return bool(
        tx.run(
            """UPDATE staff SET lost_at = :now WHERE clinic_id = :clinic_id AND id = :id
                 AND lost_at IS NULL""",
            id=staff_id,
            now=now,
        )
    )


def becomes_found(tx: Tx, staff_id: int) -> bool:
    """Mark a member as within reach; False where they were already."""
    return bool(
        tx.run(
            """UPDATE staff SET lost_at = NULL WHERE clinic_id = :clinic_id AND id = :id
                 AND lost_at IS NOT NULL""",
            id=staff_id,
        )
    )


def responsible_for(tx: Tx, enrollment_id: int) -> list[Staff]:
    """Return who is told about an enrollment: its practitioner, or all managers without one.

    Whoever stands in for the practitioner is told instead of them.
    """
    rows = tx.all(
        """SELECT staff.* FROM enrollments
           JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = enrollments.staff_id
           WHERE enrollments.clinic_id = :clinic_id AND enrollments.id = :id
             AND staff.removed_at IS NULL""",
        id=enrollment_id,
    )
    return _answering(tx, [_staff(row) for row in rows])


def _answering(tx: Tx, members: Iterable[Staff]) -> list[Staff]:
    """Put whoever stands in where somebody is away; the managers where nobody is left.

    Whoever is out of reach answers for nobody.
    """
    away, lost = absences.away(tx), out_of_reach(tx)
    found: dict[int, Staff] = {}
    for member in members:
        cover = away.get(member.id, member.id)
        answering = member if cover == member.id else by_id(tx, cover) if cover else None
        if answering is not None and answering.id not in lost:
            found.setdefault(answering.id, answering)
    return list(found.values()) or managers(tx)


def active_patients(tx: Tx, staff_id: int) -> int:
    """Return how many patients have a plan of this member that is not over."""
    count: int = tx.value(
        """SELECT COUNT(DISTINCT patient_id) FROM enrollments
           WHERE clinic_id = :clinic_id AND staff_id = :id
             AND status IN ('invited', 'active', 'paused')""",
        id=staff_id,
    )
    return count


def welcome(
    tx: Tx, *, chat_id: int, name: str, role: Role, language: str, actor: str, now: int
) -> Staff:
    """Make somebody a member, or give a member another role (never less than they have)."""
    known = at_chat(tx, chat_id)
    if known is not None:
        if role == "manager" and known.role != "manager":
            tx.run(
                "UPDATE staff SET role = 'manager' WHERE clinic_id = :clinic_id AND id = :id",
                id=known.id,
            )
            events.note(tx, "staff_promoted", actor=actor, now=now, staff_id=known.id)
        return at_chat(tx, chat_id) or known
    staff_id = tx.value(
        """INSERT INTO staff (clinic_id, chat_id, name, role, language, created_at)
           VALUES (:clinic_id, :chat_id, :name, :role, :language, :now) RETURNING id""",
        chat_id=chat_id,
        name=name,
        role=role,
        language=language,
        now=now,
    )
    events.note(tx, "staff_joined", actor=actor, now=now, staff_id=staff_id, role=role)
    return Staff(staff_id, chat_id, name, role, language, now)


def is_last_manager(tx: Tx, member: Staff) -> bool:
    """Say whether the clinic would be without a manager if this member left."""
    return member.role == "manager" and len(everyone(tx, "manager")) == 1


def remove(tx: Tx, staff_id: int, *, actor: str, now: int) -> bool:
    """Take somebody's access away at once, open dialogues included.

    Returns:
        False where there is no such member any more, or it is the last manager.
    """
    member = by_id(tx, staff_id)
    if member is None or is_last_manager(tx, member):
        return False
    tx.run(
        "UPDATE staff SET removed_at = :now WHERE clinic_id = :clinic_id AND id = :id",
        id=staff_id,
        now=now,
    )
    dialogues.close(tx, member.chat_id)
    # A way back in that they made for themselves must not outlast them, nor what waits for them.
    invitations.revoke_staff_links(tx, staff_id, now=now)
    outbox.withdraw_from(tx, member.chat_id, "no longer on the staff", now=now)
    events.note(tx, "staff_removed", actor=actor, now=now, staff_id=staff_id)
    return True


def rename(tx: Tx, staff_id: int, *, name: str) -> None:
    """Keep a member's name as their Telegram profile has it now."""
    tx.run(
        """UPDATE staff SET name = :name WHERE clinic_id = :clinic_id AND id = :id
             AND name <> :name""",
        id=staff_id,
        name=name,
    )


def speaks(tx: Tx, staff_id: int, language: str) -> None:
    """Set the language in which a member is written to."""
    tx.run(
        "UPDATE staff SET language = :language WHERE clinic_id = :clinic_id AND id = :id",
        id=staff_id,
        language=language,
    )


def ensure_managers(tx: Tx, chat_ids: Iterable[int], *, language: str, now: int) -> int:
    """Make the MANAGER_IDS of the settings managers; their name comes with their first word.

    Whoever was removed, or has left, stays outside whatever the settings still say: a restart
    must not undo what a manager decided. An invitation brings them back.

    Returns:
        How many were left out.
    """
    left_out = 0
    for chat_id in chat_ids:
        if _has_left(tx, chat_id):
            left_out += 1
            continue
        welcome(
            tx,
            chat_id=chat_id,
            name=str(chat_id),
            role="manager",
            language=language,
            actor="system",
            now=now,
        )
    return left_out


def _has_left(tx: Tx, chat_id: int) -> bool:
    before = tx.value(
        "SELECT 1 FROM staff WHERE clinic_id = :clinic_id AND chat_id = :chat_id LIMIT 1",
        chat_id=chat_id,
    )
    return before is not None and at_chat(tx, chat_id) is None
