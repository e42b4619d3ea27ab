"""Rows that hold a form in place of words: they are worded at the last look before they leave.

Alerts, last questions to silent patients, questions about attendance, news of a visit, and the
topics of the staff's group. So what is late says what is true by then.
"""

from dataclasses import dataclass, replace

from messages.catalogue import Catalogue
from scheduler import (
    alert_copies,
    alert_record,
    alert_words,
    attendance,
    attendance_words,
    duty,
    enrollment,
    oncall,
    outbox,
    patients,
    rounds,
    silence,
    staff,
    staff_group,
    topics,
    visit_news,
)
from scheduler.alert_record import Alert
from scheduler.channel import Message
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.prepared import Later, Never, Prepared, after_the_night
from scheduler.staff import Staff


@dataclass(frozen=True, slots=True)
class Former:
    """Words the rows with a form for the clinic at hand, with its texts as they are today."""

    catalogue: Catalogue
    clinic: Clinic

    def __call__(
        self, tx: Tx, row: Row, form: str, edits_row: int | None, *, now: int
    ) -> Prepared | None:
        """Return what ``row`` is at ``now`` (UTC epoch ms); None where its form is a notice's."""
        if (alert_id := alert_copies.alert_of(form)) is not None:
            return self._alert(tx, row, alert_id, edits_row, now=now)
        if (unheard := silence.of_form(form)) is not None:
            return self._silence(tx, row, unheard, now=now)
        if (session_id := attendance.of_form(form)) is not None:
            return self._attendance(tx, row, session_id, now=now)
        if (change_id := visit_news.of_form(form)) is not None:
            return self._visit(tx, row, change_id, now=now)
        if (patient_id := staff_group.topic_of(form)) is not None:
            return self._topic(tx, row, patient_id)
        return None

    def _topic(self, tx: Tx, row: Row, patient_id: int) -> Prepared:
        """Open a topic of the staff's group, or rename it."""
        if patient_id == staff_group.INTRODUCTION:
            name = self.catalogue.label(self.clinic.language, "clinic.group.topic")
            return Message(row["chat_id"], html="", topic=name)
        return topics.opening(tx, row, patient_id) or Never("canceled", "it is open already")

    def _alert(
        self, tx: Tx, row: Row, alert_id: int, edits_row: int | None, *, now: int
    ) -> Prepared:
        """Word a copy of an alert, or an edit of one, as the alert stands now."""
        copy = alert_copies.copy_of(tx, row["id"])
        if copy is not None:
            rounds.begin(tx, alert_id, copy["round"], self.clinic, now=now)
        alert = alert_record.by_id(tx, alert_id)
        member = staff.at_chat(tx, row["chat_id"])
        if alert is None or (member is None and row["chat_id"] > 0):
            return Never("canceled", "no longer on the staff")
        edits = None
        if edits_row is not None:
            earlier = outbox.row(tx, edits_row)
            edits = earlier["message_id"] if earlier else None
            if edits is None:
                # It would be one more message. What has not left yet says it by itself.
                return Never("canceled", "there is no message that could be changed")
        said = alert_words.message(tx, alert, member, self.catalogue, self.clinic, now=now)
        silent = member is not None and self._is_quiet(tx, alert, member, now=now)
        return replace(said.message(row["chat_id"], edits), silent=silent)

    def _is_quiet(self, tx: Tx, alert: Alert, member: Staff, *, now: int) -> bool:
        """Say whether a member has an alert without a sound.

        It is so off call, where something urgent calls others and a review can wait. An emergency
        rings with everybody who has it.
        """
        if alert.level == "emergency" or oncall.on_call(tx, [member], self.clinic, now=now):
            return False
        if alert.level == "review":
            return True
        called = duty.called(duty.line(tx, alert, self.clinic, now=now), alert.round)
        return member.id not in {each.id for each in called}

    def _attendance(self, tx: Tx, row: Row, session_id: int, *, now: int) -> Prepared:
        """Ask whether a patient came, if that is still to be asked."""
        asked = attendance.asked(tx, row, session_id, now=now)
        member = staff.at_chat(tx, row["chat_id"])
        if isinstance(asked, str) or member is None:
            return Never("canceled", asked if isinstance(asked, str) else "no longer on the staff")
        if self.clinic.quiet.holds(now, self.clinic.timezone):
            return Later(self.clinic.quiet.ends_after(now, self.clinic.timezone), "quiet hours")
        plan = enrollment.get(tx, asked.session["enrollment_id"])
        protocol = self.catalogue.protocols.get(plan["treatment"]) if plan else None
        said = attendance_words.question(
            asked, protocol, self.catalogue, self.clinic, member.language
        )
        return said.message(row["chat_id"])

    def _visit(self, tx: Tx, row: Row, change_id: int, *, now: int) -> Prepared:
        """Tell a patient what became of a visit, if it is still so."""
        said = visit_news.said(tx, row, change_id, self.catalogue, self.clinic, now=now)
        if isinstance(said, str):
            return Never("canceled", said)
        if isinstance(said, int):
            return Later(said, "quiet hours")
        patient = patients.known(tx, row["patient_id"])
        night = self.clinic.quiet.holds(now, patient.timezone)
        return replace(said.message(row["chat_id"]), silent=night)

    def _silence(self, tx: Tx, row: Row, unheard: silence.Silence, *, now: int) -> Prepared:
        """Ask a silent patient a last time, or have staff look."""
        patient = silence.patient_of(tx, row)
        pointless = silence.why_not(tx, row, unheard, patient)
        if patient is None or pointless is not None:
            return Never("canceled", pointless or "the patient is gone")
        if unheard.stage == "task":
            at = silence.due(tx, unheard, now=now)
            if at is None:
                return Never("canceled", "the last question was taken back")
            if at > now:
                return Later(at, "a day after the last question")
            silence.bring_to_staff(tx, row, patient, self.catalogue, self.clinic, now=now)
            return Never("canceled", "became an alert to staff")
        if self.clinic.quiet.holds(now, patient.timezone):
            return after_the_night(row, self.clinic.quiet, patient.timezone, now=now)
        said = silence.ask(row, self.catalogue, patient.language)
        return said.message(row["chat_id"])
