"""/audit: who saw, changed, sent and exported what, in sentences, for managers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.carried import is_number, number
from bot.clinic.audit_words import sentence
from bot.names import bare
from bot.practitioner.card_words import told_apart
from bot.turn import Turn
from messages.markup import Html
from messages.render import clock, day, day_long
from scheduler import audit, patients, roster
from scheduler import staff as team
from scheduler.audit import GROUPS, Cursor, Question
from scheduler.channel import Button
from scheduler.roster import Wanted
from scheduler.staff import Staff
from scheduler.wallclock import local_date

PREFIX: Final = "u"
PAGE: Final = 12
_TEAM: Final = 12
"""So many people are offered by button; the others are named in words."""
_NONE: Final = "-"
_LETTERS: Final = 28
_OFFERED: Final = 12
"""So many that words may mean have a button."""
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


@dataclass(frozen=True, slots=True)
class _Meant:
    """What words may mean: the events to show, and what a button with them is called."""

    question: Question
    name: str = ""


def show(turn: Turn) -> None:
    """Answer /audit, also of somebody: /audit Dr. Ruiz, /audit A.P., /audit exported."""
    written = turn.incoming.argument
    if not written:
        turn.say(*_list(turn, _View()))
        return
    found = _read(turn, written)
    words = _short(written)
    if not found:
        turn.say(turn.text("clinic.audit.nobody", words=words))
    elif len(found) == 1:
        turn.say(*_list(turn, _View(found[0].question)))
    else:
        rows = [
            [Button(each.name, data=_View(each.question).carried("l"))] for each in found[:_OFFERED]
        ]
        turn.say(turn.text("clinic.audit.which", words=words), rows)


def _read(turn: Turn, written: str) -> list[_Meant]:
    """Read a group, members of the team (also who has left), or patients out of words."""
    wanted = bare(written)
    for group in GROUPS:
        names = {
            bare(turn.catalogue.label(language, f"clinic.audit.group.{group}"))
            for language in turn.catalogue.languages
        }
        if wanted in names:
            return [_Meant(Question(group=group))]
    members = [each for each in team.everyone_ever(turn.tx) if bare(each.name) == wanted]
    if members:
        return [_member(turn, each) for each in members]
    if turn.staff is None:
        return []
    exact = roster.labelled(turn.tx, turn.staff, " ".join(written.split()))
    by_number = number(written)
    numbered = patients.by_id(turn.tx, by_number) if by_number is not None else None
    if not exact and numbered is not None:
        return [_Meant(Question(patient_id=numbered.id))]
    listed = [roster.listed(turn.tx, turn.staff, each.id) for each in exact] or roster.page(
        turn.tx, turn.staff, Wanted(words=written), limit=_OFFERED, now=turn.now
    )
    return [
        _Meant(Question(patient_id=each.patient.id), told_apart(turn, each))
        for each in listed
        if each is not None
    ]


def _member(turn: Turn, member: Staff) -> _Meant:
    """Return somebody of the team; who left and came back is told apart by the day they joined."""
    since = day(member.since, turn.clinic.timezone, turn.language)
    name = turn.catalogue.label(
        turn.language, "clinic.audit.button.member", name=_short(member.name), since=since
    )
    return _Meant(Question(actor=member.actor), name)


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
            if not all(map(is_number, numbers)):
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
        label = patient.label if patient else ""
        found.append(turn.text("clinic.audit.patient", label=label, number=question.patient_id))
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
