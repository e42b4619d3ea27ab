"""/audit: who saw, changed, sent and exported what, in sentences, for managers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.clinic.audit_words import sentence
from bot.practitioner.enroll_names import bare
from bot.turn import Turn
from messages.markup import Html
from messages.render import clock, day_long
from scheduler import audit, patients, roster
from scheduler import staff as team
from scheduler.audit import GROUPS, Cursor, Question
from scheduler.channel import Button
from scheduler.roster import Wanted
from scheduler.wallclock import local_date

PREFIX: Final = "u"
PAGE: Final = 12
_TEAM: Final = 12
"""So many people are offered by button; the others are named in words."""
_NONE: Final = "-"
_LETTERS: Final = 28
_LARGEST: Final = 1 << 62
_EVERYTHING: Final = Question()


@dataclass(frozen=True, slots=True)
class _View:
    """What is shown: which events, and from where on."""

    question: Question = _EVERYTHING
    before: Cursor | None = None

    def carried(self, action: str) -> str:
        """Return what a button carries that leads here."""
        asked = self.question
        group = str(GROUPS.index(asked.group)) if asked.group else _NONE
        who = asked.actor.removeprefix("staff:") if asked.actor else _NONE
        patient = str(asked.patient_id) if asked.patient_id is not None else _NONE
        place = f"{self.before.at}.{self.before.id}" if self.before else _NONE
        return f"{PREFIX}:{action}:{group}:{who}:{patient}:{place}"


def show(turn: Turn) -> None:
    """Answer /audit, also of somebody: /audit Dr. Ruiz, /audit A.P., /audit exported."""
    written = turn.incoming.argument
    if not written:
        turn.say(*_list(turn, _View()))
        return
    question = _read(turn, written)
    if question is None:
        turn.say(turn.text("clinic.audit.nobody", words=_short(written)))
        return
    turn.say(*_list(turn, _View(question)))


def _read(turn: Turn, written: str) -> Question | None:
    """Read a group, a member of the team (also one who has left), or a patient out of words."""
    wanted = bare(written)
    for group in GROUPS:
        names = {
            bare(turn.catalogue.label(language, f"clinic.audit.group.{group}"))
            for language in turn.catalogue.languages
        }
        if wanted in names:
            return Question(group=group)
    for member in team.everyone_ever(turn.tx):
        if bare(member.name) == wanted:
            return Question(actor=member.actor)
    if turn.staff is None:
        return None
    exact = roster.labelled(turn.tx, turn.staff, " ".join(written.split()))
    if exact:
        return Question(patient_id=exact[0].id)
    if written.isascii() and written.isdecimal() and int(written) < _LARGEST:
        numbered = patients.by_id(turn.tx, int(written))
        if numbered is not None:
            return Question(patient_id=numbered.id)
    found = roster.page(turn.tx, turn.staff, Wanted(words=written), limit=1, now=turn.now)
    return Question(patient_id=found[0].patient.id) if found else None


def _button(turn: Turn) -> None:
    match turn.incoming.data.split(":")[1:]:
        case ["l" | "o" as action, *carried]:
            view = _parse(carried)
            if view is None:
                turn.toast("patient.start.old_button")
            elif action == "o":
                turn.edit(*_filters(turn, view))
            else:
                turn.edit(*_list(turn, view))
        case _:
            turn.toast("patient.start.old_button")


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}


def of_patient(patient_id: int) -> str:
    """Return what a button carries that leads to all about one patient."""
    return _View(Question(patient_id=patient_id)).carried("l")


def _parse(carried: list[str]) -> _View | None:
    match carried:
        case [group, who, patient, place]:
            numbers = [each for each in (group, who, patient) if each != _NONE]
            numbers += place.split(".") if place != _NONE else []
            if not all(_is_number(each) for each in numbers):
                return None
            if group != _NONE and int(group) >= len(GROUPS):
                return None
            if place != _NONE and place.count(".") != 1:
                return None
            return _View(
                Question(
                    group=None if group == _NONE else GROUPS[int(group)],
                    actor=None if who == _NONE else f"staff:{who}",
                    patient_id=None if patient == _NONE else int(patient),
                ),
                None if place == _NONE else Cursor(*map(int, place.split("."))),
            )
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) < _LARGEST


def _list(turn: Turn, view: _View) -> tuple[str, list[list[Button]]]:
    found = audit.entries(turn.tx, view.question, limit=PAGE + 1, before=view.before)
    zone = turn.clinic.timezone
    text = ""
    today: date | None = None
    for row in found[:PAGE]:
        if local_date(row["at"], zone) != today:
            today = local_date(row["at"], zone)
            text += f"\n\n<b>{day_long(row['at'], zone, turn.language)}</b>"
        text += "\n" + turn.text(
            "clinic.audit.line",
            clock=clock(row["at"], zone, turn.language),
            sentence=sentence(turn, row),
        )
    title = turn.text("clinic.audit.title")
    filtered = _filter_line(turn, view.question)
    if filtered:
        title = Html(f"{title}\n{filtered}")
    if not found:
        text = "\n\n" + turn.text("clinic.audit.none")
    turning: list[Button] = []
    if view.before is not None:
        turning.append(_to(turn, "newest", replace(view, before=None)))
    if len(found) > PAGE:
        last = found[PAGE - 1]
        turning.append(_to(turn, "earlier", replace(view, before=Cursor(last["at"], last["id"]))))
    rows = [turning] if turning else []
    return f"{title}{text}", [*rows, [_to(turn, "filter", view, action="o")]]


def _to(turn: Turn, name: str, view: _View, *, action: str = "l") -> Button:
    return turn.button(f"clinic.audit.button.{name}", view.carried(action))


def _filter_line(turn: Turn, question: Question) -> Html:
    found: list[str] = []
    if question.group:
        found.append(turn.catalogue.label(turn.language, f"clinic.audit.group.{question.group}"))
    if question.actor:
        member = team.ever(turn.tx, int(question.actor.removeprefix("staff:")))
        found.append(member.name if member else question.actor)
    if question.patient_id is not None:
        patient = patients.by_id(turn.tx, question.patient_id)
        found.append(patient.label if patient else f"{question.patient_id}")
    if not found:
        return Html("")
    return turn.text("clinic.audit.filtered", what=" · ".join(found))


def _filters(turn: Turn, view: _View) -> tuple[str, list[list[Button]]]:
    here = replace(view, before=None)
    asked = here.question

    def choice(name: str, chosen: bool, question: Question) -> Button:
        return turn.button(
            f"clinic.audit.button.{'chosen' if chosen else 'choice'}",
            replace(here, question=question).carried("l"),
            name=name,
        )

    groups = [
        choice(
            turn.catalogue.label(turn.language, f"clinic.audit.group.{group}"),
            asked.group == group,
            replace(asked, group=None if asked.group == group else group),
        )
        for group in GROUPS
    ]
    people = [
        choice(
            _short(member.name),
            asked.actor == member.actor,
            replace(asked, actor=None if asked.actor == member.actor else member.actor),
        )
        for member in team.everyone(turn.tx)[:_TEAM]
    ]
    rows = [groups[start : start + 2] for start in range(0, len(groups), 2)]
    rows += [people[start : start + 2] for start in range(0, len(people), 2)]
    rows.append([_to(turn, "back", view), _to(turn, "all", _View())])
    return turn.text("clinic.audit.filter"), rows


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
