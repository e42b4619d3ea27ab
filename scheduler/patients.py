"""Patients: a label that the clinic chose, a chat, and whether messages may go there."""

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from scheduler import events
from scheduler.database import Row, Tx

State = Literal["invited", "active", "stopped", "unreachable"]

TABLES: Final = (
    "enrollments",
    "outbox",
    "replies",
    "consents",
    "events",
    "alerts",
    "staff_messages",
    "invitations",
    "topics",
    "waiting_pictures",
)
"""Every table whose rows belong to a patient; a test holds this against the schema."""

_NAME_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient; ``timezone`` is an IANA name, ``chat_id`` is None until they opened a link."""

    id: int
    label: str
    chat_id: int | None
    language: str
    timezone: str
    state: State


def of_row(row: Row) -> Patient:
    """Return the patient that a row with the columns of ``patients`` stands for."""
    return Patient(
        id=row["id"],
        label=row["label"],
        chat_id=row["chat_id"],
        language=row["language"],
        timezone=row["timezone"],
        state=row["state"],
    )


def at_chat(tx: Tx, chat_id: int) -> Patient | None:
    """Return the patient who talks in a chat, or None."""
    row = tx.first(
        "SELECT * FROM patients WHERE clinic_id = :clinic_id AND chat_id = :chat_id",
        chat_id=chat_id,
    )
    return of_row(row) if row else None


def by_id(tx: Tx, patient_id: int) -> Patient | None:
    """Return one patient, or None."""
    row = tx.first(
        "SELECT * FROM patients WHERE clinic_id = :clinic_id AND id = :id", id=patient_id
    )
    return of_row(row) if row else None


def known(tx: Tx, patient_id: int) -> Patient:
    """Return a patient that another row of this transaction points to.

    Raises:
        LookupError: there is no such patient.
    """
    patient = by_id(tx, patient_id)
    if patient is None:
        raise LookupError(f"there is no patient {patient_id}")
    return patient


def labelled(tx: Tx, label: str) -> list[Patient]:
    """Return the patients that carry exactly this label, the newest first."""
    rows = tx.all(
        """SELECT * FROM patients WHERE clinic_id = :clinic_id AND label = :label
           ORDER BY id DESC""",
        label=label,
    )
    return [of_row(row) for row in rows]


def searchable(text: str) -> str:
    """Return a label, or what is looked for in labels, without case, accents and double spaces."""
    even = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in even if not unicodedata.combining(c)).split())


def add(tx: Tx, *, label: str, language: str, timezone: str, now: int) -> int:
    """Add a patient who has not opened a link yet; return the id."""
    patient_id: int = tx.value(
        """INSERT INTO patients (clinic_id, label, searched, language, timezone, state, key_name,
               created_at, changed_at)
           VALUES (:clinic_id, :label, :searched, :language, :timezone, 'invited', :key_name,
               :now, :now)
           RETURNING id""",
        label=label,
        searched=searchable(label),
        language=language,
        timezone=timezone,
        key_name=f"patient-{secrets.token_hex(_NAME_BYTES)}",
        now=now,
    )
    return patient_id


def meet(tx: Tx, patient_id: int, *, chat_id: int, language: str, now: int) -> None:
    """Write down the chat in which a patient is reached, and the language of it."""
    tx.run(
        """UPDATE patients SET chat_id = :chat_id, language = :language, changed_at = :now
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=patient_id,
        chat_id=chat_id,
        language=language,
        now=now,
    )


def relabel(tx: Tx, patient_id: int, label: str, *, actor: str, now: int) -> None:
    """Give a patient another label; what it was stays in the audit."""
    before = known(tx, patient_id).label
    tx.run(
        """UPDATE patients SET label = :label, searched = :searched, changed_at = :now
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=patient_id,
        label=label,
        searched=searchable(label),
        now=now,
    )
    events.note(
        tx,
        "label_corrected",
        actor=actor,
        now=now,
        patient_id=patient_id,
        before=before,
        after=label,
    )


def give_to(tx: Tx, old: int, new: int) -> None:
    """Make all that belongs to one record another one's, and take the empty record away."""
    for table in TABLES:
        tx.run(
            f"""UPDATE {table} SET patient_id = :new
                WHERE clinic_id = :clinic_id AND patient_id = :old""",
            old=old,
            new=new,
        )
    _inherit_keys(tx, new, old)
    tx.run("DELETE FROM patients WHERE clinic_id = :clinic_id AND id = :old", old=old)


def speaks(tx: Tx, patient_id: int, language: str, *, now: int) -> None:
    """Set the language in which a patient is written to."""
    tx.run(
        """UPDATE patients SET language = :language, changed_at = :now
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=patient_id,
        language=language,
        now=now,
    )
    events.note(
        tx, "language_chosen", actor="patient", now=now, patient_id=patient_id, language=language
    )


def becomes(tx: Tx, patient_id: int, state: State, *, actor: str, now: int) -> bool:
    """Set whether and why messages may go to a patient; returns False where nothing changed."""
    changed = tx.run(
        """UPDATE patients SET state = :state, changed_at = :now
           WHERE clinic_id = :clinic_id AND id = :id AND state <> :state""",
        id=patient_id,
        state=state,
        now=now,
    )
    if changed:
        events.note(tx, f"patient_{state}", actor=actor, now=now, patient_id=patient_id)
    return changed > 0


def _inherit_keys(tx: Tx, keep: int, gone: int) -> None:
    """Remember that older backups have a patient sealed under the key of a record that goes away.

    Both keys are destroyed when they are erased; the first name is the one that seals from now on.
    """
    tx.run(
        """UPDATE patients SET key_name = key_name || ' ' || (SELECT other.key_name
               FROM patients AS other WHERE other.clinic_id = :clinic_id AND other.id = :gone)
           WHERE clinic_id = :clinic_id AND id = :keep""",
        keep=keep,
        gone=gone,
    )
