"""The words that the list, the card and its timeline share: states, days, steps, entries."""

import json
from collections.abc import Mapping
from typing import Final

from bot.step_names import step_name
from bot.turn import Turn
from messages.markup import Html, plain, untappable
from messages.render import clock, day, moment
from scheduler import opening, polls, silence, staff
from scheduler.course import OPEN
from scheduler.database import Row
from scheduler.roster import Listed
from scheduler.timeline import Entry
from scheduler.wallclock import local_date

_TEXT_LETTERS: Final = 160
"""So much of a free reply stands in the timeline; the whole of it was relayed when it came."""

PLAN_EVENTS: Final[tuple[str, ...]] = (
    "plan_add",
    "plan_move",
    "plan_attend",
    "plan_miss",
    "plan_cancel",
    "plan_protocol",
    "plan_pause",
    "plan_resume",
    "plan_hand_over",
    "plan_end",
    "plan_taken_back",
)
EVENTS: Final[tuple[str, ...]] = (
    "enrolled",
    "link_made",
    "plan_declined",
    "patient_active",
    "patient_stopped",
    "patient_unreachable",
    "consent_withdrawn",
    "language_chosen",
    "visit_confirmed",
    "visit_change_wanted",
    "correction_wanted",
    "visit_canceled",
    "alert_opened",
    "alert_rose",
    "alert_escalated",
    "alert_taken",
    "alert_left",
    "alert_call_done",
    "alert_not_urgent",
    "silence_asked",
    "no_answer_needed",
    "label_corrected",
    "new_phone_link",
    "phone_changed",
    "patients_merged",
    *PLAN_EVENTS,
)
"""The kinds of events that a timeline shows; each has a text ``practitioner.event.<kind>``.

Those of a plan that was changed have ``practitioner.plans.event.<change>``.
"""

_MARKS: Final[Mapping[str, str]] = {
    "active": "🟢",
    "not_opened": "✉️",
    "no_answer": "📨",
    "declined": "✋",
    "new_phone": "📱",
    "stopped": "⏸",
    "unreachable": "⚠️",
    "completed": "🏁",
}
_FREE: Final = frozenset({"text", "photo", "voice", "video", "document", "sticker"})


def state_of(turn: Turn, listed: Listed) -> str:
    """Return a patient's state for staff.

    "completed" is whose newest plan has run its course; of whoever has not agreed yet it says how
    far they have come with the link (``opening.Standing``).
    """
    row = listed.enrollment
    if listed.patient.state == "invited":
        return opening.standing(turn.tx, listed.patient)
    if listed.patient.state == "active" and row is not None and row["status"] == "completed":
        return "completed"
    return listed.patient.state


def mark_of(turn: Turn, listed: Listed) -> str:
    """Return the sign of a patient's state."""
    return _MARKS[state_of(turn, listed)]


def told_apart(turn: Turn, listed: Listed) -> str:
    """Return what tells a patient from another of that label: number, treatment and its day."""
    about = ""
    if listed.enrollment is not None and listed.session_at is not None:
        name = treatment_name(turn, listed.enrollment["treatment"])
        about = f" · {name} · {day_of_course(turn, listed.session_at)}"
    return turn.catalogue.label(
        turn.language,
        "practitioner.people.button.other",
        mark=mark_of(turn, listed),
        label=listed.patient.label,
        number=listed.patient.id,
        about=about,
    )


def treatment_name(turn: Turn, treatment: str) -> str:
    """Return what a treatment is called, also if the clinic took it out of its protocols."""
    try:
        return turn.catalogue.treatment_name(turn.language, treatment)
    except KeyError:
        return treatment


def area_suffix(turn: Turn, treatment: str, area: str) -> str:
    """Return ", Face" behind a treatment's name; nothing where no area was chosen."""
    if not area:
        return ""
    try:
        return f", {turn.catalogue.area_name(turn.language, treatment, area)}"
    except KeyError:
        return f", {area}"


def day_of_course(turn: Turn, session_at: int) -> str:
    """Return "day 3" after a session (UTC epoch ms), or when the visit is."""
    zone = turn.clinic.timezone
    days = (local_date(turn.now, zone) - local_date(session_at, zone)).days
    if days < 0:
        ahead = day(session_at, zone, turn.language)
        return turn.catalogue.label(turn.language, "practitioner.day.ahead", day=ahead)
    return turn.catalogue.label(turn.language, "practitioner.day.session", n=days)


def topic_of(turn: Turn, treatment: str | None, step_key: str | None) -> str:
    """Return what a step is about; its key where the protocol no longer has it."""
    # A plan that changed its treatment keeps what was sent before: another protocol knows it.
    for known in (treatment or "", *turn.catalogue.protocols):
        try:
            return step_name(turn, "practitioner", known, step_key or "")
        except KeyError:
            continue
    return step_key or ""


def line_of(turn: Turn, entry: Entry) -> Html:
    """Return the line of one entry of a timeline, as HTML."""
    at = clock(entry.at, turn.clinic.timezone, turn.language)
    match entry.kind:
        case "message":
            return _message(turn, entry.row, at)
        case "reply":
            return _reply(turn, entry.row, at)
        case "staff":
            return _written(turn, entry.row, at)
        case "event":
            return _event(turn, entry.row, at)
        case "session":
            if entry.row["state"] in OPEN:
                return turn.text("practitioner.plans.card.entry_unsaid", clock=at)
            protocol = turn.catalogue.protocols.get(entry.row["treatment"])
            visit = protocol is not None and protocol.kind == "consultation"
            return turn.text(f"practitioner.entry.{'visit' if visit else 'session'}", clock=at)


def _event(turn: Turn, row: Row, at: str) -> Html:
    detail = json.loads(row["detail"])
    if row["kind"] in PLAN_EVENTS:
        return _changed(turn, row, detail, at)
    about = treatment_name(turn, detail["treatment"]) if "treatment" in detail else ""
    return turn.text(
        f"practitioner.event.{row['kind']}",
        clock=at,
        treatment=about,
        who=_member(turn, row["actor"]),
        label=detail.get("before") or detail.get("label") or "",
        level=turn.text(f"practitioner.alert.level.{detail['level']}") if "level" in detail else "",
    )


def _changed(turn: Turn, row: Row, detail: Mapping[str, int], at: str) -> Html:
    """Return the line of a change that a member made to the plan."""
    to = staff.ever(turn.tx, detail["to"]) if "to" in detail else None
    when = ""
    if "moment" in detail:
        when = moment(detail["moment"], turn.clinic.timezone, turn.language)
    return turn.text(
        f"practitioner.plans.event.{row['kind'].removeprefix('plan_')}",
        clock=at,
        who=_member(turn, row["actor"]),
        moment=when,
        to=to.name if to else "",
    )


def _member(turn: Turn, actor: str) -> str:
    """Return the name of the member who did something; empty for everybody else."""
    number = actor.removeprefix("staff:")
    found = staff.ever(turn.tx, int(number)) if number != actor else None
    return found.name if found else ""


def _written(turn: Turn, row: Row, at: str) -> Html:
    """Return the line of what a member of the clinic wrote to the patient."""
    place = "practitioner.conversation.entry"
    text = _shortened(row["text"] or "")
    key = "text" if row["kind"] == "text" else "captioned" if text else "file"
    return turn.text(
        f"{place}.{key}",
        clock=at,
        who=row["name"],
        text=text,
        what=kind_of(turn, row["kind"]),
        mark=turn.text(f"{place}.{row['state']}"),
    )


def kind_of(turn: Turn, kind: str) -> Html:
    """Return what a message without words is: a photo, a voice note."""
    found = kind if kind in _FREE - {"text"} else "other"
    return turn.text(f"practitioner.inbox.kind.{found}")


def _message(turn: Turn, row: Row, at: str) -> Html:
    if row["kind"] == "broadcast":
        key = "tip" if row["state"] == "sent" else "tip_unsent"
        return turn.text(f"practitioner.entry.{key}", clock=at)
    state = row["state"]
    if state == "sent" and row["possible_duplicate"]:
        state = "sent_twice"
    topic = topic_of(turn, row["treatment"], row["step_key"])
    return turn.text(f"practitioner.entry.{state}", clock=at, topic=topic)


def _reply(turn: Turn, row: Row, at: str) -> Html:
    if row["question"] is not None:
        question, answer = _answered(turn, row)
        return turn.text("practitioner.entry.answer", clock=at, question=question, answer=answer)
    kind = row["kind"] if row["kind"] in _FREE else "other"
    text = untappable(_shortened(row["text"] or ""))
    line = turn.text(f"practitioner.entry.{kind}", clock=at, text=text)
    if text and kind != "text":
        return turn.text("practitioner.entry.captioned", what=line, text=text)
    return line


def _answered(turn: Turn, row: Row) -> tuple[str, str]:
    """Return a question and its answer in words; their keys where the protocol has changed."""
    if row["question"] == silence.QUESTION:
        place = "practitioner.alert.silence"
        label = turn.catalogue.label
        return label(turn.language, f"{place}.question"), label(
            turn.language, f"{place}.{row['value']}"
        )
    if row["question"] == polls.QUESTION:
        label = turn.catalogue.label
        back = label(turn.language, "clinic.broadcast.vote_back")
        return label(turn.language, "clinic.broadcast.vote"), row["text"] or back
    for treatment in (row["treatment"] or "", *turn.catalogue.protocols):
        step, question = row["step_key"], row["question"]
        try:
            asked = turn.catalogue.question(turn.language, treatment, step, question)
            answer = turn.catalogue.answer(turn.language, treatment, step, question, row["value"])
        except KeyError:
            continue
        return plain(asked), plain(answer)
    return str(row["question"]), str(row["value"])


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_LETTERS else f"{line[:_TEXT_LETTERS]}…"
