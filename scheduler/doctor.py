"""What ``aftercare doctor`` looks at in the database and on its disk: findings with what to do.

Everything is read without the lock, so that it works while the bot runs and when it does not.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sqlcipher3 import dbapi2
from sqlite_utils import Database as SqliteDatabase

from messages.render import distance, moment_long, span
from scheduler import backup, events
from scheduler.database import DatabaseProblem, Tx
from scheduler.encrypted import left_behind
from scheduler.migrations import versions
from scheduler.reading import Reader
from scheduler.sqlite_version import is_sound
from scheduler.vault import Vault
from scheduler.wallclock import HOUR, MINUTE

Verdict = Literal["well", "look", "bad"]

OVERDUE_MS: Final = 5 * MINUTE
TICK_MS: Final = MINUTE
POLL_MS: Final = 2 * MINUTE
BACKUP_MS: Final = 26 * HOUR
PARKED_MS: Final = 7 * 24 * HOUR
SKEW_MS: Final = 5 * 1000
LEAST_ROOM: Final = 100 * 1024 * 1024
"""Bytes: with less than this a busy day may fill the disk."""
ROOM_FOR_COPIES: Final = 3
"""So many times the database's size should be free: its log, and a backup being verified."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, in words, and what to do where it is not well."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: where the database and its surroundings are, and the clinic's zone.

    ``polls`` is whether the bot asks Telegram for updates (else Telegram calls it). ``key_at`` is
    the file that holds the key, if one does; ``vault`` the one with the patients' own keys, of
    which ``vault_copy`` is a copy.
    """

    database: Path
    key: str
    key_at: Path | None
    backups: Path | None
    zone: str
    polls: bool
    vault: Path
    vault_copy: Path | None


def examine(patient: Patient, *, full: bool, now: int) -> list[Finding]:
    """Examine a database and its surroundings at ``now`` (UTC epoch ms).

    Args:
        patient: what is examined.
        full: whether every page is authenticated, which reads all of the file several times.
        now: the present.
    """
    findings = [_sqlite(dbapi2.sqlite_version), _key_apart(patient), *_vault(patient)]
    findings += _room(patient)
    try:
        reader = Reader(patient.database, patient.key)
    except DatabaseProblem as problem:
        advice = (
            "start the bot once: it makes the database"
            if not patient.database.exists()
            else "look at the key first; if it is right, `aftercare restore FILE`"
        )
        return [Finding("Database", "bad", str(problem), advice), *findings]
    try:
        findings = [
            Finding("Database", "well", f"{patient.database} is there and its key opens it"),
            _integrity(reader, full=full),
            *findings,
        ]
        reader.begin()
        findings += _within(Tx(reader, clinic_id=1), reader, patient, now=now)
    except dbapi2.DatabaseError as error:
        findings.append(
            Finding("Tables", "bad", f"cannot be read: {error}", "`aftercare restore FILE`")
        )
    finally:
        reader.close()
    return findings


def skew(skew_ms: int) -> Finding:
    """Judge how far this machine's clock is from Telegram's (positive: theirs is ahead)."""
    off = abs(skew_ms)
    side = "behind" if skew_ms > 0 else "ahead of"
    if off < SKEW_MS:
        return Finding("Clock", "well", f"within {max(1, round(off / 1000))} s of Telegram's")
    return Finding(
        "Clock",
        "look",
        f"{span(off, 'en')} {side} Telegram's",
        "have the machine set its clock by NTP (`timedatectl set-ntp true`)",
    )


def _within(tx: Tx, reader: Reader, patient: Patient, *, now: int) -> Iterator[Finding]:
    yield _schema(reader)
    yield _tick(tx, patient, now=now)
    yield _poll(tx, patient, now=now)
    yield _overdue(tx, patient, now=now)
    yield from _to_review(tx)
    yield _parked(tx, now=now)
    yield _backup(tx, patient, now=now)


def _sqlite(version: str) -> Finding:
    if is_sound(version):
        return Finding("SQLite", "well", f"version {version}")
    return Finding(
        "SQLite",
        "bad",
        f"version {version} can lose committed data",
        "install the locked dependencies again: `make setup`",
    )


def _integrity(reader: Reader, *, full: bool) -> Finding:
    damages = reader.damages(full=full)
    if damages:
        return Finding(
            "Integrity",
            "bad",
            "; ".join(line for damage in damages[:3] for line in damage.splitlines()),
            "stop the bot, keep the file, then `aftercare restore FILE` with the newest backup",
        )
    how = "every page and index was read" if full else "quick look; --full reads every page"
    return Finding("Integrity", "well", f"sound ({how})")


def _schema(reader: Reader) -> Finding:
    missing, unknown = versions(SqliteDatabase(reader.connection))
    if unknown:
        return Finding(
            "Schema",
            "bad",
            f"made by a newer version of the program ({unknown[-1]})",
            "run the version that made it, or a newer one",
        )
    if missing:
        return Finding(
            "Schema",
            "look",
            f"not up to date: {', '.join(missing)}",
            "start the bot again: it brings the schema up to date",
        )
    return Finding("Schema", "well", "up to date")


def _key_apart(patient: Patient) -> Finding:
    directory = patient.database.resolve().parent
    if patient.key_at is None:
        return Finding("Key", "well", "in no file: from the keyring or the environment")
    if patient.key_at.resolve().parent == directory:
        return Finding(
            "Key",
            "look",
            f"{patient.key_at} lies in the database's directory",
            "whoever takes one has both: move the key elsewhere (DATABASE_KEY_FILE)",
        )
    return Finding("Key", "well", "not in the database's directory")


def _vault(patient: Patient) -> Iterator[Finding]:
    """Look at what opens the backups, and at what would bring back whoever was erased."""
    left = sorted(patient.database.parent.glob(f"{patient.database.name}.replaced-*"))
    if left:
        yield Finding(
            "Leftovers",
            "look",
            f"{left[0].name} holds whoever was erased since",
            "delete what a restore kept, as soon as it is no longer needed",
        )
    for path in left_behind(patient.database, patient.vault):
        yield Finding(
            "Leftovers",
            "look",
            f"{path.name} was left by something that broke off, and holds whoever is erased later",
            "start the bot: it takes this away (unless `restore` or `key rotate` is at work now)",
        )
    if patient.backups is None:
        return
    name = "Patients' keys"
    if not patient.vault.exists():
        yield Finding(name, "well", "none yet: the first backup makes them")
        return
    try:
        with Vault(patient.vault, patient.key, read_only=True) as vault:
            known = len(vault.known())
    except DatabaseProblem as problem:
        yield Finding(name, "bad", str(problem), "bring back the copy: backups need it")
        return
    if patient.vault_copy is None or not patient.vault_copy.exists():
        yield Finding(
            name,
            "look",
            f"{known} in {patient.vault.name}, and no copy of it",
            "set VAULT_COPY to another disk: without these keys no backup can be read",
        )
        return
    yield Finding(name, "well", f"{known}, with a copy elsewhere")


def _room(patient: Patient) -> Iterator[Finding]:
    size = patient.database.stat().st_size if patient.database.exists() else 0
    places = {"Disk": patient.database.parent}
    if patient.backups is not None:
        places["Disk of the backups"] = patient.backups
    for name, directory in places.items():
        try:
            free = shutil.disk_usage(directory).free
        except OSError as error:
            yield Finding(name, "bad", f"{directory}: {error.strerror}", "create it, or correct it")
            continue
        if free < LEAST_ROOM:
            yield Finding(name, "bad", f"{megabytes(free)} free", "make room on it now")
        elif free < ROOM_FOR_COPIES * size:
            yield Finding(
                name,
                "look",
                f"{megabytes(free)} free, the database has {megabytes(size)}",
                "make room: the write-ahead log and a backup need it",
            )
        else:
            yield Finding(name, "well", f"{megabytes(free)} free")


def _tick(tx: Tx, patient: Patient, *, now: int) -> Finding:
    at = events.marked(tx, "tick")
    if at is None:
        return Finding("Bot", "look", "has never been at work on this database", "start it")
    when = f"last at work {distance(at - now, 'en')} ({moment_long(at, patient.zone, 'en')})"
    if abs(now - at) <= TICK_MS:
        return Finding("Bot", "well", f"at work, last heartbeat {distance(at - now, 'en')}")
    if at > now:
        return Finding("Bot", "look", when, "the machine's clock went back: correct it")
    return Finding("Bot", "look", when, "start it: nothing is sent meanwhile")


def _poll(tx: Tx, patient: Patient, *, now: int) -> Finding:
    at = events.marked(tx, "poll")
    ago = "never" if at is None else distance(at - now, "en")
    if not patient.polls:
        return Finding("Updates", "well", f"Telegram calls the bot; last call: {ago}")
    if at is not None and abs(now - at) <= POLL_MS:
        return Finding("Updates", "well", f"asked for {ago}")
    return Finding(
        "Updates",
        "look",
        f"last successful poll: {ago}",
        "replies are not coming in: look at the log for poll_failed or another_bot_polls",
    )


def _overdue(tx: Tx, patient: Patient, *, now: int) -> Finding:
    row = tx.first(
        """SELECT COUNT(*) AS n, MIN(ready_at) AS oldest FROM outbox
           WHERE clinic_id = :clinic_id AND state = 'pending' AND held IS NULL
             AND lane IN (0, 1, 2, 3) AND ready_at < :before
             AND NOT EXISTS (SELECT 1 FROM broadcasts WHERE broadcasts.clinic_id = :clinic_id
                 AND broadcasts.id = outbox.broadcast_id AND broadcasts.closed_at IS NULL)""",
        before=now - OVERDUE_MS,
    )
    if row is None or not row["n"]:
        return Finding("Overdue", "well", "nothing waits past its moment")
    since = moment_long(row["oldest"], patient.zone, "en")
    return Finding(
        "Overdue",
        "look",
        f"{row['n']} waiting, the oldest since {since}",
        "`aftercare outbox --state pending` shows why; is the bot at work, is Telegram reached?",
    )


def _to_review(tx: Tx) -> Iterator[Finding]:
    uncertain: int = tx.value(
        """SELECT COUNT(*) FROM outbox WHERE clinic_id = :clinic_id
             AND state = 'uncertain' AND reviewed_at IS NULL"""
    )
    restored: int = tx.value(
        """SELECT COUNT(*) FROM outbox WHERE clinic_id = :clinic_id
             AND state = 'pending' AND held = 'review'"""
    )
    for name, count, what in (
        ("Uncertain", uncertain, "may or may not have arrived"),
        ("Restored", restored, "came due since the backup that was restored"),
    ):
        if count:
            yield Finding(name, "look", f"{count} {what}", "decide in the chat: /review")
        else:
            yield Finding(name, "well", "nothing waits for a decision")


def _parked(tx: Tx, *, now: int) -> Finding:
    parked: int = tx.value(
        """SELECT COUNT(*) FROM inbox WHERE clinic_id = :clinic_id AND state = 'parked'
             AND done_at > :since""",
        since=now - PARKED_MS,
    )
    if not parked:
        return Finding("Replies", "well", "every one was handled")
    return Finding(
        "Replies",
        "look",
        f"{parked} could not be handled in the last week",
        "the managers were told of each; the log names the fault (update_failed)",
    )


def _backup(tx: Tx, patient: Patient, *, now: int) -> Finding:
    name, at = "Backup", events.marked(tx, backup.DONE)
    if patient.backups is None:
        return Finding(
            name, "look", "no nightly backups", "set BACKUP_DIR, best to another disk, and restart"
        )
    if patient.backups.resolve() == patient.database.resolve().parent:
        return Finding(
            name,
            "look",
            "put in the database's own directory",
            "set BACKUP_DIR to another disk: one accident must not take both",
        )
    if at is not None and at > now:
        when = f"the last one was made {_ago(at, now)}"
        return Finding(name, "look", when, "the machine's clock was wrong: look at the files' days")
    if at is None or now - at > BACKUP_MS:
        ago = "none was made yet" if at is None else f"the last one was made {_ago(at, now)}"
        return Finding(name, "look", ago, "look at the log for backup_failed; is the bot at work?")
    if not any(backup.NAME.fullmatch(path.name) for path in _listed(patient.backups)):
        return Finding(
            name, "bad", f"made {_ago(at, now)}, but {patient.backups} holds none", "find them"
        )
    return Finding(name, "well", f"made {_ago(at, now)}")


def _listed(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return []


def _ago(at: int, now: int) -> str:
    return distance(at - now, "en")


def megabytes(size: int) -> str:
    """Return a size in bytes as people read it."""
    if size < 1024 * 1024 * 1024:
        return f"{size / 1024 / 1024:.1f} MB"
    return f"{size / 1024 / 1024 / 1024:.1f} GB"
