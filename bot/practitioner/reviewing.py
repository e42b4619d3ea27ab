"""/review: what only a person can decide. Send it again, or leave it?

Messages of which nobody knows whether they arrived, and, for managers, what came due since a
restored backup was made. Buttons carry ids only; who presses must be allowed to see the item.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.carried import is_number
from bot.practitioner.card_words import topic_of
from bot.turn import Turn
from messages.markup import Html
from messages.render import moment
from scheduler import decisions, review_notices
from scheduler.channel import Button
from scheduler.decisions import Choice, Decided, Waiting
from scheduler.staff import Staff

PREFIX: Final = "w"
PAGE: Final = 4
_CHOICES: Final[tuple[Choice, ...]] = ("send", "leave")


def review(turn: Turn) -> None:
    """Answer /review: the first page of what waits for this member."""
    if turn.staff is None:
        return
    review_notices.opened(turn.tx, turn.staff, now=turn.now)
    turn.say(*_list(turn, turn.staff, 0))


def _button(turn: Turn) -> None:
    member = turn.staff
    if member is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["page", page] if is_number(page):
            turn.edit(*_list(turn, member, int(page)))
        case ["send" | "leave" as choice, row_id, page] if is_number(row_id) and is_number(page):
            _decide(turn, member, choice, int(row_id), int(page))
        case ["all", "send" | "leave" as choice]:
            _ask_all(turn, member, choice)
        case ["yes", "send" | "leave" as choice]:
            _decide_all(turn, member, choice)
        case _:
            turn.toast("patient.start.old_button")


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}


def _decide(turn: Turn, member: Staff, choice: Choice, row_id: int, page: int) -> None:
    item = decisions.of_row(turn.tx, member, row_id)
    if item is None:
        turn.toast("practitioner.review.toast.gone")
    else:
        _say_what_became(
            turn, decisions.decide(turn.tx, item, choice, actor=member.actor, now=turn.now)
        )
    turn.edit(*_list(turn, member, page))


def _ask_all(turn: Turn, member: Staff, choice: Choice) -> None:
    rows = decisions.count(turn.tx, member, "restored")
    if not rows:
        turn.toast("practitioner.review.toast.gone")
        turn.edit(*_list(turn, member, 0))
        return
    yes = turn.button(f"practitioner.review.button.yes_{choice}", f"{PREFIX}:yes:{choice}", n=rows)
    no = turn.button("practitioner.review.button.no", f"{PREFIX}:page:0")
    turn.edit(turn.text(f"practitioner.review.ask_{choice}", n=rows), [[yes], [no]])


def _decide_all(turn: Turn, member: Staff, choice: Choice) -> None:
    # Only managers have restored ones to decide about.
    if not decisions.count(turn.tx, member, "restored"):
        turn.toast("practitioner.review.toast.gone")
    else:
        _say_what_became(
            turn, decisions.decide_restored(turn.tx, choice, actor=member.actor, now=turn.now)
        )
    turn.edit(*_list(turn, member, 0))


def _say_what_became(turn: Turn, decided: Decided) -> None:
    match decided:
        case Decided(sent=0, expired=0, left=0):
            turn.toast("practitioner.review.toast.gone")
        case Decided(sent=sent, expired=0, left=0):
            turn.toast("practitioner.review.toast.sent", n=sent)
        case Decided(sent=0, expired=expired, left=0):
            turn.toast("practitioner.review.toast.expired", n=expired, alert=True)
        case Decided(sent=sent, expired=expired, left=0):
            turn.toast("practitioner.review.toast.both", sent=sent, expired=expired, alert=True)
        case Decided(left=left):
            turn.toast("practitioner.review.toast.left", n=left)


def _list(turn: Turn, member: Staff, page: int) -> tuple[str, list[list[Button]]]:
    items = decisions.items(turn.tx, member)
    if not items:
        return turn.text("practitioner.review.none"), []
    page = min(page, (items - 1) // PAGE)
    shown = decisions.waiting(turn.tx, member, offset=page * PAGE, limit=PAGE)
    numbered = list(enumerate(shown, start=page * PAGE + 1))
    words = [
        turn.text("practitioner.review.title", n=decisions.count(turn.tx, member)),
        *(_line(turn, number, item) for number, item in numbered),
        turn.text("practitioner.review.hint"),
    ]
    rows = [
        [
            turn.button(
                f"practitioner.review.button.{choice}",
                f"{PREFIX}:{choice}:{item.row['id']}:{page}",
                number=number,
            )
            for choice in _CHOICES
        ]
        for number, item in numbered
    ]
    rows += [list(row) for row in (_for_all(turn, member), _turning(turn, page, items))]
    return "\n\n".join(words), [row for row in rows if row]


def _for_all(turn: Turn, member: Staff) -> Iterator[Button]:
    restored = decisions.count(turn.tx, member, "restored")
    if restored > 1:
        for choice in _CHOICES:
            yield turn.button(
                f"practitioner.review.button.{choice}_all", f"{PREFIX}:all:{choice}", n=restored
            )


def _turning(turn: Turn, page: int, items: int) -> Iterator[Button]:
    if page > 0:
        yield turn.button("practitioner.review.button.earlier", f"{PREFIX}:page:{page - 1}")
    if (page + 1) * PAGE < items:
        yield turn.button("practitioner.review.button.later", f"{PREFIX}:page:{page + 1}")


def _line(turn: Turn, number: int, item: Waiting) -> Html:
    return turn.text(
        "practitioner.review.item",
        number=number,
        who=_who(turn, item),
        what=_what(turn, item),
        when=moment(item.row["due_at"], turn.clinic.timezone, turn.language),
        why=turn.text(f"practitioner.review.why.{_why(item)}"),
    )


def _who(turn: Turn, item: Waiting) -> str:
    label, member = item.row["label"], item.row["member"]
    if item.is_broadcast:
        return "📣"
    if member and label:
        return turn.text("practitioner.review.staff", member=member, label=label)
    return str(member or label or turn.text("practitioner.review.nobody"))


def _what(turn: Turn, item: Waiting) -> str:
    if item.is_broadcast:
        return turn.text("practitioner.review.copies", n=item.count)
    if item.row["step_key"] is not None:
        return topic_of(turn, item.row["treatment"], item.row["step_key"])
    return turn.text(f"practitioner.review.kind.{item.row['kind']}")


def _why(item: Waiting) -> str:
    if item.why == "restored":
        return "restored"
    return "crashed" if "process stopped" in (item.row["reason"] or "") else "unanswered"
