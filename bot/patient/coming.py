"""What is coming for a patient, and when: /plan, and the line about the next message."""

from dataclasses import dataclass
from typing import Final

from bot.step_names import step_name
from bot.turn import Turn
from messages.markup import Html
from messages.render import day_from, escape, moment
from scheduler import alerts, appointments, consent, enrollment
from scheduler.channel import Button
from scheduler.database import Row
from scheduler.patients import Patient

SHOWN: Final = 5
_SOON_MS: Final = 60 * 1000
_OPEN: Final = ("active", "paused")
_WAITING: Final = (alerts.HELD, "paused")


@dataclass(frozen=True, slots=True)
class Coming:
    """One message to come: when it goes (UTC epoch ms), and what it is called."""

    at: int
    name: str


def coming(turn: Turn, row: Row) -> list[Coming]:
    """Return the messages still to come of an enrollment, by time.

    Steps that the clinic took out of its protocol are left out: they will not be sent. So is what
    waits for an alert to be resolved, or for the clinic to let the plan go on: nobody can say when
    that will be.
    """
    found = []
    for reminder in enrollment.reminders_of(turn.tx, row["id"]):
        if reminder["state"] != "pending" or reminder["held"] in _WAITING:
            continue
        try:
            name = step_name(turn, "patient", row["treatment"], reminder["step_key"])
        except KeyError:
            continue
        found.append(Coming(reminder["ready_at"], name))
    return sorted(found, key=lambda each: each.at)


def next_line(turn: Turn, patient: Patient) -> Html:
    """Return the sentence that says when the next message comes."""
    moments = [
        each.at
        for row in enrollment.of_patient(turn.tx, patient.id)
        if row["status"] == "active"
        for each in coming(turn, row)
    ]
    if not moments:
        return turn.text("patient.next.none")
    first = min(moments)
    if first <= turn.now + _SOON_MS:
        return turn.text("patient.next.soon")
    return turn.text("patient.next.at", when=moment(first, patient.timezone, turn.language))


def show_plan(turn: Turn, patient: Patient) -> None:
    """Answer /plan: what is coming, when, and the next visit, for each plan under way."""
    rows = [
        row
        for row in reversed(enrollment.of_patient(turn.tx, patient.id))
        if row["status"] in _OPEN
    ]
    parts: list[str] = [turn.text("patient.plan.title")]
    if patient.state == "stopped":
        parts.append(turn.text("patient.plan.stopped"))
    parts += [_one(turn, patient, row) for row in rows]
    if not rows:
        parts.append(turn.text("patient.plan.none", phone=turn.clinic.phone))
    turn.say("\n\n".join(parts), _buttons(turn, patient))


def _one(turn: Turn, patient: Patient, row: Row) -> str:
    zone, language = patient.timezone, turn.language
    treatment = row["treatment"]
    lines: list[str] = [f"<b>{_name(turn, treatment)}</b>"]
    visit = appointments.coming(turn.tx, row["id"], now=turn.now)
    if visit is not None:
        lines.append(
            turn.text(
                f"patient.plan.visit.{visit['state']}",
                when=moment(visit["starts_at"], zone, language),
            )
        )
    ahead = coming(turn, row)
    lines += [
        f"• {moment(each.at, zone, language)} — {escape(each.name)}" for each in ahead[:SHOWN]
    ]
    more = len(ahead) - SHOWN
    if more > 0:
        until = day_from(turn.now, ahead[-1].at, zone, language)
        lines.append(turn.text("patient.plan.more", n=more, until=until))
    if row["paused_at"] is not None:
        lines.append(turn.text("patient.plan.paused"))
    elif not ahead:
        lines.append(turn.text("patient.plan.nothing_left"))
    return "\n".join(lines)


def _name(turn: Turn, treatment: str) -> Html:
    try:
        return turn.catalogue.text(turn.language, f"protocols.{treatment}.name")
    except KeyError:
        # The clinic took the protocol away while this plan runs out.
        return turn.text("patient.plan.unnamed")


def _buttons(turn: Turn, patient: Patient) -> list[list[Button]]:
    if patient.state == "stopped":
        return [[turn.button("patient.button.resume", "c:resume")]]
    if not consent.holds(turn.tx, patient.id, "aftercare"):
        return []
    if consent.holds(turn.tx, patient.id, "tips"):
        return [[turn.button("patient.button.tips_off", "c:tips:no:below")]]
    return [[turn.button("patient.button.tips_on", "c:tips:yes:below")]]
