"""/oncall: when members are on call and when they are away; each sets their own, managers all."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from bot.carried import ONCALL, is_number
from bot.practitioner import oncall_hours, oncall_leave, room, stray
from bot.practitioner.leaving import HOURS, LEAVE, grown_old, in_the_middle
from bot.practitioner.oncall_leave import Days
from bot.practitioner.oncall_view import screen, team_screen
from bot.turn import Turn
from scheduler import absences, leave
from scheduler import staff as team
from scheduler.staff import Staff

_DIALOGUES: Final = (HOURS, LEAVE)


def oncall(turn: Turn) -> None:
    """Answer /oncall; with hours behind it, those are the member's from now on."""
    member = turn.staff
    if member is None:
        return
    if turn.incoming.argument:
        oncall_hours.take_words(turn, member, member, turn.incoming.argument)
    else:
        turn.say(*screen(turn, member))


def _button(turn: Turn) -> None:
    by = turn.staff
    if by is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["t", page] if is_number(page) and by.role == "manager":
            turn.edit(*team_screen(turn, int(page)))
        case [action, number, *more] if is_number(number):
            _press(turn, by, action, int(number), more)
        case _:
            turn.toast("patient.start.old_button")


def _press(turn: Turn, by: Staff, action: str, staff_id: int, more: list[str]) -> None:
    member = team.by_id(turn.tx, staff_id)
    if member is None or (by.role != "manager" and by.id != member.id):
        turn.toast("practitioner.oncall.toast.gone")
        return
    match [action, *more]:
        case ["v"]:
            _leave_dialogue(turn)
            turn.edit(*screen(turn, member))
        case ["w" | "d" | "s" | "o" | "e" | "c", *values] if all(map(is_number, values)):
            _press_hours(turn, by, member, action, [int(value) for value in values])
        case ["x", absence_id] if is_number(absence_id):
            _take_back(turn, by, member, int(absence_id))
        case ["a" | "f" | "l" | "k", *values]:
            _press_leave(turn, by, member, action, values)
        case _:
            turn.toast("patient.start.old_button")


def _press_hours(turn: Turn, by: Staff, member: Staff, action: str, values: list[int]) -> None:
    days_and_hours = values[:1], values[1:]
    if not all(map(oncall_hours.is_day, days_and_hours[0])) or not all(
        map(oncall_hours.is_hour, days_and_hours[1])
    ):
        turn.toast("patient.start.old_button")
        return
    match [action, *values]:
        case ["w"]:
            _show_week(turn, member)
        case ["d", int(day)]:
            turn.edit(*oncall_hours.ask_start(turn, member, day))
        case ["s", int(day), int(start)]:
            turn.edit(*oncall_hours.ask_end(turn, member, day, start))
        case ["o", int(day)]:
            oncall_hours.set_day(turn, member, by, day, [])
            _show_week(turn, member, saved=True)
        case ["e", int(day), int(start), int(end)]:
            oncall_hours.set_day(turn, member, by, day, [oncall_hours.span(start, end)])
            _show_week(turn, member, saved=True)
        case ["c"]:
            oncall_hours.as_the_clinic(turn, member, by)
            turn.toast("practitioner.oncall.toast.saved")
            turn.edit(*screen(turn, member))
        case _:
            turn.toast("patient.start.old_button")


def _show_week(turn: Turn, member: Staff, *, saved: bool = False) -> None:
    if saved:
        turn.toast("practitioner.oncall.toast.saved")
    writable = not in_the_middle(turn, *_DIALOGUES)
    row = turn.edit(*oncall_hours.ask(turn, member, writable=writable))
    if writable:
        turn.open_dialogue(HOURS, {"staff": member.id}, outbox_id=row)


def _press_leave(turn: Turn, by: Staff, member: Staff, action: str, values: list[str]) -> None:
    if action == "a" and not values:
        writable = not in_the_middle(turn, *_DIALOGUES)
        row = turn.edit(*oncall_leave.ask_first(turn, member, writable=writable))
        if writable:
            turn.open_dialogue(LEAVE, {"staff": member.id}, outbox_id=row)
        return
    chosen = [_date(value) for value in values[:2]]
    match [action, *chosen, *values[2:]]:
        case ["f", date() as first]:
            row = turn.edit(*oncall_leave.ask_last(turn, member, first))
            if not in_the_middle(turn, *_DIALOGUES):
                data = {"staff": member.id, "first": first.isoformat()}
                turn.open_dialogue(LEAVE, data, outbox_id=row)
        case ["l", date() as first, date() as last]:
            _ask_who(turn, member, Days(first, last))
        case ["k", date() as first, date() as last, helper] if is_number(str(helper)):
            _save_leave(turn, by, member, Days(first, last), int(str(helper)))
        case _:
            turn.toast("patient.start.old_button")


def _date(text_: str) -> date | None:
    try:
        return datetime.strptime(text_, "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None


def _ask_who(turn: Turn, member: Staff, days: Days) -> None:
    wrong = oncall_leave.fault(turn, member, days)
    if wrong is not None:
        turn.edit(*screen(turn, member, wrong))
        return
    turn.edit(*oncall_leave.ask_who(turn, member, days))


def _save_leave(turn: Turn, by: Staff, member: Staff, days: Days, helper_id: int) -> None:
    helper = team.by_id(turn.tx, helper_id) if helper_id else None
    wrong = oncall_leave.fault(turn, member, days)
    _leave_dialogue(turn)
    if wrong is None and helper_id and (helper is None or helper.id == member.id):
        turn.toast("practitioner.oncall.toast.gone")
        turn.edit(*oncall_leave.ask_who(turn, member, days))
        return
    if wrong is None:
        oncall_leave.take(turn, member, by, days, helper)
        turn.toast("practitioner.oncall.toast.saved")
    turn.edit(*screen(turn, member, wrong))


def _take_back(turn: Turn, by: Staff, member: Staff, absence_id: int) -> None:
    absence = absences.by_id(turn.tx, absence_id)
    mine = absence is not None and absence.staff_id == member.id
    if absence is None or not mine or not leave.cancel(turn.tx, absence, by=by, now=turn.now):
        turn.toast("practitioner.oncall.toast.over")
    else:
        turn.toast("practitioner.oncall.toast.canceled")
    turn.edit(*screen(turn, member))


def _leave_dialogue(turn: Turn) -> None:
    if turn.dialogue is not None and turn.dialogue.name in _DIALOGUES:
        turn.close_dialogue()


def _words(turn: Turn) -> None:
    """Take what is written after the question for hours or days."""
    by, dialogue = turn.staff, turn.dialogue
    if by is None or dialogue is None or stray.quotes_elsewhere(turn):
        return
    member = team.by_id(turn.tx, int(dialogue.data["staff"]))
    allowed = member is not None and (by.role == "manager" or by.id == member.id)
    if member is None or not allowed or grown_old(turn) or turn.incoming.kind != "text":
        turn.close_dialogue()
        room.unprompted(turn)
        return
    if dialogue.name == HOURS:
        if oncall_hours.take_words(turn, member, by, turn.incoming.text):
            turn.close_dialogue()
        return
    first = dialogue.data.get("first")
    days = oncall_leave.read(turn, turn.incoming.text, date.fromisoformat(first) if first else None)
    if days is None:
        oncall_leave.not_understood(turn, member, turn.incoming.text)
        return
    wrong = oncall_leave.fault(turn, member, days)
    if wrong is not None:
        turn.say(wrong)
        return
    turn.say(*oncall_leave.ask_who(turn, member, days))


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {ONCALL: _button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = dict.fromkeys(_DIALOGUES, _words)
