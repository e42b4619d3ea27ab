"""Where the database's key is kept, and how another one takes its place.

The next key is kept beside the one in force before anything is encrypted with it, and takes its
place only when everything is: whatever breaks off a rotation, both keys are still there. The former
one is kept too, for the backups that it opens, until a person throws it away.
"""

import os
import re
from pathlib import Path
from typing import Final, Protocol

USER: Final = "database-key"
"""The entry's user name in the system's keyring; its service is DATABASE_KEYRING."""

_NEXT, _FORMER = "next", "former"


class KeyPlace(Protocol):
    """A place that can hold the key in force, the next and the former one."""

    def upcoming(self) -> str | None:
        """Return the next key of a rotation that was begun and not ended."""
        ...

    def keep_next(self, key: str) -> None:
        """Keep the next key, durably."""
        ...

    def promote(self) -> str:
        """Put the next key in force; say where the former one is kept now."""
        ...


class KeyFile:
    """DATABASE_KEY_FILE: the key alone in a file, the others in files beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = path.with_name(f"{path.name}.{_NEXT}")
        self._former = path.with_name(f"{path.name}.{_FORMER}")

    def upcoming(self) -> str | None:
        """Return the next key of a rotation that was begun and not ended."""
        return self._next.read_text("utf-8").strip() if self._next.exists() else None

    def keep_next(self, key: str) -> None:
        """Keep the next key, durably."""
        write_secret(self._next, f"{key}\n")

    def promote(self) -> str:
        """Put the next key in force; say where the former one is kept now."""
        write_secret(self._former, self._path.read_text("utf-8"))
        self._next.replace(self._path)
        return str(self._former)


class EnvFile:
    """DATABASE_KEY in a ``.env`` file, the others in files beside it."""

    _LINE: Final = re.compile(
        r"""^(\s*(?:export\s+)?DATABASE_KEY\s*=\s*)["']?(\w*)["']?""", re.MULTILINE
    )

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = path.with_name(f"{path.name}.key.{_NEXT}")
        self._former = path.with_name(f"{path.name}.key.{_FORMER}")

    def upcoming(self) -> str | None:
        """Return the next key of a rotation that was begun and not ended."""
        key = self._next.read_text("utf-8").strip() if self._next.exists() else None
        # In force already: only its file was not taken away.
        return None if key == self._line()[2] else key

    def keep_next(self, key: str) -> None:
        """Keep the next key, durably."""
        write_secret(self._next, f"{key}\n")

    def promote(self) -> str:
        """Put the next key in force; say where the former one is kept now."""
        key = self._next.read_text("utf-8").strip()
        line = self._line()
        write_secret(self._former, f"{line[2]}\n")
        text = self._path.read_text("utf-8")
        write_secret(self._path, f"{text[: line.start()]}{line[1]}{key}{text[line.end() :]}")
        self._next.unlink()
        return str(self._former)

    def _line(self) -> re.Match[str]:
        found = self._LINE.search(self._path.read_text("utf-8"))
        if found is None:
            raise LookupError(f"{self._path}: there is no DATABASE_KEY in it any more")
        return found


class Keyring:
    """The system's keyring: entries of one service."""

    def __init__(self, service: str) -> None:
        self._service = service

    def upcoming(self) -> str | None:
        """Return the next key of a rotation that was begun and not ended."""
        return from_keyring(self._service, f"{USER}-{_NEXT}")

    def keep_next(self, key: str) -> None:
        """Keep the next key, durably."""
        self._set(_NEXT, key)

    def promote(self) -> str:
        """Put the next key in force; say where the former one is kept now."""
        import keyring  # noqa: PLC0415  only where the setting says so

        now, key = from_keyring(self._service), self.upcoming()
        if now is None or key is None:
            raise LookupError(f"the keyring has no {USER} of {self._service} any more")
        self._set(_FORMER, now)
        keyring.set_password(self._service, USER, key)
        keyring.delete_password(self._service, f"{USER}-{_NEXT}")
        return f"the keyring, as {USER}-{_FORMER} of {self._service}"

    def _set(self, which: str, key: str) -> None:
        import keyring  # noqa: PLC0415  as above

        keyring.set_password(self._service, f"{USER}-{which}", key)


def from_keyring(service: str, user: str = USER) -> str | None:
    """Return an entry of the system's keyring, or None.

    Raises:
        ValueError: this system has no keyring that can be used; the text says what to do.
    """
    import keyring  # noqa: PLC0415  only where the setting says so
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        return keyring.get_password(service, user)
    except KeyringError as error:
        raise ValueError(
            f"the system's keyring cannot be used ({type(error).__name__}); unlock it, or set "
            "DATABASE_KEY_FILE instead"
        ) from None


def write_secret(path: Path, text: str) -> None:
    """Write a file for its owner only, whole or not at all, and have it on the disk."""
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
