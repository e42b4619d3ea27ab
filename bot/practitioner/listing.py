"""The list of patients: who is in it, searched by words and by buttons, page by page."""

from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

from bot.carried import CARD, is_number
from bot.names import bare
from bot.practitioner import enroll_answers, enroll_names
from bot.practitioner.card_words import day_of_course, mark_of, treatment_name
from bot.practitioner.leaving import SEARCH
from bot.turn import Turn
from messages.markup import Html
from scheduler import roster
from scheduler.channel import Button
from scheduler.roster import STATUSES, Listed, Status, Wanted
from scheduler.staff import Staff

PAGE: Final = 8

_NONE: Final = "-"
_NAME_WORDS: Final = 4
"""The longest name of a treatment or a status that is looked for in a search has so many words."""


@dataclass(frozen=True, slots=True)
class _View:
    """What a list shows: whom, and which page: next to a patient (an id), or the newest.

    The buttons carry all of it but the words, which stay in the dialogue of the chat.
    """

    wanted: Wanted = roster.EVERYBODY
    before: int | None = None
    after: int | None = None

    def carried(self, action: str) -> str:
        """Return what a button carries that leads here."""
        status = str(STATUSES.index(self.wanted.status)) if self.wanted.status else _NONE
        treatment = _digest(self.wanted.treatment) if self.wanted.treatment else _NONE
        place = "n"
        if self.before is not None:
            place = f"b{self.before}"
        elif self.after is not None:
            place = f"a{self.after}"
        return f"{CARD}:{action}:{status}:{treatment}:{place}:{_digest(self.wanted.words)}"


def say(turn: Turn, member: Staff, written: str, *, choose: bool = False) -> None:
    """Say the list of whom ``written`` describes: a treatment, a status, a part of a label.

    ``choose`` takes all of it as a part of a label, of which one is to be chosen.
    """
    shortened = enroll_answers.quoted(written)[: enroll_answers.LABEL_LENGTH]
    wanted = Wanted(words=shortened) if choose else _read(turn, shortened)
    html, buttons = _list(turn, member, _View(wanted), choose=choose)
    row = turn.say(html, buttons)
    if turn.dialogue is None or turn.dialogue.name == SEARCH:
        # An enrollment in the middle keeps its place: then the list has no search of its own.
        turn.open_dialogue(SEARCH, {"search": wanted.words}, outbox_id=row)


def pressed(turn: Turn, member: Staff, carried: list[str], *, choose: bool) -> None:
    """Show what a button of the list leads to: a page, or (``choose``) the filters."""
    view = _parse(turn, carried)
    if view is None:
        turn.toast("patient.start.old_button")
    elif choose:
        turn.edit(*_filters(turn, view))
    else:
        turn.edit(*_list(turn, member, view))


def _parse(turn: Turn, carried: list[str]) -> _View | None:
    """Read a button back; None if it is none, or its search is over."""
    match carried:
        case [status, treatment, place, told]:
            words = _words(turn, told)
            treatments = {_digest(key): key for key in turn.catalogue.protocols} | {_NONE: ""}
            statuses = {str(n): each for n, each in enumerate(STATUSES)}
            side, number = place[:1], place[1:]
            if words is None or treatment not in treatments or side not in ("n", "b", "a"):
                return None
            if status not in statuses and status != _NONE:
                return None
            if side != "n" and not is_number(number):
                return None
            return _View(
                Wanted(words, statuses.get(status), treatments[treatment]),
                before=int(number) if side == "b" else None,
                after=int(number) if side == "a" else None,
            )
    return None


def _words(turn: Turn, told: str) -> str | None:
    """Return the words of the search that a button belongs to; None if that one is over."""
    if told == _digest(""):
        return ""
    if turn.dialogue is None or turn.dialogue.name != SEARCH:
        return None
    words = str(turn.dialogue.data.get("search", ""))
    return words if told == _digest(words) else None


def _digest(text: str) -> str:
    """Return what a button carries of a text: enough to tell one from another."""
    return format(crc32(text.encode()), "x")


def _read(turn: Turn, written: str) -> Wanted:
    """Read a treatment and a status out of what was written; the rest is a part of a label."""
    treatments = {
        bare(spelling): key
        for key, spellings in enroll_names.treatments(turn.catalogue).items()
        for spelling in spellings
    }
    statuses: dict[str, Status] = {
        bare(turn.catalogue.label(language, f"practitioner.people.status.{each}")): (each)
        for language in turn.catalogue.languages
        for each in STATUSES
    }
    wanted = Wanted()
    left = written.split()
    for size in range(_NAME_WORDS, 0, -1):
        for start in range(len(left) - size + 1):
            name = bare(" ".join(left[start : start + size]))
            if not wanted.treatment and name in treatments:
                wanted = replace(wanted, treatment=treatments[name])
            elif wanted.status is None and name in statuses:
                wanted = replace(wanted, status=statuses[name])
            else:
                continue
            del left[start : start + size]
            break
    return replace(wanted, words=" ".join(left))


def _list(
    turn: Turn, member: Staff, view: _View, *, choose: bool = False
) -> tuple[str, list[list[Button]]]:
    found, newer, older = _page(turn, member, view)
    if not found:
        return _nobody(turn, view)
    rows = [[_line(turn, listed)] for listed in found]
    turning: list[Button] = []
    if newer:
        to_newer = replace(view, before=None, after=found[0].patient.id)
        turning.append(_button(turn, "newer", to_newer))
    if older:
        to_older = replace(view, before=found[-1].patient.id, after=None)
        turning.append(_button(turn, "older", to_older))
    if turning:
        rows.append(turning)
    parts = [_title(turn, member, view.wanted, choose=choose)]
    if not choose:
        rows.append([_button(turn, "filter", view, action="o")])
        parts.append(turn.text("practitioner.list.how"))
    return "\n\n".join(parts), rows


def _page(turn: Turn, member: Staff, view: _View) -> tuple[list[Listed], bool, bool]:
    """Return a page, and whether there are newer and older ones."""
    found = roster.page(
        turn.tx,
        member,
        view.wanted,
        limit=PAGE + 1,
        now=turn.now,
        before=view.before,
        after=view.after,
    )
    if view.after is not None:
        if len(found) > PAGE:
            return found[1:], True, True
        # The way up has come to its end: the first page is a whole one.
        return _page(turn, member, replace(view, after=None))
    return found[:PAGE], view.before is not None, len(found) > PAGE


def _nobody(turn: Turn, view: _View) -> tuple[str, list[list[Button]]]:
    wanted = view.wanted
    if wanted == roster.EVERYBODY:
        return turn.text("practitioner.list.none"), []
    everybody = _button(turn, "all", _View())
    if wanted.status is None and not wanted.treatment:
        return turn.text("practitioner.list.none_found", search=wanted.words), [[everybody]]
    what = _filter_line(turn, wanted)
    text = "\n\n".join([what, turn.text("practitioner.people.nobody")])
    return text, [[_button(turn, "filter", replace(view, before=None), action="o"), everybody]]


def _title(turn: Turn, member: Staff, wanted: Wanted, *, choose: bool) -> Html:
    if choose:
        return turn.text("practitioner.list.title_choose", search=wanted.words)
    if wanted.words:
        title = turn.text("practitioner.list.title_found", search=wanted.words)
    else:
        title = turn.text(f"practitioner.list.title{'_all' if member.role == 'manager' else ''}")
    filters = _filter_line(turn, replace(wanted, words=""))
    return Html(f"{title}\n{filters}") if filters else title


def _filter_line(turn: Turn, wanted: Wanted) -> Html:
    """Return in words what a list is narrowed down to; empty where it is not."""
    found: list[str] = []
    if wanted.words:
        found.append(f"“{wanted.words}”")
    if wanted.treatment:
        found.append(treatment_name(turn, wanted.treatment))
    if wanted.status:
        found.append(_status_name(turn, wanted.status))
    if not found:
        return Html("")
    return turn.text("practitioner.people.filtered", what=" · ".join(found))


def _status_name(turn: Turn, status: Status) -> str:
    return turn.catalogue.label(turn.language, f"practitioner.people.status.{status}")


def _filters(turn: Turn, view: _View) -> tuple[str, list[list[Button]]]:
    """Return the choice of statuses and treatments; what is chosen is marked, and taken off."""
    here = replace(view, before=None, after=None)

    def choice(name: str, chosen: bool, wanted: Wanted) -> Button:
        mark = "chosen" if chosen else "choice"
        return turn.button(
            f"practitioner.people.button.{mark}",
            replace(here, wanted=wanted).carried("l"),
            name=name,
        )

    wanted = here.wanted
    statuses = [
        choice(
            _status_name(turn, each),
            wanted.status == each,
            replace(wanted, status=None if wanted.status == each else each),
        )
        for each in STATUSES
    ]
    treatments = [
        choice(
            treatment_name(turn, each),
            wanted.treatment == each,
            replace(wanted, treatment="" if wanted.treatment == each else each),
        )
        for each in turn.catalogue.protocols
    ]
    rows = [statuses[start : start + 2] for start in range(0, len(statuses), 2)]
    rows += [[each] for each in treatments]
    rows.append([_button(turn, "back", view), _button(turn, "all", _View())])
    return turn.text("practitioner.people.filter"), rows


def _button(turn: Turn, name: str, view: _View, *, action: str = "l") -> Button:
    return turn.button(f"practitioner.list.button.{name}", view.carried(action))


def _line(turn: Turn, listed: Listed) -> Button:
    mark = mark_of(turn, listed)
    carried = f"{CARD}:c:{listed.patient.id}"
    row = listed.enrollment
    if row is None or listed.session_at is None:
        return turn.button(
            "practitioner.list.button.bare", carried, mark=mark, label=listed.patient.label
        )
    return turn.button(
        "practitioner.list.button.patient",
        carried,
        mark=mark,
        label=listed.patient.label,
        treatment=treatment_name(turn, row["treatment"]),
        day=day_of_course(turn, listed.session_at),
    )
