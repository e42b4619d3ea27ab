"""The broadcast's dialogue: what to send, for whom, a preview, a moment, a last question.

What is sent next replaces the text at any step but those that ask for something themselves. Every
button carries the serial of its broadcast, so that an old one does nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.clinic import broadcast_checks, broadcast_discretion, broadcast_who
from bot.clinic import broadcast_steps as steps
from bot.clinic.broadcast_draft import Draft
from bot.clinic.broadcast_screen import Screen
from bot.dates import Moment, read_moment
from bot.practitioner import stray
from bot.practitioner.leaving import BROADCAST as DIALOGUE
from bot.turn import Turn
from messages.render import clock
from messages.tips import can_be_poll, lines
from scheduler import broadcasts, segments
from scheduler.broadcasts import NotStarted
from scheduler.segments import KINDS, Audience, Kind
from scheduler.wallclock import local

_BUTTON_LETTERS: Final = 30


def begin(turn: Turn) -> None:
    """Ask what to send."""
    retire(turn)
    draft = Draft(serial=str(turn.incoming.message_id))
    _say(turn, draft, steps.ask(turn, draft))


def begin_with(turn: Turn, draft: Draft) -> None:
    """Go on with a tip that is written already."""
    retire(turn)
    _ask_who(turn, draft)


def take(turn: Turn) -> None:
    """Take what was written while the dialogue is open."""
    draft = open_draft(turn)
    if draft is None or stray.quotes_elsewhere(turn):
        return
    if draft.step == "when":
        _take_moment(turn, draft)
        return
    if turn.incoming.album and turn.incoming.album == draft.album:
        _leave_out(turn, draft)
        return
    fault = broadcast_checks.fault(turn, draft)
    if fault is not None:
        turn.say(fault)
        return
    retire(turn)
    if draft.step == "language":
        others = {**draft.others, draft.asking: turn.incoming.text}
        draft = _with(draft, others=others, shown=draft.asking, tested=False, as_it_is=False)
        _show_preview(turn, draft)
        return
    _ask_who(
        turn,
        Draft(
            serial=draft.serial,
            text=turn.incoming.text,
            file_kind=broadcast_checks.file_kind(turn),
            file_id=turn.incoming.file_id,
            segment=draft.segment,
            album=turn.incoming.album,
        ),
    )


def _leave_out(turn: Turn, draft: Draft) -> None:
    """Leave out the further pictures of an album, which would take the place of the first."""
    if not draft.told:
        turn.say(turn.text("clinic.broadcast.album"))
        _keep(turn, _with(draft, told=True))


def press(turn: Turn, action: str, serial: str, value: str) -> None:
    """Take a button of the dialogue."""
    draft = open_draft(turn)
    if draft is None or draft.serial != serial:
        turn.toast("patient.start.old_button")
        turn.edit(turn.text("clinic.broadcast.closed"))
        return
    if action == "cancel":
        turn.close_dialogue()
        turn.edit(turn.text("clinic.broadcast.canceled"))
        return
    act = _ACTIONS.get((action, draft.step))
    if act is None:
        # A button of an earlier step that was pressed twice or late.
        turn.toast("patient.start.old_button")
        return
    act(turn, draft, value)


def audience(turn: Turn, draft: Draft) -> Audience:
    """Count who would get it now."""
    return segments.audience(
        turn.tx,
        draft.who,
        quiet=turn.clinic.quiet,
        gap_ms=turn.clinic.tips_gap_ms,
        now=turn.now,
    )


def _filter(turn: Turn, draft: Draft, value: str) -> None:
    kind = _kind(value)
    if kind is None:
        turn.toast("patient.start.old_button")
        return
    draft = _with(draft, step="filter", filter=kind, choices=broadcast_who.choices(turn, kind))
    _edit(turn, draft, broadcast_who.options(turn, draft, kind, audience(turn, draft)))


def _pick(turn: Turn, draft: Draft, place: str) -> None:
    value, kind = draft.chosen(place), _kind(draft.filter)
    if value is None or kind is None:
        turn.toast("patient.start.old_button")
        return
    draft = _with(draft, segment=draft.who.toggled(kind, value).code)
    _edit(turn, draft, broadcast_who.options(turn, draft, kind, audience(turn, draft)))


def _done(turn: Turn, draft: Draft, _value: str) -> None:
    draft = _with(draft, step="who")
    _edit(turn, draft, broadcast_who.screen(turn, draft, audience(turn, draft)))


def _go_on(turn: Turn, draft: Draft, _value: str) -> None:
    reached = audience(turn, draft)
    if reached.reached == 0:
        turn.toast("clinic.broadcast.toast.nobody", alert=True)
        return
    turn.edit(steps.chosen(turn, draft, reached))
    _show_preview(turn, draft)


def _back(turn: Turn, draft: Draft, _value: str) -> None:
    retire(turn)
    _ask_who(turn, draft)


def _preview(turn: Turn, draft: Draft, _value: str) -> None:
    retire(turn)
    _show_preview(turn, draft)


def _cover(turn: Turn, draft: Draft, _value: str) -> None:
    covered = broadcast_discretion.covered(turn, draft)
    if covered is not None:
        retire(turn)
        _show_preview(turn, _with(covered, tested=False))


def _as_it_is(turn: Turn, draft: Draft, _value: str) -> None:
    retire(turn)
    _show_preview(turn, _with(draft, as_it_is=True))


def _test(turn: Turn, draft: Draft, _value: str) -> None:
    if draft.tested:
        turn.toast("clinic.broadcast.toast.tested_already")
        return
    copy = draft.tip.said(turn.catalogue, draft.shown or turn.language)
    turn.say(copy.html, copy.buttons, attachment=copy.attachment, poll=copy.poll)
    turn.toast("clinic.broadcast.toast.tested")
    _keep(turn, _with(draft, tested=True))


def _poll(turn: Turn, draft: Draft, _value: str) -> None:
    fits = draft.file_kind is None and not draft.covered and can_be_poll(draft.text)
    if not draft.poll and not (fits and all(map(can_be_poll, draft.others.values()))):
        turn.toast("clinic.broadcast.toast.no_poll", alert=True)
        return
    retire(turn)
    _show_preview(turn, _with(draft, poll=not draft.poll, tested=False))


def _language(turn: Turn, draft: Draft, place: str) -> None:
    language = draft.chosen(place)
    if language is None:
        turn.toast("patient.start.old_button")
        return
    retire(turn)
    if language in draft.others:
        _show_preview(turn, _with(draft, shown=language, tested=False))
        return
    draft = _with(draft, step="language", asking=language)
    _say(turn, draft, steps.ask_language(turn, draft))


def _own(turn: Turn, draft: Draft, _value: str) -> None:
    retire(turn)
    _show_preview(turn, _with(draft, shown="", tested=False))


def _out(turn: Turn, draft: Draft, _value: str) -> None:
    retire(turn)
    others = {each: text for each, text in draft.others.items() if each != draft.shown}
    _show_preview(turn, _with(draft, others=others, shown="", tested=False))


def _later(turn: Turn, draft: Draft, _value: str) -> None:
    retire(turn)
    draft = _with(draft, step="when")
    _say(turn, draft, steps.ask_when(turn, draft))


def _take_moment(turn: Turn, draft: Draft) -> None:
    found = read_moment(
        turn.incoming.text,
        now_ms=turn.written_at,
        zone=turn.clinic.timezone,
        language=turn.language,
        clinic_language=turn.clinic.language,
    )
    if not isinstance(found, Moment):
        turn.say(turn.text("clinic.broadcast.not_a_moment"))
        return
    # The wall clock of the clinic stands for that of each patient.
    starts = local(found.ms, turn.clinic.timezone).replace(tzinfo=None)
    _ask_last(turn, _with(draft, starts=starts.isoformat(timespec="minutes")), "")


def _now(turn: Turn, draft: Draft, value: str) -> None:
    _ask_last(turn, _with(draft, starts=""), value)


def _ask_last(turn: Turn, draft: Draft, _value: str) -> None:
    reached = audience(turn, draft)
    if reached.reached == 0:
        if turn.incoming.kind == "button":
            turn.toast("clinic.broadcast.toast.nobody", alert=True)
        else:
            # Nothing shows a toast to whoever wrote.
            turn.say(turn.text("clinic.broadcast.nobody_then"))
        return
    retire(turn)
    draft = _with(draft, step="confirm", counted=reached.reached)
    _say(turn, draft, steps.confirm(turn, draft, reached))


def _not_now(turn: Turn, draft: Draft, _value: str) -> None:
    turn.edit(turn.text("clinic.broadcast.not_sent"))
    _show_preview(turn, draft)


def _send(turn: Turn, draft: Draft, _value: str) -> None:
    if turn.staff is None:
        return
    reached = audience(turn, draft)
    if reached.reached not in {0, draft.counted}:
        asked = _with(draft, counted=reached.reached)
        _edit(turn, asked, steps.confirm(turn, asked, reached, before=draft.counted))
        return
    turn.close_dialogue()
    begins = draft.begins
    if begins is not None and begins < _wall_clock(turn):
        # The question stood there until its moment was over: it goes at once, as was meant.
        begins = None
    started = broadcasts.start(
        turn.tx,
        draft.tip,
        draft.who,
        member=turn.staff,
        clinic=turn.clinic,
        progress_message=turn.incoming.message_id,
        starts=begins,
        library=draft.library or None,
        now=turn.now,
    )
    if not isinstance(started, NotStarted):
        return
    if not started.since:
        turn.edit(turn.text("clinic.broadcast.nobody"))
        return
    at = clock(started.since, turn.clinic.timezone, turn.language)
    turn.edit(turn.text("clinic.broadcast.same", who=started.sender, at=at))


_ACTIONS: Final[Mapping[tuple[str, str], Callable[[Turn, Draft, str], None]]] = {
    ("filter", "who"): _filter,
    ("pick", "filter"): _pick,
    ("done", "filter"): _done,
    ("go_on", "who"): _go_on,
    ("cover", "discretion"): _cover,
    ("as_it_is", "discretion"): _as_it_is,
    ("back", "discretion"): _back,
    ("test", "preview"): _test,
    ("poll", "preview"): _poll,
    ("language", "preview"): _language,
    ("own", "preview"): _own,
    ("out", "preview"): _out,
    ("later", "preview"): _later,
    ("send", "preview"): _now,
    ("back", "preview"): _back,
    ("preview", "language"): _preview,
    ("preview", "when"): _preview,
    ("no", "confirm"): _not_now,
    ("yes", "confirm"): _send,
}


def _ask_who(turn: Turn, draft: Draft) -> None:
    draft = _with(draft, step="who", shown="", starts="")
    _say(turn, draft, broadcast_who.screen(turn, draft, audience(turn, draft)))


def _show_preview(turn: Turn, draft: Draft) -> None:
    """Show the copy as it will look, once its first line was looked at."""
    if broadcast_discretion.given_away(turn, draft):
        draft = _with(draft, step="discretion")
        _say(turn, draft, broadcast_discretion.ask(turn, draft))
        return
    spoken = segments.options(turn.tx, "language")
    others = tuple(each for each in spoken if each != turn.language)
    draft = _with(draft, step="preview", choices=others, asking="")
    _say(turn, draft, steps.preview(turn, draft, audience(turn, draft)))


def _kind(name: str) -> Kind | None:
    return next((kind for kind in KINDS if kind == name), None)


def _wall_clock(turn: Turn) -> datetime:
    return local(turn.now, turn.clinic.timezone).replace(tzinfo=None)


def open_draft(turn: Turn) -> Draft | None:
    """Return the broadcast that this chat is making, or None."""
    if turn.dialogue is None or turn.dialogue.name != DIALOGUE:
        return None
    return Draft.from_data(turn.dialogue.data)


def _with(draft: Draft, **changes: object) -> Draft:
    return Draft.from_data({**draft.to_data(), **changes})


def _keep(turn: Turn, draft: Draft) -> None:
    turn.open_dialogue(
        DIALOGUE, draft.to_data(), outbox_id=turn.dialogue.outbox_id if turn.dialogue else None
    )


def _say(turn: Turn, draft: Draft, screen: Screen) -> None:
    row = turn.say(screen.html, screen.buttons, attachment=screen.attachment, poll=screen.poll)
    turn.open_dialogue(DIALOGUE, draft.to_data(), outbox_id=row)


def _edit(turn: Turn, draft: Draft, screen: Screen) -> None:
    turn.edit(screen.html, screen.buttons)
    _keep(turn, draft)


def retire(turn: Turn) -> None:
    """Take the buttons off the dialogue's last message: a new one takes its place."""
    draft = open_draft(turn)
    if draft is None or turn.dialogue is None or turn.dialogue.outbox_id is None:
        return
    row = turn.dialogue.outbox_id
    match draft.step:
        case "preview" if draft.poll:
            # Nobody can change a poll's words: its buttons stay, and tell that they are old.
            return
        case "preview":
            copy = draft.tip.said(turn.catalogue, draft.shown or turn.language)
            turn.edit_row(row, copy.html, copy.buttons)
        case "text":
            turn.edit_row(row, turn.text("clinic.broadcast.ask"))
        case "language" | "when" | "discretion":
            turn.edit_row(row, turn.text("clinic.broadcast.answered"))
        case _:
            turn.edit_row(row, turn.text("clinic.broadcast.replaced"))


def beginning(text: str) -> str:
    """Return the first line of a text, short enough for a button."""
    first = (lines(text) or [""])[0]
    return first if len(first) <= _BUTTON_LETTERS else f"{first[: _BUTTON_LETTERS - 1]}…"
