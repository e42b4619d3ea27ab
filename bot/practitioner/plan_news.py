"""Telling the patient of a visit that was added, moved or canceled: offered, done with one tap."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.carried import number
from bot.practitioner import plan_access
from bot.practitioner.plan_words import PLACE, said
from bot.turn import Turn
from messages.markup import Html
from scheduler import plan_memory, visit_news
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.plans import Plan, Proposal
from scheduler.visit_news import News

PREFIX: Final = "pt"
"""Of the button that tells the patient: ``pt:<change>``."""


def offer(turn: Turn, proposal: Proposal, change_id: int) -> None:
    """Offer to tell the patient of a change, with what they would read; or ask for a call."""
    plan = proposal.plan
    made = plan_memory.change(turn.tx, change_id)
    if made is None or not visit_news.is_due(proposal, now=turn.now):
        return
    news = visit_news.of_change(turn.tx, made, now=turn.now)
    if isinstance(news, str):
        return
    if visit_news.hindrance(turn.tx, plan.patient, plan.row, now=turn.now) is not None:
        # Who adds a visit has mostly spoken with the patient, who expects nothing else meanwhile.
        if news.kind != "added":
            turn.say(_words(turn, "call", plan.patient), patient_id=plan.patient.id)
        return
    row = turn.say(
        _quoted(turn, f"ask_{news.kind}", plan.patient, news),
        [[turn.button(f"{PLACE}.button.tell", f"{PREFIX}:{change_id}")]],
        patient_id=plan.patient.id,
    )
    visit_news.offered_by(turn.tx, change_id, row)


def _button(turn: Turn) -> None:
    change_id = number(turn.incoming.data.partition(":")[2])
    made = plan_memory.change(turn.tx, change_id) if change_id is not None else None
    plan = plan_access.theirs(turn, made["enrollment_id"]) if made else None
    if made is None or plan is None or turn.staff is None or made["staff_id"] != turn.staff.id:
        turn.toast("patient.start.old_button")
        return
    if made["staff_message_id"] is not None:
        turn.toast(f"{PLACE}.news.toast.told")
        return
    news = visit_news.of_change(turn.tx, made, now=turn.now)
    if isinstance(news, str):
        turn.edit(_words(turn, "changed", plan.patient))
    elif visit_news.hindrance(turn.tx, plan.patient, plan.row, now=turn.now) is not None:
        turn.edit(_words(turn, "call", plan.patient))
    else:
        _tell(turn, made, plan, news)


def _tell(turn: Turn, made: Row, plan: Plan, news: News) -> None:
    if turn.staff is None:
        return
    at = visit_news.tell(
        turn.tx,
        made,
        news,
        plan.patient,
        turn.staff,
        turn.catalogue,
        turn.clinic,
        message_id=turn.incoming.message_id,
        now=turn.now,
    )
    goes = "goes" if news.kind == "canceled" else "goes_file"
    parts: list[str] = [_quoted(turn, goes, plan.patient, news, moment=said(turn, at))]
    if at > turn.now and turn.now - made["at"] < plan_memory.UNDO_FOR_MS:
        parts.append(turn.text(f"{PLACE}.news.undo"))
    turn.edit("\n".join(parts))


def taken_back(turn: Turn, made: Row, patient: Patient) -> Html | None:
    """Take the news back together with its change; returns what to add where it has left."""
    if not visit_news.withdraw(turn.tx, made, now=turn.now):
        return _words(turn, "told_already", patient)
    if made["offer_row"] is not None:
        turn.edit_row(made["offer_row"], _words(turn, "taken_back", patient))
    return None


def _words(turn: Turn, key: str, patient: Patient) -> Html:
    return turn.text(f"{PLACE}.news.{key}", label=patient.label)


def _quoted(turn: Turn, key: str, patient: Patient, news: News, **params: str) -> Html:
    read = visit_news.words(turn.catalogue, turn.clinic, patient, news)
    return turn.text(f"{PLACE}.news.{key}", label=patient.label, words=read, **params)


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}
