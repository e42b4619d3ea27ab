"""Backups: whole, encrypted, made beside a working bot; and the way back, in review."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from messages.catalogue import Catalogue
from scheduler import backup, enrollment, events, holding, outbox, patients
from scheduler.backup import BackupFailed, back_up, restore, rotate, verify
from scheduler.database import AlreadyInUse, DatabaseProblem, SqlcipherDriver, Store, WrongKey
from scheduler.enrollment import Choice, Enrolled
from scheduler.migrations import migrate
from scheduler.reading import reading, refuse_damaged
from scheduler.said import Said
from scheduler.vault import beside
from tests.scheduler.conftest import (
    CLINIC,
    DAY,
    DOCTOR_CHAT,
    HOUR,
    KEY,
    NOW,
    PATIENT_CHAT,
    doctor,
    enroll_patient,
)

OTHER_KEY = "d4" * 32
PAGE = 4096


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that a test may close before its end."""
    driver = SqlcipherDriver(tmp_path / "aftercare.db", KEY)
    migrate(driver)
    opened = Store(driver)
    yield opened
    with suppress(RuntimeError):  # it was closed already
        opened.close()


@pytest.fixture
def database(store: Store, enrolled: Enrolled, tmp_path: Path) -> Path:
    return tmp_path / "aftercare.db"


def states(path: Path) -> dict[str, int]:
    with reading(path, KEY) as tx:
        return outbox.counts(tx)


def test_a_copy_made_beside_an_open_database_holds_all_that_was_committed(store, database):
    store.write_now(outbox.say, Said("hello"), chat_id=PATIENT_CHAT, now=NOW)
    made = back_up(database, KEY, database.parent / "copies" / "one.db")
    every = "SELECT * FROM outbox WHERE clinic_id = :clinic_id ORDER BY id"
    with reading(database, KEY) as tx:
        original = tx.all(every)
    assert made.rows == len(original)
    store.close()
    restore(made.path, database, KEY, now=NOW - DAY)
    with reading(database, KEY) as tx:
        assert tx.all(every) == original


def test_the_bot_goes_on_writing_after_a_copy(store, database):
    back_up(database, KEY, database.parent / "one.db")
    store.write_now(outbox.say, Said("later"), chat_id=7, now=NOW)
    assert states(database)["pending"] == states(database.parent / "one.db")["pending"] + 1


def test_a_copy_is_encrypted_and_for_its_owner_only(store, database):
    store.write_now(outbox.say, Said("kettle of secrets"), chat_id=7, now=NOW)
    made = back_up(database, KEY, database.parent / "one.db")
    raw = made.path.read_bytes()
    assert b"kettle" not in raw
    assert not raw.startswith(b"SQLite format")
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_a_copy_leaves_nothing_beside_it(database):
    made = back_up(database, KEY, database.parent / "copies" / "one.db")
    assert list(made.path.parent.iterdir()) == [made.path]


def test_backups_that_begin_at_once_are_each_whole(store, database, catalogue):
    for number in range(20):
        store.write_now(enroll_patient, catalogue, chat_id=700 + number, label=f"P{number}")
    targets = [database.parent / "copies" / f"{number}.db" for number in range(4)]
    with ThreadPoolExecutor(len(targets)) as threads:
        made = list(threads.map(lambda target: back_up(database, KEY, target), targets))
    assert {copy.rows for copy in made} == {sum(states(database).values())}
    for target in targets:
        with reading(target, KEY) as tx:
            assert tx.value("SELECT COUNT(*) FROM patients WHERE clinic_id = :clinic_id") == 21
    assert not list(database.parent.glob(".*"))


def test_a_copy_from_which_rows_went_missing_is_not_believed(store, database):
    def lose(tx):
        tx.run("""CREATE TRIGGER gone AFTER UPDATE OF label ON patients BEGIN
                  DELETE FROM consents WHERE consents.clinic_id = 1; END""")

    store.write_now(lose)
    target = database.parent / "copies" / "one.db"
    with pytest.raises(BackupFailed, match="rows are missing"):
        back_up(database, KEY, target)
    assert not target.exists()


def test_a_file_that_is_there_is_left_as_it_is(database):
    target = database.parent / "one.db"
    target.write_text("precious")
    with pytest.raises(BackupFailed, match="exists already"):
        back_up(database, KEY, target)
    assert target.read_text() == "precious"


def test_a_wrong_key_makes_no_copy(database):
    with pytest.raises(WrongKey):
        back_up(database, OTHER_KEY, database.parent / "one.db")
    assert not (database.parent / "one.db").exists()


def test_no_database_makes_no_copy(tmp_path):
    with pytest.raises(DatabaseProblem, match="no such file"):
        back_up(tmp_path / "nothing.db", KEY, tmp_path / "one.db")
    assert not (tmp_path / "one.db").exists()


def test_a_full_disk_makes_no_copy_and_says_so(database, tmp_path):
    code = """
import resource, sys
from pathlib import Path
from scheduler.backup import BackupFailed, back_up
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
try:
    back_up(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
except BackupFailed as failed:
    print(failed)
"""
    target = tmp_path / "copies" / "one.db"
    ran = subprocess.run(  # noqa: S603 -- our own interpreter and our own lines
        [sys.executable, "-c", code, database, KEY, target],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert "the backup was not made" in ran.stdout
    assert "disk's room" in ran.stdout
    assert list(target.parent.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize("page", [3, 8, 20])
def test_a_damaged_copy_is_not_believed(database, page):
    made = back_up(database, KEY, database.parent / "one.db")
    damage(made.path, page)
    with pytest.raises(DatabaseProblem, match="damaged"):
        verify(made.path, KEY)


def test_a_file_of_another_program_is_not_believed(tmp_path):
    path = tmp_path / "foreign.db"
    driver = SqlcipherDriver(path, KEY)
    driver.execute("CREATE TABLE things (id INTEGER)", {})
    driver.close()
    with pytest.raises(BackupFailed, match="not a database of this program"):
        verify(path, KEY)


def test_only_the_newest_nightly_backups_are_kept_and_nothing_else_is_touched(tmp_path):
    for name in (f"aftercare-2026-05-0{day}.db" for day in range(1, 8)):
        (tmp_path / name).touch()
    (tmp_path / "before-the-move.db").touch()
    gone = rotate(tmp_path, keep=3)
    assert [path.name for path in gone] == [f"aftercare-2026-05-0{day}.db" for day in range(1, 5)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "aftercare-2026-05-05.db",
        "aftercare-2026-05-06.db",
        "aftercare-2026-05-07.db",
        "before-the-move.db",
    ]


def test_a_night_that_was_backed_up_before_a_crash_is_not_backed_up_again(database, tmp_path):
    directory = tmp_path / "nights"
    first = backup.nightly(database, KEY, directory, 3, day="2026-05-05")
    written = first.path.stat().st_mtime_ns
    again = backup.nightly(database, KEY, directory, 3, day="2026-05-05")
    assert again.path.stat().st_mtime_ns == written
    assert again.rows == first.rows


# NOW is 10:00 in Madrid; the night's backup is due at 03:00.
@pytest.mark.parametrize(
    ("done", "tried", "now", "due"),
    [
        (None, None, NOW, True),
        (None, None, NOW + 16 * HOUR, False),  # 02:00, a new day
        (NOW - 7 * HOUR, NOW - 7 * HOUR, NOW, False),
        (NOW - 7 * HOUR, NOW - 7 * HOUR, NOW + 16 * HOUR, False),
        (NOW - 7 * HOUR, NOW - 7 * HOUR, NOW + 17 * HOUR, True),
        (NOW - DAY, NOW - HOUR // 2, NOW, False),  # failed half an hour ago
        (NOW - DAY, NOW - HOUR, NOW, True),
        (NOW - DAY, NOW - DAY, NOW, True),
        (NOW + 60 * DAY, NOW + 60 * DAY, NOW, True),  # the clock was ahead once
    ],
)
def test_the_nightly_backup_is_due_once_a_day_and_hourly_after_a_failure(
    store, done, tried, now, due
):
    for name, at in ((backup.DONE, done), (backup.TRIED, tried)):
        if at is not None:
            store.write_now(events.mark, name, now=at)
    assert store.write_now(backup.is_due, "Europe/Madrid", now=now) is due


def test_where_clocks_skip_three_oclock_the_backup_is_made_all_the_same(store):
    # In Madrid 02:00–03:00 is skipped on 29 March 2026: 03:00 is the first moment after.
    gap = 1_774_746_000_000
    assert not store.write_now(backup.is_due, "Europe/Madrid", now=gap - 1)
    assert store.write_now(backup.is_due, "Europe/Madrid", now=gap)


# ------------------------------------------------------------------------------ the way back


@pytest.fixture
def lost(store: Store, database: Path) -> Path:
    """A backup from an hour after enrolling; the database it was made of has gone on since."""
    store.write_now(events.mark, "tick", now=NOW + HOUR)
    copy = back_up(database, KEY, database.parent / "copies" / "one.db").path
    store.write_now(outbox.say, Said("after the backup"), chat_id=DOCTOR_CHAT, now=NOW + 2 * HOUR)
    return copy


def test_what_came_due_since_the_backup_waits_and_the_rest_stays_as_it_was(store, lost, database):
    store.close()
    done = restore(lost, database, KEY, now=NOW + 2 * DAY)
    with reading(database, KEY) as tx:
        rows = tx.all("SELECT * FROM outbox WHERE clinic_id = :clinic_id")
    due = [row for row in rows if row["ready_at"] <= NOW + 2 * DAY]
    assert due
    assert {row["held"] for row in due} == {"review"}
    assert {row["held"] for row in rows if row["ready_at"] > NOW + 2 * DAY} == {None}
    assert done.waiting == len(due)
    assert done.last_tick == NOW + HOUR


def test_the_former_database_is_kept_whole(store, lost, database):
    store.close()
    before = states(database)
    done = restore(lost, database, KEY, now=NOW)
    assert done.kept is not None
    assert states(done.kept) == before
    assert states(database) != before


def test_a_log_left_by_a_crash_is_kept_with_the_former_database_not_with_the_new_one(
    store, lost, database, tmp_path
):
    # What a killed process leaves: the file and its write-ahead log.
    crashed = tmp_path / "crashed" / "aftercare.db"
    crashed.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{database}{suffix}", f"{crashed}{suffix}")
    in_log = states(database)
    done = restore(lost, crashed, KEY, beside(database), now=NOW)
    assert done.kept is not None
    assert states(done.kept) == in_log
    assert states(crashed) == states(lost)


def test_a_row_that_was_on_its_way_waits_too_and_may_be_a_duplicate(store, lost, database):
    row_id = store.write_now(outbox.say, Said("going"), chat_id=7, now=NOW)
    row = store.write_now(outbox.row, row_id)
    store.write_now(outbox.begin_attempt, row, now=NOW)
    copy = back_up(database, KEY, lost.with_name("two.db")).path
    store.close()
    restore(copy, database, KEY, now=NOW)
    with reading(database, KEY) as tx:
        row = outbox.row(tx, row_id)
    assert row is not None
    assert (row["state"], row["held"], row["possible_duplicate"]) == ("pending", "review", 1)


def test_nothing_is_restored_while_the_bot_runs(store, lost, database):
    before = states(database)
    with pytest.raises(AlreadyInUse):
        restore(lost, database, KEY, now=NOW)
    assert states(database) == before
    assert not list(database.parent.glob("*.replaced-*"))


@pytest.mark.parametrize("page", [8, 20])
def test_a_damaged_backup_leaves_the_database_as_it_is(store, lost, database, page):
    store.close()
    before = database.read_bytes()
    damage(lost, page)
    with pytest.raises(DatabaseProblem, match="damaged"):
        restore(lost, database, KEY, now=NOW)
    assert database.read_bytes() == before


def test_the_database_is_no_backup_of_itself(store, database):
    store.close()
    with pytest.raises(BackupFailed, match="the database itself"):
        restore(database, database, KEY, now=NOW)
    assert database.exists()


def test_a_damaged_database_can_be_replaced(store, lost, database):
    store.close()
    database.write_bytes(b"nothing of a database is left here" * 200)
    done = restore(lost, database, KEY, now=NOW)
    assert states(database) == states(lost)
    assert done.kept is not None
    assert done.kept.read_bytes().startswith(b"nothing of a database")


def test_a_restore_onto_a_new_machine_needs_the_vault_and_no_database_there(
    lost, database, tmp_path
):
    with pytest.raises(DatabaseProblem, match=r"the vault .* is not there"):
        restore(lost, tmp_path / "new" / "aftercare.db", KEY, now=NOW)
    assert not (tmp_path / "new" / "aftercare.db").exists()
    done = restore(lost, tmp_path / "new" / "aftercare.db", KEY, beside(database), now=NOW)
    assert done.kept is None
    driver = SqlcipherDriver(tmp_path / "new" / "aftercare.db", KEY)
    migrate(driver)
    driver.close()


def test_a_restore_leaves_no_half_made_file(store, lost, database):
    store.close()
    restore(lost, database, KEY, now=NOW)
    left = {path.name for path in database.parent.iterdir() if path.is_file()}
    assert left - {"aftercare.db-wal", "aftercare.db-shm"} == {
        "aftercare.db",
        "aftercare.db.keys",
        "aftercare.db.lock",
        f"aftercare.db.replaced-{NOW}",
    }


# -------------------------------------------------------------------------- damage at the start


def test_a_damaged_file_is_refused_at_the_start_and_left_as_it_is(store, database):
    store.close()
    damage(database, 8)
    before = database.read_bytes()
    with pytest.raises(DatabaseProblem, match="aftercare restore FILE"):
        refuse_damaged(database, KEY)
    assert database.read_bytes() == before


def test_a_sound_file_and_none_at_all_pass(store, database, tmp_path):
    refuse_damaged(database, KEY)
    refuse_damaged(tmp_path / "not-there-yet.db", KEY)


def damage(path: Path, page: int) -> None:
    raw = bytearray(path.read_bytes())
    start = page * PAGE + 100
    raw[start : start + 64] = bytes(byte ^ 0xFF for byte in raw[start : start + 64])
    path.write_bytes(raw)


def test_a_patients_stop_and_resume_does_not_let_go_what_waits_for_review(
    store: Store, catalogue: Catalogue
):
    made = store.write_now(enroll_patient, catalogue, chat_id=888, label="B.B.")
    waiting = store.write_now(backup.begin_review, now=NOW + DAY)
    patient = store.write_now(patients.by_id, made.patient_id)
    store.write_now(holding.hold, made.patient_id, "stopped")
    store.write_now(holding.release, patient, catalogue, CLINIC, now=NOW + DAY)
    held = store.write_now(
        lambda tx: tx.value(
            "SELECT COUNT(*) FROM outbox WHERE clinic_id = :clinic_id AND held = 'review'"
        )
    )
    assert waiting == held > 0


@pytest.mark.parametrize("why", ["alert", "stopped", "consent"])
def test_what_waited_for_something_else_may_have_been_sent_since_the_backup(
    store: Store, catalogue: Catalogue, why: str
):
    made = store.write_now(enroll_patient, catalogue, chat_id=888, label="B.B.")
    invited = store.write_now(
        lambda tx: enrollment.enroll(
            tx,
            Choice("facial", "face", "C.C.", session_at=NOW),
            protocol=catalogue.protocols["facial"],
            clinic=CLINIC,
            staff=doctor(tx),
            now=NOW,
        )
    )
    store.write_now(holding.hold, made.patient_id, why)
    store.write_now(backup.begin_review, now=NOW + DAY)

    def held(tx):
        return {
            (row["held"], row["ready_at"] <= NOW + DAY)
            for row in tx.all(
                """SELECT held, ready_at FROM outbox WHERE clinic_id = :clinic_id
                     AND patient_id = :id AND state = 'pending'""",
                id=made.patient_id,
            )
        }

    assert store.write_now(held) == {("review", True), (why, False)}
    # Who has opened no link yet got nothing from the lost database under this plan.
    assert (
        store.write_now(
            lambda tx: tx.value(
                """SELECT COUNT(*) FROM outbox WHERE clinic_id = :clinic_id AND held = 'review'
                 AND patient_id = :id""",
                id=invited.patient_id,
            )
        )
        == 0
    )
