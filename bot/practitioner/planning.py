"""Changing a plan that has begun: a dialogue that ends in a difference, Confirm, and Undo.

The button of the card and /session open it; every press looks up again who presses and whether
the plan is theirs to change.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.carried import number
from bot.practitioner import plan_access, plan_flow, plan_news, plan_result, plan_steps, stray
from bot.practitioner.calendar import view_of
from bot.practitioner.card_words import EVENTS, line_of
from bot.practitioner.enroll_answers import quoted
from bot.practitioner.leaving import busy, in_the_middle, leave_open
from bot.practitioner.plan_draft import DIALOGUE, PREFIX, Draft, read, serial
from bot.practitioner.plan_moment import Unread, typed
from bot.practitioner.plan_words import PLACE
from bot.turn import Turn
from messages.markup import Html
from scheduler import events, plans
from scheduler.attendance_words import trait_code, traits_asked
from scheduler.changes import Change, Impossible, Kind
from scheduler.patients import Patient
from scheduler.plans import Plan, Proposal
from scheduler.timeline import Entry


def begin(turn: Turn, patient: Patient) -> None:
    """Open the dialogue on a patient's plan, or ask which of several."""
    mine = plan_access.changeable(turn, patient)
    if busy(turn, DIALOGUE):
        return
    if not mine:
        turn.say(turn.text(f"{PLACE}.none", label=patient.label))
        return
    begin_with(turn, mine, None)


def begin_with(
    turn: Turn,
    mine: list[Plan],
    change: Change | None,
    *,
    words: str = "",
    namesakes: bool = False,
) -> None:
    """Open the dialogue with a change begun: its moment is asked, or the difference is shown.

    Args:
        turn: the update at hand.
        mine: the plans that may be meant.
        change: what is to be changed about one of them; None to ask.
        words: when, as it was typed; it is read once it is known which plan is meant.
        namesakes: whether there are several patients of that label, so that it has to be asked
            whose plan is meant, also where only one of them has one.
    """
    leave_open(turn)
    turn.close_dialogue()
    draft = Draft(
        serial=serial(turn.incoming.message_id, turn.now),
        step="which",
        change=change,
        words=words,
    )
    if len(mine) == 1 and not namesakes:
        _go_on(turn, draft, mine[0])
        return
    html, rows = plan_steps.which(turn, draft, mine, namesakes=namesakes)
    row = turn.say(html, rows)
    turn.open_dialogue(DIALOGUE, draft.to_data(), outbox_id=row)


def _go_on(turn: Turn, draft: Draft, plan: Plan) -> None:
    """Go on with the plan that is meant, and with the moment that was typed before."""
    words = draft.words
    draft = replace(draft, patient_id=plan.patient.id, enrollment_id=plan.row["id"], words="")
    if not words:
        plan_flow.onward(turn, draft, plan)
        return
    try:
        found = typed(turn, draft, plan, words)
    except Unread as unread:
        plan_flow.onward(turn, draft, plan, unread.words)
        return
    plan_flow.onward(turn, replace(found.draft, other=found.other), plan, found.remark)


def button(turn: Turn) -> None:
    """A button of the dialogue was pressed."""
    pressed = read(turn.incoming.data)
    draft = _draft(turn)
    if draft is None or pressed.serial != draft.serial:
        turn.toast("patient.start.old_button")
        return
    if pressed.action == "x":
        leave_open(turn, "left")
        turn.close_dialogue()
        return
    if (pressed.action == "w") != (draft.step == "which"):
        # The second tap of two, or a button of a step gone by.
        return
    if pressed.action == "w":
        draft = replace(draft, enrollment_id=number(pressed.value))
    plan = _plan(turn, draft)
    if plan is None:
        leave_open(turn, "left")
        turn.close_dialogue()
        turn.toast("patient.start.old_button")
        return
    if pressed.action == "w":
        _go_on(turn, draft, plan)
        return
    action = _ACTIONS.get(pressed.action)
    if action is None or (draft.step == "diff" and pressed.action not in "co"):
        turn.toast("patient.start.old_button")
        return
    try:
        action(turn, draft, plan, pressed.value)
    except (KeyError, ValueError, OverflowError):
        turn.toast("patient.start.old_button")


def words(turn: Turn) -> None:
    """Something was written while the dialogue is open: a moment, where one is asked for."""
    if stray.quotes_elsewhere(turn):
        return
    draft = _draft(turn)
    if draft is not None and draft.step == "which":
        text = quoted(turn.incoming.text)
        turn.say(turn.text(f"{PLACE}.trouble.tap", text=text))
        return
    plan = _plan(turn, draft) if draft else None
    if draft is None or plan is None:
        turn.close_dialogue()
        turn.say(turn.text("practitioner.cancel.nothing"))
        return
    if turn.incoming.kind != "text":
        plan_flow.anew(turn, draft, plan, turn.text("practitioner.enroll.trouble.only_text"))
        return
    if draft.step not in ("when", "diff") or not plan_flow.takes_moment(draft):
        text = quoted(turn.incoming.text)
        plan_flow.anew(turn, draft, plan, turn.text(f"{PLACE}.trouble.tap", text=text))
        return
    try:
        found = typed(turn, draft, plan, turn.incoming.text)
    except Unread as unread:
        plan_flow.anew(turn, replace(draft, step="when"), plan, unread.words, before=draft)
        return
    following = replace(found.draft, other=found.other)
    plan_flow.step_down(turn, draft, plan)
    plan_flow.onward(turn, following, plan, found.remark)


def _draft(turn: Turn) -> Draft | None:
    if turn.dialogue is None or turn.dialogue.name != DIALOGUE:
        return None
    return Draft.from_data(turn.dialogue.data)


def _plan(turn: Turn, draft: Draft) -> Plan | None:
    """Return the plan of a draft, if it is still the same patient's and this member's to change."""
    plan = plan_access.theirs(turn, draft.enrollment_id)
    return plan if plan is not None and draft.patient_id in (None, plan.patient.id) else None


def _back(turn: Turn, draft: Draft, plan: Plan, _value: str) -> None:
    if draft.view:
        plan_flow.show(turn, replace(draft, view=""), plan)
        return
    plan_flow.show(turn, replace(draft, change=None).at("menu"), plan)


def _session(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    visit = plan.course.visit(int(value))
    if visit is None or visit.state == "canceled" or draft.step != "menu":
        raise ValueError(value)
    # Which change it will be is asked next.
    plan_flow.show(turn, draft.doing("move", visit_id=visit.id).at("visit"), plan)


def _do(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    kinds: Mapping[str, Kind] = {
        "add": "add",
        "pause": "pause",
        "resume": "resume",
        "end": "end",
    }
    of_visit: Mapping[str, Kind] = {
        "move": "move",
        "attend": "attend",
        "miss": "miss",
        "cancel": "cancel",
    }
    if draft.step == "visit" and draft.change is not None:
        draft = draft.doing(of_visit[value], visit_id=draft.change.visit_id)
    elif draft.step == "menu":
        draft = draft.doing(kinds[value])
    else:
        raise ValueError(value)
    plan_flow.onward(turn, draft, plan)


def _go(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    match draft.step, value:
        case "menu", "treat":
            plan_flow.show(turn, draft.at("treat"), plan)
        case "menu", "colleague":
            plan_flow.show(turn, draft.at("colleague"), plan)
        case "treat", "treatment":
            plan_flow.show(turn, draft.at("treatment"), plan)
        case "treat", "area":
            plan_flow.show(turn, draft.doing("protocol").at("area"), plan)
        case _:
            raise ValueError(value)


def _calendar(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    if draft.step != "when" or draft.change is None:
        raise ValueError(value)
    shown = plan_steps.calendar_of(turn, draft, plan)
    at = shown.moment(value)
    if at is not None:
        _at(turn, draft, plan, at)
        return
    if value == "first":
        visit = plan_steps.visit_of(draft, plan)
        ahead = visit is None or visit.state != "held"
        start = turn.now if ahead or visit is None else visit.starts_at
        value = view_of(start, turn.clinic.timezone)
    if shown.is_view(value) and value != draft.view:
        plan_flow.show(turn, replace(draft, view=value), plan)


def _moment(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    if draft.step != "when" or draft.change is None:
        raise ValueError(value)
    _at(turn, draft, plan, int(value))


def _at(turn: Turn, draft: Draft, plan: Plan, at: int) -> None:
    if draft.change is None:
        return
    held = draft.change.kind == "add" and at <= turn.now
    plan_flow.onward(turn, replace(draft, change=replace(draft.change, at=at, held=held)), plan)


def _traits(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    protocol = turn.catalogue.protocols.get(plan.course.treatment)
    coded = {trait_code(each): each for each in traits_asked(protocol)}
    if draft.step != "traits" or draft.change is None:
        raise ValueError(value)
    said = coded[value]
    change = replace(draft.change, lipolytic=said.get("lipolytic"), filler=said.get("filler"))
    plan_flow.onward(turn, replace(draft, change=change), plan)


def _treatment(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    protocol = turn.catalogue.protocols[value]
    if draft.step != "treatment":
        raise ValueError(value)
    area = "".join(protocol.areas)
    draft = draft.doing("protocol", treatment=value, area=area)
    if len(protocol.areas) > 1:
        plan_flow.show(turn, draft.at("area"), plan)
        return
    plan_flow.propose(turn, draft, plan)


def _area(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    change = draft.change
    protocol = turn.catalogue.protocols[
        (change.treatment if change else None) or plan.course.treatment
    ]
    if draft.step != "area" or change is None or value not in protocol.areas:
        raise ValueError(value)
    plan_flow.propose(turn, replace(draft, change=replace(change, area=value)), plan)


def _trait(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    if draft.step != "treat" or value not in ("lipolytic", "filler"):
        raise ValueError(value)
    plan_flow.propose(
        turn, draft.doing("protocol", **{value: not getattr(plan.course, value)}), plan
    )


def _colleague(turn: Turn, draft: Draft, plan: Plan, value: str) -> None:
    if draft.step != "colleague" or not plan_result.is_member(turn, int(value)):
        raise ValueError(value)
    plan_flow.propose(turn, draft.doing("hand_over", staff_id=int(value)), plan)


def _other_reading(turn: Turn, draft: Draft, plan: Plan, _value: str) -> None:
    if draft.other is not None:
        _at(turn, replace(draft, other=None), plan, draft.other)


def _confirm(turn: Turn, draft: Draft, plan: Plan, _value: str) -> None:
    if draft.step != "diff" or draft.change is None or turn.staff is None:
        return
    try:
        proposal = plans.propose(
            turn.tx, plan.row["id"], draft.change, turn.catalogue, turn.clinic, now=turn.now
        )
    except Impossible as impossible:
        plan_flow.refuse(turn, draft, plan, impossible)
        return
    note = _news(turn, draft, proposal)
    if note is not None:
        # Nobody confirms what they have not seen.
        plan_flow.propose(turn, draft, plan, note)
        return
    change_id = plans.carry_out(
        turn.tx, proposal, turn.catalogue, turn.clinic, member=turn.staff, now=turn.now
    )
    html, rows = plan_result.done(turn, proposal, change_id)
    if turn.dialogue is not None and turn.dialogue.outbox_id is not None:
        turn.edit_row(turn.dialogue.outbox_id, html, rows)
    turn.close_dialogue()
    plan_result.tell(turn, proposal)
    plan_news.offer(turn, proposal, change_id)
    ask_for_next(turn, proposal)


def ask_for_next(turn: Turn, proposal: Proposal) -> None:
    """After a session that took place, ask when the next one is, where none is planned."""
    change = proposal.change
    took_place = change.kind == "attend" or (change.kind == "add" and change.held)
    plan = plans.of(turn.tx, proposal.plan.row["id"])
    if plan is None or not took_place or plan.course.open():
        return
    if not plan_steps.proposals(turn, plan):
        return
    if not in_the_middle(turn):
        begin_with(turn, [plan], Change("add"))
        return
    # A tap on a question must not end what somebody is in the middle of.
    turn.say(
        turn.text(f"{PLACE}.ask.next", label=plan.patient.label),
        [[turn.button(f"{PLACE}.button.next", f"{plan_result.NEXT}:{plan.row['id']}")]],
        patient_id=plan.patient.id,
    )


def _news(turn: Turn, draft: Draft, proposal: Proposal) -> Html | None:
    if proposal.plan.version != draft.version:
        lines = [
            line_of(turn, Entry(row["at"], "event", row))
            for row in events.since(turn.tx, proposal.plan.patient.id, draft.seen)
            if row["kind"] in EVENTS and row["enrollment_id"] == proposal.plan.row["id"]
        ]
        return turn.text(f"{PLACE}.note.meanwhile", lines=Html("\n".join(lines)))
    if proposal.promised != draft.promised:
        return turn.text(f"{PLACE}.note.time")
    return None


_ACTIONS: Final[Mapping[str, Callable[[Turn, Draft, Plan, str], None]]] = {
    "a": _area,
    "b": _back,
    "c": _confirm,
    "d": _do,
    "g": _go,
    "h": _colleague,
    "k": _calendar,
    "n": _treatment,
    "o": _other_reading,
    "q": _trait,
    "s": _session,
    "t": _moment,
    "y": _traits,
}

BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = {DIALOGUE: words}
