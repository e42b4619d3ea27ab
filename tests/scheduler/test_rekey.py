"""Another key: every row under it, none under the old one, and no moment without a key."""

from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from scheduler import rekey
from scheduler.database import AlreadyInUse, SqlcipherDriver, Store, WrongKey
from scheduler.migrations import migrate, versions

OLD, NEW, OTHER = "1a" * 32, "2b" * 32, "3c" * 32


def _clinic(path: Path, key: str = OLD) -> None:
    driver = SqlcipherDriver(path, key)
    migrate(driver)
    store = Store(driver)
    for number in range(50):
        store.write_now(
            lambda tx, name: tx.run(
                "INSERT INTO marks (clinic_id, name, at) VALUES (:clinic_id, :name, 7)", name=name
            ),
            f"mark {number}",
        )
    store.close()


def _marks(path: Path, key: str) -> int:
    store = Store(SqlcipherDriver(path, key))
    try:
        found: int = store.write_now(
            lambda tx: tx.value("SELECT COUNT(*) FROM marks WHERE clinic_id = :clinic_id")
        )
        return found
    finally:
        store.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "aftercare.db"
    _clinic(path)
    return path


def test_every_row_is_there_under_the_new_key_and_none_under_the_old(database: Path) -> None:
    vault = database.with_name("aftercare.db.keys")
    _clinic(vault)
    assert rekey.rotate(database, [vault], OLD, NEW) == [vault, database]
    for path in (database, vault):
        assert _marks(path, NEW) == 50
        with pytest.raises(WrongKey):
            SqlcipherDriver(path, OLD)
    driver = SqlcipherDriver(database, NEW)
    assert versions(driver.sqlite_utils) == ([], [])
    driver.close()


def test_the_new_file_is_its_owners_alone_and_nothing_is_left_beside_it(database: Path) -> None:
    rekey.rotate(database, [], OLD, NEW)
    assert database.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in database.parent.iterdir()} == {
        "aftercare.db",
        "aftercare.db.lock",
    }


def test_what_only_the_log_held_comes_along(database: Path) -> None:
    driver = SqlcipherDriver(database, OLD)
    driver.begin()
    driver.execute("INSERT INTO marks (clinic_id, name, at) VALUES (1, 'late', 7)", {})
    driver.commit()
    reader = dbapi2.connect(f"{database.as_uri()}?mode=ro", uri=True)
    reader.execute(f"PRAGMA key = \"x'{OLD}'\"")
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM marks").fetchone()
    driver.close()  # the reader keeps the log from being folded in
    reader.close()
    rekey.rotate(database, [], OLD, NEW)
    assert _marks(database, NEW) == 51


def test_a_rotation_that_was_broken_off_goes_on_where_it_ended(database: Path) -> None:
    vault = database.with_name("aftercare.db.keys")
    _clinic(vault, NEW)
    assert rekey.rotate(database, [vault], OLD, NEW) == [database]
    assert rekey.rotate(database, [vault], OLD, NEW) == []
    assert _marks(database, NEW) == 50


def test_a_file_that_neither_key_opens_changes_nothing(database: Path) -> None:
    vault = database.with_name("aftercare.db.keys")
    _clinic(vault, OTHER)
    before = database.read_bytes()
    with pytest.raises(WrongKey, match="neither"):
        rekey.rotate(database, [vault], OLD, NEW)
    assert database.read_bytes() == before


def test_a_running_bot_is_not_disturbed(database: Path) -> None:
    driver = SqlcipherDriver(database, OLD)
    with pytest.raises(AlreadyInUse):
        rekey.rotate(database, [], OLD, NEW)
    driver.close()
    assert _marks(database, OLD) == 50


def test_a_disk_that_cannot_be_written_leaves_the_old_key_in_force(database: Path) -> None:
    # Something stands where the new file would be made, and cannot be taken away.
    (database.parent / ".aftercare.db.rekeying").mkdir()
    with pytest.raises(rekey.RotationFailed, match="keeps its old key"):
        rekey.rotate(database, [], OLD, NEW)
    assert _marks(database, OLD) == 50
