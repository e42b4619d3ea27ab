"""The vault, and what is sealed with its keys."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scheduler import outbox, sealing
from scheduler.backup import back_up, restore
from scheduler.database import DatabaseProblem, SqlcipherDriver, Store, Tx, WrongKey
from scheduler.migrations import migrate
from scheduler.reading import reading
from scheduler.said import Said
from scheduler.sealing import NotReadable
from scheduler.vault import Vault, beside
from tests.scheduler.conftest import DAY, KEY, NOW, PATIENT_CHAT, enroll_patient


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
def vault(tmp_path: Path):
    with Vault(tmp_path / "keys.db", KEY) as opened:
        yield opened


def test_a_name_keeps_its_key_and_two_names_have_two(vault):
    first = vault.for_names(["anna", "bea"])
    assert len(set(first.values())) == 2
    assert vault.for_names(["anna", "bea"]) == first


def test_a_key_that_was_destroyed_is_never_made_again(vault):
    vault.for_names(["anna", "bea"])
    vault.destroy(["anna", "nobody-yet"])
    assert set(vault.for_names(["anna", "bea", "nobody-yet"])) == {"bea"}
    assert vault.destroyed() == {"anna", "nobody-yet"}


def test_a_destroyed_key_is_in_no_byte_of_the_file_as_its_owner_reads_it(vault, tmp_path):
    key = vault.for_names(["anna"])["anna"]
    plain = tmp_path / "plain.db"

    def exported() -> bytes:
        plain.unlink(missing_ok=True)
        connection = vault._connection
        connection.execute("ATTACH DATABASE ? AS plain KEY ''", (str(plain),))
        connection.execute("SELECT sqlcipher_export('plain')").fetchone()
        connection.execute("DETACH DATABASE plain")
        return plain.read_bytes()

    assert key in exported()
    vault.destroy(["anna"])
    assert key not in exported()


def test_the_vault_is_encrypted_and_its_owners_alone(vault):
    vault.for_names(["anna"])
    assert b"anna" not in vault.path.read_bytes()
    assert vault.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(WrongKey, match="does not open this vault"):
        Vault(vault.path, "0f" * 32)


def test_the_copy_is_always_todays_so_that_it_revives_no_key(vault, tmp_path):
    copy = tmp_path / "elsewhere" / "keys.db"
    vault.for_names(["anna", "bea"])
    vault.copy(copy)
    vault.destroy(["anna"])
    vault.copy(copy)
    with Vault(copy, KEY) as other:
        assert set(other.known()) == {"bea"}
    assert [path.name for path in copy.parent.iterdir()] == ["keys.db"]


def test_a_copy_that_cannot_be_written_is_told(vault, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DatabaseProblem, match="the vault was not copied"):
        vault.copy(tmp_path / "file" / "keys.db")


def test_a_backup_brings_back_every_word_of_two_patients(store, enrolled, catalogue, tmp_path):
    store.write_now(enroll_patient, catalogue, chat_id=77, label="B.Q.")
    store.write_now(outbox.say, Said("quokka"), chat_id=PATIENT_CHAT, now=NOW)
    store.write_now(outbox.say, Said("narwhal"), chat_id=77, now=NOW)
    database = tmp_path / "aftercare.db"
    made = back_up(database, KEY, tmp_path / "copies" / "one.db")
    with reading(made.path, KEY) as tx:
        assert {row["label"] for row in everybody(tx)} == {""}
        assert {row["chat_id"] for row in everybody(tx)} == {None}
    with reading(database, KEY) as tx:
        before = everybody(tx)
    store.close()
    restore(made.path, database, KEY, now=NOW - DAY)
    with reading(database, KEY) as tx:
        assert everybody(tx) == before
        contents = tx.all("SELECT content FROM outbox WHERE clinic_id = :clinic_id")
        tables = tx.all("SELECT name FROM sqlite_master WHERE name = 'sealed' -- clinic_id")
    assert sum("quokka" in (row["content"] or "") for row in contents) == 1
    assert sum("narwhal" in (row["content"] or "") for row in contents) == 1
    assert tables == []


def everybody(tx: Tx):
    return tx.all("SELECT * FROM patients WHERE clinic_id = :clinic_id ORDER BY id")


def test_a_vault_that_does_not_know_a_patient_restores_nobody(store, enrolled, tmp_path):
    database = tmp_path / "aftercare.db"
    made = back_up(database, KEY, tmp_path / "copies" / "one.db")
    store.close()
    before = database.read_bytes()
    with Vault(tmp_path / "foreign.db", KEY):
        pass
    with pytest.raises(NotReadable, match="lacks the key of somebody"):
        restore(made.path, database, KEY, tmp_path / "foreign.db", now=NOW)
    assert database.read_bytes() == before


def test_a_box_that_was_moved_to_another_row_does_not_open(store, enrolled, tmp_path):
    store.write_now(outbox.say, Said("quokka"), chat_id=PATIENT_CHAT, now=NOW)
    made = back_up(tmp_path / "aftercare.db", KEY, tmp_path / "copies" / "one.db")
    driver = SqlcipherDriver(made.path, KEY)
    driver.begin()
    tx = Tx(driver, 1)
    tx.run(
        """UPDATE sealed SET row_id = row_id + 1
           WHERE clinic_id = :clinic_id AND id = (SELECT MAX(id) FROM sealed)"""
    )
    with (
        Vault(beside(tmp_path / "aftercare.db"), KEY) as vault,
        pytest.raises(NotReadable, match="does not open"),
    ):
        sealing.check(tx, vault)
    driver.rollback()
    driver.close()


def test_somebody_erased_while_a_backup_is_made_is_not_in_it(store, enrolled, tmp_path):
    database = tmp_path / "aftercare.db"
    name = store.write_now(
        lambda tx: tx.value("SELECT key_name FROM patients WHERE clinic_id = :clinic_id")
    )
    with Vault(beside(database), KEY) as vault:
        vault.destroy([name])
    made = back_up(database, KEY, tmp_path / "copies" / "one.db")
    with reading(made.path, KEY) as tx:
        assert [row["label"] for row in everybody(tx)] == [""]
        assert tx.value("SELECT COUNT(*) FROM sealed WHERE clinic_id = :clinic_id") == 0
    store.close()
    assert restore(made.path, database, KEY, now=NOW).erased == 1


def test_a_backup_from_before_there_were_keys_is_restored_as_it_is(store, enrolled, tmp_path):
    old = tmp_path / "old.db"
    store.close()
    shutil.copy(tmp_path / "aftercare.db", old)
    done = restore(old, tmp_path / "new" / "aftercare.db", KEY, now=NOW)
    assert done.erased == 0
