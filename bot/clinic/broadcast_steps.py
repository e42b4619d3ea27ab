"""How each step of a broadcast looks: what it says, its buttons, its photo."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.clinic.broadcast_draft import Draft
from bot.patient.languages import own_name
from bot.turn import Turn
from messages.render import Html
from scheduler import segments
from scheduler.broadcast_words import number
from scheduler.channel import Attachment, Button
from scheduler.segments import Audience, Segment

PREFIX: Final = "b"
_ROW_LETTERS: Final = 30
_PER_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class Screen:
    """One message of the dialogue."""

    html: str
    buttons: tuple[tuple[Button, ...], ...]
    attachment: Attachment | None = None


def data(draft: Draft, action: str, *value: object) -> str:
    """Return what a button of this broadcast carries (64 bytes at most)."""
    return ":".join([PREFIX, action, draft.serial, *map(str, value)])


def ask(turn: Turn, draft: Draft, key: str = "ask") -> Screen:
    """The first step: what to send."""
    return Screen(turn.text(f"clinic.broadcast.{key}"), (_leave(turn, draft),))


def who(turn: Turn, draft: Draft, audiences: dict[Segment, Audience]) -> Screen:
    """The second step: for whom, with how many that is, and who is left out and why."""
    everyone = audiences[segments.EVERYONE]
    key = "who" if everyone.reached else "who_nobody"
    parts = [turn.text(f"clinic.broadcast.{key}"), *_left_out(turn, everyone)]
    buttons = [
        turn.button(
            "clinic.broadcast.button.choice",
            data(draft, "who", place),
            who=segment_name(turn, Segment.parse(code)),
            count=number(audiences[Segment.parse(code)].reached, turn.language),
        )
        for place, code in enumerate(draft.choices)
    ]
    return Screen("\n\n".join(parts), (*_rows(buttons), _leave(turn, draft)))


def chosen(turn: Turn, draft: Draft, audience: Audience) -> Html:
    """What the second step becomes once it is answered."""
    parts = [
        turn.text(
            "clinic.broadcast.chosen",
            who=segment_name(turn, draft.who),
            people=turn.text("clinic.broadcast.people", n=audience.reached),
        ),
        *_left_out(turn, audience),
        turn.text("clinic.broadcast.preview"),
    ]
    return Html("\n\n".join(parts))


def preview(turn: Turn, draft: Draft, audience: Audience) -> Screen:
    """The third step: the copy exactly as it will look, and below it what to do with it."""
    copy = draft.tip.said(turn.catalogue, turn.language)
    count = number(audience.reached, turn.language)
    back = turn.button("clinic.broadcast.button.back", data(draft, "back"))
    rows = (
        *copy.buttons,
        (turn.button("clinic.broadcast.button.test", data(draft, "test")),),
        (turn.button("clinic.broadcast.button.send", data(draft, "send"), count=count),),
        (back, *_leave(turn, draft)),
    )
    return Screen(copy.html, rows, copy.attachment)


def confirm(turn: Turn, draft: Draft, audience: Audience) -> Screen:
    """The last question, with the number."""
    count = number(audience.reached, turn.language)
    html = turn.text(
        "clinic.broadcast.confirm",
        who=segment_name(turn, draft.who),
        people=turn.text("clinic.broadcast.people", n=audience.reached),
    )
    yes = turn.button("clinic.broadcast.button.yes", data(draft, "yes"), count=count)
    back = turn.button("clinic.broadcast.button.back", data(draft, "no"))
    return Screen(html, ((yes,), (back, *_leave(turn, draft))))


def segment_name(turn: Turn, segment: Segment) -> str:
    """Return what a segment is called, without markup."""
    if segment.kind == "language":
        return own_name(segment.value)
    if segment.kind == "treatment":
        try:
            return turn.catalogue.treatment_name(turn.language, segment.value)
        except KeyError:
            # The clinic took the treatment out of its protocols; its patients are still here.
            return segment.value
    return turn.catalogue.label(turn.language, "clinic.broadcast.everyone")


def offered(audiences: dict[Segment, Audience]) -> tuple[str, ...]:
    """Return the segments worth a button: a single language is everyone already."""
    languages = sum(segment.kind == "language" for segment in audiences)
    return tuple(
        segment.code for segment in audiences if segment.kind != "language" or languages > 1
    )


def _left_out(turn: Turn, audience: Audience) -> Iterator[Html]:
    if audience.left_out:
        lines = [
            turn.text(f"clinic.broadcast.why.{fate}", n=n) for fate, n in audience.left_out.items()
        ]
        title = turn.text("clinic.broadcast.left_out")
        yield Html("\n".join([title, *(f"• {line}" for line in lines)]))


def _leave(turn: Turn, draft: Draft) -> tuple[Button]:
    return (turn.button("clinic.broadcast.button.cancel", data(draft, "cancel")),)


def _rows(buttons: list[Button]) -> Iterator[tuple[Button, ...]]:
    """Lay short labels side by side; the first button (everyone) stands alone."""
    row: list[Button] = []
    for place, button in enumerate(buttons):
        length = sum(len(each.label) for each in row) + len(button.label)
        if row and (len(row) == _PER_ROW or length > _ROW_LETTERS or place == 1):
            yield tuple(row)
            row = []
        row.append(button)
    if row:
        yield tuple(row)
