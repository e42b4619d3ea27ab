"""Where somebody is in a conversation of several steps: kept in a table, so it survives."""

import json
from dataclasses import dataclass
from typing import Any

from scheduler.database import Tx


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One open dialogue of a chat; ``outbox_id`` is the row of its message with the buttons."""

    name: str
    data: dict[str, Any]
    outbox_id: int | None
    changed_at: int


def of_chat(tx: Tx, chat_id: int) -> Dialogue | None:
    """Return the dialogue that a chat is in, or None."""
    row = tx.first(
        "SELECT * FROM dialogues WHERE clinic_id = :clinic_id AND chat_id = :chat_id",
        chat_id=chat_id,
    )
    if row is None:
        return None
    return Dialogue(row["name"], json.loads(row["data"]), row["outbox_id"], row["changed_at"])


def put(
    tx: Tx,
    chat_id: int,
    name: str,
    data: dict[str, Any],
    *,
    now: int,
    outbox_id: int | None = None,
) -> None:
    """Open a dialogue or write down its next step; a chat is in one dialogue at a time."""
    tx.run(
        """INSERT INTO dialogues (clinic_id, chat_id, name, data, outbox_id, changed_at)
           VALUES (:clinic_id, :chat_id, :name, :data, :outbox_id, :now)
           ON CONFLICT (clinic_id, chat_id) DO UPDATE SET name = excluded.name,
               data = excluded.data, outbox_id = excluded.outbox_id,
               changed_at = excluded.changed_at""",
        chat_id=chat_id,
        name=name,
        data=json.dumps(data, ensure_ascii=False),
        outbox_id=outbox_id,
        now=now,
    )


def close(tx: Tx, chat_id: int) -> bool:
    """Leave the dialogue of a chat; returns whether there was one."""
    return (
        tx.run(
            "DELETE FROM dialogues WHERE clinic_id = :clinic_id AND chat_id = :chat_id",
            chat_id=chat_id,
        )
        > 0
    )
