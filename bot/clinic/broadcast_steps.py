"""How each step of a broadcast looks: what it says, its buttons, its file."""

from collections.abc import Iterator

from bot.clinic import broadcast_who
from bot.clinic.broadcast_discretion import given_away
from bot.clinic.broadcast_draft import Draft
from bot.clinic.broadcast_screen import PREFIX, Screen, data, leave
from bot.languages import own_name
from bot.turn import Turn
from messages.render import Html
from messages.tips import can_be_poll
from scheduler import segments
from scheduler.broadcast_words import number, wall_clock
from scheduler.channel import Button
from scheduler.segments import Audience


def ask(turn: Turn, draft: Draft) -> Screen:
    """The first step: what to send."""
    shelf = turn.button("clinic.broadcast.button.library", f"{PREFIX}:library:all")
    shelves = ((shelf,),) if turn.catalogue.tips else ()
    return Screen(turn.text("clinic.broadcast.ask"), (*shelves, leave(turn, draft)))


def chosen(turn: Turn, draft: Draft, audience: Audience) -> Html:
    """What the second step becomes once it is answered."""
    parts = [
        turn.text(
            "clinic.broadcast.chosen",
            who=broadcast_who.name(turn, draft.who),
            people=turn.text("clinic.broadcast.people", n=audience.reached),
        ),
        *broadcast_who.left_out(turn, audience),
    ]
    if not given_away(turn, draft):
        parts.append(turn.text("clinic.broadcast.preview"))
    return Html("\n\n".join(parts))


def preview(turn: Turn, draft: Draft, audience: Audience) -> Screen:
    """The third step: the copy exactly as it will look, and below it what to do with it."""
    copy = draft.tip.said(turn.catalogue, draft.shown or turn.language)
    count = number(audience.reached, turn.language)
    rows = (
        *copy.buttons,
        *_languages(turn, draft),
        *_as_poll(turn, draft),
        (turn.button("clinic.broadcast.button.test", data(draft, "test")),),
        (turn.button("clinic.broadcast.button.later", data(draft, "later")),),
        (turn.button("clinic.broadcast.button.send", data(draft, "send"), count=count),),
        (
            turn.button("clinic.broadcast.button.back", data(draft, "back")),
            *leave(turn, draft),
        ),
    )
    return Screen(copy.html, rows, copy.attachment, copy.poll)


def ask_language(turn: Turn, draft: Draft) -> Screen:
    """Ask for the text in another language."""
    back = turn.button("clinic.broadcast.button.back", data(draft, "preview"))
    html = turn.text(
        "clinic.broadcast.ask_language",
        language=own_name(draft.asking),
        own=own_name(turn.language),
    )
    return Screen(html, ((back,),))


def ask_when(turn: Turn, draft: Draft) -> Screen:
    """Ask when it shall begin."""
    back = turn.button("clinic.broadcast.button.back", data(draft, "preview"))
    return Screen(turn.text("clinic.broadcast.ask_when"), ((back,),))


def confirm(turn: Turn, draft: Draft, audience: Audience, *, before: int | None = None) -> Screen:
    """The last question, with the number and the moment; ``before`` is the number it replaces."""
    count = number(audience.reached, turn.language)
    key = "confirm_later" if draft.starts else "confirm"
    html = turn.text(
        f"clinic.broadcast.{key}",
        who=broadcast_who.name(turn, draft.who),
        people=turn.text("clinic.broadcast.people", n=audience.reached),
        **({"at": wall_clock(draft.starts, turn.language)} if draft.starts else {}),
    )
    if before is not None:
        was = turn.text("clinic.broadcast.people", n=before)
        html = Html(f"{turn.text('clinic.broadcast.count_changed', before=was)}\n\n{html}")
    label = "yes_later" if draft.starts else "yes"
    yes = turn.button(f"clinic.broadcast.button.{label}", data(draft, "yes"), count=count)
    back = turn.button("clinic.broadcast.button.back", data(draft, "no"))
    return Screen(html, ((yes,), (back, *leave(turn, draft))))


def _languages(turn: Turn, draft: Draft) -> Iterator[tuple[Button, ...]]:
    """Yield a button for each other language of the patients: read it, write it, or go back."""
    spoken = [each for each in segments.options(turn.tx, "language") if each != turn.language]
    if not spoken and not draft.others:
        return
    if draft.shown:
        out = turn.button(
            "clinic.broadcast.button.language_out", data(draft, "out"), name=own_name(draft.shown)
        )
        own = turn.button(
            "clinic.broadcast.button.language", data(draft, "own"), name=own_name(turn.language)
        )
        yield (own, out)
        return
    for place, language in enumerate(draft.choices):
        key = "language" if language in draft.others else "language_add"
        yield (
            turn.button(
                f"clinic.broadcast.button.{key}",
                data(draft, "language", place),
                name=own_name(language),
            ),
        )


def _as_poll(turn: Turn, draft: Draft) -> Iterator[tuple[Button, ...]]:
    if draft.poll:
        yield (turn.button("clinic.broadcast.button.as_text", data(draft, "poll")),)
    elif (
        draft.file_kind is None
        and not draft.covered
        and all(can_be_poll(text) for text in (draft.text, *draft.others.values()))
    ):
        yield (turn.button("clinic.broadcast.button.as_poll", data(draft, "poll")),)
