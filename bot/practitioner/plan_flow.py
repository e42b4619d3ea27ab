"""Where a change of a plan stands: its message is edited or said anew, up to the difference."""

from dataclasses import replace

from bot.practitioner import plan_steps, plan_words
from bot.practitioner.plan_draft import DIALOGUE, Draft
from bot.practitioner.plan_words import PLACE
from bot.turn import Turn
from messages.markup import Html
from scheduler import events, plans
from scheduler.attendance_words import traits_asked
from scheduler.changes import Impossible
from scheduler.plans import Plan


def show(turn: Turn, draft: Draft, plan: Plan, note: str | None = None) -> None:
    """Edit the dialogue's message to where the draft stands, or say it where there is none."""
    html, rows = plan_steps.screen(turn, draft, plan, note)
    _put(turn, draft, plan, html, rows)


def _put(turn: Turn, draft: Draft, plan: Plan, html: str, rows: list[plan_steps.Row]) -> None:
    outbox_id = turn.dialogue.outbox_id if turn.dialogue else None
    if outbox_id is None:
        outbox_id = turn.say(html, rows, patient_id=plan.patient.id)
    else:
        turn.edit_row(outbox_id, html, rows)
    turn.open_dialogue(DIALOGUE, draft.to_data(), outbox_id=outbox_id)


def step_down(turn: Turn, draft: Draft, plan: Plan) -> None:
    """Take the buttons off the message so far: what was typed below it is answered below that."""
    if turn.dialogue is not None and turn.dialogue.outbox_id is not None:
        old = plan_words.title(turn, plan)
        if draft.step != "diff":
            old = Html(plan_steps.screen(turn, draft, plan)[0])
        turn.edit_row(turn.dialogue.outbox_id, old)
    turn.close_dialogue()


def anew(turn: Turn, draft: Draft, plan: Plan, note: str, *, before: Draft | None = None) -> None:
    """Say where the draft stands as a new message, below what was just typed."""
    step_down(turn, before or draft, plan)
    if draft.step == "diff":
        propose(turn, draft, plan, note)
    else:
        show(turn, draft, plan, note)


def onward(turn: Turn, draft: Draft, plan: Plan, note: str | None = None) -> None:
    """Ask what a change still lacks, or show what it would do."""
    change = draft.change
    if change is None:
        show(turn, draft.at("menu"), plan, note)
        return
    if change.kind in ("add", "move") and change.at is None:
        show(turn, draft.at("when"), plan, note)
        return
    took_place = change.kind == "attend" or (change.kind == "add" and change.held)
    protocol = turn.catalogue.protocols.get(plan.course.treatment)
    asked = traits_asked(protocol) if took_place else []
    if asked and any(getattr(change, trait) is None for trait in asked[0]):
        try:
            plans.propose(
                turn.tx, plan.row["id"], change, turn.catalogue, turn.clinic, now=turn.now
            )
        except Impossible as impossible:
            refuse(turn, draft, plan, impossible)
            return
        show(turn, replace(draft, step="traits", view=""), plan, note)
        return
    propose(turn, draft, plan, note)


def propose(turn: Turn, draft: Draft, plan: Plan, note: str | None = None) -> None:
    """Show what a change would do to the plan as it stands, to be confirmed or left."""
    if draft.change is None:
        return
    try:
        proposal = plans.propose(
            turn.tx, plan.row["id"], draft.change, turn.catalogue, turn.clinic, now=turn.now
        )
    except Impossible as impossible:
        refuse(turn, draft, plan, impossible)
        return
    draft = replace(
        draft,
        step="diff",
        view="",
        version=proposal.plan.version,
        seen=events.newest_of(turn.tx, plan.patient.id),
        promised=proposal.promised,
    )
    html, rows = plan_steps.proposal_screen(turn, draft, proposal, note)
    _put(turn, draft, plan, html, rows)


def refuse(turn: Turn, draft: Draft, plan: Plan, impossible: Impossible) -> None:
    """Say why a change cannot be, and ask for another moment, or what else to change."""
    at = draft.change.at if draft.change else None
    moment = plan_words.echoed(turn, at) if at is not None else ""
    note = turn.text(f"{PLACE}.trouble.{impossible.problem}", moment=moment)
    if takes_moment(draft) and draft.change and impossible.problem not in ("gone", "ended"):
        again = replace(draft, change=replace(draft.change, at=None, held=False))
        show(turn, again.at("when"), plan, note)
        return
    show(turn, replace(draft, change=None).at("menu"), plan, note)


def takes_moment(draft: Draft) -> bool:
    """Say whether a moment may be written for the change of a draft."""
    return draft.change is not None and draft.change.kind in ("add", "move")
