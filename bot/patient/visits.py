"""Coming visits: confirm, ask for another time, cancel. The practitioner hears of each."""

from typing import Final

from bot import telling
from bot.patient import consent_texts, picturing, relaying, replying
from bot.patient.answering import own_reminder, pressed_reminder, subject_of
from bot.turn import Turn
from messages.markup import Html
from messages.render import moment
from scheduler import appointments, replies, wording
from scheduler.channel import Button
from scheduler.database import Row
from scheduler.patients import Patient
from scheduler.replies import Context
from scheduler.wording import VISIT, Subject

WISH: Final = "visit_wish"
_WISH_WAITS_MS: Final = 24 * 60 * 60 * 1000
_AGAIN_KEYS: Final = {"change": "patient.visit.change", "cancel": "patient.visit.cancel"}


def tap(turn: Turn, patient: Patient) -> None:
    """Take a tap on a button about a visit."""
    parts = turn.incoming.data.split(":")
    row = pressed_reminder(turn, patient, parts[1]) if len(parts) == 3 else None  # noqa: PLR2004 -- prefix:row:action
    subject = subject_of(turn, row) if row else None
    if row is None or subject is None or not subject.step.actions:
        turn.toast("patient.start.old_button")
        return
    visit = appointments.session(turn.tx, row["session_id"])
    now = "over" if visit is None else appointments.standing(visit, now=turn.now)
    if visit is None or now != "open":
        _leave_dialogue(turn)
        moved = visit is not None and visit["why"] == "moved"
        turn.toast(f"patient.toast.visit_{'moved' if moved else now}", alert=True)
        return
    match parts[2]:
        case "confirm":
            _confirm(turn, patient, subject)
        case "change":
            _ask_wish(turn, subject)
        case "leave":
            _leave_wish(turn)
        case "cancel":
            _ask_cancel(turn, subject)
        case "yes":
            _cancel(turn, patient, subject)
        case "keep":
            _keep(turn, subject, visit)
        case _:
            turn.toast("patient.start.old_button")


def _when(subject: Subject, language: str) -> str:
    return moment(subject.session_at, subject.timezone, language)


def _show(turn: Turn, subject: Subject, closing: str, *actions: str) -> None:
    """Edit the reminder to end with ``closing`` and the buttons of ``actions``."""
    said = wording.reminder(
        turn.catalogue,
        turn.clinic,
        subject,
        replies.answers_to(turn.tx, subject.row["id"]),
        closing=closing,
    )
    buttons = [_button(turn, subject.row, action) for action in actions]
    turn.edit(said.html, [buttons] if buttons else [])


def _button(turn: Turn, row: Row, action: str) -> Button:
    key = _AGAIN_KEYS.get(action, f"patient.button.visit_{action}")
    return turn.button(key, f"{VISIT}:{row['id']}:{action}")


def _confirm(turn: Turn, patient: Patient, subject: Subject) -> None:
    _leave_dialogue(turn)
    first = appointments.becomes(turn.tx, subject.row, "confirmed", now=turn.now)
    confirmed = turn.text("patient.visit.confirmed", when=_when(subject, turn.language))
    _show(turn, subject, confirmed, "change", "cancel")
    if not first:
        turn.toast("patient.toast.already")
        return
    turn.toast("patient.toast.visit_confirmed")
    _tell(turn, patient, subject, "patient.told.visit.confirmed")


def _tell(turn: Turn, patient: Patient, subject: Subject, key: str) -> None:
    telling.tell_at(
        turn,
        telling.for_enrollment(turn, patient, subject.row["enrollment_id"]),
        key,
        at=subject.session_at,
        patient=patient,
        enrollment_id=subject.row["enrollment_id"],
    )


def _ask_wish(turn: Turn, subject: Subject) -> None:
    row_id = subject.row["id"]
    open_now = turn.dialogue
    if open_now is not None and open_now.name == WISH and open_now.data.get("row") == row_id:
        turn.toast("patient.toast.visit_write")
        return
    asked = turn.say(
        turn.text("patient.visit.ask_wish", when=_when(subject, turn.language)),
        [[_button(turn, subject.row, "leave")]],
    )
    turn.open_dialogue(WISH, {"row": row_id}, outbox_id=asked)


def _leave_wish(turn: Turn) -> None:
    if not _leave_dialogue(turn):
        turn.toast("patient.start.old_button")
        return
    turn.edit(turn.text("patient.visit.left"))
    turn.toast("patient.toast.noted")


def _leave_dialogue(turn: Turn) -> bool:
    if turn.dialogue is None or turn.dialogue.name != WISH:
        return False
    turn.close_dialogue()
    return True


def wish(turn: Turn, patient: Patient) -> None:
    """Take what a patient writes (or says) after asking for another time.

    A day later it counts as any other reply: nobody remembers the question by then.
    """
    dialogue = turn.dialogue
    turn.close_dialogue()
    row = own_reminder(turn, patient, str(dialogue.data["row"])) if dialogue else None
    subject = subject_of(turn, row) if row else None
    if (
        dialogue is None
        or row is None
        or subject is None
        or turn.now - dialogue.changed_at > _WISH_WAITS_MS
        or not _still_open(turn, row)
    ):
        replying.reply(turn, patient)
        return
    waits = consent_texts.picture_waits(turn, patient)
    reply_id = replying.log(
        turn,
        patient,
        Context(row["id"], row["enrollment_id"], row["session_id"], row["step_key"]),
    )
    if waits:
        picturing.keep_waiting(turn, patient, reply_id)
    appointments.becomes(turn.tx, row, "change_wanted", now=turn.now)
    turn.say(
        turn.text(
            "patient.visit.wish_passed_on",
            when=_when(subject, turn.language),
            phone=turn.clinic.phone,
        ),
        reply_to=turn.incoming.message_id,
    )
    if dialogue.outbox_id is not None:
        # The question loses its button: there is nothing left to leave.
        turn.edit_row(
            dialogue.outbox_id,
            turn.text("patient.visit.ask_wish", when=_when(subject, turn.language)),
        )

    def head(language: str) -> Html:
        return turn.catalogue.text(
            language,
            "patient.told.visit.change",
            label=patient.label,
            when=moment(subject.session_at, turn.clinic.timezone, language),
        )

    relaying.pass_on(turn, patient, row["enrollment_id"], head, relaying.thread_of(turn, patient))


def _still_open(turn: Turn, row: Row) -> bool:
    visit = appointments.session(turn.tx, row["session_id"])
    return visit is not None and appointments.standing(visit, now=turn.now) == "open"


def _ask_cancel(turn: Turn, subject: Subject) -> None:
    _leave_dialogue(turn)
    _show(
        turn,
        subject,
        turn.text("patient.visit.ask_cancel", when=_when(subject, turn.language)),
        "keep",
        "yes",
    )


def _keep(turn: Turn, subject: Subject, visit: Row) -> None:
    if visit["state"] == "confirmed":
        confirmed = turn.text("patient.visit.confirmed", when=_when(subject, turn.language))
        _show(turn, subject, confirmed, "change", "cancel")
    else:
        said = wording.reminder(
            turn.catalogue,
            turn.clinic,
            subject,
            replies.answers_to(turn.tx, subject.row["id"]),
        )
        turn.edit(said.html, said.buttons)
    turn.toast("patient.toast.visit_kept")


def _cancel(turn: Turn, patient: Patient, subject: Subject) -> None:
    canceled = appointments.cancel(
        turn.tx,
        subject.row,
        catalogue=turn.catalogue,
        clinic=turn.clinic,
        now=turn.now,
    )
    if not canceled:
        turn.toast("patient.toast.already")
        return
    _show(turn, subject, turn.text("patient.visit.canceled", phone=turn.clinic.phone))
    turn.toast("patient.toast.visit_canceled_now")
    _tell(turn, patient, subject, "patient.told.visit.canceled")
