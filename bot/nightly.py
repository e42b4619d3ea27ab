"""Nightly backups: made in a thread beside the bot's work, rotated, and missed out loud."""

import asyncio
from datetime import date
from pathlib import Path

import structlog

from bot.settings import Settings
from bot.standing import Standing
from scheduler import backup, events, notices, staff
from scheduler.clock import Clock
from scheduler.database import DatabaseProblem, Store, Tx
from scheduler.vault import Vault
from scheduler.wallclock import local_date

log = structlog.get_logger(__name__)


class Nightly:
    """Makes the backup of each day into BACKUP_DIR, where that is set.

    Args:
        settings: where to, how many are kept, and the key.
        standing: the zone of the clinic as it is now.
        store: the database whose marks say when the last one was made.
        clock: what 03:00 is read from.
    """

    def __init__(self, settings: Settings, standing: Standing, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._standing = standing
        self._store = store
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Begin the backup if it is due; called at every heartbeat."""
        if self._settings.backup_dir is None or (self._task and not self._task.done()):
            return
        now = self._clock.now()
        zone = self._standing.clinic.timezone
        if await self._store.write(_begin, zone, now=now):
            self._task = asyncio.create_task(self._make(local_date(now, zone)), name="backup")

    async def settle(self) -> None:
        """Wait for a backup that is under way."""
        if self._task is not None:
            # The bot goes on being stopped, whatever became of it.
            await asyncio.gather(self._task, return_exceptions=True)

    async def _make(self, day: date) -> None:
        settings = self._settings
        directory = settings.backup_dir
        if directory is None:
            return
        try:
            # The key is read anew each time: it may have been put elsewhere, or be out of reach.
            key = settings.read_key().get_secret_value()
            made = await asyncio.to_thread(
                backup.nightly,
                settings.database_path,
                key,
                directory,
                settings.backup_keep,
                settings.vault_path,
                day=day.isoformat(),
            )
            if settings.vault_copy is not None:
                await asyncio.to_thread(_copy_vault, settings.vault_path, key, settings.vault_copy)
        except (DatabaseProblem, OSError) as problem:
            # The problem is told in words; a traceback would add nothing to them.
            log.warning("backup_failed", problem=str(problem))
            await self._tell()
        except Exception:
            # What nobody thought of is no reason to keep a night without a backup from people.
            log.exception("backup_failed")
            await self._tell()
        else:
            log.info("backup_made", file=made.path.name, size=made.size, rows=made.rows)
            await self._store.write(events.mark, backup.DONE, now=self._clock.now())

    async def _tell(self) -> None:
        await self._store.write(_failed, self._standing.clinic.timezone, now=self._clock.now())


def _copy_vault(path: Path, key: str, target: Path) -> None:
    with Vault(path, key) as vault:
        vault.copy(target)


def _begin(tx: Tx, zone: str, *, now: int) -> bool:
    if not backup.is_due(tx, zone, now=now):
        return False
    events.mark(tx, backup.TRIED, now=now)
    return True


def _failed(tx: Tx, zone: str, *, now: int) -> None:
    """Tell the managers of a night without a backup: once, however often it is tried again."""
    events.note(tx, "backup_failed", actor="system", now=now)
    told = events.marked(tx, "backup_told")
    if told is not None and local_date(told, zone) == local_date(now, zone):
        return
    events.mark(tx, "backup_told", now=now)
    notices.tell(tx, staff.everyone(tx, "manager"), "clinic.backup.failed", now=now)
