"""A patient's card: who it is, what was sent and answered in one timeline, and what comes next."""

from datetime import date
from typing import Final

from bot import layout, telling
from bot.carried import CARD, PERSON
from bot.languages import own_name
from bot.practitioner import alerting, card_chart, enroll_link, plan_access, planning
from bot.practitioner.card_words import (
    EVENTS,
    area_suffix,
    day_of_course,
    line_of,
    state_of,
    topic_of,
    treatment_name,
)
from bot.turn import Turn
from messages.markup import Html
from messages.render import clock, day_long, moment
from scheduler import consent, enrollment, events, invitations, roster, timeline
from scheduler.channel import Button
from scheduler.course import OPEN
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.roster import Listed
from scheduler.timeline import Cursor, Entry
from scheduler.wallclock import HOUR, local_date

_ENTRIES: Final = 14
_COMING: Final = 3
_PHOTOS: Final = 5
_COURSES: Final = 3
"""So many enrollments stand in the head of a card, the newest first."""
_ONE_LOOK_MS: Final = HOUR
_LETTERS: Final = 3_900
"""A message holds 4,096 characters; what a timeline shows stays below."""


def show(turn: Turn, patient: Patient) -> None:
    """Say the card of a patient whom this member may see; the audit keeps that it was opened."""
    _saw(turn, patient, "card_opened")
    html, buttons = _card(turn, patient, None)
    # Quoting the card is a way to write to the patient.
    turn.say(html, buttons, patient_id=patient.id)


def pressed(turn: Turn, action: str, patient_id: int, value: str) -> None:
    """A button of a card; whether this member may see the patient is looked up at each press."""
    patient = roster.seen(turn.tx, turn.staff, patient_id) if turn.staff is not None else None
    if patient is None:
        turn.toast("patient.start.old_button")
        return
    match action:
        case "c":
            show(turn, patient)
        case "r":
            _saw_again(turn, patient)
            _edit(turn, patient, None)
        case "t":
            try:
                before = Cursor.parse(value)
            except ValueError:
                turn.toast("patient.start.old_button")
                return
            _saw_again(turn, patient)
            _edit(turn, patient, before)
        case "g":
            _chart(turn, patient)
        case "f":
            _photos(turn, patient)
        case "k":
            _new_link(turn, patient)
        case "e":
            planning.begin(turn, patient)
        case _:
            turn.toast("patient.start.old_button")


def _saw(turn: Turn, patient: Patient, kind: str) -> None:
    if turn.staff is not None:
        events.note(turn.tx, kind, actor=turn.staff.actor, now=turn.now, patient_id=patient.id)


def _saw_again(turn: Turn, patient: Patient) -> None:
    """Note a look at an open card, which shows what is known today however old its message is.

    Paging through a card is one look: of those within an hour one is noted.
    """
    member = turn.staff
    if member is not None and not events.noted_since(
        turn.tx,
        "card_opened",
        actor=member.actor,
        patient_id=patient.id,
        since=turn.now - _ONE_LOOK_MS,
    ):
        _saw(turn, patient, "card_opened")


def _edit(turn: Turn, patient: Patient, before: Cursor | None) -> None:
    html, buttons = _card(turn, patient, before)
    turn.edit(html, buttons)


def _card(turn: Turn, patient: Patient, before: Cursor | None) -> tuple[str, list[list[Button]]]:
    courses = enrollment.of_patient(turn.tx, patient.id)
    alarmed, to_alert = alerting.on_card(turn, patient)
    head = [*alarmed, _head(turn, patient, courses)]
    if before is None:
        head += _coming(turn, patient)
    title = "timeline" if before is None else "timeline_older"
    head.append(turn.text(f"practitioner.card.{title}"))
    found = timeline.entries(
        turn.tx, patient.id, now=turn.now, limit=_ENTRIES + 1, events=EVENTS, before=before
    )
    room = _LETTERS - sum(len(part) + 2 for part in head)
    lines, shown = _timeline(turn, found[:_ENTRIES], room)
    if not shown:
        lines = turn.text("practitioner.card.empty")
    older = found[shown - 1].cursor if 0 < shown < len(found) else None
    buttons = _buttons(turn, patient, courses, older=older, first=before is None)
    return "\n\n".join([*head, lines]), [to_alert, *buttons] if to_alert else buttons


def _head(turn: Turn, patient: Patient, courses: list[Row]) -> Html:
    newest = courses[0] if courses else None
    state = state_of(turn, Listed(patient, newest, None))
    lines = [
        turn.text(
            "practitioner.card.title",
            label=patient.label,
            state=turn.text(f"practitioner.state.{state}"),
        )
    ]
    for row in courses[:_COURSES]:
        lines += _course(turn, row)
    lines.append(
        turn.text(
            "practitioner.card.consents",
            aftercare=_consent(turn, patient.id, "aftercare"),
            tips=_consent(turn, patient.id, "tips"),
        )
    )
    lines.append(
        turn.text("practitioner.card.about", language=own_name(patient.language), id=patient.id)
    )
    return Html("\n".join(lines))


def _course(turn: Turn, row: Row) -> list[Html]:
    zone = turn.clinic.timezone
    sessions = [
        each for each in enrollment.sessions_of(turn.tx, row["id"]) if each["state"] != "canceled"
    ]
    first = sessions[0]["starts_at"] if sessions else row["created_at"]
    lines = [
        turn.text(
            "practitioner.card.course",
            treatment=treatment_name(turn, row["treatment"]),
            area=area_suffix(turn, row["treatment"], row["area"]),
            day=day_of_course(turn, first),
        )
    ]
    protocol = turn.catalogue.protocols.get(row["treatment"])
    visit = protocol is not None and protocol.kind == "consultation"
    for each in sessions:
        at = each["starts_at"]
        worded = f"{day_long(at, zone, turn.language)}, {clock(at, zone, turn.language)}"
        if each["starts_at"] > turn.now and not visit:
            status = turn.text(f"practitioner.card.status.{each['state']}")
            lines.append(turn.text("practitioner.card.next", moment=worded, state=status))
        elif each["state"] in OPEN and each["starts_at"] <= turn.now:
            lines.append(turn.text("practitioner.plans.card.unsaid", moment=worded))
        else:
            key = "visit" if visit else "session"
            lines.append(turn.text(f"practitioner.card.{key}", moment=worded))
    if row["status"] == "ended":
        lines.append(turn.text("practitioner.plans.card.ended"))
    elif row["paused_at"] is not None:
        lines.append(turn.text("practitioner.plans.paused"))
    return lines


def _consent(turn: Turn, patient_id: int, purpose: consent.Purpose) -> Html:
    if not consent.answered(turn.tx, patient_id, purpose):
        return turn.text("practitioner.card.unasked")
    word = "yes" if consent.holds(turn.tx, patient_id, purpose) else "no"
    return turn.text(f"practitioner.card.{word}")


def _coming(turn: Turn, patient: Patient) -> list[Html]:
    rows = timeline.coming(turn.tx, patient.id, limit=_COMING)
    if not rows:
        return [turn.text("practitioner.card.nothing_coming")]
    lines = [turn.text("practitioner.card.coming")]
    lines += [
        turn.text(
            f"practitioner.card.due{'_held' if row['held'] else ''}",
            moment=moment(row["ready_at"], turn.clinic.timezone, turn.language),
            topic=topic_of(turn, row["treatment"], row["step_key"]),
        )
        for row in rows
    ]
    return [Html("\n".join(lines))]


def _timeline(turn: Turn, found: list[Entry], room: int) -> tuple[str, int]:
    """Return as many entries as ``room`` letters hold, by day, and how many those are."""
    zone = turn.clinic.timezone
    text = ""
    shown = 0
    today: date | None = None
    for entry in found:
        line: str = line_of(turn, entry)
        if local_date(entry.at, zone) != today:
            today = local_date(entry.at, zone)
            line = f"\n<b>{day_long(entry.at, zone, turn.language)}</b>\n{line}"
        if shown and len(text) + len(line) + 1 > room:
            break
        text += f"\n{line}"
        shown += 1
    return text.strip(), shown


def _buttons(
    turn: Turn, patient: Patient, courses: list[Row], *, older: Cursor | None, first: bool
) -> list[list[Button]]:
    def button(name: str, action: str, value: str = "") -> Button:
        carried = f"{CARD}:{action}:{patient.id}" + (f":{value}" if value else "")
        return turn.button(f"practitioner.card.button.{name}", carried)

    turning: list[Button] = []
    if not first:
        turning.append(button("newest", "r"))
    if older is not None:
        turning.append(button("older", "t", str(older)))
    rows = [turning, [button("chart", "g"), button("photos", "f")]]
    last = [button("refresh", "r")]
    if _answers_for(turn, patient):
        person = turn.button("practitioner.people.button.person", f"{PERSON}:o:{patient.id}")
        last.insert(0, person)
        if _waiting(courses) is not None:
            last.insert(0, button("link", "k"))
    write = telling.write_button(turn, turn.language, patient)
    change: list[Button] = []
    if first and plan_access.changeable(turn, patient):
        change = [turn.button("practitioner.plans.button.change", f"{CARD}:e:{patient.id}")]
    return [row for row in [*rows, change, [write], last] if row]


def _answers_for(turn: Turn, patient: Patient) -> bool:
    """Say whether this member does more here than look and write: see ``roster.answered_for``."""
    member = turn.staff
    return member is not None and roster.answered_for(turn.tx, member, patient.id) is not None


def _waiting(courses: list[Row]) -> Row | None:
    """Return the newest enrollment that its patient has not begun: its link may be made anew."""
    return next((row for row in courses if row["status"] == "invited"), None)


def _chart(turn: Turn, patient: Patient) -> None:
    if card_chart.send(turn, patient):
        _saw(turn, patient, "chart_opened")


def _photos(turn: Turn, patient: Patient) -> None:
    rows = timeline.photos(turn.tx, patient.id, limit=_PHOTOS)
    if not rows:
        turn.toast("practitioner.card.toast.no_photos")
        return
    _saw(turn, patient, "photos_opened")
    for row in reversed(rows):
        worded = moment(row["at"], turn.clinic.timezone, turn.language)
        about = topic_of(turn, row["treatment"], row["step_key"]) if row["step_key"] else ""
        turn.say(
            turn.text(
                f"practitioner.card.photo.caption{'_step' if about else ''}",
                label=patient.label,
                moment=worded,
                topic=about,
            ),
            attachment=layout.from_patient(turn, "photo", row["file_id"], turn.language),
            patient_id=patient.id,
        )


def _new_link(turn: Turn, patient: Patient) -> None:
    row = _waiting(enrollment.of_patient(turn.tx, patient.id))
    if turn.staff is None or not _answers_for(turn, patient):
        turn.toast("patient.start.old_button")
        return
    if row is None:
        turn.toast("practitioner.card.toast.no_link")
        return
    token = invitations.invite(
        turn.tx, "patient", now=turn.now, enrollment_id=row["id"], staff_id=turn.staff.id
    )
    events.note(
        turn.tx,
        "link_made",
        actor=turn.staff.actor,
        now=turn.now,
        patient_id=patient.id,
        enrollment_id=row["id"],
    )
    enroll_link.hand_over(turn, token, label=patient.label, patient_id=patient.id)
