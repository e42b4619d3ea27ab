"""The broadcast's dialogue: a text or a photo, for whom, a preview, a last question, off it goes.

What was sent next replaces the text at any step. Every button carries the serial of its
broadcast, so that an old one does nothing.
"""

from typing import Final

from bot.clinic import broadcast_steps as steps
from bot.clinic.broadcast_draft import MOST_CAPTION, MOST_TEXT, Draft, excess
from bot.turn import Turn
from messages.render import plain
from scheduler import broadcasts, segments
from scheduler.broadcast_words import number
from scheduler.segments import Segment

DIALOGUE: Final = "broadcast"


def begin(turn: Turn) -> None:
    """Answer /broadcast: ask what to send."""
    _retire(turn)
    draft = Draft(serial=str(turn.incoming.message_id))
    _say(turn, draft, steps.ask(turn, draft))


def take(turn: Turn) -> None:
    """Take what was written while the dialogue is open: it is the text, or replaces it."""
    draft = _open(turn)
    if draft is None:
        return
    fault = _fault(turn)
    if fault is not None:
        turn.say(fault)
        return
    _retire(turn)
    audiences = segments.audiences(turn.tx)
    draft = Draft(
        serial=draft.serial,
        step="who",
        text=turn.incoming.text,
        photo=turn.incoming.file_id if turn.incoming.kind == "photo" else None,
        choices=steps.offered(audiences),
    )
    _say(turn, draft, steps.who(turn, draft, audiences))


def press(turn: Turn, action: str, serial: str, value: str) -> None:
    """Take a button of the dialogue."""
    draft = _open(turn)
    if draft is None or draft.serial != serial:
        turn.toast("patient.start.old_button")
        turn.edit(turn.text("clinic.broadcast.closed"))
        return
    match action, draft.step:
        case "cancel", _:
            turn.close_dialogue()
            turn.edit(turn.text("clinic.broadcast.canceled"))
        case "who", "who":
            _choose(turn, draft, value)
        case "test", "preview":
            _test(turn, draft)
        case "send", "preview":
            _ask_last(turn, draft)
        case "back", "preview":
            _ask_who(turn, draft)
        case "no", "confirm":
            turn.edit(turn.text("clinic.broadcast.not_sent"))
            _show_preview(turn, draft)
        case "yes", "confirm":
            _send(turn, draft)
        case _:
            # A button of an earlier step that was pressed twice or late.
            turn.toast("patient.start.old_button")


def stop(turn: Turn, number_: str) -> None:
    """Cancel what has not left of a broadcast whose progress this chat shows."""
    broadcast = broadcasts.by_id(turn.tx, int(number_)) if number_.isdecimal() else None
    member = turn.staff
    if broadcast is None or member is None or broadcast["staff_id"] != member.id:
        turn.toast("patient.start.old_button")
        return
    taken_back = broadcasts.cancel(turn.tx, broadcast["id"], actor=member.actor, now=turn.now)
    if taken_back:
        turn.toast("clinic.broadcast.toast.stopped", n=taken_back)
    else:
        turn.toast("clinic.broadcast.toast.too_late")


def _fault(turn: Turn) -> str | None:
    """Return what is wrong with what was sent, in words, or None."""
    incoming = turn.incoming
    if incoming.kind not in ("text", "photo"):
        return turn.text("clinic.broadcast.other_kind")
    too_much = excess(incoming.text, photo=incoming.kind == "photo")
    if too_much:
        return turn.text(
            "clinic.broadcast.too_long",
            n=number(too_much, turn.language),
            most=number(MOST_TEXT, turn.language),
            most_photo=number(MOST_CAPTION, turn.language),
        )
    tip = broadcasts.Tip(incoming.text)
    shown = plain(tip.said(turn.catalogue, turn.language).html)
    if incoming.kind == "text" and not any(c.isprintable() and not c.isspace() for c in shown):
        return turn.text("clinic.broadcast.empty")
    return None


def _choose(turn: Turn, draft: Draft, place: str) -> None:
    code = draft.chosen(place)
    if code is None:
        turn.toast("patient.start.old_button")
        return
    if segments.audience(turn.tx, Segment.parse(code)).reached == 0:
        turn.toast("clinic.broadcast.toast.nobody", alert=True)
        return
    draft = _with(draft, segment=code)
    turn.edit(steps.chosen(turn, draft, segments.audience(turn.tx, draft.who)))
    _show_preview(turn, draft)


def _ask_who(turn: Turn, draft: Draft) -> None:
    _retire(turn)
    audiences = segments.audiences(turn.tx)
    draft = _with(draft, step="who", choices=steps.offered(audiences))
    _say(turn, draft, steps.who(turn, draft, audiences))


def _show_preview(turn: Turn, draft: Draft) -> None:
    draft = _with(draft, step="preview")
    _say(turn, draft, steps.preview(turn, draft, segments.audience(turn.tx, draft.who)))


def _test(turn: Turn, draft: Draft) -> None:
    if draft.tested:
        turn.toast("clinic.broadcast.toast.tested_already")
        return
    copy = draft.tip.said(turn.catalogue, turn.language)
    turn.say(copy.html, copy.buttons, attachment=copy.attachment)
    turn.toast("clinic.broadcast.toast.tested")
    _keep(turn, _with(draft, tested=True))


def _ask_last(turn: Turn, draft: Draft) -> None:
    audience = segments.audience(turn.tx, draft.who)
    if audience.reached == 0:
        turn.toast("clinic.broadcast.toast.nobody", alert=True)
        return
    _retire(turn)
    draft = _with(draft, step="confirm")
    _say(turn, draft, steps.confirm(turn, draft, audience))


def _send(turn: Turn, draft: Draft) -> None:
    if turn.staff is None:
        return
    turn.close_dialogue()
    started = broadcasts.start(
        turn.tx,
        draft.tip,
        draft.who,
        member=turn.staff,
        quiet=turn.clinic.quiet,
        progress_message=turn.incoming.message_id,
        now=turn.now,
    )
    if isinstance(started, str):
        turn.edit(turn.text(f"clinic.broadcast.{started}"))


def _open(turn: Turn) -> Draft | None:
    if turn.dialogue is None or turn.dialogue.name != DIALOGUE:
        return None
    return Draft.from_data(turn.dialogue.data)


def _with(draft: Draft, **changes: object) -> Draft:
    return Draft.from_data({**draft.to_data(), **changes})


def _keep(turn: Turn, draft: Draft) -> None:
    turn.open_dialogue(
        DIALOGUE, draft.to_data(), outbox_id=turn.dialogue.outbox_id if turn.dialogue else None
    )


def _say(turn: Turn, draft: Draft, screen: steps.Screen) -> None:
    row = turn.say(screen.html, screen.buttons, attachment=screen.attachment)
    turn.open_dialogue(DIALOGUE, draft.to_data(), outbox_id=row)


def _retire(turn: Turn) -> None:
    """Take the buttons off the dialogue's last message: a new one takes its place."""
    draft = _open(turn)
    if draft is None or turn.dialogue is None or turn.dialogue.outbox_id is None:
        return
    match draft.step:
        case "preview":
            copy = draft.tip.said(turn.catalogue, turn.language)
            turn.edit_row(turn.dialogue.outbox_id, copy.html, copy.buttons)
        case "text":
            turn.edit_row(turn.dialogue.outbox_id, turn.text("clinic.broadcast.ask"))
        case _:
            turn.edit_row(turn.dialogue.outbox_id, turn.text("clinic.broadcast.replaced"))
