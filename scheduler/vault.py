"""The vault: one key for each patient, in an encrypted file of its own.

A backup holds nobody's words: they are sealed with the key of whose they are, and the keys are
not in it. Whoever is erased loses their key, and with it everything about them in every backup
that was ever made, wherever its copies lie. A key that was destroyed is never made again.
"""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from sqlcipher3 import dbapi2

from scheduler.database import BUSY_TIMEOUT_MS, DatabaseProblem, WrongKey
from scheduler.encrypted import flush, unlock

KEY_BYTES: Final = 32
_SCHEMA: Final = """CREATE TABLE IF NOT EXISTS keys (
    name TEXT PRIMARY KEY,
    key BLOB,
    CHECK (key IS NULL OR length(key) = 32)
) STRICT"""


def beside(database: Path) -> Path:
    """Return where a database's vault lies if nothing else was said."""
    return database.with_name(f"{database.name}.keys")


class Vault:
    """The keys, by the names that patients carry in the database (``key_name``).

    Args:
        path: the vault's file; it is made where there is none.
        key: the database's key, 64 hexadecimal digits, which opens this file too.
        must_exist: whether a missing file is a problem.
        read_only: whether to leave the file as it is, for a look.

    Raises:
        WrongKey: the key does not open the file.
        DatabaseProblem: the file cannot be used, or is missing where it must not be.
    """

    def __init__(
        self, path: Path, key: str, *, must_exist: bool = False, read_only: bool = False
    ) -> None:
        self.path = path
        if must_exist and not path.is_file():
            raise DatabaseProblem(
                f"{path}: the vault with the patients' keys is not there; without it a backup "
                "cannot be read (look at KEY_VAULT, or bring back the copy of VAULT_COPY)"
            )
        try:
            if read_only:
                self._connection = self._look_into(path, key)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._connection = self._open(path, key)
        except OSError as error:
            raise DatabaseProblem(f"{path}: cannot be written: {error.strerror}") from error
        except dbapi2.DatabaseError as error:
            if "not a database" in str(error):
                raise WrongKey(
                    f"{path}: the database's key does not open this vault; it was not touched"
                ) from error
            raise DatabaseProblem(f"{path}: the vault cannot be used: {error}") from error

    @staticmethod
    def _look_into(path: Path, key: str) -> Any:
        connection = dbapi2.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        try:
            unlock(connection, key)
            connection.execute("SELECT COUNT(*) FROM keys").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _open(path: Path, key: str) -> Any:
        connection = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
        try:
            unlock(connection, key)
            path.chmod(0o600)
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    def __enter__(self) -> Self:
        """Return the open vault."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def known(self) -> dict[str, bytes]:
        """Return every key that was not destroyed, by name."""
        rows = self._connection.execute("SELECT name, key FROM keys WHERE key IS NOT NULL")
        return {name: bytes(key) for name, key in rows.fetchall()}

    def destroyed(self) -> frozenset[str]:
        """Return the names whose keys were destroyed."""
        rows = self._connection.execute("SELECT name FROM keys WHERE key IS NULL")
        return frozenset(name for (name,) in rows.fetchall())

    def for_names(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the keys of these names, made where there was none; not the destroyed ones."""
        wanted = set(names)
        self._connection.executemany(
            "INSERT INTO keys (name, key) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            [(name, secrets.token_bytes(KEY_BYTES)) for name in sorted(wanted)],
        )
        return {name: key for name, key in self.known().items() if name in wanted}

    def destroy(self, names: Iterable[str]) -> None:
        """Destroy keys for good; the file is written anew, so that no page of it holds them.

        Raises:
            DatabaseProblem: the file could not be written; it is to be done again.
        """
        try:
            self._connection.executemany(
                "INSERT INTO keys (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET key = NULL",
                [(name,) for name in names],
            )
            self._connection.execute("VACUUM")
        except dbapi2.Error as error:
            raise DatabaseProblem(
                f"{self.path}: no key could be destroyed ({error}); look at the disk"
            ) from error

    def copy(self, target: Path) -> None:
        """Put a copy in ``target``'s place: one copy, always today's, so that it revives no key.

        Raises:
            DatabaseProblem: it could not be written; the old copy stands then.
        """
        part = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            self._connection.execute("VACUUM INTO ?", (str(part),))
            part.chmod(0o600)
            # An erasure counts on it: no power cut may bring the copy with its key back.
            flush(part)
            part.replace(target)
            flush(target.parent)
        except (OSError, dbapi2.Error) as error:
            raise DatabaseProblem(
                f"{target}: the vault was not copied ({error}); look at VAULT_COPY"
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
