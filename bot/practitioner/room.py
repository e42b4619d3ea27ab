"""The practitioner's room: the list of patients, the way to one's card, and stray words."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.carried import CARD, is_number
from bot.practitioner import card, conversing, listing, stray
from bot.practitioner.leaving import SEARCH, grown_old
from bot.turn import Turn
from scheduler import roster
from scheduler.patients import Patient
from scheduler.roster import Wanted
from scheduler.staff import Staff


def patients(turn: Turn) -> None:
    """/patients: the list, newest first; what is written next searches it."""
    if turn.staff is not None:
        listing.say(turn, turn.staff, turn.incoming.argument)


def patient(turn: Turn) -> None:
    """/patient A.P., or /patient 12: one card; several matches are offered as buttons."""
    search = turn.incoming.argument
    if turn.staff is None:
        return
    if not search:
        listing.say(turn, turn.staff, "")
        return
    found = _matching(turn, turn.staff, search)
    if len(found) == 1:
        card.show(turn, found[0])
    elif not found:
        turn.say(turn.text("practitioner.card.unknown"))
    else:
        listing.say(turn, turn.staff, search, choose=True)


def _matching(turn: Turn, member: Staff, search: str) -> list[Patient]:
    """Return whom a search names: by the exact label, else by number, else by a part of it."""
    exact = roster.labelled(turn.tx, member, " ".join(search.split()))
    if exact:
        return exact
    if is_number(search):
        by_number = roster.seen(turn.tx, member, int(search))
        if by_number is not None:
            return [by_number]
    found = roster.page(turn.tx, member, Wanted(words=search), limit=2, now=turn.now)
    return [each.patient for each in found]


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
    if grown_old(turn) or turn.incoming.kind != "text":
        turn.close_dialogue()
        unprompted(turn)
        return
    listing.say(turn, turn.staff, turn.incoming.text)


def button(turn: Turn) -> None:
    """A button of the list or of a card was pressed."""
    if turn.staff is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["l" | "o" as action, *carried]:
            listing.pressed(turn, turn.staff, carried, choose=action == "o")
        case [action, number, *more] if is_number(number):
            card.pressed(turn, action, int(number), more[0] if more else "")
        case _:
            turn.toast("patient.start.old_button")


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {CARD: button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = {SEARCH: search}
