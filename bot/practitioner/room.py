"""The practitioner's room: the list of patients, the way to one's card, and stray words."""

from collections.abc import Callable, Mapping
from typing import Final
from zlib import crc32

from bot.practitioner import card, conversing, enroll_answers, stray
from bot.practitioner.card_words import PREFIX, day_of_course, mark_of, treatment_name
from bot.turn import Turn
from messages.markup import Html
from scheduler import roster
from scheduler.channel import Button
from scheduler.patients import Patient
from scheduler.roster import Listed
from scheduler.staff import Staff
from scheduler.wallclock import MINUTE

SEARCH: Final = "patients"
PAGE: Final = 8
SEARCH_LASTS: Final = 30 * MINUTE
"""For so long after the list a text is a search; later it is likely to be meant otherwise."""

_LARGEST_ID: Final = 1 << 62


def patients(turn: Turn) -> None:
    """/patients: the list, newest first; what is written next searches it."""
    if turn.staff is None:
        return
    _say_list(turn, turn.staff, turn.incoming.argument)


def patient(turn: Turn) -> None:
    """/patient A.P., or /patient 12: one card; several matches are offered as buttons."""
    search = turn.incoming.argument
    if turn.staff is None:
        return
    if not search:
        _say_list(turn, turn.staff, "")
        return
    found = _matching(turn, turn.staff, search)
    if len(found) == 1:
        card.show(turn, found[0])
    elif not found:
        turn.say(turn.text("practitioner.card.unknown"))
    else:
        _say_list(turn, turn.staff, search, choose=True)


def _matching(turn: Turn, member: Staff, search: str) -> list[Patient]:
    """Return whom a search names: by the exact label, else by number, else by a part of it."""
    exact = roster.labelled(turn.tx, member, " ".join(search.split()))
    if exact:
        return exact
    if search.isascii() and search.isdecimal() and int(search) < _LARGEST_ID:
        by_number = roster.seen(turn.tx, member, int(search))
        if by_number is not None:
            return [by_number]
    return [each.patient for each in roster.page(turn.tx, member, search=search, offset=0, limit=2)]


def unprompted(turn: Turn) -> None:
    """Words of staff outside a dialogue: what can be done here, and what was not done."""
    if turn.incoming.edited:
        conversing.edited(turn)
        return
    if stray.quotes_elsewhere(turn):
        return
    turn.say(turn.text("practitioner.hint.text"))


def search(turn: Turn) -> None:
    """What is written after the list searches it."""
    if turn.staff is None or turn.dialogue is None or stray.quotes_elsewhere(turn):
        return
    stale = turn.now - turn.dialogue.changed_at > SEARCH_LASTS
    if stale or turn.incoming.kind != "text":
        turn.close_dialogue()
        unprompted(turn)
        return
    _say_list(turn, turn.staff, turn.incoming.text)


def button(turn: Turn) -> None:
    """A button of the list or of a card was pressed."""
    if turn.staff is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["l", page, told] if page.isdecimal():
            _turn_page(turn, turn.staff, int(page), told)
        case [action, number, *more] if number.isdecimal() and int(number) < _LARGEST_ID:
            card.pressed(turn, action, int(number), more[0] if more else "")
        case _:
            turn.toast("patient.start.old_button")


def _say_list(turn: Turn, member: Staff, words: str, *, choose: bool = False) -> None:
    wanted = enroll_answers.quoted(words)[: enroll_answers.LABEL_LENGTH]
    html, buttons = _list(turn, member, wanted, 0, choose=choose)
    row = turn.say(html, buttons)
    if turn.dialogue is None or turn.dialogue.name == SEARCH:
        # An enrollment in the middle keeps its place: then the list has no search of its own.
        turn.open_dialogue(SEARCH, {"search": wanted}, outbox_id=row)


def _turn_page(turn: Turn, member: Staff, page: int, told: str) -> None:
    wanted = ""
    if told != _mark(""):
        open_search = turn.dialogue is not None and turn.dialogue.name == SEARCH
        wanted = str(turn.dialogue.data.get("search", "")) if turn.dialogue and open_search else ""
        if told != _mark(wanted):
            turn.toast("patient.start.old_button")
            return
    html, buttons = _list(turn, member, wanted, min(page, _LARGEST_ID // PAGE))
    turn.edit(html, buttons)


def _mark(wanted: str) -> str:
    """Return what a page button carries of the search: enough to tell one search from another."""
    return format(crc32(wanted.encode()), "x")


def _list(
    turn: Turn, member: Staff, wanted: str, page: int, *, choose: bool = False
) -> tuple[str, list[list[Button]]]:
    found = roster.page(turn.tx, member, search=wanted, offset=page * PAGE, limit=PAGE + 1)
    if not found and page == 0:
        if not wanted:
            return turn.text("practitioner.list.none"), []
        all_of_them = turn.button("practitioner.list.button.all", f"{PREFIX}:l:0:{_mark('')}")
        return turn.text("practitioner.list.none_found", search=wanted), [[all_of_them]]
    rows = [[_line(turn, listed)] for listed in found[:PAGE]]
    turning: list[Button] = []
    if page > 0:
        turning.append(_page_button(turn, "newer", page - 1, wanted))
    if len(found) > PAGE:
        turning.append(_page_button(turn, "older", page + 1, wanted))
    parts: list[Html] = [_title(turn, member, wanted, choose=choose)]
    if not choose:
        parts.append(turn.text("practitioner.list.how"))
    if turning:
        rows.append(turning)
        parts.append(turn.text("practitioner.list.page", page=page + 1))
    return "\n\n".join(parts), rows


def _title(turn: Turn, member: Staff, wanted: str, *, choose: bool) -> Html:
    if choose:
        return turn.text("practitioner.list.title_choose", search=wanted)
    if wanted:
        return turn.text("practitioner.list.title_found", search=wanted)
    return turn.text(f"practitioner.list.title{'_all' if member.role == 'manager' else ''}")


def _page_button(turn: Turn, name: str, page: int, wanted: str) -> Button:
    return turn.button(f"practitioner.list.button.{name}", f"{PREFIX}:l:{page}:{_mark(wanted)}")


def _line(turn: Turn, listed: Listed) -> Button:
    mark = mark_of(listed)
    carried = f"{PREFIX}:c:{listed.patient.id}"
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


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = {SEARCH: search}
