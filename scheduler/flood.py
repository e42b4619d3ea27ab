"""A patient's chat that writes without end: an auto-responder, a stuck phone, or despair.

Everything is logged; what ends for a while is answering and passing on.

Long before that, an acknowledgment is said once for what comes in one go, and never to the same
words twice a day: an auto-responder that answers every message of ours gets none to answer.

A danger sign is under none of these rules. It always reaches the clinic, and it goes without an
answer only where the patient has just read that answer: to the very same words, or in a flood to
the same signs.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from scheduler import events, replies
from scheduler.database import Row, Tx

MAX_PER_MINUTE: Final = 10
CALM_PER_MINUTE: Final = 3
PAUSE_MS: Final = 60 * 1000
"""What is written within this time of what came before it was acknowledged with that."""
_SAME_WORDS_MS: Final = 24 * 60 * 60 * 1000
_MINUTE_MS: Final = 60 * 1000
_ACKNOWLEDGED: Final = "acknowledged"

CONCERN: Final = "concern"
"""The event of a danger sign that was read or tapped."""
_SAME_SIGN_MS: Final = 10 * 60 * 1000

Flood = Literal["none", "begins", "goes_on"]


@dataclass(frozen=True, slots=True)
class Answered:
    """Words with danger signs that were answered: how long ago, the words, and the signs."""

    age_ms: int
    words: str
    signs: frozenset[str]


def verdict(*, flooding: bool, in_last_minute: int) -> Flood:
    """Judge one more reply (pure). A flood begins above 10 a minute and ends at 3 or fewer.

    Args:
        flooding: whether there was a flood before this reply.
        in_last_minute: how many replies came in the last minute, this one included.
    """
    if flooding:
        return "none" if in_last_minute <= CALM_PER_MINUTE else "goes_on"
    return "begins" if in_last_minute > MAX_PER_MINUTE else "none"


def needs_word(*, since_last_ms: int | None, same_words: bool) -> bool:
    """Say whether a reply is acknowledged (pure).

    Args:
        since_last_ms: how long ago the reply before it came; None where it is the first.
        same_words: whether the same words came in the last 24 hours.
    """
    return not same_words and (since_last_ms is None or since_last_ms > PAUSE_MS)


def is_new(tx: Tx, reply: Row, *, now: int) -> bool:
    """Say whether the reply that was just logged is to be acknowledged; see :func:`needs_word`."""
    last: int | None = tx.value(
        """SELECT at FROM replies WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND question IS NULL AND id <> :id ORDER BY at DESC, id DESC LIMIT 1""",
        patient_id=reply["patient_id"],
        id=reply["id"],
    )
    same = tx.value(
        """SELECT 1 FROM replies WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND question IS NULL AND id <> :id AND at > :since AND text = :text LIMIT 1""",
        patient_id=reply["patient_id"],
        id=reply["id"],
        since=now - _SAME_WORDS_MS,
        text=reply["text"],
    )
    return needs_word(
        since_last_ms=None if last is None else now - last, same_words=same is not None
    )


def answers_it(
    words: str, signs: Collection[str], earlier: Iterable[Answered], *, flooding: bool
) -> bool:
    """Say whether a danger sign has just been answered (pure).

    Args:
        words: what was written now.
        signs: the signs that were found in it.
        earlier: what was answered within the last minutes.
        flooding: whether there is a flood; the answers to other words count then, for a minute.
    """
    lately = set[str]()
    for each in earlier:
        if each.words == words:
            return True
        if each.age_ms < _MINUTE_MS:
            lately |= each.signs
    return flooding and lately.issuperset(signs)


def is_answered(tx: Tx, reply_id: int, signs: Collection[str], *, flooding: bool, now: int) -> bool:
    """Say whether the danger signs of a logged reply have just been answered; :func:`answers_it`.

    Counted from the answer, not from the last time that the same came: whoever goes on for longer
    is answered again.
    """
    reply = replies.by_id(tx, reply_id)
    if reply is None:
        return False
    return answers_it(
        reply["text"], signs, _answered(tx, reply["patient_id"], now=now), flooding=flooding
    )


def _answered(tx: Tx, patient_id: int, *, now: int) -> Iterator[Answered]:
    for event in tx.all(
        """SELECT at, detail FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind = :kind AND at > :since ORDER BY id""",
        patient_id=patient_id,
        kind=CONCERN,
        since=now - _SAME_SIGN_MS,
    ):
        detail = json.loads(event["detail"])
        words = replies.by_id(tx, detail["reply"]) if detail.get("answered") else None
        if words is not None:
            signs = detail["cause"].partition("=")[2].split(",")
            yield Answered(now - event["at"], words["text"], frozenset(signs))


def acknowledged(tx: Tx, patient_id: int, row: int, *, now: int) -> None:
    """Remember the outbox row that acknowledged what a patient wrote."""
    events.note(tx, _ACKNOWLEDGED, actor="system", now=now, patient_id=patient_id, row=row)


def word_of(tx: Tx, patient_id: int, *, now: int) -> int | None:
    """Return the outbox row that acknowledged what came in the last minute, or None."""
    detail = tx.value(
        """SELECT detail FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind = :kind AND at >= :since ORDER BY id DESC LIMIT 1""",
        patient_id=patient_id,
        kind=_ACKNOWLEDGED,
        since=now - _MINUTE_MS,
    )
    return None if detail is None else int(json.loads(detail)["row"])


def judge(tx: Tx, patient_id: int, *, written_at: int, now: int) -> Flood:
    """Judge the reply of a patient that was just logged, and remember a flood's begin and end.

    Counted by when they were written: what comes all at once after an outage is no flood.
    """
    last = tx.value(
        """SELECT kind FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind IN ('flood_began', 'flood_ended') ORDER BY id DESC LIMIT 1""",
        patient_id=patient_id,
    )
    flooding = last == "flood_began"
    recent: int = tx.value(
        """SELECT COUNT(*) FROM replies WHERE clinic_id = :clinic_id
             AND patient_id = :patient_id AND written_at > :since AND written_at <= :written_at
             AND question IS NULL""",
        patient_id=patient_id,
        since=written_at - _MINUTE_MS,
        written_at=written_at,
    )
    found = verdict(flooding=flooding, in_last_minute=recent)
    if found == "begins":
        events.note(tx, "flood_began", actor="patient", now=now, patient_id=patient_id)
    elif found == "none" and flooding:
        events.note(tx, "flood_ended", actor="patient", now=now, patient_id=patient_id)
    return found
