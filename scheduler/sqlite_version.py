"""Which versions of SQLite may be used."""

from typing import Final

# Versions with the WAL-reset bug, which can lose committed transactions at a checkpoint.
FIRST_BROKEN: Final = (3, 7, 0)
FIRST_SOUND: Final = (3, 51, 3)


def is_sound(version: str) -> bool:
    """Say whether a version of SQLite is free of the WAL-reset bug (pure)."""
    parts = tuple(int(part) for part in version.split("."))
    return not FIRST_BROKEN <= parts < FIRST_SOUND
