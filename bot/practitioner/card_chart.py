"""The chart of a patient's pain over the days since the session, as a picture for staff."""

from typing import Any, Final

from bot.practitioner.card_words import treatment_name
from bot.turn import Turn
from messages.catalogue import Catalogue
from messages.markup import plain
from scheduler import enrollment, replies
from scheduler.channel import Attachment
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.wallclock import HOUR

_DAY: Final = 24 * HOUR
_WORDS: Final = ("day", "session", "mild", "moderate", "severe", "empty")
_LABEL_LETTERS: Final = 28


def send(turn: Turn, patient: Patient) -> None:
    """Send the chart of the newest enrollment that has a pain answer; say so if there is none."""
    for row in enrollment.of_patient(turn.tx, patient.id):
        answers = pain_answers(turn.catalogue, row, replies.pain_of(turn.tx, row["id"]))
        if not answers:
            continue
        turn.say(
            turn.text(
                "practitioner.card.chart.caption",
                label=patient.label,
                treatment=treatment_name(turn, row["treatment"]),
            ),
            attachment=Attachment(
                kind="photo", made="chart", args=_args(turn, patient, row, answers)
            ),
            patient_id=patient.id,
            enrollment_id=row["id"],
        )
        return
    turn.toast("practitioner.card.toast.no_pain", alert=True)


def pain_answers(catalogue: Catalogue, course: Row, answers: list[Row]) -> list[Row]:
    """Return those answers of an enrollment that are on the 0–10 scale (pure)."""
    protocol = catalogue.protocols.get(course["treatment"])
    if protocol is None:
        return []
    scales = {
        (step.key, question.key)
        for step in protocol.steps
        for question in step.questions
        if question.kind == "pain"
    }
    return [row for row in answers if (row["step_key"], row["question"]) in scales]


def _args(turn: Turn, patient: Patient, course: Row, answers: list[Row]) -> dict[str, Any]:
    starts = [
        row["starts_at"]
        for row in enrollment.sessions_of(turn.tx, course["id"])
        if row["state"] != "canceled" and row["starts_at"] <= turn.now
    ]
    first = min(starts, default=answers[0]["at"])
    name = treatment_name(turn, course["treatment"])

    def word(key: str) -> str:
        return turn.catalogue.label(
            turn.language, f"practitioner.card.chart.{key}", label=patient.label, treatment=name
        )

    labels = {key: word(key) for key in _WORDS}
    for row in answers:
        labels.setdefault(_kind(row), _named(turn, course, row))
    return {
        "title": word("title"),
        "points": [
            {
                "day": round((row["at"] - first) / _DAY, 2),
                "value": int(row["value"]),
                "kind": _kind(row),
            }
            for row in answers
        ],
        "sessions": [round((at - first) / _DAY, 2) for at in starts],
        "labels": labels,
    }


def _kind(answer: Row) -> str:
    """Return which line of the chart an answer belongs to: one for each question."""
    return f"question {answer['question']}"


def _named(turn: Turn, course: Row, answer: Row) -> str:
    """Return the words for one line of the chart: ours, or what a clinic's own question asks."""
    question = answer["question"]
    try:
        return turn.catalogue.label(turn.language, f"practitioner.card.chart.{question}")
    except KeyError:
        asked = turn.catalogue.question(
            turn.language, course["treatment"], answer["step_key"], question
        )
        return plain(asked)[:_LABEL_LETTERS]
