"""A tap on an answer: logged once, shown in the message itself, and read for danger."""

from bot.patient import coming, course_answers
from bot.patient.concerns import higher, raise_concern
from bot.turn import Turn
from messages.course import Finding
from messages.markup import Html
from messages.protocol import Alarm, Question
from scheduler import outbox, replies, settling, wording
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.wording import Subject


def alarm_of(question: Question, answer: str, finding: Finding | None) -> Alarm | None:
    """Return how grave an answer is, or None (pure).

    ``finding`` is what is off the expected course about it: a practitioner looks at that.
    """
    return higher(question.alarm.get(answer), "review" if finding else None)


def own_reminder(turn: Turn, patient: Patient, number: str) -> Row | None:
    """Return the reminder that a button names, if it went to this patient in this chat."""
    row = outbox.row(turn.tx, int(number)) if number.isdecimal() else None
    if (
        row is None
        or row["step_key"] is None
        or row["patient_id"] != patient.id
        or row["chat_id"] != turn.chat_id
        or not row["attempts"]
    ):
        return None
    return row


def pressed_reminder(turn: Turn, patient: Patient, number: str) -> Row | None:
    """Return :func:`own_reminder` of a button that was pressed: so it did arrive."""
    row = own_reminder(turn, patient, number)
    return None if row is None else settling.proved(turn.tx, row, turn.incoming.message_id)


def subject_of(turn: Turn, row: Row) -> Subject | None:
    """Return what a reminder's words depend on; None if the clinic took the step away."""
    try:
        return wording.subject_of(turn.tx, row, turn.catalogue)
    except KeyError:
        return None


def tap(turn: Turn, patient: Patient) -> None:
    """Take a tap on an answer.

    The first answer to a question stands, whichever copy of the message it came from. An answer
    to a message that has since expired or ended is late, and still worth knowing: it is logged
    and read like any other.
    """
    row, subject, question, answer = _meant(turn, patient)
    if row is None or subject is None or question is None:
        turn.toast("patient.start.old_button")
        return
    first = replies.answer(turn.tx, row, question.key, answer, now=turn.now)
    answers = replies.answers_to(turn.tx, row["id"])
    _show(turn, patient, subject, answers)
    if not first:
        turn.toast("patient.toast.already")
        return
    turn.toast("patient.toast.noted")
    finding = course_answers.judged(turn, subject, question, answer)
    if finding is not None:
        replies.off_course(turn.tx, row, question.key, finding)
    level = alarm_of(question, answer, finding)
    if level is not None:
        raise_concern(
            turn,
            level,
            patient,
            enrollment_id=row["enrollment_id"],
            session_at=_session_before(subject, turn.now),
            said=lambda language: _asked_and_answered(turn, subject, question, answer, language),
            cause=f"{question.key}={answer}",
            why=lambda language: _why(turn, finding, language),
        )


def _meant(turn: Turn, patient: Patient) -> tuple[Row | None, Subject | None, Question | None, str]:
    """Read what a button means as of today's protocols."""
    nothing = (None, None, None, "")
    match turn.incoming.data.split(":")[1:]:
        case [number, asked, chosen]:
            row = pressed_reminder(turn, patient, number)
        case _:
            return nothing
    subject = subject_of(turn, row) if row else None
    if row is None or subject is None:
        return nothing
    found = wording.tapped(subject.step, asked, chosen)
    return nothing if found is None else (row, subject, *found)


def _show(turn: Turn, patient: Patient, subject: Subject, answers: dict[str, str]) -> None:
    """Edit the message to what was answered so far, and what is asked next."""
    given = [q for q in subject.step.questions if q.key in answers]
    grave: Alarm | None = None
    for question in given:
        answer = answers[question.key]
        finding = course_answers.judged(turn, subject, question, answer)
        grave = higher(grave, alarm_of(question, answer, finding))
    closing: str | None = None
    if grave == "emergency":
        # Nothing is asked on top of an emergency.
        closing = turn.text("patient.answered.passed_on")
    elif len(given) == len(subject.step.questions):
        if grave is None:
            closing = turn.text("patient.answered.thanks", next=coming.next_line(turn, patient))
        else:
            closing = turn.text("patient.answered.passed_on")
    said = wording.reminder(
        turn.catalogue,
        turn.clinic,
        subject,
        answers,
        late=_went_late(turn, subject),
        closing=closing,
    )
    turn.edit(said.html, said.buttons)


def _went_late(turn: Turn, subject: Subject) -> bool:
    """Whether the message went out in its late words: an edit must not change them."""
    row = subject.row
    if row["settled_at"] is None or row["useful_until"] is None:
        return False
    return wording.goes_late(turn.catalogue, turn.clinic, subject, now=row["settled_at"])


def _session_before(subject: Subject, now: int) -> int | None:
    """Return the session that an answer follows; a visit that is still to come is none."""
    return subject.session_at if subject.session_at <= now else None


def _asked_and_answered(
    turn: Turn, subject: Subject, question: Question, answer: str, language: str
) -> str:
    place = (language, subject.treatment, subject.step.key, question.key)
    return f"{turn.catalogue.question(*place)}\n→ <b>{turn.catalogue.answer(*place, answer)}</b>"


def _why(turn: Turn, finding: Finding | None, language: str) -> Html:
    return turn.catalogue.text(language, f"practitioner.alert.why.{finding or 'danger_answer'}")
