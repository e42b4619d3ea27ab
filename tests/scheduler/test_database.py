"""The database: encrypted, of one process, and all or nothing."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from scheduler import database
from scheduler.database import (
    AlreadyInUse,
    DatabaseProblem,
    Row,
    SqlcipherDriver,
    Store,
    Tx,
    WrongKey,
    in_trouble,
)
from scheduler.migrations import migrate, versions
from tests.scheduler.conftest import KEY, NOW

OTHER_KEY = "0f" * 32
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[SqlcipherDriver]:
    opened = SqlcipherDriver(tmp_path / "aftercare.db", KEY)
    migrate(opened)
    yield opened
    opened.close()


def mark(tx: Tx, name: str, at: int = NOW) -> None:
    tx.run("INSERT INTO marks (clinic_id, name, at) VALUES (:clinic_id, :n, :at)", n=name, at=at)


def marks(tx: Tx) -> list[str]:
    rows = tx.all("SELECT name FROM marks WHERE clinic_id = :clinic_id ORDER BY name")
    return [row["name"] for row in rows]


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_wrong_key_is_told_in_words_and_touches_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "aftercare.db"
    driver = SqlcipherDriver(path, KEY)
    migrate(driver)
    driver.close()
    before = everything_in(tmp_path)

    with pytest.raises(WrongKey, match="the key does not open this database"):
        SqlcipherDriver(path, OTHER_KEY)
    assert everything_in(tmp_path) == before
    # And the lock was given back.
    SqlcipherDriver(path, KEY).close()


def test_a_wrong_key_leaves_what_a_crash_left_in_the_log_alone(tmp_path: Path) -> None:
    path = tmp_path / "aftercare.db"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from scheduler.database import SqlcipherDriver; from scheduler.migrations import migrate\n"
        f"driver = SqlcipherDriver(Path(sys.argv[1]), {KEY!r}); migrate(driver); os._exit(9)"
    )
    crashed = subprocess.run(  # noqa: S603 -- our own code in our own interpreter
        [sys.executable, "-c", code, str(path)], cwd=REPOSITORY, check=False
    )
    assert crashed.returncode == 9
    before = everything_in(tmp_path)
    assert before["aftercare.db-wal"]

    with pytest.raises(WrongKey):
        SqlcipherDriver(path, OTHER_KEY)
    after = everything_in(tmp_path)
    for name in ("aftercare.db", "aftercare.db-wal"):
        assert after[name] == before[name], name
    again = SqlcipherDriver(path, KEY)
    assert versions(again.sqlite_utils) == ([], [])
    again.close()


@pytest.mark.parametrize("key", ["", "c3", "c3" * 31, "zz" * 32, "c3" * 32 + "'; DROP"])
def test_a_key_that_is_none_is_refused_before_a_file_is_made(tmp_path: Path, key: str) -> None:
    with pytest.raises(WrongKey, match="64 hexadecimal digits"):
        SqlcipherDriver(tmp_path / "aftercare.db", key)
    assert list(tmp_path.iterdir()) == []


def test_a_plain_sqlite_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "aftercare.db"
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE somebody_elses (x)")
    plain.commit()
    plain.close()
    before = path.read_bytes()
    with pytest.raises(WrongKey, match="not one of ours"):
        SqlcipherDriver(path, KEY)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("in the way")
    with pytest.raises(DatabaseProblem, match=r"cannot write there .*DATABASE_URL"):
        SqlcipherDriver(tmp_path / "a-file" / "aftercare.db", KEY)


def test_a_second_process_is_turned_away(tmp_path: Path) -> None:
    path = tmp_path / "aftercare.db"
    code = (
        "import sys; from pathlib import Path\n"
        "from scheduler.database import SqlcipherDriver\n"
        f"driver = SqlcipherDriver(Path(sys.argv[1]), {KEY!r})\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 -- our own code in our own interpreter
        [sys.executable, "-c", code, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(AlreadyInUse, match="stop it first"):
            SqlcipherDriver(path, KEY)
        # Killed, not closed: the lock goes with the process.
        first.kill()
    SqlcipherDriver(path, KEY).close()


def test_another_name_of_the_same_file_is_the_same_database(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    first = SqlcipherDriver(tmp_path / "real" / "aftercare.db", KEY)
    with pytest.raises(AlreadyInUse):
        SqlcipherDriver(tmp_path / "link" / "aftercare.db", KEY)
    first.close()


@pytest.mark.parametrize(
    ("version", "sound"),
    [("3.40.1", False), ("3.51.2", False), ("3.7.0", False), ("3.51.3", True), ("3.53.0", True)],
)
def test_a_sqlite_that_can_lose_commits_is_refused(version: str, sound: bool) -> None:
    if sound:
        database._refuse_unsound_sqlite(version)
        return
    with pytest.raises(DatabaseProblem, match=r"WAL-reset bug"):
        database._refuse_unsound_sqlite(version)


def test_the_disk_holds_no_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "aftercare.db"
    driver = SqlcipherDriver(path, KEY)
    migrate(driver)
    store = Store(driver)
    store.write_now(mark, "her words about the pain")
    in_use = everything_in(tmp_path)
    store.close()
    for content in (*in_use.values(), *everything_in(tmp_path).values()):
        assert b"her words" not in content
        assert b"CREATE TABLE" not in content
        assert b"SQLite format 3" not in content
    assert in_use["aftercare.db-wal"]


def test_a_file_is_written_anew_on_the_disk_and_nothing_there_is_plain_text(
    driver: SqlcipherDriver, tmp_path: Path
) -> None:
    driver.begin()
    driver.execute(
        """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
           INSERT INTO events (clinic_id, at, kind, actor, detail)
           SELECT 1, i, 'her words' || i, 'her words' || i, :words FROM n""",
        {"words": "her words about the pain " * 40},
    )
    driver.commit()
    size = (tmp_path / "aftercare.db-wal").stat().st_size
    largest, plain = 0, False

    def look() -> int:
        nonlocal largest, plain
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                # A file that SQLite works on has no name any more.
                if str(descriptor.readlink()).endswith("(deleted)"):
                    content = descriptor.read_bytes()
                    largest = max(largest, len(content))
                    plain |= b"her words" in content
        return 0

    driver.connection.execute("PRAGMA cache_size = 50")
    driver.connection.set_progress_handler(look, 20_000)
    assert driver.compact() is True
    driver.connection.set_progress_handler(None, 0)
    assert largest > size / 2, "the copy is not in memory"
    assert not plain
    assert driver.connection.execute("PRAGMA temp_store").fetchone() == (2,)


def test_a_file_that_cannot_be_written_anew_is_told_in_words(driver: SqlcipherDriver) -> None:
    driver.connection.set_progress_handler(lambda: 1, 100)
    with pytest.raises(DatabaseProblem, match=r"could not be written anew .* room on its disk"):
        driver.compact()
    driver.connection.set_progress_handler(None, 0)
    assert driver.compact() is True


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "aftercare.db"
    driver = SqlcipherDriver(path, KEY)
    migrate(driver)
    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    driver.close()
    assert set(modes.values()) == {0o600}
    assert "aftercare.db-wal" in modes


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
def test_the_connection_is_set_to_keep_what_it_confirms(
    driver: SqlcipherDriver, pragma: str, value: object
) -> None:
    assert driver.connection.execute(f"PRAGMA {pragma}").fetchone()[0] == value


def test_migrating_twice_changes_nothing(driver: SqlcipherDriver) -> None:
    before = driver.connection.execute("SELECT * FROM sqlite_master").fetchall()
    migrate(driver)
    assert driver.connection.execute("SELECT * FROM sqlite_master").fetchall() == before
    assert versions(driver.sqlite_utils) == ([], [])


def test_a_database_that_was_never_migrated_lacks_every_step(tmp_path: Path) -> None:
    driver = SqlcipherDriver(tmp_path / "new.db", KEY)
    missing, unknown = versions(driver.sqlite_utils)
    assert missing[0] == "0001_the_main_job"
    assert unknown == []
    driver.close()


def test_a_program_older_than_the_database_does_not_start_on_it(driver: SqlcipherDriver) -> None:
    driver.execute(
        """INSERT INTO _sqlite_migrations (migration_set, name, applied_at)
           VALUES ('aftercare', '9999_from_the_future', 'later')""",
        {},
    )
    with pytest.raises(DatabaseProblem, match=r"newer than this program \(9999_from_the_future\)"):
        migrate(driver)


def test_every_table_is_strict_and_carries_the_clinic(driver: SqlcipherDriver) -> None:
    tables = {
        name: sql
        for name, sql in driver.connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        )
        if not name.startswith(("_sqlite", "sqlite_"))
    }
    assert len(tables) >= 14
    for name, sql in tables.items():
        assert sql.rstrip().endswith("STRICT"), name
        assert "clinic_id INTEGER NOT NULL" in sql, name


@pytest.mark.parametrize(
    "call",
    [
        lambda tx: tx.all("SELECT * FROM marks"),
        lambda tx: tx.first("SELECT * FROM marks"),
        lambda tx: tx.value("SELECT at FROM marks"),
        lambda tx: tx.run("DELETE FROM marks"),
        lambda tx: tx.many("DELETE FROM marks WHERE name = :name", [{"name": "a"}]),
    ],
)
def test_a_statement_that_forgets_the_clinic_is_refused(store: Store, call: Any) -> None:
    store.write_now(mark, "a")
    with pytest.raises(ValueError, match="not bound to a clinic"):
        store.write_now(call)
    assert store.write_now(marks) == ["a"]


def test_a_clinic_sees_its_own_rows_only(driver: SqlcipherDriver) -> None:
    one, two = Store(driver, clinic_id=1), Store(driver, clinic_id=2)
    one.write_now(mark, "of one")
    two.write_now(mark, "of two")
    assert one.write_now(marks) == ["of one"]
    assert two.write_now(marks) == ["of two"]
    two._thread.shutdown()
    one._thread.shutdown()


def test_a_use_case_that_raises_leaves_nothing_behind(store: Store) -> None:
    def half(tx: Tx) -> None:
        mark(tx, "first")
        mark(tx, "second")
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        store.write_now(half)
    assert store.write_now(marks) == []


def test_a_statement_that_fails_in_the_middle_undoes_the_others_too(store: Store) -> None:
    def clash(tx: Tx) -> None:
        mark(tx, "same")
        mark(tx, "same")

    with pytest.raises(Exception, match="UNIQUE") as raised:
        store.write_now(clash)
    assert not in_trouble(raised.value)
    assert store.write_now(marks) == []


async def test_what_left_work_wakes_and_what_did_not_does_not(store: Store) -> None:
    woken: list[str] = []
    store.on_wake(lambda: woken.append("woken"))
    await store.write(mark, "silent")
    assert woken == []
    await store.write(Tx.wake)
    assert woken == ["woken"]


async def test_work_that_was_undone_wakes_nobody(store: Store) -> None:
    def wake_and_raise(tx: Tx) -> None:
        tx.wake()
        raise RuntimeError("undone")

    woken: list[str] = []
    store.on_wake(lambda: woken.append("woken"))
    with pytest.raises(RuntimeError):
        await store.write(wake_and_raise)
    assert woken == []


async def test_use_cases_run_one_after_the_other(store: Store) -> None:
    def add(tx: Tx) -> None:
        at = tx.value("SELECT at FROM marks WHERE clinic_id = :clinic_id")
        tx.run("UPDATE marks SET at = :at WHERE clinic_id = :clinic_id", at=at + 1)

    await store.write(mark, "count", 0)
    await asyncio.gather(*(store.write(add) for _ in range(50)))
    at = await store.read(lambda tx: tx.value("SELECT at FROM marks WHERE clinic_id = :clinic_id"))
    assert at == 50


class SickDriver:
    """A driver in front of the real one, whose commit or rollback fails as told."""

    def __init__(self, driver: SqlcipherDriver) -> None:
        self._driver = driver
        self.failing: set[str] = set()

    def _fail(self, what: str) -> None:
        if what in self.failing:
            raise dbapi2.OperationalError("database or disk is full")

    def execute(self, sql: str, params: Mapping[str, object]) -> tuple[list[Row], int]:
        return self._driver.execute(sql, params)

    def execute_many(self, sql: str, params: Any) -> int:
        return self._driver.execute_many(sql, params)

    def begin(self) -> None:
        self._driver.begin()

    def commit(self) -> None:
        self._fail("commit")
        self._driver.commit()

    def rollback(self) -> None:
        self._fail("rollback")
        self._driver.rollback()

    def close(self) -> None:
        self._driver.close()


@pytest.mark.parametrize("failing", [{"commit"}, {"commit", "rollback"}])
def test_a_disk_that_was_full_for_a_while_does_no_lasting_harm(
    driver: SqlcipherDriver, failing: set[str]
) -> None:
    sick = SickDriver(driver)
    store = Store(sick)
    sick.failing = failing
    with pytest.raises(Exception, match="disk is full") as raised:
        store.write_now(mark, "lost")
    assert in_trouble(raised.value)

    sick.failing = set()
    store.write_now(mark, "kept")
    assert store.write_now(marks) == ["kept"]
    store._thread.shutdown()


def test_a_really_full_disk_is_survived(driver: SqlcipherDriver) -> None:
    store = Store(driver)
    pages = driver.connection.execute("PRAGMA page_count").fetchone()[0]
    driver.connection.execute(f"PRAGMA max_page_count = {pages}")

    def many(tx: Tx) -> None:
        for number in range(2000):
            mark(tx, f"{number:0200}")

    with pytest.raises(Exception, match="full") as raised:
        store.write_now(many)
    assert in_trouble(raised.value)
    driver.connection.execute("PRAGMA max_page_count = 1000000")
    store.write_now(mark, "after")
    assert store.write_now(marks) == ["after"]
    store._thread.shutdown()
