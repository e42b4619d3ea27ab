"""An answer held against the expected course: what the rules need is read from the log."""

from typing import Final

from bot.turn import Turn
from messages.course import Finding, judge_bruise, judge_pain
from messages.protocol import Question
from scheduler import enrollment, replies
from scheduler.wallclock import HOUR, local_date
from scheduler.wording import Subject

SORENESS: Final = "pain"
"""The question about the injection spots; the pain that brought the patient is asked apart."""
BRUISE: Final = "bruise"


def judged(turn: Turn, subject: Subject, question: Question, answer: str) -> Finding | None:
    """Return what is off the expected course about an answer, or None."""
    follows = subject.session_at <= turn.now
    if question.kind == "pain":
        soreness = question.key == SORENESS
        return judge_pain(
            int(answer),
            hours=(turn.now - subject.session_at) / HOUR if follows and soreness else None,
            lipolytic=_lipolytic(turn, subject),
            before=_before(turn, subject) if soreness else None,
        )
    if question.key == BRUISE:
        zone = subject.timezone
        days = (local_date(turn.now, zone) - local_date(subject.session_at, zone)).days
        return judge_bruise(answer, day=days if follows else None)
    return None


def _lipolytic(turn: Turn, subject: Subject) -> bool:
    row = enrollment.get(turn.tx, subject.row["enrollment_id"])
    return row is not None and bool(row["lipolytic"])


def _before(turn: Turn, subject: Subject) -> int | None:
    """Return the soreness that was answered before, after the same session, if any."""
    earlier = [
        int(each["value"])
        for each in replies.answered(turn.tx, subject.row["enrollment_id"])
        if each["question"] == SORENESS
        and each["session_id"] == subject.row["session_id"]
        and each["outbox_id"] != subject.row["id"]
        and each["value"].isdecimal()
    ]
    return earlier[-1] if earlier else None
