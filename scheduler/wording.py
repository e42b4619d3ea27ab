"""A reminder put into words: the step's text, its questions one after the other, its buttons.

Used when a reminder leaves and again each time a tap changes it, so that both always agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from messages.catalogue import Catalogue
from messages.protocol import Question, Step
from messages.render import moment
from scheduler import asked_for
from scheduler.channel import Attachment, Button
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.said import Said
from scheduler.timing import expected_at, late_action

# Prefixes of callback data; the rest are ids (64 bytes at most in all).
ANSWER = "a"
_MARK_LENGTH: Final = 8
VISIT = "v"

_PAIN_PER_ROW = 6
_MINUTE_MS = 60_000
_LABELS_PER_ROW = 24


@dataclass(frozen=True, slots=True)
class Subject:
    """All that a reminder's words depend on: the row, whose it is, and the session it is about.

    ``visit`` is the session that an appointment reminder is about (its own session row);
    ``calendar_id`` names it in calendars, wherever it was moved. ``next_at`` is the next session
    that is planned, UTC epoch ms.
    """

    row: Row
    step: Step
    treatment: str
    language: str
    timezone: str
    session_at: int
    session_state: str
    session_changed_at: int
    calendar_id: int
    next_at: int | None


# Of the reminder's patient, enrollment and session, with its own due time bound.
FACTS: Final = """enrollments.treatment, patients.language, patients.timezone,
    sessions.starts_at AS session_at, sessions.state AS session_state,
    sessions.changed_at AS session_changed_at,
    COALESCE(sessions.first_id, sessions.id) AS calendar_id,
    (SELECT MIN(coming.starts_at) FROM sessions AS coming
     WHERE coming.clinic_id = :clinic_id AND coming.enrollment_id = enrollments.id
       AND coming.state IN ('planned', 'confirmed', 'change_wanted')
       AND coming.starts_at > :due_at) AS next_at"""


def subject_of(tx: Tx, row: Row, catalogue: Catalogue) -> Subject:
    """Read what a reminder's words depend on.

    Raises:
        KeyError: the clinic's protocols no longer have the treatment or the step.
    """
    found = tx.first(
        f"""SELECT {FACTS} FROM outbox
           JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = outbox.enrollment_id
           JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = outbox.patient_id
           JOIN sessions ON sessions.clinic_id = :clinic_id AND sessions.id = outbox.session_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.id = :id""",
        id=row["id"],
        due_at=row["due_at"],
    )
    if found is None:
        raise KeyError(f"outbox row {row['id']} belongs to nobody")
    return subject(row, found, catalogue)


def subject(row: Row, facts: Row, catalogue: Catalogue) -> Subject:
    """Put together what a reminder's words depend on, from a row with the columns of ``FACTS``.

    Raises:
        KeyError: the clinic's protocols no longer have the treatment or the step.
    """
    return Subject(
        row=row,
        step=catalogue.protocols[facts["treatment"]].step(row["step_key"]),
        treatment=facts["treatment"],
        language=facts["language"],
        timezone=facts["timezone"],
        session_at=facts["session_at"],
        session_state=facts["session_state"],
        session_changed_at=facts["session_changed_at"],
        calendar_id=facts["calendar_id"],
        next_at=facts["next_at"],
    )


def goes_late(catalogue: Catalogue, clinic: Clinic, subject: Subject, *, now: int) -> bool:
    """Say whether a reminder that leaves at ``now`` (UTC epoch ms) goes in its late words.

    Those are also the words for the night, in which nobody goes on with their day.
    """
    row = subject.row
    if asked_for.still_is(row, now=now):
        return True
    action = late_action(
        has_late_text=catalogue.has_late_text(subject.treatment, subject.step.key),
        ready=expected_at(subject.step, row["due_at"], clinic.quiet, subject.timezone),
        until=row["useful_until"],
        now=now,
    )
    return action == "send_late"


def reminder(
    catalogue: Catalogue,
    clinic: Clinic,
    subject: Subject,
    answers: Mapping[str, str],
    *,
    late: bool = False,
    closing: str | None = None,
) -> Said:
    """Put a reminder into words, with what was answered so far.

    Args:
        catalogue: today's texts.
        clinic: whose name and numbers stand in them.
        subject: the reminder.
        answers: question key → answer key, as logged.
        late: whether it goes out late and should say so, where the step has words for that.
        closing: HTML to end with in place of the next question (after the last answer).
    """
    row, step, language = subject.row, subject.step, subject.language
    protocol = catalogue.protocols[subject.treatment]
    parts: list[str] = [
        catalogue.step_text(
            language,
            protocol,
            step.key,
            "late" if late else "",
            clinic=clinic.name,
            phone=clinic.phone,
            emergency=clinic.emergency,
            session_day=moment(subject.session_at, subject.timezone, language),
            next_session=_next_session(catalogue, subject),
        )
    ]
    parts += [
        f"<b>{catalogue.question(language, protocol, step.key, question.key)}</b>\n"
        f"✓ {catalogue.answer(language, protocol, step.key, question.key, answers[question.key])}"
        for question in step.questions
        if question.key in answers
    ]
    asked = next((q for q in step.questions if q.key not in answers), None)
    buttons: tuple[tuple[Button, ...], ...] = ()
    if closing is not None:
        parts.append(closing)
    elif asked is not None:
        parts.append(f"<b>{catalogue.question(language, protocol, step.key, asked.key)}</b>")
        labels: list[str] = [
            catalogue.answer(language, protocol, step.key, asked.key, answer)
            for answer in asked.answers
        ]
        buttons = _answer_buttons(row["id"], asked, labels)
    elif step.actions:
        buttons = _visit_buttons(catalogue, language, row["id"])
    return Said(
        html="\n\n".join(parts),
        buttons=buttons,
        attachment=_calendar(catalogue, clinic, subject) if step.attachment else None,
    )


def _next_session(catalogue: Catalogue, subject: Subject) -> str:
    if subject.step.anchor == "next_session" or subject.step.before:
        return moment(subject.session_at, subject.timezone, subject.language)
    if subject.next_at is None:
        return catalogue.text(subject.language, "patient.visit.none")
    return moment(subject.next_at, subject.timezone, subject.language)


def mark(key: str) -> str:
    """Return what a button carries of a question or an answer: short, whatever its key (pure)."""
    return format(crc32(key.encode()), f"0{_MARK_LENGTH}x")


def tapped(step: Step, asked: str, chosen: str) -> tuple[Question, str] | None:
    """Return the question that a button stood under, and the answer that it gives (pure).

    It says what was asked, not where it stood: a clinic edits its protocols while messages are out.

    Returns:
        None where the step asks or offers that no longer.
    """
    if len(asked) == _MARK_LENGTH:
        for question in step.questions:
            if mark(question.key) == asked:
                answers = (each for each in question.answers if mark(each) == chosen)
                answer = next(answers, None)
                return None if answer is None else (question, answer)
        return None
    # Buttons that were sent by earlier versions carry places; they lie in chats for months.
    if asked.isdecimal() and chosen.isdecimal() and int(asked) < len(step.questions):
        question = step.questions[int(asked)]
        if int(chosen) < len(question.answers):
            return question, question.answers[int(chosen)]
    return None


def _answer_buttons(
    row_id: int, question: Question, labels: Sequence[str]
) -> tuple[tuple[Button, ...], ...]:
    asked = f"{ANSWER}:{row_id}:{mark(question.key)}"
    buttons = [
        Button(label, data=f"{asked}:{mark(answer)}")
        for answer, label in zip(question.answers, labels, strict=True)
    ]
    if question.kind == "pain":
        width = _PAIN_PER_ROW
    else:
        # As many in a row as can be read on a narrow phone.
        longest = max(len(label) for label in labels)
        width = max(1, min(len(labels), _LABELS_PER_ROW // max(longest, 1)))
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))


def _visit_buttons(
    catalogue: Catalogue, language: str, row_id: int
) -> tuple[tuple[Button, ...], ...]:
    def button(action: str) -> Button:
        label = catalogue.label(language, f"patient.visit.{action}")
        return Button(label, data=f"{VISIT}:{row_id}:{action}")

    return ((button("confirm"),), (button("change"), button("cancel")))


def _calendar(catalogue: Catalogue, clinic: Clinic, subject: Subject) -> Attachment:
    return calendar(
        catalogue,
        clinic,
        subject.language,
        calendar_id=subject.calendar_id,
        starts_at=subject.session_at,
        changed_at=subject.session_changed_at,
    )


def calendar(
    catalogue: Catalogue,
    clinic: Clinic,
    language: str,
    *,
    calendar_id: int,
    starts_at: int,
    changed_at: int,
) -> Attachment:
    """Return the calendar file of a visit.

    Args:
        catalogue: today's texts.
        clinic: whose phone stands in it.
        language: the reader's.
        calendar_id: names the visit in calendars, wherever it was moved.
        starts_at: when it is, UTC epoch ms.
        changed_at: when that was last changed, UTC epoch ms.
    """
    args: dict[str, Any] = {
        "uid": f"session-{calendar_id}@aftercare",
        "starts_at": starts_at,
        # Later entries of a session that was moved replace the earlier ones in the calendar.
        "stamp": changed_at,
        "sequence": changed_at // _MINUTE_MS,
        "summary": catalogue.label(language, "patient.visit.calendar"),
        "description": clinic.phone,
    }
    return Attachment(kind="document", made="calendar", args=args)
