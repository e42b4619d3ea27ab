"""Single-use links: how a patient reaches a plan and how staff join.

A token has 160 random bits and only its SHA-256 is kept, so the database cannot be used to
open somebody else's door.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Literal

from scheduler.database import Row, Tx

TOKEN_BYTES = 20
_TOKEN = re.compile(r"[A-Za-z0-9_-]{27}")
DAY_MS = 24 * 60 * 60 * 1000
VALID_FOR_MS = {"patient": 7 * DAY_MS, "practitioner": 2 * DAY_MS, "manager": 2 * DAY_MS}

Role = Literal["patient", "practitioner", "manager"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as it stands. Instants in UTC epoch ms.

    A patient's link opens a plan (``enrollment_id``), or brings a patient to a new phone.
    """

    id: int
    role: Role
    enrollment_id: int | None
    patient_id: int | None
    staff_id: int | None
    expires_at: int
    used_at: int | None
    used_by: int | None

    def state(self, now: int) -> Literal["open", "used", "expired"]:
        """Return what a person who opens it now should be told."""
        if self.used_at is not None:
            return "used"
        return "open" if now < self.expires_at else "expired"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row["id"],
        role=row["role"],
        enrollment_id=row["enrollment_id"],
        patient_id=row["patient_id"],
        staff_id=row["staff_id"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
        used_by=row["used_by"],
    )


def invite(
    tx: Tx,
    role: Role,
    *,
    now: int,
    enrollment_id: int | None = None,
    patient_id: int | None = None,
    staff_id: int | None = None,
) -> str:
    """Make a single-use token for a link ``t.me/<bot>?start=<token>``.

    Older ones for the same enrollment, or to the same patient's new phone, stop working.

    Args:
        tx: the open transaction.
        role: what the person who opens it becomes.
        now: UTC epoch ms.
        enrollment_id: the plan that a patient's link opens.
        patient_id: the patient whom a link brings to a new phone.
        staff_id: who invites; None for the program itself.

    Returns:
        The token, 27 characters that Telegram allows in a start link.
    """
    if enrollment_id is not None:
        close(tx, enrollment_id, now=now)
    if patient_id is not None:
        tx.run(
            """UPDATE invitations SET expires_at = :now
               WHERE clinic_id = :clinic_id AND patient_id = :patient_id
                 AND used_at IS NULL AND expires_at > :now""",
            patient_id=patient_id,
            now=now,
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    tx.run(
        """INSERT INTO invitations (clinic_id, token_hash, role, enrollment_id, patient_id,
               staff_id, created_at, expires_at)
           VALUES (:clinic_id, :token_hash, :role, :enrollment_id, :patient_id, :staff_id, :now,
               :expires_at)""",
        token_hash=_hash(token),
        role=role,
        enrollment_id=enrollment_id,
        patient_id=patient_id,
        staff_id=staff_id,
        now=now,
        expires_at=now + VALID_FOR_MS[role],
    )
    return token


def close(tx: Tx, enrollment_id: int, *, now: int) -> None:
    """Make the links to a plan that nobody used stop working."""
    tx.run(
        """UPDATE invitations SET expires_at = :now
           WHERE clinic_id = :clinic_id AND enrollment_id = :enrollment_id
             AND used_at IS NULL AND expires_at > :now""",
        enrollment_id=enrollment_id,
        now=now,
    )


def is_token(text: str) -> bool:
    """Say whether a text has the form of a token (pure): it is a link then, and nobody's words."""
    return _TOKEN.fullmatch(text) is not None


def find(tx: Tx, token: str) -> Invitation | None:
    """Return the invitation that a token opens, whatever its state, or None."""
    row = tx.first(
        "SELECT * FROM invitations WHERE clinic_id = :clinic_id AND token_hash = :token_hash",
        token_hash=_hash(token),
    )
    return _invitation(row) if row else None


def by_id(tx: Tx, invitation_id: int) -> Invitation | None:
    """Return one invitation, whatever its state, or None."""
    row = tx.first(
        "SELECT * FROM invitations WHERE clinic_id = :clinic_id AND id = :id", id=invitation_id
    )
    return _invitation(row) if row else None


def use(tx: Tx, invitation_id: int, *, chat_id: int, now: int) -> bool:
    """Use an invitation up; of two people at once, one wins.

    Returns:
        Whether this call was the one that used it.
    """
    return (
        tx.run(
            """UPDATE invitations SET used_at = :now, used_by = :chat_id
               WHERE clinic_id = :clinic_id AND id = :id AND used_at IS NULL
                 AND expires_at > :now""",
            id=invitation_id,
            chat_id=chat_id,
            now=now,
        )
        == 1
    )


def revoke_staff_links(tx: Tx, staff_id: int, *, now: int) -> int:
    """Make the links to staff roles that a member has made and nobody used stop working.

    The links to patients' plans go on: the patients are not to blame.
    """
    return tx.run(
        """UPDATE invitations SET expires_at = :now
           WHERE clinic_id = :clinic_id AND staff_id = :staff_id
             AND role IN ('practitioner', 'manager') AND used_at IS NULL AND expires_at > :now""",
        staff_id=staff_id,
        now=now,
    )
