"""Consent per purpose: who said yes or no to what, when, and to which version of the text.

A version is written "1 en:4f2a…": the number that the content declares, the language in which it
was read, and the hash of the words as they were read. A yes counts for the number: a typing error
that is put right asks nobody again, a text that asks for something new does (docs/PRIVACY.md).
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final, Literal, get_args

from scheduler import events
from scheduler.database import Tx
from scheduler.said import Said

Purpose = Literal["aftercare", "photos", "tips"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
Standing = Literal["never", "yes", "no", "outdated"]

_FIRST: Final = "1"
"""What was declared before versions were: then a version was the language and the hash alone."""
_DIGITS: Final = 16
ASKED_AGAIN: Final = "consent_asked_again"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said last about a purpose: yes or no, when (epoch ms), to which version."""

    given: bool
    at: int
    version: str


def version(declared: str, language: str, words: str) -> str:
    """Return what names the text that somebody read (pure)."""
    digest = hashlib.sha256(words.encode()).hexdigest()[:_DIGITS]
    return f"{declared} {language}:{digest}"


def declared_in(version_of_text: str) -> str:
    """Return the number that a version declares (pure)."""
    declared, space, _ = version_of_text.partition(" ")
    return declared if space else _FIRST


def words_at(tx: Tx, chat_id: int, message_id: int) -> str | None:
    """Return the HTML that a message of a chat shows, after its last change; None if not known."""
    content: str | None = tx.value(
        """SELECT content FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND message_id = :message_id AND state = 'sent' AND content IS NOT NULL
           ORDER BY settled_at DESC, id DESC LIMIT 1""",
        chat_id=chat_id,
        message_id=message_id,
    )
    return None if content is None else Said.from_json(content).html


def record(
    tx: Tx, patient_id: int, purpose: Purpose, *, given: bool, version: str, now: int
) -> None:
    """Write down a yes or a no; the newest line for a purpose is what holds."""
    tx.run(
        """INSERT INTO consents (clinic_id, patient_id, purpose, given, version, at)
           VALUES (:clinic_id, :patient_id, :purpose, :given, :version, :now)""",
        patient_id=patient_id,
        purpose=purpose,
        given=int(given),
        version=version,
        now=now,
    )


def newest(purpose: Purpose, column: Literal["given", "version"] = "given") -> str:
    """Return what the row of ``patients`` at hand last said to a purpose, or NULL (as SQL).

    It is 1 or 0, or with ``column`` the version of the text that was answered.
    """
    return f"""(SELECT consents.{column} FROM consents
        WHERE consents.clinic_id = :clinic_id AND consents.patient_id = patients.id
          AND consents.purpose = '{purpose}' ORDER BY consents.id DESC LIMIT 1)"""


def last(tx: Tx, patient_id: int, purpose: Purpose) -> Answer | None:
    """Return what a patient said last about a purpose, or None."""
    row = tx.first(
        """SELECT given, at, version FROM consents
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND purpose = :purpose
           ORDER BY id DESC LIMIT 1""",
        patient_id=patient_id,
        purpose=purpose,
    )
    return Answer(bool(row["given"]), row["at"], row["version"]) if row else None


def holds(tx: Tx, patient_id: int, purpose: Purpose) -> bool:
    """Return whether the patient has said yes, to whatever version, and not taken it back."""
    said = last(tx, patient_id, purpose)
    return said is not None and said.given


def standing(tx: Tx, patient_id: int, purpose: Purpose, declared: str) -> Standing:
    """Return how somebody stands to the text that is declared today."""
    said = last(tx, patient_id, purpose)
    if said is None:
        return "never"
    if not said.given:
        return "no"
    return "yes" if declared_in(said.version) == declared else "outdated"


def answered(tx: Tx, patient_id: int, purpose: Purpose) -> bool:
    """Return whether the patient was ever asked and said yes or no."""
    return last(tx, patient_id, purpose) is not None


def questions(tx: Tx, patient_id: int, purpose: Purpose, declared: str) -> list[int]:
    """Return the rows of the outbox in which a patient was asked about a new text, by their ids.

    Args:
        tx: the open transaction.
        patient_id: who.
        purpose: about what.
        declared: the number of the new text.
    """
    details = (
        json.loads(event["detail"])
        for event in tx.all(
            """SELECT detail FROM events WHERE clinic_id = :clinic_id
                 AND patient_id = :patient_id AND kind = :kind ORDER BY id""",
            patient_id=patient_id,
            kind=ASKED_AGAIN,
        )
    )
    return [
        # Of what was asked before rows were noted nothing is known but that.
        detail.get("row", 0)
        for detail in details
        if (detail["purpose"], detail["version"]) == (purpose, declared)
    ]


def asked_again(
    tx: Tx, patient_id: int, purpose: Purpose, declared: str, *, row_id: int, now: int
) -> None:
    """Note that a patient is asked about a new text, by which row; see :func:`questions`."""
    events.note(
        tx,
        ASKED_AGAIN,
        actor="system",
        now=now,
        patient_id=patient_id,
        purpose=purpose,
        version=declared,
        row=row_id,
    )
