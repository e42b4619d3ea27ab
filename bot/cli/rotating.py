"""``aftercare key rotate``: everything that the database's key encrypts gets another one."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.text import Text

from bot.cli import content
from bot.keys import KeyPlace
from bot.settings import Settings, SettingsInvalid, load_settings
from scheduler import backup as backups
from scheduler import rekey
from scheduler.clock import SystemClock
from scheduler.database import DatabaseProblem

_OUT: Final = Console(highlight=False, soft_wrap=True)


def rotate(*, yes: bool) -> int:
    """Make a verified backup, encrypt everything anew, put the new key in force; exit code.

    What breaks it off, at whatever moment, leaves both keys in their place: the same command goes
    on from there.
    """
    try:
        settings = load_settings()
    except SettingsInvalid as invalid:
        raise content.failure("The settings need a look:", *invalid.faults) from None
    place = settings.key_place
    if place is None:
        raise content.failure(
            "The key comes from the environment, which no program can change for later ones.",
            "Put it in a file outside the database's directory, name that in DATABASE_KEY_FILE,",
            "take DATABASE_KEY away, and do it again.",
        )
    if not yes and not typer.confirm(f"Give {settings.database_path} another key?"):
        _OUT.print("Nothing was changed.")
        return 1
    try:
        return _rotated(settings, place)
    except (DatabaseProblem, LookupError, OSError) as problem:
        raise content.failure("The key was not changed.", str(problem)) from None


def _rotated(settings: Settings, place: KeyPlace) -> int:
    database, old = settings.database_path, settings.read_key().get_secret_value()
    new = place.upcoming()
    if new is None:
        made = backups.back_up(database, old, _target(settings), settings.vault_path)
        _say(f"A backup first, read whole: {made.path}")
        new = secrets.token_hex(32)
        # On the disk before anything is encrypted with it.
        place.keep_next(new)
    else:
        _say("A rotation that was broken off goes on.")
    for path in rekey.rotate(database, [settings.vault_path], old, new):
        _say(f"{path} has the new key.")
    former = place.promote()
    _say(f"The new key is in force. The former one is kept in {former}:")
    _OUT.print("  it opens the backups made until now. Keep a copy of the new key elsewhere, and")
    _OUT.print("  throw the former one away once those backups are gone.")
    return 0


def _target(settings: Settings) -> Path:
    folder = settings.backup_dir or settings.database_path.parent
    moment = datetime.fromtimestamp(SystemClock().now() / 1000, UTC)
    return folder / f"before-another-key-{moment:%Y-%m-%dT%H%M%SZ}.db"


def _say(words: str) -> None:
    _OUT.print(Text.assemble(("✓ ", "green"), words))
