"""What an event of the audit reads like: a sentence with the names of those it is about."""

from typing import Any

from bot.practitioner.card_words import treatment_name
from bot.turn import Turn
from messages.markup import Html
from scheduler import patients, staff
from scheduler.database import Row


def sentence(turn: Turn, row: Row) -> Html:
    """Return an event (with its ``detail`` decoded) as a sentence."""
    detail: dict[str, Any] = row["detail"]
    return turn.text(
        f"clinic.audit.event.{row['kind']}",
        who=_who(turn, row),
        label=_label(turn, row["patient_id"]),
        treatment=treatment_name(turn, str(detail.get("treatment", ""))),
        about=_about(turn, row["kind"], detail),
        n=_count(detail),
    )


def _who(turn: Turn, row: Row) -> str:
    """Return who did it: a member by name, the patient by label, or the bot itself."""
    place, _, number = str(row["actor"]).partition(":")
    if place == "staff":
        member = staff.ever(turn.tx, int(number))
        return member.name if member else _label(turn, None)
    if place == "patient" and row["patient_id"] is not None:
        return _label(turn, row["patient_id"])
    return turn.catalogue.label(
        turn.language, f"clinic.audit.who.{place if place in ('system', 'patient') else 'stranger'}"
    )


def _label(turn: Turn, patient_id: int | None) -> str:
    patient = patients.by_id(turn.tx, patient_id) if patient_id is not None else None
    if patient is None:
        return turn.catalogue.label(turn.language, "clinic.audit.who.nobody")
    return patient.label


def _about(turn: Turn, kind: str, detail: dict[str, Any]) -> str:
    """Return what else the sentence is about: another label, a colleague, a role, a setting."""
    label = turn.catalogue.label
    found = ""
    match kind:
        case "label_corrected":
            found = str(detail["before"])
        case "patients_merged":
            found = str(detail["label"])
        case "staff_invited":
            found = label(turn.language, f"clinic.staff.role_{detail['role']}")
        case "setting_changed":
            found = label(turn.language, f"clinic.settings.name.{detail['setting']}")
        case "exported":
            found = str(detail["format"]).upper()
        case "command_refused":
            found = f"/{detail['command']}"
        case "patient_handed_over":
            found = _member(turn, detail["after"])
        case _ if {"staff_id", "to"} & detail.keys():
            found = _member(turn, detail.get("staff_id") or detail["to"])
    return found


def _member(turn: Turn, staff_id: int) -> str:
    member = staff.ever(turn.tx, staff_id)
    return member.name if member else ""


def _count(detail: dict[str, Any]) -> int:
    """Return how many it was about, where it was about many."""
    counts = (detail[name] for name in ("total", "canceled", "patients", "rows") if name in detail)
    return int(next(counts, 0))
