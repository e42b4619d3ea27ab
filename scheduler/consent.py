"""Consent per purpose: who said yes or no to what, when, and to which version of the text."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from scheduler.database import Tx

Purpose = Literal["aftercare", "tips"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said last about a purpose: yes or no, when (epoch ms), to which version."""

    given: bool
    at: int
    version: str


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


def holds(tx: Tx, patient_id: int, purpose: Purpose) -> bool:
    """Return whether the patient has said yes and not taken it back."""
    return bool(
        tx.value(
            """SELECT given FROM consents
               WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND purpose = :purpose
               ORDER BY id DESC LIMIT 1""",
            patient_id=patient_id,
            purpose=purpose,
        )
    )


def answered(tx: Tx, patient_id: int, purpose: Purpose) -> bool:
    """Return whether the patient was ever asked and said yes or no."""
    return (
        tx.value(
            """SELECT 1 FROM consents WHERE clinic_id = :clinic_id
                 AND patient_id = :patient_id AND purpose = :purpose LIMIT 1""",
            patient_id=patient_id,
            purpose=purpose,
        )
        is not None
    )


def last(tx: Tx, patient_id: int, purpose: Purpose) -> Answer | None:
    """Return what somebody said last about a purpose, or None."""
    row = tx.first(
        """SELECT given, at, version FROM consents
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND purpose = :purpose
           ORDER BY id DESC LIMIT 1""",
        patient_id=patient_id,
        purpose=purpose,
    )
    return Answer(bool(row["given"]), row["at"], row["version"]) if row else None
