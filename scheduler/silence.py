"""Silence: check-ins that nobody answers lead to a last gentle one, and then to a task for staff.

Three check-ins in a row without a sign of life (CLINICAL facts, "Expected-course rules") owe a
last question a day later, and a look by staff a day after that one, whether it arrived or not.
Both are rows of the outbox; each looks again whether the patient has said anything meanwhile, and
whether the plan still runs. Any word or tap counts as a sign of life. Check-ins of the same day
count as one: a treatment may ask three times on its first day, and a phone in a bag for an
afternoon is no silence.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, Literal

from messages.catalogue import Catalogue
from scheduler import alerts, enrollment, events, outbox, patients
from scheduler.alert_record import unresolved
from scheduler.channel import Button
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.outbox import Lane
from scheduler.patients import Patient
from scheduler.said import Said
from scheduler.wallclock import HOUR, local_date

LIMIT: Final = 3
ASK_AFTER_MS: Final = 24 * HOUR
TASK_AFTER_MS: Final = 24 * HOUR
USEFUL_FOR_MS: Final = 4 * 24 * HOUR
"""The last question may wait for a morning or an outage to end; after days it is out of place."""
PREFIX: Final = "sl"
"""Of the callback data under the last question; its row and the answer follow."""
QUESTION: Final = "silence"
ANSWERS: Final = ("well", "call")

# How many reminders the row of ``patients`` at hand got since the last sign of life: with fewer
# than ``LIMIT`` there is nothing to ``watch``.
UNHEARD: Final = """(SELECT COUNT(*) FROM outbox AS heard WHERE heard.clinic_id = :clinic_id
    AND heard.patient_id = patients.id AND heard.kind = 'reminder' AND heard.state = 'sent'
    AND heard.settled_at + 0 > COALESCE((SELECT MAX(replies.at) FROM replies
        WHERE replies.clinic_id = :clinic_id AND replies.patient_id = patients.id), 0))"""

_FORM: Final = "silence"
_OWED: Final = "silence_asked"

Stage = Literal["ask", "task"]


@dataclass(frozen=True, slots=True)
class Silence:
    """What a row about a silence stands for: its stage, and the last sign of life (epoch ms).

    A task names the row of the last question, ``asked``.
    """

    stage: Stage
    since: int
    asked: int | None = None


def of_form(form: str) -> Silence | None:
    """Return what a row's form stands for, or None if it is another kind of form."""
    found = json.loads(form).get(_FORM)
    return None if found is None else Silence(**found)


def watch(tx: Tx, row: Row, zone: str, asks: Callable[[str, str], bool], *, now: int) -> None:
    """Take note that a check-in leaves; after too many without an answer, owe what follows.

    Args:
        tx: the open transaction.
        row: the check-in, a row of the outbox that leaves now.
        zone: the patient's.
        asks: says whether a step of a treatment asks anything.
        now: UTC epoch ms.
    """
    since = last_sign(tx, row["patient_id"])
    sent = tx.all(
        """SELECT enrollments.treatment, outbox.step_key, outbox.settled_at FROM outbox
           JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = outbox.enrollment_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.patient_id = :patient_id
             AND outbox.kind = 'reminder' AND outbox.state = 'sent'
             AND outbox.settled_at + 0 > :since AND outbox.id <> :id""",
        patient_id=row["patient_id"],
        id=row["id"],
        since=since,
    )
    days = {
        local_date(each["settled_at"], zone)
        for each in sent
        if asks(each["treatment"], each["step_key"])
    }
    if len(days | {local_date(now, zone)}) < LIMIT or _was_owed(tx, row["patient_id"], since):
        return
    at = now + ASK_AFTER_MS
    question = Silence("ask", since)
    asked = _owe(tx, row, question, kind="answer", at=at, until=at + USEFUL_FOR_MS, now=now)
    task = Silence("task", since, asked)
    _owe(tx, row, task, kind="alert", at=at + TASK_AFTER_MS, until=None, now=now)
    events.note(
        tx,
        _OWED,
        actor="system",
        now=now,
        patient_id=row["patient_id"],
        enrollment_id=row["enrollment_id"],
        row=asked,
    )


def last_sign(tx: Tx, patient_id: int) -> int:
    """Return when a patient last said or pressed something (UTC epoch ms); 0 for never."""
    at: int | None = tx.value(
        """SELECT MAX(at) FROM replies
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id""",
        patient_id=patient_id,
    )
    return at or 0


def why_not(tx: Tx, row: Row, silence: Silence, patient: Patient | None) -> str | None:
    """Return in words why a row about a silence has become pointless, or None."""
    if patient is None or patient.state != "active":
        return "the patient gets no messages now"
    if last_sign(tx, row["patient_id"]) > silence.since:
        return "the patient has said something"
    if unresolved(tx, patient.id) is not None:
        return "an alert is open"
    plan = enrollment.get(tx, row["enrollment_id"])
    if plan is None or plan["status"] == "ended":
        return "the plan was ended"
    return "the plan is paused" if plan["paused_at"] is not None else None


def due(tx: Tx, task: Silence, *, now: int) -> int | None:
    """Return when staff are to look (UTC epoch ms): a day after the last question, if it left.

    Args:
        tx: the open transaction.
        task: what the row at hand stands for.
        now: UTC epoch ms.

    Returns:
        None where the question was taken back, which takes the task with it.
    """
    question = outbox.row(tx, task.asked) if task.asked is not None else None
    if question is None or question["state"] in ("expired", "refused"):
        return now
    if question["state"] == "canceled":
        return None
    left_at: int = question["settled_at"] or max(now, question["ready_at"])
    return left_at + TASK_AFTER_MS


def ask(row: Row, catalogue: Catalogue, language: str) -> Said:
    """Return the last question."""
    return Said(
        catalogue.text(language, "patient.alert.silence.ask"),
        buttons=tuple(
            (
                Button(
                    catalogue.label(language, f"patient.alert.silence.button.{answer}"),
                    data=f"{PREFIX}:{row['id']}:{answer}",
                ),
            )
            for answer in ANSWERS
        ),
    )


def bring_to_staff(
    tx: Tx, row: Row, patient: Patient, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> None:
    """Have staff look at a silence that the last question did not end."""
    words = {
        language: catalogue.text(language, "practitioner.alert.why.silence")
        for language in catalogue.languages
    }
    alerts.raise_alert(
        tx,
        "review",
        patient.id,
        alerts.Cause("silence", "silence", words),
        enrollment_id=row["enrollment_id"],
        session_at=None,
        clinic=clinic,
        now=now,
    )


def _was_owed(tx: Tx, patient_id: int, since: int) -> bool:
    """Say whether this silence was asked about, or will be; what was taken back does not count."""
    owed = tx.all(
        """SELECT detail FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind = :kind AND at > :since""",
        patient_id=patient_id,
        kind=_OWED,
        since=since,
    )
    questions = (outbox.row(tx, json.loads(each["detail"]).get("row", 0)) for each in owed)
    return any(row is None or row["state"] != "canceled" for row in questions)


def _owe(
    tx: Tx,
    row: Row,
    silence: Silence,
    *,
    kind: outbox.Kind,
    at: int,
    until: int | None,
    now: int,
) -> int:
    """Owe a row about a silence, and return its id.

    It hangs on the patient's chat, also where staff will be told: a row in the chat of a member
    would go with the member, and the patient be forgotten.
    """
    form = json.dumps({_FORM: asdict(silence)})
    return outbox.say(
        tx,
        Said(html="", form=form),
        chat_id=row["chat_id"],
        now=now,
        kind=kind,
        lane=Lane.REMINDER,
        patient_id=row["patient_id"],
        enrollment_id=row["enrollment_id"],
        ready_at=at,
        useful_until=until,
    )


def patient_of(tx: Tx, row: Row) -> Patient | None:
    """Return the patient of a row about a silence, if the row still hangs on their chat."""
    patient = patients.by_id(tx, row["patient_id"])
    return patient if patient is not None and patient.chat_id == row["chat_id"] else None
