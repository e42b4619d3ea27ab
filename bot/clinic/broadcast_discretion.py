"""A broadcast's first line: what of it no lock screen should show, and a neutral line above it.

No text of ours names the clinic, a treatment or a part of the body there; here a manager's own
words begin the message, so the manager is told before it goes on, and decides.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.clinic.broadcast_draft import Draft
from bot.clinic.broadcast_screen import Screen, data, leave
from bot.turn import Turn
from messages import discretion
from messages.render import escape
from messages.tips import excess

_SHOWN: Final = 120
"""So many letters of a first line are shown; a lock screen has room for fewer."""


def given_away(turn: Turn, draft: Draft) -> tuple[str, ...]:
    """Return what the first lines name that the manager has not yet decided about."""
    if draft.as_it_is:
        return ()
    return discretion.once(name for _, names in _told(turn, draft) for name in names)


def ask(turn: Turn, draft: Draft) -> Screen:
    """Tell what a lock screen would show, and ask what to do about it."""
    names = ", ".join(f"“{name}”" for name in given_away(turn, draft))
    lines = [
        discretion.first_line(draft.others[language] if language else draft.text)
        for language, _ in _told(turn, draft)
    ]
    html = turn.text(
        "clinic.broadcast.discretion.ask",
        names=names,
        lines=escape("\n".join(f"🔒 {line[:_SHOWN]}" for line in lines)),
    )
    rows = [(turn.button("clinic.broadcast.button.as_it_is", data(draft, "as_it_is")),)]
    if covered(turn, draft) is not None:
        rows.insert(0, (turn.button("clinic.broadcast.button.cover", data(draft, "cover")),))
    back = turn.button("clinic.broadcast.button.back", data(draft, "back"))
    return Screen(html, (*rows, (back, *leave(turn, draft))))


def covered(turn: Turn, draft: Draft) -> Draft | None:
    """Return the draft with a neutral line above what gives somebody away; None if none fits.

    Above a poll it would be the question.
    """
    if draft.poll:
        return None
    text, others = draft.text, dict(draft.others)
    for language, _ in _told(turn, draft):
        if language:
            others[language] = _under_cover(turn, language, others[language])
        else:
            text = _under_cover(turn, turn.language, text)
    if any(
        excess(each, with_file=draft.file_kind is not None) for each in (text, *others.values())
    ):
        return None
    return replace(draft, text=text, others=others, covered=True)


def _told(turn: Turn, draft: Draft) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each text whose first line gives somebody away, by its language ("" for the own)."""
    # Nobody says in which language the own words are: what gives away in any of them does.
    languages = turn.catalogue.languages
    names = [name for each in languages for name in turn.catalogue.private_names(each)]
    for language, text in (("", draft.text), *draft.others.items()):
        if found := discretion.given_away(text, [turn.clinic.name, *names]):
            yield language, found


def _under_cover(turn: Turn, language: str, text: str) -> str:
    return f"{turn.catalogue.label(language, 'clinic.tip.cover')}\n{text}"
