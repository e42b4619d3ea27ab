"""Ids: each is given once, and a database from before that was so comes through whole."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scheduler import backup, erasing, patients, rekey
from scheduler.database import SqlcipherDriver, Store, Tx
from scheduler.migrations import migrate, migrations, step_0083_numbers
from scheduler.reading import Reader
from tests.scheduler.conftest import HOUR, KEY, NOW, doctor, enroll_patient

BEFORE = step_0083_numbers.NAME
ONE_OF_EACH = (
    """INSERT INTO staff (id, clinic_id, chat_id, name, role, language, created_at)
       VALUES (1, 1, 501, 'Dr. Ruiz', 'practitioner', 'en', 1)""",
    """INSERT INTO patients (id, clinic_id, label, chat_id, language, timezone, state, created_at,
           changed_at, searched, key_name)
       VALUES (7, 1, 'A.P.', 601, 'en', 'Europe/Madrid', 'active', 1, 1, 'a.p.', 'patient-7-1')""",
    """INSERT INTO enrollments (id, clinic_id, patient_id, staff_id, treatment, area, lipolytic,
           filler, status, created_at) VALUES (3, 1, 7, 1, 'facial', 'face', 0, 0, 'active', 1)""",
    """INSERT INTO sessions (id, clinic_id, enrollment_id, starts_at, timezone, state, created_at,
           changed_at) VALUES (5, 1, 3, 1, 'Europe/Madrid', 'held', 1, 1)""",
    """INSERT INTO outbox (id, clinic_id, kind, lane, chat_id, patient_id, enrollment_id,
           session_id, step_key, due_at, ready_at, state, created_at)
       VALUES (11, 1, 'reminder', 2, 601, 7, 3, 5, 'day_1', 1, 1, 'pending', 1)""",
    """INSERT INTO alerts (id, clinic_id, patient_id, enrollment_id, level, spoken, state,
           opened_at, raised_at, told_at) VALUES (2, 1, 7, 3, 'urgent', 1, 'open', 1, 1, 1)""",
    """INSERT INTO alert_messages (clinic_id, outbox_id, alert_id, staff_id, round)
       VALUES (1, 11, 2, 1, 0)""",
    """INSERT INTO replies (id, clinic_id, patient_id, outbox_id, question, kind, value, at)
       VALUES (4, 1, 7, 11, 'pain', 'choice', '3', 1)""",
)


KEPT = {"alerts_one_episode", "outbox_ready", "patients_one_per_chat", "outbox_one_row_per_step"}
"""Indexes by which something is allowed once, or found quickly, that no later step touches."""


@pytest.fixture
def older(tmp_path: Path) -> Iterator[SqlcipherDriver]:
    """A database as it was before ids were given once, with a row in each table that matters."""
    driver = SqlcipherDriver(tmp_path / "older.db", KEY)
    migrations.apply(driver.sqlite_utils, stop_before=BEFORE)
    driver.begin()
    for statement in ONE_OF_EACH:
        driver.execute(statement, {})
    driver.commit()
    yield driver
    with suppress(Exception):
        driver.close()


def everything(driver: SqlcipherDriver) -> dict[str, list[Any]]:
    tables = [
        name
        for (name,) in driver.connection.execute(
            """SELECT name FROM sqlite_master WHERE type = 'table'
               AND name NOT LIKE 'sqlite_%' AND name <> '_sqlite_migrations'"""
        ).fetchall()
    ]
    return {name: driver.connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


def indexes(driver: SqlcipherDriver) -> list[Any]:
    found: list[Any] = driver.connection.execute(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"
    ).fetchall()
    return found


def test_a_database_from_before_comes_through_with_every_row_and_index(
    older: SqlcipherDriver, tmp_path: Path
) -> None:
    rows, built = everything(older), indexes(older)
    migrate(older)
    assert everything(older) == rows
    # A later step may turn one around, or add one; none is lost.
    assert {name for name, *_ in built} <= {name for name, *_ in indexes(older)}
    assert {row for row in indexes(older) if row[0] in KEPT} == {
        row for row in built if row[0] in KEPT
    }
    older.close()
    reader = Reader(tmp_path / "older.db", KEY)
    assert reader.damages(full=True) == []
    reader.close()
    again = SqlcipherDriver(tmp_path / "older.db", KEY)
    assert everything(again) == rows
    for statement, why in (
        ("DELETE FROM patients", "FOREIGN KEY"),
        ("UPDATE outbox SET patient_id = 99", "FOREIGN KEY"),
        ("UPDATE patients SET created_at = 'soon'", "cannot store TEXT"),
        ("UPDATE alerts SET level = 'dire'", "CHECK"),
        ("UPDATE alerts SET id = NULL", "mismatch"),
    ):
        with pytest.raises(Exception, match=why):
            again.execute(statement, {})
    with pytest.raises(Exception, match="UNIQUE"):
        again.execute(
            """INSERT INTO alerts (clinic_id, patient_id, level, spoken, state, opened_at,
                   raised_at, told_at) VALUES (1, 7, 'urgent', 1, 'open', 1, 1, 1)""",
            {},
        )
    plan = again.execute(
        """EXPLAIN QUERY PLAN SELECT id FROM outbox WHERE clinic_id = 1 AND lane = 2
           AND state = 'pending' AND held IS NULL AND ready_at <= 5""",
        {},
    )[0]
    assert "outbox_ready" in plan[0]["detail"]
    again.close()


def test_numbers_that_were_given_before_the_step_and_are_gone_are_not_given_again(
    older: SqlcipherDriver,
) -> None:
    older.execute("DELETE FROM replies", {})
    older.execute("DELETE FROM alert_messages", {})
    older.execute(
        "INSERT INTO replies (id, clinic_id, patient_id, kind, at) SELECT 3, 1, 7, 'x', 1", {}
    )
    migrate(older)
    ((given,), *_) = older.connection.execute(
        """INSERT INTO replies (clinic_id, patient_id, kind, at) VALUES (1, 7, 'x', 1)
           RETURNING id"""
    ).fetchall()
    assert given > 4, "4 was somebody's, and may stand in a button"


def test_a_hundred_thousand_rows_are_not_copied(older: SqlcipherDriver) -> None:
    older.begin()
    older.execute(
        """INSERT INTO outbox (clinic_id, kind, lane, chat_id, due_at, ready_at, state, created_at,
               settled_at, reason)
           WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
           SELECT 1, 'answer', 1, 5, i, i, 'sent', i, i, 'sent' FROM n""",
        {},
    )
    older.commit()
    (pages,) = older.connection.execute("PRAGMA page_count").fetchone()
    began = time.process_time()
    migrate(older)
    assert time.process_time() - began < 1
    assert older.connection.execute("PRAGMA page_count").fetchone()[0] < pages * 1.2


def test_every_table_with_an_id_gives_it_once(store: Store) -> None:
    def read(tx: Tx) -> list[str]:
        return [
            row["name"]
            for row in tx.all(
                """SELECT name, sql FROM sqlite_master WHERE type = 'table' /* clinic_id */
                   AND sql LIKE '% id INTEGER%' AND sql NOT LIKE '%AUTOINCREMENT%'"""
            )
        ]

    assert store.write_now(read) == [], (
        "an id stands in buttons: id INTEGER PRIMARY KEY AUTOINCREMENT"
    )


def ids(tx: Tx) -> dict[str, int]:
    return {
        table: tx.value(f"SELECT MAX(id) FROM {table} WHERE clinic_id = :clinic_id") or 0
        for table in ("patients", "enrollments", "sessions", "outbox", "events")
    }


def test_whoever_is_enrolled_after_an_erasure_has_numbers_that_nobody_had(store, catalogue) -> None:
    store.write_now(enroll_patient, catalogue)
    gone = store.write_now(enroll_patient, catalogue, chat_id=602, label="B.Q.")
    were = store.write_now(ids)
    store.write_now(erasing.remove_patient, gone.patient_id, now=NOW)
    store.write_now(enroll_patient, catalogue, chat_id=603, label="C.R.")

    def lowest(tx: Tx) -> dict[str, int]:
        patient = patients.at_chat(tx, 603)
        assert patient is not None
        of = {"of": patient.id}
        plans = "SELECT id FROM enrollments WHERE clinic_id = :clinic_id AND patient_id = :of"
        return {
            "patients": patient.id,
            "enrollments": tx.value(f"SELECT MIN(id) FROM ({plans})", **of),
            "sessions": tx.value(
                f"""SELECT MIN(id) FROM sessions WHERE clinic_id = :clinic_id
                    AND enrollment_id IN ({plans})""",
                **of,
            ),
            "outbox": tx.value(
                f"""SELECT MIN(id) FROM outbox WHERE clinic_id = :clinic_id
                    AND enrollment_id IN ({plans})""",
                **of,
            ),
        }

    for table, number in store.write_now(lowest).items():
        assert number > were[table], table


@pytest.mark.parametrize("way", ["backup", "rekey", "compact"])
def test_it_stays_so_in_a_file_that_was_written_anew(catalogue, tmp_path, way) -> None:
    path, key = tmp_path / "aftercare.db", KEY
    driver = SqlcipherDriver(path, KEY)
    migrate(driver)
    store = Store(driver)
    store.write_now(enroll_patient, catalogue)
    gone = store.write_now(enroll_patient, catalogue, chat_id=602, label="B.Q.")
    store.write_now(erasing.remove_patient, gone.patient_id, now=NOW)
    if way == "compact":
        driver.compact()
    if way == "backup":
        copy = backup.back_up(path, KEY, tmp_path / "copies" / "one.db").path
    store.close()
    if way == "backup":
        backup.restore(copy, path, KEY, now=NOW)
    if way == "rekey":
        key = "d4" * 32
        rekey.rotate(path, [], KEY, key)
    store = Store(SqlcipherDriver(path, key))
    made = store.write_now(enroll_patient, catalogue, chat_id=603, label="C.R.")
    assert made.patient_id > gone.patient_id
    store.close()


def test_numbers_given_between_a_backup_and_a_loss_are_not_given_again(catalogue, tmp_path) -> None:
    path = tmp_path / "aftercare.db"
    driver = SqlcipherDriver(path, KEY)
    migrate(driver)
    store = Store(driver)
    store.write_now(doctor)
    copy = backup.back_up(path, KEY, tmp_path / "copies" / "one.db").path
    given = set()
    for round_, label in enumerate(("A.P.", "B.Q.", "C.R.")):
        made = store.write_now(enroll_patient, catalogue, label=label)
        given.add((made.patient_id, made.enrollment_id))
        store.close()
        backup.restore(copy, path, KEY, now=NOW + round_ * HOUR)
        store = Store(SqlcipherDriver(path, KEY))
    store.close()
    assert len({patient for patient, _ in given}) == 3
    assert len({plan for _, plan in given}) == 3
