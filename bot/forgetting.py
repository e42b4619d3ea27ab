"""Forgetting to the end: keys destroyed and the file written anew, whatever happened in between."""

import asyncio
from typing import Final

import structlog

from bot.settings import Settings
from bot.standing import Standing
from scheduler import erasure, events, notices, staff
from scheduler.clock import Clock
from scheduler.database import DatabaseProblem, Store, Tx
from scheduler.vault import Vault
from scheduler.wallclock import HOUR, MINUTE, local_date

log = structlog.get_logger(__name__)

_AGAIN_MS: Final = MINUTE
_TOLD_AFTER_MS: Final = HOUR
"""A key that cannot be destroyed for so long is a matter for people."""
_TOLD: Final = "key_told"


class Forgetting:
    """Brings open erasures to their end, a step at each heartbeat.

    Args:
        settings: where the vault and the database are.
        standing: in which zone the clinic's small hours are.
        store: the database.
        clock: what is written down of when.
    """

    def __init__(self, settings: Settings, standing: Standing, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._standing = standing
        self._store = store
        self._clock = clock
        self._not_before = 0

    async def look(self) -> None:
        """Do what is left to do and possible now; called at every heartbeat."""
        now = self._clock.now()
        open_now = await self._store.read(erasure.open_ones)
        if not open_now or 0 < self._not_before - now <= _AGAIN_MS:
            return
        try:
            await self._destroy_keys(
                {row["id"]: row["key_name"] for row in open_now if row["key_gone_at"] is None}
            )
        except DatabaseProblem as problem:
            log.warning("key_not_destroyed", problem=str(problem))
            self._not_before = now + _AGAIN_MS
            waits_since = min(row["at"] for row in open_now if row["key_gone_at"] is None)
            zone = self._standing.clinic.timezone
            await self._store.write(_tell, waits_since, zone, now=now)
            return
        told = [
            row["id"]
            for row in open_now
            if await self._store.write(erasure.close_told, row["id"], now=now)
        ]
        size = self._settings.database_path.stat().st_size
        zone = self._standing.settings.clinic_timezone
        if not told or not erasure.may_rewrite(size, now=now, zone=zone):
            return
        if not await self._compact():
            self._not_before = now + _AGAIN_MS
            return
        await self._store.write(erasure.done, told, now=now)
        log.info("erased", erasures=len(told))

    async def _compact(self) -> bool:
        try:
            # Not so while a backup reads the state before; that does not take long.
            return await self._store.compact()
        except DatabaseProblem as problem:
            log.warning("not_written_anew", problem=str(problem))
            return False

    async def _destroy_keys(self, names: dict[int, str | None]) -> None:
        wanted = [each for name in names.values() if name for each in name.split()]
        if wanted:
            await asyncio.to_thread(self._destroy, wanted)
        for erasure_id in names:
            await self._store.write(erasure.key_gone, erasure_id, now=self._clock.now())

    def _destroy(self, names: list[str]) -> None:
        settings = self._settings
        with Vault(settings.vault_path, settings.read_key().get_secret_value()) as vault:
            vault.destroy(names)
            if settings.vault_copy is not None:
                vault.copy(settings.vault_copy)


def _tell(tx: Tx, since: int, zone: str, *, now: int) -> None:
    """Tell the managers of a key that could not be destroyed since ``since`` (epoch ms): daily."""
    told = events.marked(tx, _TOLD)
    told_today = told is not None and local_date(told, zone) == local_date(now, zone)
    if now - since < _TOLD_AFTER_MS or told_today:
        return
    events.mark(tx, _TOLD, now=now)
    notices.tell(tx, staff.everyone(tx, "manager"), "clinic.erasure.waits", now=now, since_ms=since)
