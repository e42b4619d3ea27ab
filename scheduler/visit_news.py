"""Telling a patient of a visit that the clinic added, moved or canceled, at the tap of who did.

It is a message of staff like any other (``scheduler.conversation``), so that it is delivered,
quoted and answered like one. It waits until its change can no longer be taken back, keeps off the
night where that leaves time enough before the visit, and gets its words when it leaves: of a visit
that was changed once more meanwhile it says nothing. Instants are UTC epoch milliseconds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from messages.catalogue import Catalogue
from messages.markup import Html, plain
from messages.render import moment
from scheduler import conversation, outbox, patients, plan_memory, wording
from scheduler.clinic import Clinic
from scheduler.conversation import Obstacle
from scheduler.course import NEW, OPEN
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.plan_memory import UNDO_FOR_MS
from scheduler.plans import Proposal
from scheduler.quiet import QuietHours
from scheduler.said import Said
from scheduler.staff import Staff
from scheduler.wallclock import HOUR

LEAST_MS: Final = 2 * HOUR
"""So long before the visit a patient has to know, at night too."""

_KINDS: Final[Mapping[str, Literal["added", "moved", "canceled"]]] = {
    "add": "added",
    "move": "moved",
    "cancel": "canceled",
}
_FORM: Final = "visit"
_TAKEN_BACK: Final = "the change was taken back"


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell: there is a visit, it is at another time, or it is not any more.

    Attributes:
        kind: what was done.
        at: when the visit is, or would have been.
        before: when the patient expected it; None where they expected none.
        session: the row of the session as it is now.
    """

    kind: Literal["added", "moved", "canceled"]
    at: int
    before: int | None
    session: Row

    def soonest(self, now: int) -> int:
        """Return the first moment at which a patient who knows nothing comes in vain or misses."""
        return min(at for at in (self.at, self.before) if at is not None and at > now)


def of_form(form: str) -> int | None:
    """Return which change of a plan a row's form tells of, or None if it is another kind."""
    found = json.loads(form).get(_FORM)
    return None if found is None else int(found)


def is_due(proposal: Proposal, *, now: int) -> bool:
    """Say whether a change concerns a visit that the patient may come to (pure)."""
    change = proposal.change
    if change.kind == "add":
        return not change.held
    visit = proposal.plan.course.visit(change.visit_id or NEW)
    if visit is None or visit.state not in OPEN:
        return False
    return change.kind == "move" or (change.kind == "cancel" and visit.starts_at > now)


def hindrance(tx: Tx, patient: Patient, enrollment: Row, *, now: int) -> Obstacle | None:
    """Return why a patient cannot be told of a visit by message, or None."""
    found = conversation.obstacle(tx, patient, now=now)
    if found is None and (patient.state != "active" or enrollment["status"] == "invited"):
        # Who stopped the messages gets answers only, and nobody has agreed to this plan yet.
        return "stopped" if patient.state == "stopped" else "not_agreed"
    return found


def of_change(tx: Tx, made: Row, *, now: int) -> News | str:
    """Return what a change (a row of ``plan_changes``) gives to tell, or in words why nothing."""
    session = _added(tx, made) if made["kind"] == "add" else _as_it_is(tx, made)
    if made["undone_at"] is not None:
        return _TAKEN_BACK
    if made["moment"] <= now:
        return "the visit is over"
    if made["kind"] == "cancel":
        again = session is None or session["state"] != "canceled"
    else:
        again = (
            session is None
            or session["state"] not in OPEN
            or session["starts_at"] != made["moment"]
        )
    if session is None or again:
        return "the visit was changed again"
    before = {each["id"]: each["starts_at"] for each in json.loads(made["before"])["sessions"]}
    kind = _KINDS[made["kind"]]
    return News(kind, at=made["moment"], before=before.get(made["session_id"]), session=session)


def _as_it_is(tx: Tx, made: Row) -> Row | None:
    """Return the session that was moved or canceled, wherever it was moved since."""
    return tx.first(
        """SELECT sessions.* FROM sessions
           JOIN sessions AS named ON named.clinic_id = :clinic_id AND named.id = :id
           WHERE sessions.clinic_id = :clinic_id AND COALESCE(sessions.first_id, sessions.id)
               = COALESCE(named.first_id, named.id)
           ORDER BY sessions.id DESC LIMIT 1""",
        id=made["session_id"],
    )


def _added(tx: Tx, made: Row) -> Row | None:
    """Return the session that was added, if it is where it was put: a plan has one at a time."""
    return tx.first(
        """SELECT * FROM sessions WHERE clinic_id = :clinic_id AND enrollment_id = :enrollment_id
             AND starts_at = :moment ORDER BY id DESC LIMIT 1""",
        enrollment_id=made["enrollment_id"],
        moment=made["moment"],
    )


def words(catalogue: Catalogue, clinic: Clinic, patient: Patient, news: News) -> Html:
    """Return what the patient reads."""
    return catalogue.text(
        patient.language,
        f"patient.visit.{news.kind}_by_clinic",
        when=moment(news.at, patient.timezone, patient.language),
        phone=clinic.phone,
    )


def leaves_at(news: News, quiet: QuietHours, zone: str, *, made_at: int, now: int) -> int:
    """Return when the message may leave (pure).

    Args:
        news: what it tells.
        quiet: the clinic's quiet hours.
        zone: the patient's.
        made_at: when the change was made.
        now: the present.
    """
    latest = max(now, news.soonest(now) - LEAST_MS)
    at = min(max(now, made_at + UNDO_FOR_MS), latest)
    morning = quiet.ends_after(at, zone)
    return morning if morning <= latest else at


def tell(
    tx: Tx,
    made: Row,
    news: News,
    patient: Patient,
    member: Staff,
    catalogue: Catalogue,
    clinic: Clinic,
    *,
    message_id: int,
    now: int,
) -> int:
    """Owe the patient the message; returns when it leaves.

    Args:
        tx: the open transaction.
        made: the change.
        news: what it gives to tell.
        patient: who is told.
        member: who changed the plan, and tells.
        catalogue: today's texts.
        clinic: whose quiet hours hold.
        message_id: the message with the button, in the member's chat.
        now: the present.
    """
    number = conversation.write(
        tx,
        member,
        patient,
        "text",
        text=plain(words(catalogue, clinic, patient, news)),
        file_id=None,
        message_id=message_id,
        answers=False,
        now=now,
    )
    at = leaves_at(news, clinic.quiet, patient.timezone, made_at=made["at"], now=now)
    outbox.say(
        tx,
        Said(html="", form=json.dumps({_FORM: made["id"]})),
        chat_id=patient.chat_id or 0,
        now=now,
        kind="relay",
        patient_id=patient.id,
        staff_message_id=number,
        ready_at=at,
    )
    tx.run(
        """UPDATE plan_changes SET staff_message_id = :number
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=made["id"],
        number=number,
    )
    if made["offer_row"] is not None:
        conversation.acknowledged_by(tx, number, made["offer_row"])
    return at


def offered_by(tx: Tx, change_id: int, row_id: int) -> None:
    """Remember which row offers to tell the patient of a change."""
    tx.run(
        "UPDATE plan_changes SET offer_row = :row WHERE clinic_id = :clinic_id AND id = :id",
        id=change_id,
        row=row_id,
    )


def withdraw(tx: Tx, made: Row, *, now: int) -> bool:
    """Take the message back with its change; returns False where it has left."""
    number = made["staff_message_id"]
    return number is None or conversation.take_back(tx, number, _TAKEN_BACK, now=now)


def said(
    tx: Tx, row: Row, change_id: int, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> Said | int | str:
    """Return what a row says that is about to leave, or when it may leave, or why it may not."""
    made = plan_memory.change(tx, change_id)
    patient = patients.by_id(tx, row["patient_id"])
    if made is None or patient is None:
        return "the patient is gone"
    if patient.state != "active":
        return "the patient gets no messages now"
    news = of_change(tx, made, now=now)
    if isinstance(news, str):
        return news
    at = leaves_at(news, clinic.quiet, patient.timezone, made_at=made["at"], now=now)
    if at > now:
        return at
    session = news.session
    file = wording.calendar(
        catalogue,
        clinic,
        patient.language,
        calendar_id=session["first_id"] or session["id"],
        starts_at=session["starts_at"],
        changed_at=session["changed_at"],
    )
    return Said(
        words(catalogue, clinic, patient, news),
        attachment=None if news.kind == "canceled" else file,
    )
