"""A page that is torn in the file and whole in the log is no damage; any other is."""

import shutil
import struct
from pathlib import Path

import pytest

from scheduler import outbox
from scheduler.database import SqlcipherDriver, Store
from scheduler.log_pages import in_log
from scheduler.migrations import migrate
from scheduler.reading import Reader
from scheduler.said import Said
from tests.scheduler.conftest import KEY, NOW

PAGE = 4096
FRAME = 24 + PAGE


def write(store: Store, rows: int) -> None:
    for chat in range(rows):
        store.write_now(outbox.say, Said("hello " * 100), chat_id=chat + 1, now=NOW)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A database as it is left behind with a log that is not folded in yet."""
    driver = SqlcipherDriver(tmp_path / "aftercare.db", KEY)
    migrate(driver)
    store = Store(driver)
    write(store, 40)
    driver.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    write(store, 10)
    (tmp_path / "left").mkdir()
    for name in ("aftercare.db", "aftercare.db-wal"):
        shutil.copy(tmp_path / name, tmp_path / "left" / name)
    store.close()
    return tmp_path / "left" / "aftercare.db"


def damages(path: Path) -> list[str]:
    reader = Reader(path, KEY)
    try:
        return reader.damages(full=True)
    finally:
        reader.close()


def tear(path: Path, page: int) -> None:
    """Leave of a page one sector that is not the other sectors' own."""
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE + 512)
        file.write(bytes(512))


def test_a_page_that_the_log_has_whole_is_no_damage(left: Path) -> None:
    pages = left.stat().st_size // PAGE
    torn = [page for page in sorted(in_log(left)) if 1 < page <= pages]
    assert torn
    for page in torn:
        tear(left, page)
    with left.open("ab") as file:
        file.write(bytes(1_000))  # the file grew by a part of a page
    assert damages(left) == []


def test_a_torn_page_that_the_log_does_not_have_is_damage(left: Path) -> None:
    pages = left.stat().st_size // PAGE
    tear(left, next(page for page in range(pages, 1, -1) if page not in in_log(left)))
    assert damages(left)


def test_what_the_log_has_damaged_as_well_is_damage(left: Path) -> None:
    log = left.with_name("aftercare.db-wal")
    page = next(page for page in sorted(in_log(left)) if 1 < page <= left.stat().st_size // PAGE)
    tear(left, page)
    content = bytearray(log.read_bytes())
    for at in range(32, len(content), FRAME):
        if struct.unpack_from(">I", content, at)[0] == page:
            content[at + 24 + 512 : at + 24 + 1024] = bytes(512)
    log.write_bytes(content)
    assert damages(left)


def test_frames_without_a_commit_and_of_an_earlier_round_do_not_count(left: Path) -> None:
    log = left.with_name("aftercare.db-wal")
    whole = log.read_bytes()
    commits = [
        at for at in range(32, len(whole), FRAME) if struct.unpack_from(">I", whole, at + 4)[0]
    ]
    log.write_bytes(whole[: commits[0] + FRAME])
    first = in_log(left)
    assert first
    assert first <= {
        struct.unpack_from(">I", whole, at)[0] for at in range(32, commits[0] + FRAME, FRAME)
    }
    if commits[0] > 32:
        log.write_bytes(whole[: commits[0]])
        assert in_log(left) == frozenset()
    log.write_bytes(whole[:16] + b"othersalts"[:8] + whole[24:])
    assert in_log(left) == frozenset()
    log.write_bytes(b"")
    assert in_log(left) == frozenset()
    log.unlink()
    assert in_log(left) == frozenset()
