"""The plan that an enrollment is about to make, in words: every message with its local time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from bot.practitioner.enroll_buttons import Row, Screen, data, other_reading
from bot.practitioner.enroll_draft import Draft
from bot.step_names import step_name
from bot.turn import Turn
from messages.protocol import Protocol, Step
from messages.render import Html, clock, day_from, moment
from scheduler import enrollment
from scheduler.timing import Planned
from scheduler.wallclock import local_date

# A page of the plan stays well under the 4,096 characters of a message, what was chosen included.
_PAGE_LETTERS: Final = 2_400
_LIVE: Final = ("invited", "active", "paused")


def laid_out(turn: Turn, draft: Draft) -> tuple[Planned, ...]:
    """Return the plan that the draft would make from now on; empty without a protocol."""
    protocol = draft.protocol(turn.catalogue)
    if protocol is None:
        return ()
    return enrollment.lay_out(protocol, draft.choice(protocol), turn.clinic, now=turn.now)


def promised(plan: Sequence[Planned]) -> tuple[str, ...]:
    """Return which messages a plan holds, so that a later look can tell whether one was lost."""
    return tuple(f"{step.step_key}.{step.occurrence}" for step in plan if not step.skipped)


def shown(turn: Turn, draft: Draft) -> Draft:
    """Return the draft with the plan of this moment as what was promised."""
    return replace(draft, promised=promised(laid_out(turn, draft)))


def screen(turn: Turn, draft: Draft, summary: str, note: str | None) -> Screen:
    """Return the plan's message: HTML and rows of buttons."""
    plan = laid_out(turn, draft)
    sheets = pages(turn, draft, plan)
    page = min(max(draft.page, 0), len(sheets) - 1)
    parts = [turn.text("practitioner.enroll.title"), summary]
    parts += [note] if note else []
    parts += [warning] if (warning := _already(turn, draft)) else []
    parts.append(sheets[page])
    if len(sheets) > 1:
        parts.append(
            turn.text("practitioner.enroll.plan.page.text", page=page + 1, pages=len(sheets))
        )
    rows = [
        other_reading(turn, draft),
        _turning(turn, draft, page, len(sheets)),
        _decision(turn, draft, going=bool(promised(plan))),
        (turn.button("practitioner.enroll.button.cancel", data(draft, "x")),),
    ]
    return "\n\n".join(parts), tuple(row for row in rows if row)


def _turning(turn: Turn, draft: Draft, page: int, pages: int) -> Row:
    def button(name: str, to: int) -> Row:
        carried = data(draft, "p", to)
        return (turn.button(f"practitioner.enroll.button.{name}", carried),)

    row: Row = ()
    if page > 0:
        row += button("earlier_page", page - 1)
    if page + 1 < pages:
        row += button("later_page", page + 1)
    return row


def _decision(turn: Turn, draft: Draft, *, going: bool) -> Row:
    change = turn.button("practitioner.enroll.button.change", data(draft, "m"))
    if not going:
        return (change,)
    return (
        turn.button("practitioner.enroll.button.confirm", data(draft, "c")),
        change,
    )


def _already(turn: Turn, draft: Draft) -> Html | None:
    """Warn that the same person has a running plan for the same treatment."""
    same = draft.answers.get("same")
    if not same or not any(
        row["treatment"] == draft.answers["treatment"] and row["status"] in _LIVE
        for row in enrollment.of_patient(turn.tx, same)
    ):
        return None
    return turn.text(
        "practitioner.enroll.note.already",
        label=draft.answers["label"],
        treatment=turn.catalogue.treatment_name(turn.language, draft.answers["treatment"]),
    )


def pages(turn: Turn, draft: Draft, plan: Sequence[Planned]) -> list[str]:
    """Return the plan's pages as HTML, days kept whole where they fit."""
    protocol = draft.protocol(turn.catalogue)
    if protocol is None or not promised(plan):
        return [turn.text("practitioner.enroll.plan.empty.text")]
    intro = _intro(turn, protocol, plan)
    sheets = [f"{intro}\n\n"]
    left_out = list(_skipped(turn, protocol, plan))
    if left_out:
        left_out[0] = f"\n{turn.text('practitioner.enroll.plan.skipped.title')}\n{left_out[0]}"
    for block in [*_days(turn, protocol, plan), *left_out]:
        if len(sheets[-1]) + len(block) > _PAGE_LETTERS:
            sheets.append("")
        sheets[-1] += f"{block}\n"
    return [sheet.strip() for sheet in sheets]


def _intro(turn: Turn, protocol: Protocol, plan: Sequence[Planned]) -> str:
    going = [step for step in plan if not step.skipped]
    steps = [protocol.step(step.step_key) for step in going]
    marks = {
        "asks": any(step.questions for step in steps),
        "photo": any(step.photo for step in steps),
        "file": any(step.attachment for step in steps),
        "moved": any(step.moved for step in going),
    }
    legend = " · ".join(
        turn.text(f"practitioner.enroll.plan.legend.{mark}") for mark, used in marks.items() if used
    )
    count = turn.text("practitioner.enroll.plan.count", n=len(going))
    intro = turn.text("practitioner.enroll.plan.intro", zone=turn.clinic.timezone)
    return f"{intro}\n{count}" + (f" · {legend}" if legend else "")


def _days(turn: Turn, protocol: Protocol, plan: Sequence[Planned]) -> Iterator[str]:
    zone = turn.clinic.timezone
    going = [step for step in plan if not step.skipped]
    for _, steps in groupby(going, key=lambda step: local_date(step.ready_at, zone)):
        of_day = list(steps)
        lines = [_line(turn, protocol, step) for step in of_day]
        heading = f"<b>{day_from(turn.now, of_day[0].ready_at, zone, turn.language)}</b>"
        # Most days have one message: then the day and the message share a line.
        yield f"{heading} {lines[0]}" if len(lines) == 1 else "\n".join([heading, *lines])


def _line(turn: Turn, protocol: Protocol, planned: Planned) -> str:
    return turn.text(
        f"practitioner.enroll.plan.line.{'step' if planned.ready_at > turn.now else 'now'}",
        clock=clock(planned.ready_at, turn.clinic.timezone, turn.language),
        topic=_about(turn, protocol, planned),
        marks=_marks(protocol.step(planned.step_key), planned),
    )


def _skipped(turn: Turn, protocol: Protocol, plan: Sequence[Planned]) -> Iterator[str]:
    for step in plan:
        if step.skipped:
            yield turn.text(
                "practitioner.enroll.plan.line.skipped",
                topic=_about(turn, protocol, step),
                moment=moment(step.due_at, turn.clinic.timezone, turn.language),
                why=turn.text(f"practitioner.enroll.plan.skipped.{step.skipped}"),
            )


def _about(turn: Turn, protocol: Protocol, planned: Planned) -> str:
    return step_name(turn, "practitioner", protocol.treatment, planned.step_key)


def _marks(step: Step, planned: Planned) -> str:
    marks = [
        "❓" if step.questions else "",
        "📷" if step.photo else "",
        "📅" if step.attachment else "",
        "🌙" if planned.moved else "",
    ]
    return "".join(f" {mark}" for mark in marks if mark)
