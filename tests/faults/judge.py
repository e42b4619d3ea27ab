"""The judge: holds what the database says against what Telegram's stand-in accepted."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.ledger import Entry, Ledger
from scheduler.database import Row

SETTLED = frozenset({"sent", "expired", "canceled", "refused", "uncertain"})
Place = tuple[int, int]


@dataclass(slots=True)
class Verdict:
    """What was found.

    ``lost``: rows that were due and have come to no end. ``unproven``: rows marked sent of which
    the ledger has nothing. ``extra``: messages that no row calls its own: copies beyond the first,
    or of a row that ended as uncertain. ``unexplained``: those of them that no row of the chat
    owns up to as a possible copy.
    """

    rows: int = 0
    states: Counter[str] = field(default_factory=Counter)
    lost: list[Row] = field(default_factory=list)
    unproven: list[Row] = field(default_factory=list)
    extra: list[Entry] = field(default_factory=list)
    unexplained: list[Entry] = field(default_factory=list)
    suspects: list[Row] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, made up or sent in secret."""
        return not (self.lost or self.unproven or self.unexplained)

    def __str__(self) -> str:
        return (
            f"lost {[_short(row) for row in self.lost[:10]]}, "
            f"unproven {[_short(row) for row in self.unproven[:10]]}, "
            f"unexplained {self.unexplained[:10]}, "
            f"of these chats {[_short(row) for row in self.suspects if _questionable(row)]}"
        )


def _short(row: Row) -> tuple[object, ...]:
    return tuple(
        row[name] for name in ("id", "kind", "state", "reason", "attempts", "step_key", "chat_id")
    )


def _questionable(row: Row) -> bool:
    return row["state"] != "sent" or row["attempts"] > 1 or "edits_row" in (row["content"] or "")


def _is_edit(row: Row, message_ids: dict[int, int | None]) -> bool:
    """Say whether a row changes a message rather than making one.

    What was to change the message of a row that has none is a message of its own.
    """
    said = json.loads(row["content"]) if row["content"] else {}
    if "edits_row" in said:
        return message_ids.get(said["edits_row"]) is not None
    return bool(said.get("edit_message_id"))


def _overdue(row: Row, now: int) -> bool:
    return bool(row["state"] == "sending" or (row["held"] is None and row["ready_at"] <= now))


def _copies_owned_up_to(row: Row) -> int:
    """Return how many messages a row says it may have become, besides the one it calls its own."""
    if not row["possible_duplicate"] and row["state"] != "uncertain":
        return 0
    return int(row["attempts"]) - int(row["state"] == "sent")


def judge(rows: Iterable[Row], ledger: Ledger, *, now: int) -> Verdict:
    """Compare the outbox with the ledger, row for row, once everything due has come to rest.

    Args:
        rows: the whole outbox.
        ledger: what was accepted.
        now: what is ready later than this (UTC epoch ms) need not be settled.
    """
    found, everything = Verdict(), list(rows)
    sends = {(entry.chat_id, entry.message_id): entry for entry in ledger.sends()}
    edits = {(entry.chat_id, entry.message_id) for entry in ledger if "edit" in entry.method}
    owned: set[Place] = set()
    may_be_twice: Counter[int] = Counter()
    message_ids = {row["id"]: row["message_id"] for row in everything}
    for row in everything:
        found.rows += 1
        found.states[row["state"]] += 1
        if row["state"] not in SETTLED and _overdue(row, now):
            found.lost.append(row)
        place = (row["chat_id"], row["message_id"])
        if _is_edit(row, message_ids):
            if row["state"] == "sent" and place not in edits:
                found.unproven.append(row)
            continue
        if row["state"] == "sent":
            if place not in sends or place in owned:
                found.unproven.append(row)
            owned.add(place)
        may_be_twice[row["chat_id"]] += _copies_owned_up_to(row)
    for place, entry in sends.items():
        if place in owned:
            continue
        found.extra.append(entry)
        may_be_twice[entry.chat_id] -= 1
        if may_be_twice[entry.chat_id] < 0:
            found.unexplained.append(entry)
    strange = {entry.chat_id for entry in found.unexplained}
    found.suspects = [row for row in everything if row["chat_id"] in strange]
    return found


def copies(ledger: Ledger, words: str) -> Counter[int]:
    """Return how many messages with these words each chat got."""
    return Counter(entry.chat_id for entry in ledger.sends() if words in entry.text)
