"""Who a patient is, put right: another label, another phone, one record instead of two."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.carried import CARD, PERSON, is_number
from bot.clinic import auditing
from bot.practitioner import enroll_answers, merging_steps, stray
from bot.practitioner.leaving import MERGE, RELABEL, busy, grown_old
from bot.turn import Turn
from messages.render import moment
from scheduler import events, invitations, patients, roster
from scheduler.channel import Attachment, Button
from scheduler.patients import Patient
from scheduler.staff import Staff


def _button(turn: Turn) -> None:
    member = turn.staff
    if member is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["x"]:
            turn.close_dialogue()
            turn.edit(turn.text("practitioner.people.left"))
        case [action, patient_id, *more] if is_number(patient_id):
            patient = roster.answered_for(turn.tx, member, int(patient_id))
            if patient is None or not _press(turn, member, action, patient, more):
                turn.toast("patient.start.old_button")
        case _:
            turn.toast("patient.start.old_button")


def _press(turn: Turn, member: Staff, action: str, patient: Patient, more: list[str]) -> bool:
    """Do what a button says; returns whether there is such a button."""
    match action, more:
        case "o", []:
            turn.edit(*_menu(turn, patient))
        case "l", []:
            _ask(turn, RELABEL, patient)
        case "n", []:
            _new_phone(turn, member, patient)
        case "d", []:
            _ask(turn, MERGE, patient)
        case "p", [other]:
            return merging_steps.show(turn, member, patient, other)
        case "y", [other, mark]:
            return merging_steps.confirm(turn, member, patient, other, mark)
        case _:
            return False
    return True


def _menu(turn: Turn, patient: Patient) -> tuple[str, list[list[Button]]]:
    def button(name: str, action: str) -> list[Button]:
        return [
            turn.button(f"practitioner.people.button.{name}", f"{PERSON}:{action}:{patient.id}")
        ]

    rows = [button("relabel", "l")]
    if patient.chat_id is not None:
        rows.append(button("new_phone", "n"))
    rows.append(button("merge", "d"))
    if turn.staff is not None and turn.staff.role == "manager":
        rows.append(
            [turn.button("practitioner.people.button.audit", auditing.of_patient(patient.id))]
        )
    rows.append([turn.button("practitioner.people.button.card", f"{CARD}:r:{patient.id}")])
    return turn.text("practitioner.people.menu", label=patient.label), rows


def _ask(turn: Turn, name: str, patient: Patient) -> None:
    """Ask for what is to be written next: the right label, or who the other record is."""
    if busy(turn, RELABEL, MERGE):
        return
    rows = merging_steps.namesakes(turn, patient) if name == MERGE else []
    row = turn.say(
        turn.text(f"practitioner.people.ask.{name}", label=patient.label), [*rows, _leave(turn)]
    )
    turn.open_dialogue(name, {"patient": patient.id}, outbox_id=row)


def _leave(turn: Turn) -> list[Button]:
    return [turn.button("practitioner.people.button.leave", f"{PERSON}:x")]


def _asked_about(turn: Turn) -> Patient | None:
    """Return whom the open dialogue is about, as far as the member still answers for them.

    A dialogue that has become old is closed: what is written now is meant otherwise.
    """
    if turn.staff is None or turn.dialogue is None:
        return None
    patient = roster.answered_for(turn.tx, turn.staff, int(turn.dialogue.data["patient"]))
    if patient is None or grown_old(turn):
        turn.close_dialogue()
        turn.say(turn.text("practitioner.hint.text"))
        return None
    return patient


def _new_label(turn: Turn) -> None:
    """Take the label that was written."""
    if stray.quotes_elsewhere(turn):
        return
    patient = _asked_about(turn)
    if patient is None or turn.staff is None:
        return
    if turn.incoming.kind != "text":
        turn.say(turn.text("practitioner.people.only_text"), [_leave(turn)])
        return
    try:
        label = enroll_answers.label(turn, turn.incoming.text)
    except enroll_answers.Unclear as unclear:
        turn.say(unclear.words, [_leave(turn)])
        return
    turn.close_dialogue()
    card = turn.button("practitioner.people.button.card", f"{CARD}:c:{patient.id}")
    if label == patient.label:
        turn.say(turn.text("practitioner.people.same_label", label=label), [[card]])
        return
    namesake = any(each.id != patient.id for each in roster.labelled(turn.tx, turn.staff, label))
    patients.relabel(turn.tx, patient.id, label, actor=turn.staff.actor, now=turn.now)
    key = "relabeled_namesake" if namesake else "relabeled"
    turn.say(
        turn.text(f"practitioner.people.{key}", before=patient.label, label=label),
        [[card]],
        patient_id=patient.id,
    )


def _new_phone(turn: Turn, member: Staff, patient: Patient) -> None:
    """Hand over the single-use link that brings a patient to a new phone."""
    if patient.chat_id is None:
        turn.toast("practitioner.people.toast.no_phone", alert=True)
        return
    link = turn.link(
        invitations.invite(
            turn.tx, "patient", now=turn.now, patient_id=patient.id, staff_id=member.id
        )
    )
    events.note(turn.tx, "new_phone_link", actor=member.actor, now=turn.now, patient_id=patient.id)
    until = turn.now + invitations.VALID_FOR_MS["patient"]
    turn.say(
        turn.text(
            "practitioner.people.new_phone",
            label=patient.label,
            link=link,
            until=moment(until, turn.clinic.timezone, turn.language),
        ),
        [[turn.button("practitioner.people.button.card", f"{CARD}:c:{patient.id}")]],
        attachment=Attachment(kind="photo", made="qr", args={"link": link}),
        secret=True,
        patient_id=patient.id,
    )


def _who_else(turn: Turn) -> None:
    """Take the label or the number of the other record."""
    if stray.quotes_elsewhere(turn):
        return
    patient = _asked_about(turn)
    if patient is None or turn.staff is None:
        return
    rows = merging_steps.matching(turn, patient, turn.incoming.text)
    key = "which" if rows else "nobody_else"
    row = turn.say(
        turn.text(f"practitioner.people.{key}", label=patient.label), [*rows, _leave(turn)]
    )
    turn.open_dialogue(MERGE, {"patient": patient.id}, outbox_id=row)


def before_command(turn: Turn) -> None:
    """Leave a dialogue of this room when a command is sent: what follows is meant for that."""
    if turn.dialogue is not None and turn.dialogue.name in DIALOGUES:
        turn.close_dialogue()


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PERSON: _button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = {RELABEL: _new_label, MERGE: _who_else}
