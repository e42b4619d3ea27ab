"""Sealing a backup: every word, label and id of a patient is encrypted with that patient's key.

In the copy the personal columns of ``holdings`` are emptied, and what stood in them lies in one
box per row: AES-256-GCM with the patient's key from the vault, tied to its table and row, so that
no box can be taken for another's. Without the key the row says that something was sent at a
moment, and not to whom.

What a copy does not need is left out of it: updates that were dealt with, dialogues, waits, and
what was said to the clinic's own people, where it speaks of more than one patient.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scheduler import erasing
from scheduler.database import DatabaseProblem, Row, Tx
from scheduler.holdings import HOLDINGS, OF_CHATS, OF_TABLE, Holding
from scheduler.vault import Vault

_NONCE_BYTES: Final = 12
_AT_ONCE: Final = 500
_RECORDS: Final = Holding("kept_records", "NULL", {"label": "", "record": "{}"})
_BOXES: Final = """CREATE TABLE sealed (
    id INTEGER PRIMARY KEY,
    clinic_id INTEGER NOT NULL,
    key_name TEXT NOT NULL,
    held_in TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    box BLOB NOT NULL
) STRICT"""
IS_SEALED: Final = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'sealed'"


class NotReadable(DatabaseProblem):
    """A sealed copy and the vault do not fit together; the text says what to do."""


def seal(tx: Tx, vault: Vault) -> int:
    """Seal everything personal in a copy; returns how many boxes were made.

    The rows of somebody whose key was destroyed meanwhile are emptied, and get no box.

    Args:
        tx: a transaction on the copy, never on the database itself.
        vault: where the keys are, and new ones are put.
    """
    names = {
        row["id"]: _sealing(row["key_name"])
        for row in tx.all("SELECT id, key_name FROM patients WHERE clinic_id = :clinic_id")
    }
    records = {
        row["id"]: row["key_name"]
        for row in tx.all("SELECT id, key_name FROM kept_records WHERE clinic_id = :clinic_id")
    }
    keys = vault.for_names([*names.values(), *records.values()])
    locks = {name: AESGCM(key) for name, key in keys.items()}
    tx.run(f"{_BOXES} -- clinic_id")
    _leave_out(tx)
    # The patients last: by their chats others are found to be theirs.
    boxes = sum(_seal_table(tx, held, names, locks) for held in reversed(HOLDINGS))
    return boxes + _seal_table(tx, _RECORDS, records, locks, owner="kept_records.id")


def _seal_table(
    tx: Tx,
    held: Holding,
    names: Mapping[int, str],
    locks: Mapping[str, AESGCM],
    *,
    owner: str | None = None,
) -> int:
    if not held.personal:
        return 0
    emptied = ", ".join(f"{column} = :{column}" for column in held.personal)
    made = 0
    for rows in _pages(tx, held, owner or held.owner):
        boxes = []
        for row in rows:
            name = names.get(row["owner_id"])
            lock = locks.get(name) if name else None
            if name is None or lock is None:
                continue
            words = {column: row[column] for column in held.personal}
            boxes.append(
                {
                    "key_name": name,
                    "held_in": held.table,
                    "row_id": row["id"],
                    "box": _shut(lock, words, held.table, row["id"]),
                }
            )
        made += len(boxes)
        tx.many(
            """INSERT INTO sealed (clinic_id, key_name, held_in, row_id, box)
               VALUES (:clinic_id, :key_name, :held_in, :row_id, :box)""",
            boxes,
        )
        tx.many(
            f"UPDATE {held.table} SET {emptied} WHERE clinic_id = :clinic_id AND id = :id",
            ({**held.personal, "id": row["id"]} for row in rows),
        )
    return made


def _sealing(names: str) -> str:
    """Return the name that seals; the others are of records that became one with this one."""
    return names.split(maxsplit=1)[0]


def _pages(tx: Tx, held: Holding, owner: str) -> Iterator[list[Row]]:
    """Yield the rows that somebody owns, some at a time, with ``owner_id``."""
    after = 0
    while rows := tx.all(
        f"""SELECT {held.table}.*, {owner} AS owner_id FROM {held.table}
            WHERE {held.table}.clinic_id = :clinic_id AND {held.table}.id > :after
            ORDER BY {held.table}.id LIMIT :limit""",
        after=after,
        limit=_AT_ONCE,
    ):
        after = rows[-1]["id"]
        yield [row for row in rows if row["owner_id"] is not None]


def _leave_out(tx: Tx) -> None:
    """Take out what no restore needs, and what no single patient's key could seal."""
    for table in OF_CHATS:
        tx.run(f"DELETE FROM {table} WHERE clinic_id = :clinic_id")
    tx.run(
        """UPDATE inbox SET payload = '{}', chat_id = NULL
           WHERE clinic_id = :clinic_id AND state <> 'new'"""
    )
    # The newest words of somebody who is no patient: they write again.
    tx.run(
        f"""UPDATE inbox SET payload = '{{}}', chat_id = NULL, state = 'done',
               done_at = received_at, error = 'not kept in backups'
           WHERE clinic_id = :clinic_id AND state = 'new'
             AND {OF_TABLE["inbox"].owner} IS NULL"""
    )
    tx.run(
        f"""UPDATE outbox SET content = NULL
           WHERE clinic_id = :clinic_id AND {OF_TABLE["outbox"].owner} IS NULL"""
    )
    tx.run(
        """UPDATE events SET actor = 'chat', detail = '{}'
           WHERE clinic_id = :clinic_id AND actor LIKE 'chat:%'"""
    )


def check(tx: Tx, vault: Vault) -> None:
    """Open every box of a sealed copy, to know that it can be opened.

    Raises:
        NotReadable: a box does not open, or has no key.
    """
    for _ in _opened(tx, vault.known(), vault.destroyed()):
        pass


def unseal(tx: Tx, vault: Vault, *, now: int) -> int:
    """Put a sealed copy's words back; whoever has lost their key is erased from it.

    Args:
        tx: a transaction on what becomes the database.
        vault: the keys.
        now: UTC epoch ms.

    Returns:
        How many people were erased: they asked for it after the copy was made.

    Raises:
        NotReadable: the vault does not know somebody of the copy: it is not this clinic's, or an
            older copy of it.
    """
    for held, row_id, words in _opened(tx, vault.known(), vault.destroyed()):
        columns = ", ".join(f"{column} = :{column}" for column in held.personal)
        tx.run(
            f"UPDATE {held.table} SET {columns} WHERE clinic_id = :clinic_id AND id = :id",
            id=row_id,
            **words,
        )
    gone = vault.destroyed()
    erased = 0
    for row in tx.all("SELECT id, key_name FROM patients WHERE clinic_id = :clinic_id"):
        if _sealing(row["key_name"]) in gone:
            erasing.remove_patient(tx, row["id"], now=now)
            erased += 1
    for row in tx.all("SELECT id, key_name FROM kept_records WHERE clinic_id = :clinic_id"):
        if row["key_name"] in gone:
            tx.run(
                "DELETE FROM kept_records WHERE clinic_id = :clinic_id AND id = :id", id=row["id"]
            )
    tx.run("DROP TABLE sealed -- clinic_id")
    return erased


def _opened(
    tx: Tx, keys: Mapping[str, bytes], gone: frozenset[str]
) -> Iterator[tuple[Holding, int, dict[str, Any]]]:
    tables = {held.table: held for held in (*HOLDINGS, _RECORDS)}
    locks = {name: AESGCM(key) for name, key in keys.items()}
    after = 0
    while rows := tx.all(
        """SELECT * FROM sealed WHERE clinic_id = :clinic_id AND id > :after
           ORDER BY id LIMIT :limit""",
        after=after,
        limit=_AT_ONCE,
    ):
        after = rows[-1]["id"]
        for row in rows:
            if row["key_name"] in gone:
                continue
            lock = locks.get(row["key_name"])
            if lock is None:
                raise NotReadable(
                    "the vault lacks the key of somebody in this backup: it is another clinic's, "
                    "or an older copy; bring back the newest one (KEY_VAULT, VAULT_COPY)"
                )
            held = tables[row["held_in"]]
            yield held, row["row_id"], _open(lock, row["box"], held.table, row["row_id"])


def _shut(lock: AESGCM, words: Mapping[str, object], table: str, row_id: int) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + lock.encrypt(nonce, json.dumps(words).encode(), _place(table, row_id))


def _open(lock: AESGCM, box: bytes, table: str, row_id: int) -> dict[str, Any]:
    try:
        clear = lock.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _place(table, row_id))
    except InvalidTag as error:
        raise NotReadable(
            "a sealed row of this backup does not open: it is damaged or was changed"
        ) from error
    words: dict[str, Any] = json.loads(clear)
    return words


def _place(table: str, row_id: int) -> bytes:
    return f"{table}:{row_id}".encode()
