"""The list of what is held about a patient, against the schema as it really is."""

import re

from scheduler.database import Store
from scheduler.holdings import HOLDINGS, NOBODYS, OF_CHATS, PARTS

WHAT_TO_DO = (
    "say in scheduler/holdings.py what it holds of a patient, and in scheduler/erasing.py what "
    "becomes of it when they are erased"
)
UNTIED_OR_DELETED = {
    ("alert_messages", "alert_id"),
    ("alert_messages", "edited_by"),
    ("alert_messages", "outbox_id"),
    ("alert_reasons", "alert_id"),
    ("alerts", "enrollment_id"),
    ("alerts", "patient_id"),
    ("attempts", "outbox_id"),
    ("consents", "patient_id"),
    ("enrollments", "patient_id"),
    ("events", "enrollment_id"),
    ("events", "patient_id"),
    ("invitations", "enrollment_id"),
    ("invitations", "patient_id"),
    ("outbox", "enrollment_id"),
    ("outbox", "patient_id"),
    ("outbox", "reply_id"),
    ("outbox", "session_id"),
    ("outbox", "staff_message_id"),
    ("replies", "enrollment_id"),
    ("replies", "outbox_id"),
    ("replies", "patient_id"),
    ("replies", "session_id"),
    ("plan_changes", "enrollment_id"),
    ("plan_changes", "offer_row"),
    ("plan_changes", "session_id"),
    ("plan_changes", "staff_message_id"),
    ("polls", "outbox_id"),
    ("replies", "copy_id"),
    ("sessions", "asked_row"),
    ("sessions", "enrollment_id"),
    ("sessions", "first_id"),
    ("staff_messages", "answers"),
    ("staff_messages", "patient_id"),
    ("staff_messages", "receipt_id"),
    ("topics", "patient_id"),
    ("topics", "row_id"),
    ("waiting_pictures", "patient_id"),
    ("waiting_pictures", "reply_id"),
}
"""Every column that points to something of a patient: ``erasing`` deals with each."""


def schema(store: Store) -> dict[str, set[str]]:
    def read(tx):
        tables = tx.all("SELECT name FROM sqlite_master WHERE type = 'table' -- clinic_id")
        return {
            table["name"]: {
                column["name"]
                for column in tx.all(f"PRAGMA table_info({table['name']}) -- clinic_id")
            }
            for table in tables
        }

    return store.write_now(read)


def test_every_table_is_accounted_for(store):
    known = {held.table for held in HOLDINGS} | OF_CHATS | PARTS | NOBODYS
    assert schema(store).keys() == known, WHAT_TO_DO


def test_every_column_is_personal_or_bare(store):
    columns = schema(store)
    for held in HOLDINGS:
        assert columns[held.table] == held.personal.keys() | held.bare, (held.table, WHAT_TO_DO)
        assert not held.personal.keys() & held.bare


def test_every_tie_to_a_patient_is_dealt_with_when_they_are_erased(store):
    theirs = {held.table for held in HOLDINGS}

    def read(tx):
        return {
            (table, tie["from"])
            for table in schema_names(tx)
            for tie in tx.all(f"PRAGMA foreign_key_list({table}) -- clinic_id")
            if tie["table"] in theirs
        }

    assert store.write_now(read) == UNTIED_OR_DELETED, WHAT_TO_DO


def schema_names(tx):
    rows = tx.all("SELECT name FROM sqlite_master WHERE type = 'table' -- clinic_id")
    return [row["name"] for row in rows]


def test_every_owner_is_one_patient_or_nobody(store, enrolled):
    for held in HOLDINGS:
        owners = store.write_now(
            lambda tx, held=held: tx.all(
                f"""SELECT {held.owner} AS owner FROM {held.table}
                    WHERE {held.table}.clinic_id = :clinic_id"""
            )
        )
        assert {row["owner"] for row in owners} <= {enrolled.patient_id, None}, held.table
        assert re.search(r"patient|id", held.owner)
