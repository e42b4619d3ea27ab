"""Enrolling a patient: a dialogue in one message that is edited from step to step."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.carried import is_number
from bot.practitioner import (
    enroll_answers,
    enroll_line,
    enroll_link,
    enroll_plan,
    enroll_steps,
    stray,
)
from bot.practitioner.calendar import view_of
from bot.practitioner.enroll_answers import Unclear
from bot.practitioner.enroll_buttons import PREFIX, Pressed, read, serial
from bot.practitioner.enroll_draft import QUESTIONS, STEPS, Draft
from bot.practitioner.leaving import ENROLLING as DIALOGUE
from bot.practitioner.leaving import leave_open
from bot.turn import Turn
from messages.render import Html
from scheduler import enrollment


def enroll(turn: Turn) -> None:
    """/enroll: by buttons, or with all or some of it in one line."""
    draft = Draft(serial=serial(turn.incoming.message_id))
    note: Html | None = None
    if turn.incoming.argument:
        try:
            draft, note = enroll_line.read(turn, draft, turn.incoming.argument)
        except enroll_line.Faults as faults:
            turn.say(faults.words)
            return
    leave_open(turn)
    draft = _looked_at(turn, draft)
    html, buttons = enroll_steps.screen(turn, draft, note)
    row = turn.say(html, buttons)
    turn.open_dialogue(DIALOGUE, draft.to_data(), outbox_id=row)


def cancel(turn: Turn) -> None:
    """/cancel: leave whatever dialogue this chat is in."""
    if turn.dialogue is None:
        turn.say(turn.text("practitioner.cancel.nothing"))
        return
    leave_open(turn, "left")
    turn.close_dialogue()
    turn.say(turn.text("practitioner.cancel.done"))


def button(turn: Turn) -> None:
    """A button of an enrollment was pressed."""
    pressed = read(turn.incoming.data)
    draft = _draft(turn)
    if draft is None or pressed.serial != draft.serial:
        turn.toast("patient.start.old_button")
        return
    if is_number(pressed.action):
        _answer(turn, draft, pressed)
        return
    action = _ACTIONS.get(pressed.action)
    if action is None:
        turn.toast("patient.start.old_button")
        return
    action(turn, draft, pressed.value)


def words(turn: Turn) -> None:
    """Something was written while an enrollment is open."""
    if stray.quotes_elsewhere(turn):
        return
    draft = _draft(turn)
    if draft is None:
        turn.close_dialogue()
        turn.say(turn.text("practitioner.cancel.nothing"))
        return
    _step_down(turn, draft)
    if turn.incoming.kind != "text":
        _show(turn, draft, turn.text("practitioner.enroll.trouble.only_text"))
        return
    question = next((each for each in QUESTIONS if each == draft.step), None)
    if question is None or question == "same":
        text = enroll_answers.quoted(turn.incoming.text)
        _show(turn, draft, turn.text("practitioner.enroll.trouble.tap", text=text))
        return
    try:
        draft, remark = enroll_answers.typed(turn, draft, question, turn.incoming.text)
    except Unclear as unclear:
        _show(turn, draft, unclear.words)
        return
    _show(turn, draft, remark)


def _draft(turn: Turn) -> Draft | None:
    if turn.dialogue is None or turn.dialogue.name != DIALOGUE:
        return None
    return Draft.from_data(turn.dialogue.data)


def _step_down(turn: Turn, draft: Draft) -> None:
    """Take the buttons off the message so far: what was typed below it is answered below that."""
    if turn.dialogue is None or turn.dialogue.outbox_id is None:
        return
    old = turn.text("practitioner.enroll.title")
    if draft.step == "plan" or draft.protocol(turn.catalogue) is not None:
        old = Html("\n\n".join([old, enroll_steps.summary(turn, draft)]))
    turn.edit_row(turn.dialogue.outbox_id, old)
    turn.dialogue = replace(turn.dialogue, outbox_id=None)


def _show(turn: Turn, draft: Draft, note: str | None = None) -> None:
    """Edit the dialogue's message to where the draft stands, or say it anew, and keep it."""
    outbox_id = turn.dialogue.outbox_id if turn.dialogue else None
    if draft.step != "treatment" and draft.protocol(turn.catalogue) is None:
        # The clinic changed its protocols while this enrollment was open.
        draft = Draft(serial=draft.serial)
        note = turn.text("practitioner.enroll.gone")
    draft = _looked_at(turn, draft)
    html, buttons = enroll_steps.screen(turn, draft, note)
    if outbox_id is None:
        outbox_id = turn.say(html, buttons)
    else:
        turn.edit_row(outbox_id, html, buttons)
    turn.open_dialogue(DIALOGUE, draft.to_data(), outbox_id=outbox_id)


def _looked_at(turn: Turn, draft: Draft) -> Draft:
    """Return the draft with what its plan promises at this moment, if the plan is what is shown."""
    return enroll_plan.shown(turn, draft) if draft.step == "plan" else draft


def _answer(turn: Turn, draft: Draft, pressed: Pressed) -> None:
    step = STEPS[int(pressed.action)] if int(pressed.action) < len(STEPS) else None
    question = next((each for each in QUESTIONS if each == step), None)
    if question is None or step != draft.step:
        # The second tap of two, or a button of a step gone by: it must not answer another.
        return
    try:
        draft, remark = enroll_answers.tapped(turn, draft, question, pressed.value)
    except Unclear as unclear:
        _show(turn, draft, unclear.words)
        return
    except (KeyError, ValueError, OverflowError):
        turn.toast("patient.start.old_button")
        return
    _show(turn, draft, remark)


def _back(turn: Turn, draft: Draft, _value: str) -> None:
    _show(turn, draft.back(turn.catalogue, known=enroll_answers.known(turn, draft)))


def _leave(turn: Turn, _draft: Draft, _value: str) -> None:
    leave_open(turn, "left")
    turn.close_dialogue()


def _view(turn: Turn, draft: Draft, value: str) -> None:
    if draft.view or (draft.step, value) not in {
        ("session", "today"),
        ("session", "words"),
        ("next", "words"),
    }:
        return
    _show(turn, replace(draft, view=value))


def _calendar(turn: Turn, draft: Draft, value: str) -> None:
    """Turn the calendar to a month or a day, or take the moment that was tapped in it."""
    question = next((each for each in ("session", "next") if each == draft.step), None)
    protocol = draft.protocol(turn.catalogue)
    if question is None or protocol is None:
        return
    shown = enroll_steps.calendar_of(turn, draft, protocol)
    at = shown.moment(value)
    if at is None:
        if value == "first":
            value = view_of(turn.now, turn.clinic.timezone)
        if shown.is_view(value) and value != draft.view:
            _show(turn, replace(draft, view=value))
        return
    check = enroll_answers.check_session if question == "session" else enroll_answers.check_next
    try:
        check(turn, draft, at)
    except Unclear as unclear:
        _show(turn, draft, unclear.words)
        return
    _show(turn, enroll_answers.accept(turn, draft, question, at))


def _other_reading(turn: Turn, draft: Draft, _value: str) -> None:
    if draft.other is None or draft.other_of is None:
        return
    check = (
        enroll_answers.check_session if draft.other_of == "session" else enroll_answers.check_next
    )
    try:
        check(turn, draft, draft.other)
    except Unclear as unclear:
        _show(turn, replace(draft, other=None, other_of=None), unclear.words)
        return
    _show(turn, enroll_answers.accept(turn, draft, draft.other_of, draft.other))


def _change(turn: Turn, draft: Draft, _value: str) -> None:
    if draft.step == "plan":
        _show(turn, replace(draft, step="change", page=0, other=None, other_of=None))


def _go(turn: Turn, draft: Draft, value: str) -> None:
    if draft.step != "change" or not is_number(value) or int(value) >= len(QUESTIONS):
        return
    question = QUESTIONS[int(value)]
    if question in draft.questions(turn.catalogue, known=enroll_answers.known(turn, draft)):
        _show(turn, replace(draft, step=question, view=""))


def _page(turn: Turn, draft: Draft, value: str) -> None:
    if draft.step == "plan" and is_number(value) and int(value) != draft.page:
        _show(turn, replace(draft, page=int(value)))


def _confirm(turn: Turn, draft: Draft, _value: str) -> None:
    protocol = draft.protocol(turn.catalogue)
    if draft.step != "plan" or turn.staff is None:
        return
    if protocol is None:
        _show(turn, draft)
        return
    if enroll_plan.promised(enroll_plan.laid_out(turn, draft)) != draft.promised:
        # Minutes or days passed since it was shown: nobody confirms what they have not seen.
        _show(turn, draft, turn.text("practitioner.enroll.note.plan_changed"))
        return
    made = enrollment.enroll(
        turn.tx,
        draft.choice(protocol),
        protocol=protocol,
        clinic=turn.clinic,
        staff=turn.staff,
        now=turn.now,
        patient_id=draft.answers.get("same") or None,
    )
    label = draft.answers["label"]
    parts = [
        turn.text("practitioner.enroll.done.text", label=label),
        enroll_steps.summary(turn, draft),
        turn.text("practitioner.enroll.done.next"),
    ]
    if turn.dialogue is not None and turn.dialogue.outbox_id is not None:
        turn.edit_row(turn.dialogue.outbox_id, "\n\n".join(parts))
    turn.close_dialogue()
    enroll_link.hand_over(turn, made.token, label=label, patient_id=made.patient_id)


_ACTIONS: Final[Mapping[str, Callable[[Turn, Draft, str], None]]] = {
    "b": _back,
    "c": _confirm,
    "g": _go,
    "k": _calendar,
    "m": _change,
    "o": _other_reading,
    "p": _page,
    "v": _view,
    "x": _leave,
}

BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: button}
DIALOGUES: Final[Mapping[str, Callable[[Turn], None]]] = {DIALOGUE: words}
