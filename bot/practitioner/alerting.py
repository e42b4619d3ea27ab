"""The alerts on staff phones: who takes one, how it ends, and the list of those that wait."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.carried import is_number
from bot.turn import Turn
from messages.markup import Html
from messages.render import clock
from scheduler import alert_copies, alert_record, alert_words, alerts, patients, roster, staff_group
from scheduler.alert_record import Alert
from scheduler.alert_words import PREFIX
from scheduler.alerts import Resolution
from scheduler.channel import Button
from scheduler.patients import Patient
from scheduler.staff import Staff

PAGE: Final = 6


def alerts_list(turn: Turn) -> None:
    """Answer /alerts: what waits for a human, the gravest and then the oldest first."""
    if turn.staff is not None:
        turn.say(*_list(turn, turn.staff, 0))


def _button(turn: Turn) -> None:
    if turn.staff is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["list", page] if is_number(page):
            turn.edit(*_list(turn, turn.staff, int(page)))
        case [number, action] if is_number(number):
            _press(turn, turn.staff, int(number), action)
        case _:
            turn.toast("patient.start.old_button")


def pressed_in_group(turn: Turn) -> None:
    """Take a button under the copy of an alert in the staff's group: only its own three."""
    match turn.incoming.data.split(":")[1:]:
        case [number, "take" | "call_done" | "not_urgent" as action] if is_number(number):
            if turn.staff is not None:
                _press(turn, turn.staff, int(number), action)
        case _:
            turn.toast("patient.start.old_button")


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}


def _press(turn: Turn, member: Staff, alert_id: int, action: str) -> None:
    alert = alert_record.by_id(turn.tx, alert_id)
    if alert is None or not _may(turn, member, alert):
        turn.toast("patient.start.old_button")
        return
    match action:
        case "take":
            _take(turn, member, alert)
        case "call_done" | "not_urgent" as resolution:
            _resolve(turn, member, alert, resolution)
        case "show":
            alert_copies.owe(turn.tx, alert, [member], now=turn.now)
        case _:
            turn.toast("patient.start.old_button")


def _may(turn: Turn, member: Staff, alert: Alert) -> bool:
    """Whether an alert is a member's business: their patient, or they were called to it."""
    if roster.seen(turn.tx, member, alert.patient_id) is not None:
        return True
    if staff_group.in_use(turn.tx) == turn.chat_id:
        return True  # everybody in the group has it before them
    return any(called.id == member.id for called in alert_copies.shown_to(turn.tx, alert.id))


def _take(turn: Turn, member: Staff, alert: Alert) -> None:
    match alerts.take(turn.tx, alert, member, now=turn.now):
        case "taken":
            turn.toast("practitioner.alert.toast.taken")
            _tell_patient(turn, alert)
        case "mine":
            turn.toast("practitioner.alert.toast.mine")
        case "held":
            since = clock(alert.held_at or turn.now, turn.clinic.timezone, turn.language)
            who = alert.holder.name if alert.holder else ""
            turn.toast("practitioner.alert.toast.held", alert=True, who=who, since=since)
        case "resolved":
            _say_resolved(turn, alert)


def _resolve(turn: Turn, member: Staff, alert: Alert, resolution: Resolution) -> None:
    if not alerts.resolve(turn.tx, alert, member, resolution, now=turn.now):
        _say_resolved(turn, alert)
        return
    turn.toast(f"practitioner.alert.toast.{resolution}")
    if alert.holder is None:
        _tell_patient(turn, alert)


def _say_resolved(turn: Turn, alert: Alert) -> None:
    at = clock(alert.resolved_at or turn.now, turn.clinic.timezone, turn.language)
    turn.toast("practitioner.alert.toast.resolved", alert=True, who=alert.closer or "", at=at)


def _tell_patient(turn: Turn, alert: Alert) -> None:
    """Tell the patient that somebody has read it: only now, when one has pressed a button."""
    patient = patients.by_id(turn.tx, alert.patient_id)
    if not alert.spoken or patient is None or patient.chat_id is None:
        return
    if patient.state == "unreachable":
        return
    turn.say(
        turn.catalogue.text(
            patient.language,
            f"patient.alert.read.{alert.level}",
            phone=turn.clinic.phone,
            emergency=turn.clinic.emergency,
        ),
        chat_id=patient.chat_id,
        patient_id=patient.id,
        enrollment_id=alert.enrollment_id,
    )


def _list(turn: Turn, member: Staff, page: int) -> tuple[str, list[list[Button]]]:
    count = alert_record.count_waiting(turn.tx, member)
    if not count:
        return turn.text("practitioner.alert.list.none"), []
    page = min(page, (count - 1) // PAGE)
    shown = alert_record.waiting(turn.tx, member, offset=page * PAGE, limit=PAGE)
    lines: list[Html] = [turn.text("practitioner.alert.list.title", n=count)]
    lines += [_brief(turn, alert) for alert in shown]
    rows = [[_open_button(turn, alert)] for alert in shown]
    turning = []
    if page > 0:
        turning.append(turn.button("practitioner.alert.button.back", f"{PREFIX}:list:{page - 1}"))
    if (page + 1) * PAGE < count:
        turning.append(turn.button("practitioner.alert.button.more", f"{PREFIX}:list:{page + 1}"))
    return "\n\n".join(lines), [*rows, turning] if turning else rows


def _brief(turn: Turn, alert: Alert) -> Html:
    return alert_words.brief(
        alert, turn.catalogue, turn.language, turn.clinic.timezone, now=turn.now
    )


def _open_button(turn: Turn, alert: Alert) -> Button:
    return turn.button(
        "practitioner.alert.button.open",
        f"{PREFIX}:{alert.id}:show",
        mark=alert_words.MARKS[alert.level],
        label=alert.label,
    )


def on_card(turn: Turn, patient: Patient) -> tuple[list[Html], list[Button]]:
    """Return what stands on top of a patient's card, and its button, while an alert waits."""
    alert = alert_record.unresolved(turn.tx, patient.id)
    if alert is None:
        return [], []
    return [_brief(turn, alert)], [_open_button(turn, alert)]
