"""The table of commands: what each is called, whom it is for, and which room answers it.

Menus, help, access checks and the tests of access are all drawn from this one table, so that a
new command cannot be forgotten in any of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.clinic import adjusting, auditing, clinic_staff, exporting, figuring, grouping
from bot.clinic import room as clinic
from bot.patient import access
from bot.patient import room as patient
from bot.practitioner import (
    alerting,
    attending,
    digesting,
    enrolling,
    inbox_view,
    oncalling,
    person,
    plan_command,
    plan_news,
    plan_result,
    planning,
    reviewing,
    writing,
)
from bot.practitioner import room as practitioner
from bot.turn import Turn

Role = Literal["stranger", "patient", "practitioner", "manager"]
Handler = Callable[[Turn], None]

ANYONE: frozenset[Role] = frozenset({"stranger", "patient", "practitioner", "manager"})
PATIENTS: frozenset[Role] = frozenset({"patient"})
STAFF: frozenset[Role] = frozenset({"practitioner", "manager"})
MANAGERS: frozenset[Role] = frozenset({"manager"})


@dataclass(frozen=True, slots=True)
class Command:
    """One command. ``described_by`` is the text key of its line in menus and in /help."""

    name: str
    roles: frozenset[Role]
    handler: Handler
    described_by: str
    in_menu: bool = True


def roles_of(turn: Turn) -> frozenset[Role]:
    """Return every role of the person at the other end."""
    roles: set[Role] = set()
    if turn.staff is not None:
        roles.add(turn.staff.role)
    if turn.patient is not None:
        roles.add("patient")
    return frozenset(roles or {"stranger"})


def help_text(turn: Turn) -> None:
    """Say what this person can do here, drawn from the table."""
    roles = roles_of(turn)
    lines = [
        f"/{command.name} — {turn.text(command.described_by)}"
        for command in COMMANDS
        if command.in_menu and command.roles & roles
    ]
    if "patient" in roles:
        intro = turn.text(
            "patient.help.intro",
            clinic=turn.clinic.name,
            phone=turn.clinic.phone,
            emergency=turn.clinic.emergency,
        )
    elif "stranger" in roles:
        intro = turn.text(
            "patient.start.stranger",
            clinic=turn.clinic.name,
            phone=turn.clinic.phone,
            emergency=turn.clinic.emergency,
        )
    else:
        intro = turn.text("practitioner.help.intro", clinic=turn.clinic.name)
    turn.say("\n\n".join([intro, "\n".join(lines)]) if lines else intro)


COMMANDS: tuple[Command, ...] = (
    Command("start", ANYONE, access.start, "patient.command.start", in_menu=False),
    Command("enroll", STAFF, enrolling.enroll, "practitioner.command.enroll"),
    Command("patients", STAFF, practitioner.patients, "practitioner.command.patients"),
    Command("patient", STAFF, practitioner.patient, "practitioner.command.patient"),
    Command("session", STAFF, plan_command.session, "practitioner.plans.command"),
    Command("alerts", STAFF, alerting.alerts_list, "practitioner.alert.command"),
    Command("inbox", STAFF, inbox_view.inbox, "practitioner.inbox.command"),
    Command("digest", STAFF, digesting.digest, "practitioner.digest.command"),
    Command("oncall", STAFF, oncalling.oncall, "practitioner.oncall.command"),
    Command("review", STAFF, reviewing.review, "practitioner.review.command"),
    Command("stats", STAFF, figuring.stats, "clinic.figures.command"),
    Command("export", STAFF, exporting.ask, "clinic.export.command"),
    Command("broadcast", MANAGERS, clinic.broadcast, "clinic.command.broadcast"),
    Command("staff", MANAGERS, clinic_staff.staff, "clinic.command.staff"),
    Command("settings", MANAGERS, adjusting.settings, "clinic.settings.command"),
    Command("audit", MANAGERS, auditing.show, "clinic.audit.command"),
    Command("here", MANAGERS, grouping.here, "clinic.group.command"),
    Command("plan", PATIENTS, patient.plan, "patient.command.plan"),
    Command("stop", PATIENTS, patient.stop, "patient.command.stop"),
    Command("resume", PATIENTS, patient.resume, "patient.command.resume"),
    Command("privacy", PATIENTS, patient.privacy_notice, "patient.rights.command.privacy"),
    Command("mydata", PATIENTS, patient.mydata, "patient.rights.command.mydata"),
    Command("forgetme", PATIENTS, patient.forgetme, "patient.rights.command.forgetme"),
    Command("language", PATIENTS | STAFF, patient.language, "patient.command.language"),
    Command("cancel", STAFF, enrolling.cancel, "practitioner.command.cancel"),
    Command("help", ANYONE, help_text, "patient.command.help"),
)

# What the ids behind a button's prefix mean is the business of the room that made it.
BUTTONS: dict[str, tuple[frozenset[Role], Handler]] = {
    **dict.fromkeys(access.BUTTONS, (ANYONE, access.button)),
    **{prefix: (PATIENTS, handler) for prefix, handler in patient.BUTTONS.items()},
    **{prefix: (PATIENTS | STAFF, handler) for prefix, handler in patient.SHARED_BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in enrolling.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in practitioner.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in planning.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in plan_result.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in plan_news.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in attending.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in alerting.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in reviewing.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in inbox_view.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in writing.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in person.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in oncalling.BUTTONS.items()},
    **{prefix: (MANAGERS, handler) for prefix, handler in clinic.BUTTONS.items()},
    **{prefix: (MANAGERS, handler) for prefix, handler in clinic_staff.BUTTONS.items()},
    **{prefix: (MANAGERS, handler) for prefix, handler in auditing.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in exporting.BUTTONS.items()},
    **{prefix: (STAFF, handler) for prefix, handler in figuring.BUTTONS.items()},
    **{prefix: (MANAGERS, handler) for prefix, handler in grouping.BUTTONS.items()},
    **{prefix: (MANAGERS, handler) for prefix, handler in adjusting.BUTTONS.items()},
}

# Dialogues that take what is written next; the name is the one in the dialogues table.
DIALOGUES: dict[str, tuple[frozenset[Role], Handler]] = {
    **{name: (PATIENTS, handler) for name, handler in patient.DIALOGUES.items()},
    **{name: (STAFF, handler) for name, handler in enrolling.DIALOGUES.items()},
    **{name: (STAFF, handler) for name, handler in practitioner.DIALOGUES.items()},
    **{name: (STAFF, handler) for name, handler in planning.DIALOGUES.items()},
    **{name: (STAFF, handler) for name, handler in writing.DIALOGUES.items()},
    **{name: (STAFF, handler) for name, handler in person.DIALOGUES.items()},
    **{name: (STAFF, handler) for name, handler in oncalling.DIALOGUES.items()},
    **{name: (MANAGERS, handler) for name, handler in clinic.DIALOGUES.items()},
    **{name: (MANAGERS, handler) for name, handler in adjusting.DIALOGUES.items()},
}
