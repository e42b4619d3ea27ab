"""What is said once a plan was changed: what was done, the way back, who else hears of it."""

from collections.abc import Callable, Mapping
from typing import Final

from bot import telling
from bot.carried import CARD, number
from bot.practitioner import plan_news, plan_words
from bot.practitioner.plan_words import PLACE
from bot.turn import Turn
from scheduler import patients, plan_memory, plans, staff
from scheduler.channel import Button
from scheduler.plans import Proposal

UNDO: Final = "pu"
"""The prefix of the button that takes a change back: ``pu:<change>``."""
NEXT: Final = "pn"
"""The prefix of the button that asks for a new date: ``pn:<enrollment>``."""


def done(
    turn: Turn, proposal: Proposal, change_id: int, *, title: str | None = None
) -> tuple[str, list[list[Button]]]:
    """Return what was done and how to take it back, in place of the question."""
    plan, change = proposal.plan, proposal.change
    parts: list[str] = [
        title or turn.text(f"{PLACE}.done.title", label=plan.patient.label),
        plan_words.what(turn, plan.course, proposal.after, change),
        plan_words.difference(turn, proposal),
    ]
    rows = [[turn.button(f"{PLACE}.button.undo", f"{UNDO}:{change_id}")]]
    if change.kind in {"miss", "cancel"} and not proposal.after.open() and not proposal.after.ended:
        parts.append(turn.text(f"{PLACE}.attended.invite"))
        rows.append([turn.button(f"{PLACE}.button.next", f"{NEXT}:{plan.row['id']}")])
        rows.append([telling.write_button(turn, turn.language, plan.patient)])
    rows[-1].append(turn.button(f"{PLACE}.button.card", f"{CARD}:c:{plan.patient.id}"))
    parts.append(turn.text(f"{PLACE}.done.undo"))
    return "\n\n".join(parts), rows


def tell(turn: Turn, proposal: Proposal) -> None:
    """Tell a colleague to whom a patient was handed over."""
    if proposal.change.kind != "hand_over" or proposal.change.staff_id is None:
        return
    _tell_colleague(turn, proposal.change.staff_id, "handed", proposal.plan.patient, card=True)


def _tell_colleague(
    turn: Turn, staff_id: int, key: str, patient: patients.Patient, *, card: bool
) -> None:
    member = staff.by_id(turn.tx, staff_id)
    if member is None or turn.staff is None or member.id == turn.staff.id:
        return
    turn.say(
        turn.catalogue.text(
            member.language, f"{PLACE}.told.{key}", who=turn.staff.name, label=patient.label
        ),
        telling.card_button(turn, member, patient) if card else (),
        chat_id=member.chat_id,
        kind="relay",
        patient_id=patient.id,
    )


def is_member(turn: Turn, staff_id: int) -> bool:
    """Say whether somebody belongs to the clinic now."""
    return staff.by_id(turn.tx, staff_id) is not None


def undo(turn: Turn) -> None:
    """Take a change back, by the button under what was done."""
    change_id = number(turn.incoming.data.partition(":")[2])
    if turn.staff is None or change_id is None:
        turn.toast("patient.start.old_button")
        return
    made = plan_memory.change(turn.tx, change_id)
    plan = plans.of(turn.tx, made["enrollment_id"]) if made else None
    refused = plan_memory.take_back(turn.tx, change_id, member=turn.staff, now=turn.now)
    if refused == "gone" or made is None or plan is None:
        turn.toast("patient.start.old_button")
        return
    if refused is not None:
        turn.toast(f"{PLACE}.toast.{refused}", alert=True)
        return
    parts = [turn.text(f"{PLACE}.done.taken_back", label=plan.patient.label)]
    rows = [[turn.button(f"{PLACE}.button.card", f"{CARD}:c:{plan.patient.id}")]]
    told = plan_news.taken_back(turn, made, plan.patient)
    if told is not None:
        parts.append(told)
        rows.insert(0, [telling.write_button(turn, turn.language, plan.patient)])
    turn.edit("\n\n".join(parts), rows)
    if made["kind"] == "hand_over":
        _tell_colleague(turn, plan.course.staff_id, "taken_back", plan.patient, card=False)


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {UNDO: undo}
