"""/inbox: what patients wrote, unanswered first with its age, then what was answered last."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.carried import CARD, WRITE, is_number
from bot.practitioner.card_words import kind_of
from bot.turn import Turn
from messages.markup import Html, untappable
from messages.render import distance
from scheduler import roster, unanswered
from scheduler.channel import Button
from scheduler.database import Row
from scheduler.staff import Staff
from scheduler.unanswered import Answered, How, Waiting
from scheduler.wallclock import HOUR, MINUTE

PREFIX: Final = "i"
PAGE: Final = 4
_ANSWERED: Final = 6
_ANSWERED_SINCE_MS: Final = 7 * 24 * HOUR
_LETTERS: Final = 160
"""So much of what a patient wrote stands in the list; the whole of it was passed on."""

_LINES: Final[Mapping[How, str]] = {
    "written": "line",
    "called": "line_called",
    "read": "line_no_answer",
}


def inbox(turn: Turn) -> None:
    """Answer /inbox."""
    if turn.staff is not None:
        turn.say(*_list(turn, turn.staff, 0))


def _button(turn: Turn) -> None:
    member = turn.staff
    if member is None:
        return
    match turn.incoming.data.split(":")[1:]:
        case ["l", page] if is_number(page):
            turn.edit(*_list(turn, member, int(page)))
        case ["n", number, upto, page] if all(map(is_number, (number, upto, page))):
            _put_away(turn, member, int(number), int(upto))
            turn.edit(*_list(turn, member, int(page)))
        case _:
            turn.toast("patient.start.old_button")


def _put_away(turn: Turn, member: Staff, patient_id: int, upto: int) -> None:
    """Take a member's word that nothing needs to be answered of what the list showed them."""
    if roster.seen(turn.tx, member, patient_id) is not None and unanswered.needs_no_answer(
        turn.tx, member, patient_id, upto=upto, now=turn.now
    ):
        turn.toast("practitioner.inbox.toast.no_answer")
    else:
        turn.toast("practitioner.inbox.toast.gone")


def _list(turn: Turn, member: Staff, page: int) -> tuple[str, list[list[Button]]]:
    count = unanswered.count(turn.tx, member)
    since = turn.now - _ANSWERED_SINCE_MS
    done = unanswered.answered(turn.tx, member, since=since, limit=_ANSWERED)
    whole = count + len(done)
    page = min(page, max(whole - 1, 0) // PAGE)
    start = page * PAGE
    waiting = unanswered.waiting(turn.tx, member, offset=start, limit=PAGE)
    after = max(start - count, 0)
    settled = done[after : after + PAGE - len(waiting)]
    title = turn.text("practitioner.inbox.title", n=count) if count else _none(turn)
    words, rows = [title], list[list[Button]]()
    for number, item in enumerate(waiting, start=start + 1):
        words.append(_waiting(turn, number, item))
        rows += _under(turn, number, item.patient.id)
        put_away = f"{PREFIX}:n:{item.patient.id}:{item.last['id']}:{page}"
        rows.append([turn.button("practitioner.inbox.button.no_answer", put_away, number=number)])
    if settled:
        words.append(turn.text("practitioner.inbox.answered"))
    for number, each in enumerate(settled, start=start + len(waiting) + 1):
        words.append(_answered(turn, number, each))
        rows += _under(turn, number, each.patient.id)
    turning = _turning(turn, page, whole)
    return "\n\n".join(words), [*rows, turning] if turning else rows


def _none(turn: Turn) -> Html:
    return turn.text("practitioner.inbox.none")


def _waiting(turn: Turn, number: int, item: Waiting) -> Html:
    words = _words(turn, item.last)
    if item.count > 1:
        words = turn.text("practitioner.inbox.earlier", words=words, n=item.count - 1)
    return turn.text(
        "practitioner.inbox.item",
        number=number,
        label=item.patient.label,
        age=age(turn, item.first["at"]),
        marks="".join(turn.text(f"practitioner.inbox.{each}") for each in item.intents),
        words=words,
    )


def _answered(turn: Turn, number: int, item: Answered) -> Html:
    return turn.text(
        f"practitioner.inbox.{_LINES[item.how]}",
        number=number,
        label=item.patient.label,
        age=age(turn, item.at),
        who=item.by,
    )


def age(turn: Turn, at: int) -> str:
    """Return how long ago something was ("3 hours ago"); a minute at least."""
    return distance(-max(turn.now - at, MINUTE), turn.language)


def _words(turn: Turn, reply: Row) -> Html:
    text = " ".join((reply["text"] or "").split())
    if not text:
        return kind_of(turn, reply["kind"])
    shown = text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"
    worded = turn.text("practitioner.inbox.words", words=untappable(shown))
    return worded if reply["kind"] == "text" else Html(f"{kind_of(turn, reply['kind'])} {worded}")


def _under(turn: Turn, number: int, patient_id: int) -> list[list[Button]]:
    answer = turn.button(
        "practitioner.inbox.button.answer", f"{WRITE}:w:{patient_id}", number=number
    )
    card = turn.button("practitioner.inbox.button.card", f"{CARD}:c:{patient_id}", number=number)
    return [[answer, card]]


def _turning(turn: Turn, page: int, whole: int) -> list[Button]:
    turning = []
    if page > 0:
        turning.append(turn.button("practitioner.inbox.button.back", f"{PREFIX}:l:{page - 1}"))
    if (page + 1) * PAGE < whole:
        turning.append(turn.button("practitioner.inbox.button.more", f"{PREFIX}:l:{page + 1}"))
    return turning


BUTTONS: Final[Mapping[str, Callable[[Turn], None]]] = {PREFIX: _button}
