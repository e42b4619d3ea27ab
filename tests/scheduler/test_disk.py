"""A sick disk: nothing leaves that is not recorded, all goes on by itself, and it is told once."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from messages.catalogue import Catalogue
from sandbox.clock import ManualClock
from scheduler import disk, events, outbox, staff
from scheduler.channel import Delivered, Message
from scheduler.database import SqlcipherDriver, Store
from scheduler.disk import Fault, Watch
from scheduler.dispatch import Dispatcher
from scheduler.migrations import migrate
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.reading import Reader
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, HOUR, KEY, NOW, ScriptedChannel

MINUTE = HOUR // 60


class SickDriver(SqlcipherDriver):
    """A database whose disk refuses to commit for as long as it is told to."""

    sick = False

    def commit(self) -> None:
        if self.sick:
            raise dbapi2.OperationalError("database or disk is full")
        super().commit()


@pytest.fixture
def driver(tmp_path) -> SickDriver:
    made = SickDriver(tmp_path / "sick.db", KEY)
    migrate(made)
    return made


@pytest.fixture
def sick_store(driver):
    opened = Store(driver)
    yield opened
    driver.sick = False
    opened.close()


def dispatcher(store: Store, channel: Any, catalogue: Catalogue) -> Dispatcher:
    return Dispatcher(
        store,
        channel,
        Preparer(catalogue, CLINIC),
        ManualClock(NOW),
        Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
    )


async def test_nothing_is_sent_while_it_cannot_be_recorded(sick_store, driver, catalogue):
    row_id = await sick_store.write(outbox.say, Said("hello"), chat_id=7, now=NOW)
    channel = ScriptedChannel()
    pump = dispatcher(sick_store, channel, catalogue)
    driver.sick = True
    with pytest.raises(dbapi2.OperationalError):
        await pump.drain()
    assert channel.delivered == []
    driver.sick = False
    await pump.drain()
    assert len(channel.delivered) == 1
    row = await sick_store.read(outbox.row, row_id)
    assert (row["state"], row["attempts"]) == ("sent", 1)


async def test_what_was_sent_just_before_is_recorded_afterwards_and_not_sent_again(
    sick_store, driver, catalogue
):
    row_id = await sick_store.write(outbox.say, Said("hello"), chat_id=7, now=NOW)

    class FillsTheDisk(ScriptedChannel):
        async def deliver(self, message: Message) -> Any:
            driver.sick = True  # from the moment on at which the request left
            return await super().deliver(message)

    channel = FillsTheDisk(Delivered(55))
    pump = dispatcher(sick_store, channel, catalogue)
    with pytest.raises(dbapi2.OperationalError):
        await pump.drain()
    driver.sick = False
    await pump.drain()
    row = await sick_store.read(outbox.row, row_id)
    assert (row["state"], row["message_id"]) == ("sent", 55)
    assert len(channel.delivered) == 1


async def test_the_pump_goes_on_by_itself_when_the_disk_is_well_again(
    sick_store, driver, catalogue
):
    await sick_store.write(outbox.say, Said("hello"), chat_id=7, now=NOW)
    arrived = asyncio.Event()
    channel = ScriptedChannel()
    channel.before = lambda _: arrived.set()
    pump = dispatcher(sick_store, channel, catalogue)
    failed = asyncio.Event()
    loop = asyncio.get_running_loop()
    sick_store.on_trouble(lambda _: loop.call_soon_threadsafe(failed.set))
    driver.sick = True
    running = asyncio.create_task(pump.run())
    await failed.wait()
    driver.sick = False
    pump.kick()
    await asyncio.wait_for(arrived.wait(), 30)
    await pump.stop()
    await running
    assert len(channel.delivered) == 1


def test_a_database_that_another_program_holds_fails_in_words_that_name_it(store, tmp_path):
    seen: list[str] = []
    store.on_trouble(lambda error: seen.append(error.sqlite_errorname))
    store.write_now(lambda tx: tx.value("PRAGMA busy_timeout = 10 -- clinic_id"))
    other = dbapi2.connect(str(tmp_path / "aftercare.db"), isolation_level=None)
    other.execute(f"PRAGMA key = \"x'{KEY}'\"")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(dbapi2.OperationalError):
        store.write_now(events.mark, "tick", now=NOW)
    other.execute("COMMIT")
    other.close()
    store.write_now(events.mark, "tick", now=NOW + 1)
    assert seen == ["SQLITE_BUSY"]
    assert "another program" in disk.advice(seen[0])


def test_a_fault_of_a_use_case_is_not_the_disks(store):
    seen: list[BaseException] = []
    store.on_trouble(seen.append)
    with pytest.raises(ZeroDivisionError):
        store.write_now(lambda _: 1 // 0)
    with pytest.raises(dbapi2.IntegrityError):
        store.write_now(lambda tx: tx.run("INSERT INTO marks (clinic_id) VALUES (:clinic_id)"))
    assert seen == []


# ---------------------------------------------------------------------------------- the watch


def test_a_fault_is_remembered_from_its_first_failure_on():
    watch = Watch()
    watch.failed(sqlite3.OperationalError("x"), now=NOW)
    watch.failed(sqlite3.OperationalError("x"), now=NOW + 5 * MINUTE)
    assert watch.fault == Fault(NOW, NOW + 5 * MINUTE, "OperationalError")


def test_a_fault_that_was_told_is_forgotten_but_not_one_that_came_meanwhile():
    watch = Watch()
    watch.failed(sqlite3.OperationalError("x"), now=NOW)
    told = watch.fault
    assert told is not None
    watch.failed(sqlite3.OperationalError("x"), now=NOW + 1)
    watch.over(told)
    assert watch.fault is not None
    watch.over(watch.fault)
    assert watch.fault is None


def test_the_managers_hear_of_it_once_an_hour_at_most(store):
    store.write_now(
        staff.welcome, chat_id=502, name="M", role="manager", language="en", actor="system", now=NOW
    )
    fault = Fault(NOW, NOW + MINUTE, "SQLITE_FULL")
    assert store.write_now(disk.tell, fault, now=NOW + MINUTE) is True
    assert store.write_now(disk.tell, fault, now=NOW + HOUR) is False
    assert store.write_now(disk.tell, fault, now=NOW + HOUR + MINUTE) is True
    assert store.write_now(outbox.counts) == {"pending": 2}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_FULL", "make room"),
        ("SQLITE_IOERR_WRITE", "refuses"),
        ("SQLITE_READONLY_DBMOVED", "read-only"),
        ("SQLITE_CORRUPT", "aftercare restore"),
        ("SQLITE_SOMETHING_NEW", "aftercare doctor"),
    ],
)
def test_each_fault_is_logged_with_what_to_do(name, words):
    assert words in disk.advice(name)


def test_a_disk_that_is_really_full_is_waited_out(tmp_path):
    """The file may not grow any more, as on a full disk; then there is room again."""
    code = """
import resource, sys
from pathlib import Path
from scheduler import disk, outbox
from scheduler.database import SqlcipherDriver, Store
from scheduler.migrations import migrate
from scheduler.said import Said
driver = SqlcipherDriver(Path(sys.argv[1]), sys.argv[2])
migrate(driver)
store, watch = Store(driver), disk.Watch()
store.on_trouble(lambda error: watch.failed(error, now=1))
said = Said("x" * 2000)
store.write_now(outbox.say, said, chat_id=1, now=1)
most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (Path(sys.argv[1] + "-wal").stat().st_size + 9000, most))
kept = 1
for _ in range(200):
    try:
        store.write_now(outbox.say, said, chat_id=1, now=1)
        kept += 1
    except Exception as error:
        print(type(error).__name__)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
store.write_now(outbox.say, said, chat_id=1, now=1)
print(watch.fault.name, store.write_now(outbox.counts) == {"pending": kept + 1})
store.close()
"""
    ran = subprocess.run(  # noqa: S603 -- our own interpreter and our own lines
        [sys.executable, "-c", code, tmp_path / "full.db", KEY],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    lines = ran.stdout.splitlines()
    assert any("database_in_trouble" in line for line in lines)
    assert lines[-2] == "OperationalError"
    assert lines[-1].split()[0].startswith(("SQLITE_FULL", "SQLITE_IOERR"))
    assert lines[-1].endswith("True")
    reader = Reader(tmp_path / "full.db", KEY)
    assert reader.damages(full=True) == []
    reader.close()
