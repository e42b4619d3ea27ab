"""Did they come? One tap answers it, and the plan follows."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.carried import number
from bot.practitioner import plan_access, plan_result, planning
from bot.practitioner.leaving import busy
from bot.practitioner.plan_draft import DIALOGUE
from bot.practitioner.plan_words import PLACE
from bot.turn import Turn
from scheduler import appointments, plans
from scheduler.attendance import Asked
from scheduler.attendance_words import ASK, PREFIX, question, trait_code, traits_asked
from scheduler.changes import Change, Impossible
from scheduler.course import OPEN
from scheduler.plans import Plan


def _button(turn: Turn) -> None:
    match turn.incoming.data.split(":")[1:]:
        case [session, answer]:
            session_id = number(session)
            plan = _plan(turn, session_id)
            if plan is not None and session_id is not None:
                _answered(turn, plan, session_id, answer)
                return
    turn.toast("patient.start.old_button")


def _plan(turn: Turn, session_id: int | None) -> Plan | None:
    """Return the plan of a session, if this member may change it."""
    session = appointments.session(turn.tx, session_id) if session_id is not None else None
    return plan_access.theirs(turn, session["enrollment_id"]) if session else None


def _answered(turn: Turn, plan: Plan, session_id: int, answer: str) -> None:
    protocol = turn.catalogue.protocols.get(plan.course.treatment)
    asked = {trait_code(each): each for each in traits_asked(protocol)}
    visit = plan.course.visit(session_id)
    if answer in {ASK, "m"} and (visit is None or visit.state not in OPEN):
        turn.toast(f"{PLACE}.toast.said")
        return
    if answer == ASK:
        _ask(turn, plan, session_id)
        return
    if answer == "m":
        if not busy(turn, DIALOGUE):
            planning.begin_with(turn, [plan], Change("move", visit_id=session_id))
        return
    if answer == "n":
        change = Change("miss", visit_id=session_id)
    elif answer == "y" or answer in asked:
        said = asked.get(answer, {})
        change = Change(
            "attend",
            visit_id=session_id,
            lipolytic=said.get("lipolytic"),
            filler=said.get("filler"),
        )
    else:
        turn.toast("patient.start.old_button")
        return
    _carry_out(turn, plan, change)


def _ask(turn: Turn, plan: Plan, session_id: int) -> None:
    """Ask whether they came, where a list of such sessions leads to one of them."""
    session = appointments.session(turn.tx, session_id)
    if session is None or session["starts_at"] > turn.now:
        turn.toast(f"{PLACE}.toast.changed")
        return
    said = question(
        Asked(session, plan.patient.label),
        turn.catalogue.protocols.get(plan.course.treatment),
        turn.catalogue,
        turn.clinic,
        turn.language,
    )
    turn.say(said.html, said.buttons, patient_id=plan.patient.id)


def _carry_out(turn: Turn, plan: Plan, change: Change) -> None:
    if turn.staff is None:
        return
    try:
        proposal = plans.propose(
            turn.tx, plan.row["id"], change, turn.catalogue, turn.clinic, now=turn.now
        )
    except Impossible as impossible:
        key = "said" if impossible.problem == "gone" else "changed"
        turn.toast(f"{PLACE}.toast.{key}")
        return
    change_id = plans.carry_out(
        turn.tx, proposal, turn.catalogue, turn.clinic, member=turn.staff, now=turn.now
    )
    html, rows = plan_result.done(turn, proposal, change_id)
    turn.edit(html, rows)
    planning.ask_for_next(turn, proposal)


def _next(turn: Turn) -> None:
    """A new date is asked for, after a session that nobody came to or that was canceled."""
    plan = plan_access.theirs(turn, number(turn.incoming.data.partition(":")[2]))
    if plan is None or plan.course.ended:
        turn.toast("patient.start.old_button")
    elif not busy(turn, DIALOGUE):
        planning.begin_with(turn, [plan], Change("add"))


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {
    PREFIX: _button,
    plan_result.NEXT: _next,
}
