"""The doctor: what is well, what needs a look, and that nothing is touched by looking."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from scheduler import backup, doctor, events, inbox, outbox
from scheduler.backup import begin_review
from scheduler.database import SqlcipherDriver, Store
from scheduler.doctor import Finding, Patient, examine, skew
from scheduler.encrypted import alone, clear, unfinished
from scheduler.migrations import migrate
from scheduler.said import Said
from scheduler.vault import Vault
from tests.scheduler.conftest import DAY, HOUR, KEY, NOW
from tests.scheduler.test_backup import damage

MINUTE = HOUR // 60


@pytest.fixture
def patient(store: Store, tmp_path: Path) -> Patient:
    """A clinic where all is well."""
    backups = tmp_path / "backups"
    backup.nightly(tmp_path / "aftercare.db", KEY, backups, 3, day="2026-05-04")
    for name, at in (("tick", NOW), ("poll", NOW), (backup.DONE, NOW - 7 * HOUR)):
        store.write_now(events.mark, name, now=at)
    copy = tmp_path / "elsewhere" / "aftercare.keys"
    with Vault(tmp_path / "aftercare.db.keys", KEY) as vault:
        vault.copy(copy)
    return Patient(
        database=tmp_path / "aftercare.db",
        key=KEY,
        key_at=tmp_path / "elsewhere" / "key",
        backups=backups,
        zone="Europe/Madrid",
        polls=True,
        vault=tmp_path / "aftercare.db.keys",
        vault_copy=copy,
    )


def unwell(patient: Patient, *, now: int = NOW, full: bool = False) -> dict[str, Finding]:
    findings = examine(patient, full=full, now=now)
    return {finding.name: finding for finding in findings if finding.verdict != "well"}


@pytest.mark.parametrize("full", [False, True])
def test_a_clinic_where_all_is_well_needs_no_look(patient, full):
    assert unwell(patient, full=full) == {}


def test_looking_works_beside_a_running_bot_and_changes_nothing(store, patient):
    before = patient.database.read_bytes()
    log = patient.database.with_name("aftercare.db-wal").read_bytes()
    examine(patient, full=True, now=NOW)
    assert patient.database.read_bytes() == before
    assert patient.database.with_name("aftercare.db-wal").read_bytes() == log
    store.write_now(events.mark, "tick", now=NOW)


def test_every_fault_comes_with_what_to_do(store, patient, enrolled):
    store.write_now(begin_review, now=NOW + DAY)
    for finding in unwell(patient, now=NOW + 3 * DAY).values():
        assert finding.advice


@pytest.mark.parametrize(
    ("mark", "name", "enough"),
    [("tick", "Bot", MINUTE), ("poll", "Updates", 2 * MINUTE), (backup.DONE, "Backup", 26 * HOUR)],
)
def test_what_should_happen_regularly_is_looked_at_by_its_age(store, patient, mark, name, enough):
    store.write_now(events.mark, mark, now=NOW - enough)
    assert name not in unwell(patient)
    store.write_now(events.mark, mark, now=NOW - enough - 1)
    assert name in unwell(patient)
    store.write_now(events.mark, mark, now=NOW + 60 * DAY)
    assert name in unwell(patient)
    store.write_now(events.unmark, mark)
    assert name in unwell(patient)


def test_a_bot_that_telegram_calls_need_not_have_polled(store, patient):
    store.write_now(events.unmark, "poll")
    called = Patient(**{**fields(patient), "polls": False})
    assert unwell(called) == {}


def test_an_overdue_row_is_told_with_its_age(store, patient):
    store.write_now(outbox.say, Said("hello"), chat_id=7, now=NOW - 5 * MINUTE)
    assert unwell(patient) == {}
    store.write_now(outbox.say, Said("hello"), chat_id=8, now=NOW - 2 * HOUR)
    assert "1 waiting, the oldest since Mon, 4 May 2026, 08:00" in unwell(patient)["Overdue"].found


def test_a_row_that_is_held_is_not_overdue(store, patient):
    row_id = store.write_now(outbox.say, Said("hello"), chat_id=7, now=NOW - HOUR)
    store.write_now(outbox.hold, row_id, "stopped")
    assert unwell(patient) == {}


def test_what_waits_for_a_person_is_counted_until_it_is_decided(store, patient, enrolled):
    row_id = store.write_now(outbox.say, Said("hello"), chat_id=7, now=NOW)
    store.write_now(outbox.end, row_id, "uncertain", "no answer", now=NOW)
    assert unwell(patient)["Uncertain"].found.startswith("1 ")
    waiting = store.write_now(begin_review, now=NOW + 2 * HOUR)
    assert unwell(patient)["Restored"].found.startswith(f"{waiting} ")


def test_an_update_that_was_parked_is_told_for_a_week(store, patient):
    store.write_now(inbox.receive, [inbox.Received(5, 7, "{}")], now=NOW)
    for _ in range(inbox.MAX_TRIES):
        store.write_now(inbox.failed, 1, "ValueError", now=NOW)
    assert "1 could not be handled" in unwell(patient)["Replies"].found
    assert "Replies" not in unwell(patient, now=NOW + 7 * DAY)


def test_a_key_in_the_databases_directory_is_told(patient):
    beside = Patient(**{**fields(patient), "key_at": patient.database.parent / ".env"})
    assert set(unwell(beside)) == {"Key"}


def test_no_backups_and_backups_beside_the_database_are_told(patient):
    assert set(unwell(Patient(**{**fields(patient), "backups": None}))) == {"Backup"}
    beside = Patient(**{**fields(patient), "backups": patient.database.parent})
    assert set(unwell(beside)) == {"Backup"}


def test_backups_that_went_away_are_told(patient):
    shutil.rmtree(patient.backups)
    assert {"Backup", "Disk of the backups"} == set(unwell(patient))


def test_patients_keys_without_a_copy_or_damaged_are_told(patient):
    alone = Patient(**{**fields(patient), "vault_copy": None})
    assert unwell(alone)["Patients' keys"].found.endswith("in aftercare.db.keys, and no copy of it")
    patient.vault.write_bytes(b"nothing of a vault is left here" * 200)
    assert unwell(patient)["Patients' keys"].verdict == "bad"


def test_a_look_leaves_the_patients_keys_as_they_are(patient):
    patient.vault.chmod(0o640)
    before = patient.vault.read_bytes()
    assert unwell(patient) == {}
    assert patient.vault.read_bytes() == before
    assert patient.vault.stat().st_mode & 0o777 == 0o640


def test_what_a_restore_left_is_told(patient):
    patient.database.with_name("aftercare.db.replaced-1").touch()
    assert set(unwell(patient)) == {"Leftovers"}


@pytest.mark.parametrize("work", ["sealing", "restoring", "rekeying"])
def test_what_something_broken_off_left_is_told_and_taken_away(patient, work):
    left = unfinished(patient.database, work)
    left.write_bytes(b"somebody who is erased later")
    assert unwell(patient)["Leftovers"].found.startswith(left.name)
    clear(patient.database, patient.vault)
    assert unwell(patient) == {}
    assert not left.exists()


def test_what_is_being_sealed_is_no_leftover(patient):
    copy = unfinished(patient.database, "sealing")
    copy.touch()
    with alone(patient.database.parent):
        assert unwell(patient) == {}
        clear(patient.database, patient.vault)
        assert copy.exists()


def test_a_wrong_key_is_told_and_the_file_left_as_it_is(patient):
    before = patient.database.read_bytes()
    wrong = Patient(**{**fields(patient), "key": "d4" * 32})
    assert unwell(wrong)["Database"].verdict == "bad"
    assert patient.database.read_bytes() == before


def test_a_missing_database_is_told_as_that(patient, tmp_path):
    missing = Patient(**{**fields(patient), "database": tmp_path / "nothing.db"})
    assert "no such file" in unwell(missing)["Database"].found
    assert not (tmp_path / "nothing.db").exists()


@pytest.mark.parametrize("full", [False, True])
def test_damage_is_found_and_the_way_back_named(patient, tmp_path, full):
    copy = backup.back_up(patient.database, KEY, tmp_path / "other" / "aftercare.db").path
    damage(copy, 36)
    found = unwell(Patient(**{**fields(patient), "database": copy}), full=full)
    assert found["Integrity"].verdict == "bad"
    assert "aftercare restore" in found["Integrity"].advice


def test_an_older_and_a_newer_schema_are_told_apart(tmp_path, patient):
    path = tmp_path / "old" / "aftercare.db"
    driver = SqlcipherDriver(path, KEY)
    migrate(driver)
    steps = "_sqlite_migrations"
    driver.execute(f"UPDATE {steps} SET name = '9999_from_the_future' WHERE name LIKE '0002%'", {})
    driver.close()
    found = unwell(Patient(**{**fields(patient), "database": path}))["Schema"]
    assert found.verdict == "bad"
    assert "9999_from_the_future" in found.found
    driver = SqlcipherDriver(path, KEY)
    driver.execute(f"DELETE FROM {steps} WHERE name LIKE '9999%'", {})
    driver.close()
    found = unwell(Patient(**{**fields(patient), "database": path}))["Schema"]
    assert found.verdict == "look"
    assert "0002_review" in found.found


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(50 * 1024**2, "bad"), (99 * 1024**2, "bad"), (100 * 1024**2, None), (5 * 1024**3, None)],
)
def test_the_disks_room_is_judged(patient, monkeypatch, free, verdict):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 -- what shutil returns
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(0, 0, free))
    found = unwell(patient)
    assert (found["Disk"].verdict if "Disk" in found else None) == verdict


@pytest.mark.parametrize(
    ("skew_ms", "verdict", "words"),
    [
        (0, "well", "within 1 s"),
        (-4_999, "well", "within 5 s"),
        (5_000, "look", "5 seconds behind"),
        (-3_600_000, "look", "1 hour ahead of"),
    ],
)
def test_the_machines_clock_is_compared_with_telegrams(skew_ms, verdict, words):
    finding = skew(skew_ms)
    assert finding.verdict == verdict
    assert words in finding.found


def fields(patient: Patient) -> dict[str, object]:
    return {name: getattr(patient, name) for name in Patient.__slots__}
