"""Asking again: the text of a consent has changed, so the yes to the old one carries no further.

Asked at the moment when the next message would have left, so in daytime and once per text; once
more where the question was lost, with the next message or when its reader is back. Until the
answer the plan waits; what a patient writes is read for danger, answered and passed on as ever,
because none of that rests on this consent. The people in charge are told that somebody waits.
"""

from typing import Final

from messages.catalogue import Catalogue
from scheduler import consent, duty, notices, outbox
from scheduler.channel import Button
from scheduler.clinic import Clinic
from scheduler.consent import Purpose
from scheduler.database import Tx
from scheduler.outbox import Lane
from scheduler.patients import Patient
from scheduler.said import Said

AGAIN: Final = "my:again"
"""What the buttons carry; the purpose and the answer follow."""


def declared(catalogue: Catalogue, purpose: Purpose) -> str:
    """Return the number of today's text about a purpose: the same in every language."""
    return catalogue.label(catalogue.languages[0], f"patient.rights.version.{purpose}")


def is_outdated(version: str, purpose: Purpose, catalogue: Catalogue) -> bool:
    """Say whether a yes to a version of the text was to an older one than today's (pure)."""
    return consent.declared_in(version) != declared(catalogue, purpose)


def ask(
    tx: Tx, patient: Patient, purpose: Purpose, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> None:
    """Ask a patient about today's text (``now`` in UTC epoch ms): once, unless that was lost."""
    today = declared(catalogue, purpose)
    before = consent.questions(tx, patient.id, purpose, today)
    if patient.chat_id is None or any(_stands(tx, row_id) for row_id in before):
        return
    words = catalogue.text(
        patient.language,
        f"patient.rights.again.{purpose}",
        clinic=clinic.name,
        phone=clinic.phone,
        emergency=clinic.emergency,
    )
    buttons = tuple(
        (
            Button(
                catalogue.label(patient.language, f"patient.rights.button.again_{answer}"),
                data=f"{AGAIN}:{purpose}:{answer}",
            ),
        )
        for answer in ("yes", "no")
    )
    row_id = outbox.say(
        tx,
        Said(html=words, buttons=buttons),
        chat_id=patient.chat_id,
        patient_id=patient.id,
        lane=Lane.REMINDER,
        now=now,
    )
    consent.asked_again(tx, patient.id, purpose, today, row_id=row_id, now=now)
    if purpose == "aftercare" and not before:
        notices.tell(
            tx,
            duty.in_charge(tx, patient.id),
            "patient.rights.told.again",
            now=now,
            patient_id=patient.id,
            label=patient.label,
        )


def ask_if_outdated(
    tx: Tx, patient: Patient, purpose: Purpose, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> None:
    """Ask a patient whose plans go on, if their yes was to an older text than today's."""
    said = consent.last(tx, patient.id, purpose)
    if said is not None and said.given and is_outdated(said.version, purpose, catalogue):
        ask(tx, patient, purpose, catalogue, clinic, now=now)


def _stands(tx: Tx, row_id: int) -> bool:
    """Say whether a question arrived or is still to leave: one that was lost is asked once more."""
    row = outbox.row(tx, row_id)
    return row is None or row["state"] in ("pending", "sending", "sent")
