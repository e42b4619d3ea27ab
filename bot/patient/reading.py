"""Reading what a patient wrote: the triage with all that is known, and what follows from it."""

from typing import Final

from bot.patient import answering, consenting, relaying
from bot.patient.concerns import raise_concern
from bot.turn import Turn
from messages.markup import Html, plain, untappable
from messages.triage import LEVELS, Context, Reason, Verdict
from scheduler import alert_record, enrollment, flood, outbox, replies
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.replies import Context as Answers

_HOUR_MS: Final = 60 * 60 * 1000
_QUOTED: Final = 700
"""How much of a message an alert quotes, in characters; a longer one is passed on whole besides."""
_WORDS: Final = 160


def read(
    turn: Turn, patient: Patient, answers: Answers | None, *, behind: bool = False
) -> Verdict | None:
    """Return what the words mean, or None where there are none to read (a photo, a voice note).

    Args:
        turn: the update at hand.
        patient: who wrote.
        answers: the reminder that it may answer.
        behind: whether a command stands before the words, and is none of them ("/help").
    """
    text = turn.incoming.text
    if not text:
        return None
    if behind:
        # Blanked, so that what is found keeps its place in the text.
        length = len(text.split(maxsplit=1)[0])
        text = " " * length + text[length:]
    return turn.catalogue.triage.read(text, patient.language, _known(turn, patient, answers))


def alarms(verdict: Verdict | None) -> bool:
    """Whether a sign was found that brings in a human now; what nobody understands is relayed."""
    return verdict is not None and bool(verdict.reasons)


def note(turn: Turn, reply_id: int, verdict: Verdict | None) -> None:
    """Write down beside the reply how it was read."""
    if verdict is not None:
        replies.judged(
            turn.tx,
            reply_id,
            level=verdict.level,
            reasons=[(r.sign, r.level, r.start, r.end) for r in verdict.reasons],
            intents=verdict.intents,
            understood=verdict.understood,
        )


def raise_what_was_read(
    turn: Turn,
    patient: Patient,
    verdict: Verdict,
    answers: Answers | None,
    *,
    reply_id: int,
    flooding: bool,
) -> None:
    """Answer the signs that were found, and alert the clinic.

    What was answered just now is not answered once more: a machine at the other end would get an
    answer to each of its answers. The clinic gets it all the same.

    Args:
        turn: the update at hand.
        patient: who wrote.
        verdict: what was read.
        answers: the reminder that it may answer.
        reply_id: the words in the log of replies.
        flooding: whether they are a part of a flood.
    """
    if verdict.level == "routine":
        return
    signs = [reason.sign for reason in verdict.reasons]
    plan = _plan(turn, patient, answers)
    quoted = _quoted(turn.incoming.text)
    raise_concern(
        turn,
        verdict.level,
        patient,
        enrollment_id=plan["id"] if plan else None,
        session_at=_session(turn, plan),
        said=lambda language: "\n".join([quoted, *relaying.written_line(turn, language)]),
        cause="words=" + ",".join(signs),
        why=lambda language: _why(turn, verdict.reasons, language),
        reply_id=reply_id,
        answered=_is_known(turn, patient, verdict)
        and flood.is_answered(turn.tx, reply_id, signs, flooding=flooding, now=turn.now),
    )


def _is_known(turn: Turn, patient: Patient, verdict: Verdict) -> bool:
    """Whether the alert of this episode is as grave already."""
    alert = alert_record.unresolved(turn.tx, patient.id)
    return alert is not None and LEVELS.index(alert.level) >= LEVELS.index(verdict.level)


def is_quoted_whole(turn: Turn) -> bool:
    """Whether an alert shows all that came: words only, and not too many."""
    return turn.incoming.kind == "text" and len(turn.incoming.text) <= _QUOTED


def stop_if_wanted(turn: Turn, patient: Patient, verdict: Verdict | None) -> bool:
    """Honor an opt-out at once, also inside a longer text; return whether there was one."""
    if verdict is None or "opt_out" not in verdict.intents or patient.state == "stopped":
        return False
    consenting.stop(turn, patient)
    return True


def intents_line(turn: Turn, verdict: Verdict | None, language: str) -> list[Html]:
    """Return, for the clinic, the lines that say what is wanted."""
    if verdict is None:
        return []
    return [
        turn.catalogue.text(language, f"patient.told.reply.{intent}")
        for intent in verdict.intents
        if intent != "opt_out"
    ]


def _why(turn: Turn, reasons: tuple[Reason, ...], language: str) -> Html:
    words = "”, “".join(dict.fromkeys(" ".join(r.words.split())[:_WORDS] for r in reasons[:3]))
    return turn.catalogue.text(language, "practitioner.alert.why.words", words=untappable(words))


def _quoted(text: str) -> str:
    shown = text.strip()
    if len(shown) > _QUOTED:
        shown = shown[:_QUOTED].rstrip() + "…"
    return f"<blockquote>{untappable(shown)}</blockquote>"


def _known(turn: Turn, patient: Patient, answers: Answers | None) -> Context:
    plan = _plan(turn, patient, answers)
    if plan is None:
        return Context()
    session_at = _session(turn, plan)
    given = replies.answered(turn.tx, plan["id"])
    earlier = {row["question"]: row["value"] for row in given}
    return Context(
        protocol=plan["treatment"],
        lipolytic=bool(plan["lipolytic"]),
        hours=None if session_at is None else (turn.written_at - session_at) / _HOUR_MS,
        question=_question(turn, patient, answers),
        answers=earlier,
    )


def _plan(turn: Turn, patient: Patient, answers: Answers | None) -> Row | None:
    if answers is not None:
        return enrollment.get(turn.tx, answers.enrollment_id)
    rows = enrollment.of_patient(turn.tx, patient.id)
    return rows[0] if rows else None


def _session(turn: Turn, plan: Row | None) -> int | None:
    """Return the newest session that this can be about, UTC epoch ms; one to come is none."""
    if plan is None:
        return None
    past = [
        row["starts_at"]
        for row in enrollment.sessions_of(turn.tx, plan["id"])
        if row["starts_at"] <= turn.written_at and row["state"] != "canceled"
    ]
    return max(past, default=None)


def _question(turn: Turn, patient: Patient, answers: Answers | None) -> str | None:
    """Return the text of the question that is still open in the message that this answers."""
    row = outbox.row(turn.tx, answers.outbox_id) if answers else None
    subject = answering.subject_of(turn, row) if row else None
    if row is None or subject is None:
        return None
    given = replies.answers_to(turn.tx, row["id"])
    for question in subject.step.questions:
        if question.key not in given:
            place = (patient.language, subject.treatment, subject.step.key, question.key)
            return plain(turn.catalogue.question(*place))
    return None
