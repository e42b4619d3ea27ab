"""The chart of a patient's recovery over the days since the session, as a picture for staff."""

from typing import Any, Final

from bot.patient.course_answers import BRUISE, SORENESS
from bot.practitioner.card_words import treatment_name
from bot.turn import Turn
from messages.catalogue import Catalogue
from messages.course import (
    BRUISE_GONE_BY_DAY,
    LIPOLYTIC_SORE_FOR_HOURS,
    SORE_FOR_HOURS,
    expected_pain,
    judge_bruise,
    judge_pain,
)
from messages.markup import plain
from scheduler import alert_record, enrollment, replies
from scheduler.channel import Attachment
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.wallclock import HOUR, local_date

_DAY: Final = 24 * HOUR
_SHORTEST: Final = 3
"""Days that a chart covers at least."""
_BRUISES: Final = ("none", "fading", "same", "bigger")
"""The answers that can be drawn; a clinic's own question may have others."""
_WORDS: Final = (
    "day", "session", "alert", "expected", "bruise", "mild", "moderate", "severe", "empty",
    *_BRUISES,
)  # fmt: skip
_LABEL_LETTERS: Final = 28


def send(turn: Turn, patient: Patient) -> bool:
    """Send the chart of the newest enrollment that has an answer to draw; say so if none has.

    Returns:
        Whether one was sent.
    """
    for row in enrollment.of_patient(turn.tx, patient.id):
        given = replies.answered(turn.tx, row["id"])
        answers = pain_answers(turn.catalogue, row, given)
        bruises = [
            each for each in given if each["question"] == BRUISE and each["value"] in _BRUISES
        ]
        if not (answers or bruises):
            continue
        turn.say(
            turn.text(
                "practitioner.card.chart.caption",
                label=patient.label,
                treatment=treatment_name(turn, row["treatment"]),
            ),
            attachment=Attachment(
                kind="photo", made="chart", args=_args(turn, patient, row, answers, bruises)
            ),
            patient_id=patient.id,
            enrollment_id=row["id"],
        )
        return True
    turn.toast("practitioner.card.toast.no_pain", alert=True)
    return False


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


def course(starts: list[float], last: float, *, lipolytic: bool) -> list[dict[str, Any]]:
    """Return the stretches of the expected course, each session's up to the next one (pure).

    Args:
        starts: the days of the sessions, which may be fractions.
        last: the last day that is drawn.
        lipolytic: whether the sessions are fat-dissolving ones.
    """
    sore_for = (LIPOLYTIC_SORE_FOR_HOURS if lipolytic else SORE_FOR_HOURS) / 24
    found: list[dict[str, Any]] = []
    ends = [*starts[1:], last]
    for start, end in zip(starts, ends[: len(starts)], strict=True):
        turns = min(start + sore_for, end)
        for begin, stop, hours in ((start, turns, 0), (turns, end, sore_for * 24 + 1)):
            if begin < stop:
                most = expected_pain(hours, lipolytic=lipolytic)
                found.append({"start": begin, "end": stop, "pain": most})
        if start < end:
            gone = min(start + BRUISE_GONE_BY_DAY, end)
            found.append({"start": start, "end": gone, "bruise": True})
    return found


def _args(
    turn: Turn, patient: Patient, row: Row, answers: list[Row], bruises: list[Row]
) -> dict[str, Any]:
    starts = sorted(
        each["starts_at"]
        for each in enrollment.sessions_of(turn.tx, row["id"])
        if each["state"] != "canceled" and each["starts_at"] <= turn.now
    )
    first = min(starts, default=min(each["at"] for each in (*answers, *bruises)))

    def day(at: int) -> float:
        return float(round((at - first) / _DAY, 2))

    alerts = [day(each["opened_at"]) for each in alert_record.of_enrollment(turn.tx, row["id"])]
    days = [day(each["at"]) for each in (*answers, *bruises)]
    last = max([*days, *alerts, *map(day, starts), _SHORTEST])
    name = treatment_name(turn, row["treatment"])

    def word(key: str) -> str:
        return turn.catalogue.label(
            turn.language, f"practitioner.card.chart.{key}", label=patient.label, treatment=name
        )

    labels = {key: word(key) for key in _WORDS}
    for each in answers:
        labels.setdefault(_kind(each), _named(turn, row, each))
    return {
        "title": word("title"),
        "points": [
            {
                "day": day(each["at"]),
                "value": int(each["value"]),
                "kind": _kind(each),
                "off": _pain_is_off(each, answers, lipolytic=bool(row["lipolytic"])),
            }
            for each in answers
        ],
        "bruises": [
            {
                "day": day(each["at"]),
                "answer": each["value"],
                "off": _bruise_is_off(each, patient.timezone),
            }
            for each in bruises
        ],
        "sessions": [day(at) for at in starts],
        "alerts": alerts,
        "course": course([day(at) for at in starts], last, lipolytic=bool(row["lipolytic"])),
        "labels": labels,
    }


def _pain_is_off(answer: Row, answers: list[Row], *, lipolytic: bool) -> bool:
    """Whether a pain is off the expected course; of another pain than the soreness, if severe."""
    soreness = answer["question"] == SORENESS
    earlier = [
        int(each["value"])
        for each in answers
        if soreness
        and each["question"] == SORENESS
        and each["session_id"] == answer["session_id"]
        and (each["at"], each["id"]) < (answer["at"], answer["id"])
    ]
    follows = soreness and answer["session_at"] <= answer["at"]
    finding = judge_pain(
        int(answer["value"]),
        hours=(answer["at"] - answer["session_at"]) / HOUR if follows else None,
        lipolytic=lipolytic,
        before=earlier[-1] if earlier else None,
    )
    return finding is not None


def _bruise_is_off(answer: Row, zone: str) -> bool:
    days = (local_date(answer["at"], zone) - local_date(answer["session_at"], zone)).days
    return judge_bruise(answer["value"], day=days if days >= 0 else None) is not None


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
