"""The last look before a row leaves: is it still allowed, still useful, and what does it say now?

Consent, pause, quiet hours and usefulness are decided here, at the moment of sending, not only
when the row was planned; words are taken from today's texts.

Two check-ins of one patient that fall together, after an outage or because of two enrollments,
become one message where the newer one asks all that the older one asks, about the same topic: the
older one expires, merged into the newer. No question is lost by that. Check-ins that ask for
different things stay apart, because whoever reports a lump must not be asked in the same message
to rate the result; they leave one after the other. What another session has just asked or said
(``scheduler.repeats``) is not sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from messages.catalogue import Catalogue
from messages.protocol import Step
from scheduler import (
    alert_record,
    alerts,
    asked_for,
    broadcast_copies,
    broadcast_words,
    broadcasts,
    conversation,
    holding,
    last_look,
    notices,
    outbox,
    patients,
    reconsent,
    repeats,
    silence,
    staff,
    topics,
    wording,
)
from scheduler.channel import Message
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.forms import Former
from scheduler.last_look import Look
from scheduler.prepared import Held, Later, Never, Prepared, after_the_night
from scheduler.quiet import prolonged
from scheduler.replies import answers_to
from scheduler.said import Said

# Topics that speak of a visit to come or ask how the patient likes the result.
_PROMPTS = frozenset({"result", "appointment", "expectations"})
_HELD_IN: Mapping[patients.State, holding.Hold] = {
    "invited": "consent",
    "stopped": "stopped",
    "unreachable": "unreachable",
}


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares rows for the clinic at hand, with its texts as they are today."""

    catalogue: Catalogue
    clinic: Clinic

    def __call__(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        """Return the message that ``row`` is at ``now`` (UTC epoch ms), or why there is none."""
        if row["kind"] == "reminder":
            return self._reminder(tx, row, now=now)
        if row["kind"] == "broadcast":
            return self._copy(tx, row, now=now)
        if row["broadcast_id"] is not None:
            return self._about_broadcast(tx, row, now=now)
        prepared = self._said(tx, row, now=now)
        if row["chat_id"] < 0 and isinstance(prepared, Message):
            return _in_topic(tx, row, prepared, now=now)
        return prepared

    def _copy(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        copy = broadcast_copies.look(tx, row, self.clinic, now=now)
        if isinstance(copy, str):
            return Never("canceled", copy)
        if copy.paused:
            # It was on its way when the pause began, and came back unsent.
            broadcast_copies.hold(tx, row["broadcast_id"])
            return Held(broadcast_copies.PAUSED)
        if now >= row["useful_until"]:
            return Never("expired", "no longer useful")
        if self.clinic.quiet.holds(now, copy.patient.timezone):
            later = after_the_night(row, self.clinic.quiet, copy.patient.timezone, now=now)
            if isinstance(later, Later):
                # All at once: thousands of copies must not each be looked at to find it is night.
                broadcast_copies.wait_for_morning(
                    tx, row["broadcast_id"], copy.patient.timezone, morning=later.ready_at
                )
            return later
        if reconsent.is_outdated(copy.agreed_to, "tips", self.catalogue):
            reconsent.ask(tx, copy.patient, "tips", self.catalogue, self.clinic, now=now)
            return Never("canceled", "no consent to tips")
        return copy.tip.said(self.catalogue, copy.patient.language).message(row["chat_id"])

    def _about_broadcast(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        """Word a broadcast's progress (an edit) or its closing report as things stand now."""
        broadcast = broadcasts.by_id(tx, row["broadcast_id"])
        member = staff.at_chat(tx, row["chat_id"])
        if broadcast is None or member is None:
            return Never("canceled", "nobody is there to be told")
        content = Said.from_json(row["content"])
        edit = content.edit_message_id
        words = broadcast_words.report if edit is None else broadcast_words.progress
        if content.form == broadcasts.AFTERMATH:
            words = broadcast_words.aftermath
        elif content.form == broadcasts.ANNOUNCED:
            words = broadcast_words.announcement
        said = words(tx, broadcast, self.catalogue, self.clinic, member.language, now=now)
        return said.message(row["chat_id"], edit)

    def _reminder(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        look = last_look.at(tx, row, now=now)
        if look is None or look.patient.chat_id is None:
            return Never("canceled", "the patient is gone")
        kept = _kept_back(look)
        if kept is not None:
            return kept
        try:
            subject = wording.subject(row, look.facts, self.catalogue)
        except KeyError:
            return Never("canceled", "the protocol no longer has this step")
        if subject.session_state == "canceled":
            return Never("canceled", "the session was canceled")
        if look.alerted and now < row["useful_until"]:
            open_alert = alert_record.unresolved(tx, look.patient.id)
            if holds_back(open_alert, subject.step):
                return Held(alerts.HELD)
        return self._timely(tx, row, look, subject, now=now)

    def _newer_check_in(
        self, tx: Tx, row: Row, subject: wording.Subject, *, now: int
    ) -> Row | None:
        """Return a check-in that leaves now as well and asks all that this one asks, if any."""
        if not subject.step.questions:
            return None
        for other in repeats.also_due(tx, row, now=now):
            if (other["due_at"], other["id"]) < (row["due_at"], row["id"]):
                continue
            try:
                newer = wording.subject_of(tx, other, self.catalogue)
            except KeyError:
                continue
            covered = repeats.covers(newer, subject, self.catalogue, self.clinic)
            if covered and isinstance(self._reminder(tx, other, now=now), Message):
                return other
        return None

    def _out_of_time(
        self,
        tx: Tx,
        row: Row,
        patient: patients.Patient,
        subject: wording.Subject,
        *,
        now: int,
    ) -> Prepared | None:
        """Return what becomes of a reminder that is too late, or would come at night; else None."""
        if now >= row["useful_until"]:
            return Never("expired", "no longer useful")
        if self.clinic.quiet.holds(now, patient.timezone) and not asked_for.still_is(row, now=now):
            if subject.step.quiet == "around":
                return self._around_the_night(tx, row, patient, now=now)
            return after_the_night(row, self.clinic.quiet, patient.timezone, now=now)
        return None

    def _timely(
        self,
        tx: Tx,
        row: Row,
        look: Look,
        subject: wording.Subject,
        *,
        now: int,
    ) -> Prepared:
        patient = look.patient
        otherwise = self._out_of_time(tx, row, patient, subject, now=now)
        if otherwise is not None:
            return otherwise
        if reconsent.is_outdated(look.version, "aftercare", self.catalogue):
            reconsent.ask(tx, patient, "aftercare", self.catalogue, self.clinic, now=now)
            return Held("consent")
        newer = self._newer_check_in(tx, row, subject, now=now) if look.accompanied else None
        if newer is not None:
            return Never("expired", f"merged into the newer check-in #{newer['id']}")
        before = repeats.said_before(tx, subject, self.catalogue, self.clinic, now=now)
        if before is not None:
            return Never("expired", f"merged into #{before['id']}, which has just left")
        said = wording.reminder(
            self.catalogue,
            self.clinic,
            subject,
            answers_to(tx, row["id"]) if look.answered else {},
            late=wording.goes_late(self.catalogue, self.clinic, subject, now=now),
        )
        if subject.step.questions and look.unheard >= silence.LIMIT - 1:
            silence.watch(tx, row, patient.timezone, self._asks, now=now)
        return said.message(row["chat_id"])

    def _asks(self, treatment: str, step_key: str) -> bool:
        try:
            return bool(self.catalogue.protocols[treatment].step(step_key).questions)
        except KeyError:
            return False

    def _around_the_night(self, tx: Tx, row: Row, patient: patients.Patient, *, now: int) -> Later:
        morning = self.clinic.quiet.ends_after(now, patient.timezone)
        until = prolonged(row["due_at"], row["useful_until"], morning)
        outbox.prolong(tx, row["id"], until)
        return Later(morning, "quiet hours")

    def _said(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        if row["content"] is None:
            return Never("canceled", "its words were wiped")
        if (
            row["lane"] == outbox.Lane.REMINDER
            and row["patient_id"] is None
            and staff.at_chat(tx, row["chat_id"]) is None
        ):
            # A morning message, which names patients, to somebody removed since it was made.
            return Never("canceled", "no longer on the staff")
        if row["staff_message_id"] is not None:
            lost = conversation.why_not(tx, row, now=now)
            if lost is not None:
                return Never("canceled", lost)
        said = Said.from_json(row["content"])
        if said.form is not None:
            formed = Former(self.catalogue, self.clinic)(
                tx, row, said.form, said.edits_row, now=now
            )
            if formed is not None:
                return formed
            words = notices.word(tx, said.form, row["chat_id"], self.catalogue, self.clinic)
            said = replace(said, html=words)
        edits = None
        if said.edits_row is not None:
            earlier = outbox.row(tx, said.edits_row)
            edits = earlier["message_id"] if earlier else None
        return said.message(row["chat_id"], edits)


def holds_back(alert: alert_record.Alert | None, step: Step) -> bool:
    """Say whether a step waits until a patient's alert is resolved (pure).

    No booking or satisfaction prompt comes on top of a danger sign (CLINICAL facts, "Never say");
    check-ins pause altogether in an emergency, and the comfort steps also for something urgent.
    A silence holds nothing back: whoever is silent is the one to ask.
    """
    if alert is None or alert.state == "resolved" or not alert.spoken:
        return False
    if step.topic in _PROMPTS or alert.level == "emergency":
        return True
    return alert.level == "urgent" and step.comfort


def _kept_back(look: Look) -> Held | Never | None:
    """Return what keeps a reminder from leaving, of the patient or of the plan that it is of.

    Usually the row was held when that happened, but not while it was on its way to Telegram, to
    come back unsent.
    """
    if look.patient.state != "active":
        return Held(_HELD_IN[look.patient.state])
    if not look.agreed:
        return Held("consent")
    if look.ended:
        return Never("canceled", "the plan was ended")
    return Held("paused") if look.paused else None


def _in_topic(tx: Tx, row: Row, message: Message, *, now: int) -> Prepared:
    placed = topics.place(tx, row, message, now=now)
    match placed:
        case topics.Wait(ready_at=ready_at):
            return Later(ready_at, "its topic is opened first")
        case None:
            return Never("canceled", "the group is not used any more")
    return placed
