"""``aftercare check`` and ``aftercare preview``: a clinic's words, before anybody gets them."""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot.settings import SettingsInvalid, load_settings
from messages import preview as timeline
from messages.catalogue import SHIPPED, Catalogue, CatalogueInvalid, load
from messages.check import check as examine
from messages.protocol import Protocol
from messages.render import moment, moment_long
from messages.triage import Triage
from scheduler.clinic import Clinic
from scheduler.clock import SystemClock
from scheduler.enrollment import Choice, lay_out
from scheduler.timing import Planned, expected_at, late_action
from scheduler.wallclock import first_moment

_out = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)
# A consultation's visit lies ahead of its messages: the preview stands this long before it.
_BEFORE_A_VISIT_MS = 30 * 24 * 60 * 60 * 1000


def failure(headline: str, *faults: str) -> typer.Exit:
    """Print what is wrong, a fault a line, to standard error; returns what to raise (exit 1)."""
    _errors.print(Text(headline, style="bold red"))
    for fault in faults:
        _errors.print(Text(f"  {fault}"), soft_wrap=True)
    return typer.Exit(1)


def check(directory: Path | None) -> int:
    """Print every issue of the shipped content, or of a clinic's own laid over it."""
    directories = (SHIPPED,) if directory is None else (SHIPPED, directory)
    issues = examine(*directories)
    for issue in issues:
        typer.echo(str(issue))
    if issues:
        return 1
    typer.echo(
        "No issues in the protocols and texts. A clinician must sign the texts off all the same:\n"
        "nothing in them is medical advice, and no program can check that they are right."
    )
    return 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked to see; times as they were written."""

    treatment: str
    language: str
    session: str | None
    next_session: str | None
    timezone: str | None
    area: str | None
    lipolytic: bool
    filler: bool


def preview(asked: Asked, *, as_json: bool) -> int:
    """Print a patient's whole timeline for a session."""
    clinic, own = _clinic()
    if asked.timezone:
        clinic = replace(clinic, timezone=asked.timezone)
    catalogue = _catalogue(own, clinic.language)
    protocol = _protocol(catalogue, asked.treatment)
    if asked.language not in catalogue.languages:
        languages = ", ".join(catalogue.languages)
        raise failure(f'There are no texts in "{asked.language}"; the languages: {languages}')
    choice = _choice(asked, protocol, clinic)
    now = choice.session_at
    if protocol.kind == "consultation":
        now -= _BEFORE_A_VISIT_MS
    planned = lay_out(protocol, choice, clinic, now=now)
    rows = timeline.rows(
        catalogue,
        protocol.treatment,
        asked.language,
        [
            timeline.Moment(
                step.step_key,
                step.ready_at,
                step.useful_until,
                late=_goes_late(catalogue, protocol, step, clinic),
            )
            for step in planned
            if not step.skipped
        ],
        zone=clinic.timezone,
        params=_params(catalogue, clinic, choice, asked.language),
    )
    skipped = [step for step in planned if step.skipped]
    if as_json:
        typer.echo(json.dumps(_document(asked, clinic, choice, rows, skipped), ensure_ascii=False))
    else:
        _show(catalogue, asked, clinic, choice, rows, skipped)
    return 0


def _goes_late(catalogue: Catalogue, protocol: Protocol, planned: Planned, clinic: Clinic) -> bool:
    """Whether the night makes a step so late that it goes in its late words."""
    step = protocol.step(planned.step_key)
    action = late_action(
        has_late_text=catalogue.has_late_text(protocol.treatment, step.key),
        ready=expected_at(step, planned.due_at, clinic.quiet, clinic.timezone),
        until=planned.useful_until,
        now=planned.ready_at,
    )
    return action == "send_late"


def _clinic() -> tuple[Clinic, Path | None]:
    """Return the clinic of the settings, or a made-up one where there are none yet."""
    try:
        settings = load_settings()
    except SettingsInvalid:
        return Clinic("your clinic", "UTC", "en", "+00 000 000 000", "112"), None
    return (
        Clinic(
            name=settings.clinic_name,
            timezone=settings.clinic_timezone,
            language=settings.clinic_language,
            phone=settings.clinic_phone,
            emergency=settings.emergency_number,
            quiet=settings.quiet_hours,
        ),
        settings.protocols_dir,
    )


def reader(directory: Path | None) -> Triage:
    """Return the triage with a clinic's own words: those of ``directory``, else of its settings."""
    clinic, own = _clinic()
    given = os.environ.get("PROTOCOLS_DIR")
    own = directory or own or (Path(given) if given else None)
    return _catalogue(own, clinic.language).triage


def _catalogue(own: Path | None, language: str) -> Catalogue:
    try:
        return load(*((SHIPPED, own) if own else (SHIPPED,)), default=language)
    except CatalogueInvalid as invalid:
        raise failure(
            "The protocols or texts need a look:",
            *(str(issue) for issue in invalid.issues if issue.blocks),
        ) from None


def _protocol(catalogue: Catalogue, treatment: str) -> Protocol:
    found = catalogue.protocols.get(treatment)
    if found is not None:
        return found
    nearest = catalogue.nearest_treatment(treatment, "en")
    hint = f"did you mean {nearest}?" if nearest else "there is nothing like it"
    raise failure(
        f'There is no treatment "{treatment}"; {hint}',
        f"The treatments: {', '.join(sorted(catalogue.protocols))}",
    )


def _choice(asked: Asked, protocol: Protocol, clinic: Clinic) -> Choice:
    faults: list[str] = []
    session_at = SystemClock().now()
    next_at: int | None = None
    try:
        ZoneInfo(clinic.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise failure(f'--timezone: "{clinic.timezone}" is not an IANA time zone') from None
    if asked.session is not None:
        session_at = _instant(asked.session, "--session", clinic, faults) or session_at
    if asked.next_session is not None:
        next_at = _instant(asked.next_session, "--next", clinic, faults)
        if next_at is not None and next_at <= session_at:
            faults.append("--next: lies before the session")
    area = asked.area or (protocol.areas[0] if protocol.areas else "")
    if area and area not in protocol.areas:
        faults.append(f'--area: "{area}" is none of {", ".join(protocol.areas)}')
    if asked.lipolytic and protocol.lipolytic == "never":
        faults.append(f"--lipolytic: {protocol.treatment} is never fat-dissolving")
    if asked.filler and protocol.filler == "never":
        faults.append(f"--filler: {protocol.treatment} never uses filler")
    if faults:
        raise failure("This preview cannot be made:", *faults)
    return Choice(
        treatment=protocol.treatment,
        area=area,
        label="",
        session_at=session_at,
        next_at=next_at,
        lipolytic=asked.lipolytic or protocol.lipolytic == "always",
        filler=asked.filler,
    )


def _instant(words: str, option: str, clinic: Clinic, faults: list[str]) -> int | None:
    try:
        reading = datetime.fromisoformat(words)
    except ValueError:
        faults.append(f'{option}: "{words}" is not a local time such as 2026-05-04T10:00')
        return None
    if reading.tzinfo is not None:
        return int(reading.timestamp() * 1000)
    return first_moment(reading.date(), reading.time(), clinic.timezone)


def _params(
    catalogue: Catalogue, clinic: Clinic, choice: Choice, language: str
) -> dict[str, object]:
    zone = clinic.timezone
    following = (
        catalogue.text(language, "patient.visit.none")
        if choice.next_at is None
        else moment(choice.next_at, zone, language)
    )
    return {
        "clinic": clinic.name,
        "phone": clinic.phone,
        "emergency": clinic.emergency,
        "session_day": moment(choice.session_at, zone, language),
        "next_session": following,
    }


def _document(
    asked: Asked,
    clinic: Clinic,
    choice: Choice,
    rows: tuple[timeline.Row, ...],
    skipped: list[Planned],
) -> dict[str, Any]:
    return {
        "treatment": asked.treatment,
        "language": asked.language,
        "timezone": clinic.timezone,
        "area": choice.area,
        "lipolytic": choice.lipolytic,
        "messages": [asdict(row) for row in rows],
        "skipped": [
            {"key": step.step_key, "due_at": step.due_at, "reason": step.skipped}
            for step in skipped
        ],
    }


def _show(
    catalogue: Catalogue,
    asked: Asked,
    clinic: Clinic,
    choice: Choice,
    rows: tuple[timeline.Row, ...],
    skipped: list[Planned],
) -> None:
    name = catalogue.treatment_name(asked.language, choice.treatment)
    session = moment_long(choice.session_at, clinic.timezone, asked.language)
    _out.print(Text(f"{name} · {session}", style="bold"))
    for row in rows:
        body = Text(row.text)
        for question in row.questions:
            body.append(f"\n\n{question.text}\n", style="bold")
            body.append(" ".join(f"[{answer}]" for answer in question.answers), style="cyan")
        _out.print(
            Panel(
                body,
                title=Text(f"{row.when}  ·  {row.key}"),
                title_align="left",
                subtitle=Text(f"useful until {row.useful_until}", style="dim"),
                subtitle_align="right",
            )
        )
    for step in skipped:
        why = "over before it could go" if step.skipped == "past" else "would only arrive at night"
        _out.print(Text(f"skipped: {step.step_key} ({why})", style="yellow"))
