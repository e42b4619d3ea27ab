"""Backups: a consistent, encrypted copy while the bot runs, verified before it gets its name.

Everything personal in it is sealed with each patient's own key (``scheduler.sealing``), which lies
in the vault and in no backup.

And the way back: a restored database starts in *review mode*. What came due since the backup may
have been sent by the database that was lost, so it waits for a manager (``scheduler.decisions``).
"""

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from sqlcipher3 import dbapi2

from scheduler import events, sealing
from scheduler.database import DatabaseProblem, SqlcipherDriver, Tx
from scheduler.encrypted import alone, discard, flush, unfinished
from scheduler.holdings import OF_TABLE
from scheduler.migrations import migrate
from scheduler.reading import Reader
from scheduler.vault import Vault, beside
from scheduler.wallclock import first_moment, local_date

NAME = re.compile(r"aftercare-\d{4}-\d{2}-\d{2}\.db")
NIGHTLY_AT = time(3)
DONE, TRIED, RESTORED = "backup", "backup_tried", "restored"
"""Marks: the last nightly backup that was made, the last try, a restore nobody was told of."""
_TRY_AGAIN_MS = 60 * 60 * 1000
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_SIDES = ("-wal", "-shm")


class BackupFailed(DatabaseProblem):
    """The backup was not made, or cannot be used; the text says why and what to do next."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verified copy holds; ``size`` in bytes, ``rows`` of its outbox."""

    path: Path
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    ``kept`` is where the former database lies now (None: there was none), ``waiting`` how many
    rows wait for a manager, ``last_tick`` when the backup's bot was last at work (epoch ms),
    ``erased`` how many people were erased from it, because their keys were destroyed since.
    """

    kept: Path | None
    waiting: int
    last_tick: int | None
    erased: int


def back_up(database: Path, key: str, target: Path, vault: Path | None = None) -> Verified:
    """Copy a database, which may be in use, seal the copy and verify it.

    The copy is sealed beside the database: what leaves for the target's disk is sealed already.
    Another backup that is being made there (the nightly one, an operator's) is waited for.

    Args:
        database: the file to copy.
        key: its key, which is the copy's key too.
        target: the copy; it must not exist yet.
        vault: where the patients' keys are; left out, beside the database.

    Raises:
        BackupFailed: the target exists, the disk is full, or the copy is not sound. Nothing
            stands under the target's name then.
        DatabaseProblem: the database itself cannot be read, or the key does not open it.
    """
    if target.exists():
        raise BackupFailed(f"{target} exists already and was left as it is; give another name")
    reader = Reader(database, key)
    try:
        with alone(database.parent):
            return _copy(reader, key, target, vault or beside(database))
    except (OSError, dbapi2.Error) as error:
        raise BackupFailed(
            f"{target}: the backup was not made ({error}); look at the disk's room and permissions"
        ) from error
    finally:
        reader.close()


def _copy(reader: Reader, key: str, target: Path, vault: Path) -> Verified:
    part = target.with_name(f".{target.name}.part")
    open_copy = unfinished(reader.path, "sealing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        discard(open_copy)
        # A read transaction of its own: the bot goes on writing meanwhile.
        reader.connection.execute("VACUUM INTO ?", (str(open_copy),))
        open_copy.chmod(0o600)
        counted = _counts(open_copy, key)
        with Vault(vault, key) as keys:
            _seal(open_copy, key, keys, part)
            found = verify(part, key)
            _open_every_box(part, key, keys)
        if _counts(part, key) != counted:
            raise BackupFailed(f"{target}: was not made: rows are missing from the copy; try again")
        part.chmod(0o600)
        flush(part)
        if target.exists():
            raise BackupFailed(f"{target} was made by somebody else meanwhile, and left as it is")
        part.rename(target)
        flush(target.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        with suppress(OSError):
            discard(open_copy)
    return Verified(target, found.size, found.rows)


def _counts(path: Path, key: str) -> dict[str, int]:
    """Count the rows of each table that a backup keeps whole."""
    reader = Reader(path, key)
    try:
        tables = {name for (name,) in reader.connection.execute(_TABLES).fetchall()}
        return {
            table: reader.connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for table in sorted(tables & set(OF_TABLE))
        }
    finally:
        reader.close()
        _forget_sides(path)


def _seal(open_copy: Path, key: str, keys: Vault, part: Path) -> None:
    driver = SqlcipherDriver(open_copy, key)
    try:
        migrate(driver)
        driver.begin()
        sealing.seal(Tx(driver, clinic_id=1), keys)
        driver.commit()
        # Written anew, without a free page that might still hold a word.
        driver.connection.execute("VACUUM INTO ?", (str(part),))
    finally:
        driver.close()


def _open_every_box(part: Path, key: str, keys: Vault) -> None:
    reader = Reader(part, key)
    try:
        sealing.check(Tx(reader, clinic_id=1), keys)
    finally:
        reader.close()
        _forget_sides(part)


def verify(path: Path, key: str) -> Verified:
    """Read a whole encrypted copy and check it.

    Raises:
        WrongKey: the key does not open it.
        BackupFailed: it is damaged; the text says how.
        DatabaseProblem: there is no such file.
    """
    reader = Reader(path, key)
    try:
        faults = reader.damages(full=True)
        if faults:
            raise BackupFailed(f"{path}: is damaged: {'; '.join(faults[:3])}")
        rows = reader.connection.execute("SELECT COUNT(*) FROM outbox").fetchone()[0]
    except dbapi2.Error as error:
        raise BackupFailed(f"{path}: is not a database of this program: {error}") from error
    finally:
        reader.close()
        _forget_sides(path)
    return Verified(path, path.stat().st_size, rows)


def restore(
    backup: Path, database: Path, key: str, vault: Path | None = None, *, now: int
) -> Restored:
    """Put a backup in a database's place, in review mode; what was there is kept beside it.

    The copy is made, brought up to today's schema and put in review under another name first: at
    no moment does a database stand in that place which would send everything once more.

    Args:
        backup: the copy.
        database: the file to replace; the bot must be stopped.
        key: the key of both.
        vault: where the patients' keys are; left out, beside the database.
        now: UTC epoch ms, for the name of what is kept and for what counts as due.

    Raises:
        WrongKey: the key does not open the backup.
        BackupFailed: the backup is damaged, is the database itself, or could not be copied.
        DatabaseProblem: the vault is missing, or lacks the key of somebody in the backup.
        AlreadyInUse: the bot is still running.
    """
    if database.exists() and backup.exists() and database.samefile(backup):
        raise BackupFailed(f"{backup}: is the database itself, not a backup of it")
    verify(backup, key)
    # Taking the lock proves that no bot is at work; a damaged database must not stand in the way.
    lock = SqlcipherDriver.lock(database)
    fresh = unfinished(database, "restoring")
    try:
        discard(fresh)
        shutil.copyfile(backup, fresh)
        erased = _unseal(fresh, key, vault or beside(database), now=now)
        waiting, last_tick = _put_in_review(fresh, key, now=now)
        flush(fresh)
        kept = _keep(database, now=now)
        fresh.replace(database)
        flush(database.parent)
    except (OSError, dbapi2.Error) as error:
        raise BackupFailed(
            f"{database}: the backup was not restored ({error}); look at the disk's room and "
            "permissions, then restore again"
        ) from error
    finally:
        with suppress(OSError):
            discard(fresh)
        os.close(lock)
    return Restored(kept, waiting, last_tick, erased)


def _unseal(fresh: Path, key: str, vault: Path, *, now: int) -> int:
    driver = SqlcipherDriver(fresh, key)
    try:
        migrate(driver)
        if driver.connection.execute(sealing.IS_SEALED).fetchone()[0] == 0:
            return 0  # made before backups were sealed
        with Vault(vault, key, must_exist=True) as keys:
            driver.begin()
            erased = sealing.unseal(Tx(driver, clinic_id=1), keys, now=now)
            driver.commit()
        driver.connection.execute("VACUUM")
        return erased
    finally:
        driver.close()


def _put_in_review(fresh: Path, key: str, *, now: int) -> tuple[int, int | None]:
    driver = SqlcipherDriver(fresh, key)
    try:
        migrate(driver)
        driver.begin()
        tx = Tx(driver, clinic_id=1)
        last_tick = events.marked(tx, "tick")
        waiting = begin_review(tx, now=now)
        # What was written since the backup had ids too, and they stand in people's buttons. By
        # the second, so that a second restore goes beyond the first: no table grows as fast.
        _number_from(driver, now // 1000)
        driver.commit()
    finally:
        driver.close()
    return waiting, last_tick


def _number_from(driver: SqlcipherDriver, least: int) -> None:
    """Give rows that are made from now on ids above ``least``, in every table."""
    given = driver.connection.execute(
        """SELECT tables.name, MAX(COALESCE(given.seq, 0)) FROM sqlite_master AS tables
           LEFT JOIN sqlite_sequence AS given ON given.name = tables.name
           WHERE tables.type = 'table' AND tables.sql LIKE '%AUTOINCREMENT%'
           GROUP BY tables.name"""
    ).fetchall()
    driver.connection.execute("DELETE FROM sqlite_sequence")
    driver.connection.executemany(
        "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
        [(name, max(highest, least)) for name, highest in given],
    )


def _keep(database: Path, *, now: int) -> Path | None:
    """Give what is there a second name, so that the first can be replaced in one step."""
    kept = None
    _forget_sides(database)
    if database.exists():
        kept = database.with_name(f"{database.name}.replaced-{now}")
        try:
            kept.hardlink_to(database)
        except OSError:  # a file system without hard links
            shutil.copy2(database, kept)
    for suffix in _SIDES:
        # A log of the former database must never be applied to the restored one.
        side = database.with_name(database.name + suffix)
        if side.exists():
            side.rename(database.with_name(f"{database.name}.replaced-{now}{suffix}"))
    return kept


def _forget_sides(path: Path) -> None:
    """Remove what a look at a copy leaves beside it, unless it holds something."""
    wal, shm = (path.with_name(path.name + suffix) for suffix in _SIDES)
    with suppress(OSError):
        if wal.exists() and wal.stat().st_size == 0:
            wal.unlink()
            shm.unlink(missing_ok=True)


def begin_review(tx: Tx, *, now: int) -> int:
    """Hold back what came due since the backup until a manager has decided (``now``: epoch ms).

    What waited for something else at the backup (an alert, a pause, a consent) may have been let
    go since, and sent. Where it is sent after all, that is looked at once more before it leaves.
    What had no chat yet stays: whoever opens a link anew begins anew.

    Returns:
        How many rows wait.
    """
    events.mark(tx, RESTORED, now=now)
    tx.run(
        """UPDATE attempts SET finished_at = :now, outcome = 'lost with the database'
           WHERE clinic_id = :clinic_id AND finished_at IS NULL""",
        now=now,
    )
    return tx.run(
        """UPDATE outbox SET held = 'review',
               possible_duplicate = CASE WHEN state = 'sending' THEN 1
                                         ELSE possible_duplicate END,
               state = 'pending'
           WHERE clinic_id = :clinic_id
             AND (state = 'sending'
                  OR (state = 'pending' AND chat_id IS NOT NULL AND ready_at <= :now))""",
        now=now,
    )


def is_due(tx: Tx, zone: str, *, now: int) -> bool:
    """Say whether the nightly backup is to be made at ``now`` (UTC epoch ms).

    It is made once a day, at the first heartbeat after 03:00 in the clinic's zone; after a failure
    it is tried again every hour.
    """
    due_at = first_moment(local_date(now, zone), NIGHTLY_AT, zone)
    done, tried = events.marked(tx, DONE, by=now), events.marked(tx, TRIED, by=now)
    if now < due_at or (done is not None and done >= due_at):
        return False
    return tried is None or tried < due_at or now - tried >= _TRY_AGAIN_MS


def nightly(
    database: Path, key: str, directory: Path, keep: int, vault: Path | None = None, *, day: str
) -> Verified:
    """Make the backup of a day (``day`` as 2026-05-04) and delete the oldest beyond ``keep``.

    One that was made already, before a crash could write that down, is only verified.

    Raises:
        DatabaseProblem: see :func:`back_up` and :func:`verify`.
        OSError: an old one could not be deleted.
    """
    target = directory / f"aftercare-{day}.db"
    made = verify(target, key) if target.exists() else back_up(database, key, target, vault)
    rotate(directory, keep)
    return made


def rotate(directory: Path, keep: int) -> list[Path]:
    """Delete the oldest nightly backups beyond ``keep``; returns which."""
    nightly = sorted(path for path in directory.iterdir() if NAME.fullmatch(path.name))
    old = nightly[:-keep] if keep else nightly
    for path in old:
        path.unlink()
    return old
