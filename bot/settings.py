"""The settings: read from the environment and ``.env``, checked all at once, in words.

The environment wins over the file. What is wrong is told as ``NAME: what is wrong; what to do``,
never with a value that may be a secret. ``.env.example`` is what :func:`env_text` returns.
"""

import os
import secrets
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import formats, keys
from messages import content
from messages.catalogue import SHIPPED
from scheduler import hours, vault
from scheduler.closures import Closure
from scheduler.database import DatabaseProblem
from scheduler.hours import CLINIC_HOURS, WeeklyHours
from scheduler.quiet import QuietHours

ENV_FILE: Final = Path(".env")
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMATS: Final = ("console", "json")


class SettingsInvalid(Exception):
    """The settings cannot be used.

    Attributes:
        faults: every one of them, as ``NAME: what is wrong; what to do``.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class KeyUnreadable(DatabaseProblem):
    """The database's key cannot be read where it is kept: ``NAME: what is wrong; what to do``."""


class Settings(BaseSettings):
    """What an operator sets. The descriptions are the comments of ``.env.example``."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    bot_token: Annotated[SecretStr, BeforeValidator(formats.token)] = Field(
        description="The bot's token, from @BotFather. Without it `make run` starts the sandbox."
    )
    bot_api_url: Annotated[str, BeforeValidator(formats.api_url)] = Field(
        "https://api.telegram.org",
        description="The Bot API server: Telegram's own, or any other http(s) address.",
    )
    database_url: Annotated[str, BeforeValidator(formats.database_url)] = Field(
        "sqlite:///data/aftercare.db",
        description="Where the encrypted database lies; sqlite:////var/… is a path from the root.",
    )
    database_key_file: Path | None = Field(
        None, description="A file that holds the database's key, outside the database's directory."
    )
    database_keyring: str | None = Field(
        None,
        description="Or the service under which the system's keyring holds it, as database-key.",
    )
    database_key: SecretStr | None = Field(
        None, description="Or the key itself: 64 hexadecimal digits. `aftercare init` makes one."
    )
    clinic_name: Annotated[str, BeforeValidator(formats.clinic_name)] = Field(
        description="The clinic's name, as patients know it."
    )
    clinic_timezone: Annotated[str, BeforeValidator(formats.zone)] = Field(
        description="The clinic's time zone, as in Europe/Madrid or America/Mexico_City."
    )
    protocols_dir: Annotated[Path, BeforeValidator(formats.directory)] | None = Field(
        None, description="The clinic's own protocols and texts, laid over the shipped ones."
    )
    clinic_language: str = Field(
        "en", description="The clinic's language: en, es, or one that PROTOCOLS_DIR adds."
    )
    clinic_phone: Annotated[
        str, BeforeValidator(formats.phone(formats.PHONE_DIGITS, "+34 911 234 567"))
    ] = Field(description="The clinic's phone number, as patients dial it.")
    emergency_number: Annotated[
        str, BeforeValidator(formats.phone(formats.EMERGENCY_DIGITS, "112"))
    ] = Field(description="The emergency number where the patients live, as in 112 or 911.")
    manager_ids: Annotated[tuple[int, ...], NoDecode, BeforeValidator(formats.manager_ids)] = Field(
        (),
        description="Telegram ids of managers from the start, with commas between them; "
        "whoever was removed in the chat stays out.",
    )
    staff_group: Annotated[int, BeforeValidator(formats.group_id)] | None = Field(
        None,
        description="The team's group with topics, by its chat id; or send /here in the group.",
    )
    quiet_hours: Annotated[QuietHours, NoDecode, BeforeValidator(formats.quiet_hours)] = Field(
        QuietHours(),
        description="Hours of a patient's night without messages (the same time twice: none).",
    )
    clinic_hours: Annotated[WeeklyHours, NoDecode, BeforeValidator(formats.weekly_hours)] = Field(
        CLINIC_HOURS,
        description="When the clinic is open, clinic time, as in Mo-Fr 09:00-18:00; Sa 10:00-14:00",
    )
    holidays: Annotated[str, BeforeValidator(formats.region)] = Field(
        "",
        description="Whose public holidays the clinic keeps: a country or region, as in ES-MD.",
    )
    closed_days: Annotated[tuple[Closure, ...], NoDecode, BeforeValidator(formats.closures)] = (
        Field(
            (),
            description="Other days it is closed, as in 2026-08-10..2026-08-21, 2026-12-24",
        )
    )
    digest_at: Annotated[time | None, NoDecode, BeforeValidator(formats.hour)] = Field(
        time(8, 30),
        description="When staff get the morning message, clinic time (none: never).",
    )
    escalate_emergency_minutes: Annotated[int, Field(ge=1, le=720)] = Field(
        5, description="Minutes until an emergency that nobody took calls more people."
    )
    escalate_urgent_minutes: Annotated[int, Field(ge=1, le=720)] = Field(
        30, description="The same for an urgent alert."
    )
    tips_every_days: Annotated[int, Field(ge=0, le=90)] = Field(
        3, description="A patient gets no second tip within so many days (0: no limit)."
    )
    no_shows_before: Annotated[int, Field(ge=0, le=100)] = Field(
        0, description="Percent of visits missed before the bot, to compare with (0: not known)."
    )
    paid_broadcast: bool = Field(
        default=False,
        description="true: up to 1,000 messages a second, with Telegram's fee in Stars beyond 30.",
    )
    backup_dir: Path | None = Field(
        None,
        description="Where a backup is put every night at 03:00, best on another disk.",
    )
    backup_keep: Annotated[int, Field(ge=1, le=3650)] = Field(
        14, description="How many nightly backups are kept there."
    )
    key_vault: Path | None = Field(
        None,
        description="The file with the patients' own keys; without it, beside the database.",
    )
    vault_copy: Path | None = Field(
        None,
        description="Where a copy of it is kept, on another disk and never in BACKUP_DIR.",
    )
    keep_ended_months: Annotated[int, Field(ge=1, le=240)] = Field(
        12, description="After so many months a plan that ended is erased."
    )
    keep_updates_days: Annotated[int, Field(ge=1, le=30)] = Field(
        7, description="After so many days an update as Telegram gave it is erased."
    )
    keep_records_months: Annotated[int, Field(ge=0, le=360)] = Field(
        0,
        description="For so long law makes the clinic keep that a plan existed (0: no law does).",
    )
    delete_after_hours: Annotated[int, Field(ge=0, le=47)] = Field(
        0,
        description="After so many hours answered messages leave a patient's chat (0: they stay).",
    )
    export_hours: Annotated[int, Field(ge=1, le=47)] = Field(
        24,
        description="After so many hours the file of an export leaves the chat it was sent to.",
    )
    webhook_url: Annotated[str, BeforeValidator(formats.webhook_url)] | None = Field(
        None,
        description="The https address that Telegram shall call; without it the bot polls.",
    )
    webhook_listen: Annotated[tuple[str, int], NoDecode, BeforeValidator(formats.listen)] = Field(
        ("127.0.0.1", 8443),
        description="Where the bot listens for those calls, behind your TLS proxy; with /healthz.",
    )
    log_level: Annotated[str, BeforeValidator(formats.one_of(*LOG_LEVELS))] = Field(
        "INFO", description=f"How much is logged: {', '.join(LOG_LEVELS)}."
    )
    log_format: Annotated[str, BeforeValidator(formats.one_of(*LOG_FORMATS))] = Field(
        "console", description="How it is logged: console (for people) or json (for machines)."
    )

    @property
    def database_path(self) -> Path:
        """The database's file."""
        return Path(self.database_url.removeprefix(formats.SQLITE))

    @property
    def vault_path(self) -> Path:
        """The file with the patients' own keys."""
        return self.key_vault or vault.beside(self.database_path)

    def read_key(self) -> SecretStr:
        """Return the database's key, wherever it is kept.

        Raises:
            KeyUnreadable: The file or the keyring was good when the settings were read, and is not
                any more.
        """
        if self.database_key is not None:
            return self.database_key
        try:
            if self.database_keyring is not None:
                return SecretStr(_key_in_keyring(self.database_keyring))
            if self.database_key_file is not None:
                return SecretStr(formats.key_in(self.database_key_file))
        except ValueError as error:
            place = "DATABASE_KEYRING" if self.database_keyring is not None else "DATABASE_KEY_FILE"
            raise KeyUnreadable(f"{place}: {error}") from None
        raise AssertionError("load_settings() lets nothing through without a key")

    @property
    def key_place(self) -> keys.KeyPlace | None:
        """Where the key is kept, if another one can be put there; None for the environment."""
        if self.database_keyring is not None:
            return keys.Keyring(self.database_keyring)
        if self.database_key_file is not None:
            return keys.KeyFile(self.database_key_file)
        return None if os.environ.get("DATABASE_KEY") else keys.EnvFile(ENV_FILE)

    @field_validator("key_vault", "vault_copy")
    @classmethod
    def _vault_is_in_no_backup(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        backups = info.data.get("backup_dir")
        if (
            file is not None
            and backups is not None
            and file.resolve().is_relative_to(backups.resolve())
        ):
            raise ValueError(
                "lies in BACKUP_DIR, where whoever was erased would come back with it; "
                "put it elsewhere"
            )
        return file

    @field_validator("database_key_file")
    @classmethod
    def _key_file_is_apart(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is None:
            return None
        formats.key_in(file)
        url = info.data.get("database_url", "")
        directory = Path(url.removeprefix(formats.SQLITE)).resolve().parent
        if url and file.resolve().parent == directory:
            raise ValueError(
                "lies beside the database, so whoever takes one has both; move it elsewhere"
            )
        return file

    @field_validator("database_keyring")
    @classmethod
    def _keyring_holds_the_key(cls, service: str | None, info: ValidationInfo) -> str | None:
        if service is None:
            return None
        if info.data.get("database_key_file", "faulty") is not None:
            raise ValueError("is set, and DATABASE_KEY_FILE too; keep one of the two")
        _key_in_keyring(service)
        return service

    @field_validator("database_key")
    @classmethod
    def _one_key(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # A place with a fault of its own is missing in the data, and given all the same.
        places = ("database_key_file", "database_keyring")
        other = next((each for each in places if info.data.get(each, "faulty") is not None), None)
        if key is None and other is None:
            raise ValueError(
                "is not set; let `aftercare init` write one to .env, or set DATABASE_KEY_FILE"
            )
        if key is not None and other is not None:
            raise ValueError(f"is set, and {other.upper()} too; keep one of the two")
        if key is not None:
            formats.database_key(key.get_secret_value())
        return key

    @field_validator("clinic_language")
    @classmethod
    def _language_has_texts(cls, language: str, info: ValidationInfo) -> str:
        own = info.data.get("protocols_dir", "faulty")
        wanted = language.strip().lower().replace("_", "-")
        known = content.languages((SHIPPED, own) if isinstance(own, Path) else (SHIPPED,))
        # With a fault in PROTOCOLS_DIR nobody can tell what it would have added.
        if wanted not in known and own != "faulty":
            raise ValueError(
                f'there are no texts in "{language}"; choose one of {", ".join(known)}'
            )
        return wanted


def _key_in_keyring(service: str) -> str:
    key = keys.from_keyring(service)
    if key is None:
        raise ValueError(
            f'the keyring has no "{keys.USER}" of "{service}"; put one there with '
            f"`keyring set {service} {keys.USER}`"
        )
    return formats.database_key(key)


def load_settings(env_file: Path | None = ENV_FILE) -> Settings:
    """Read the settings from the environment and, below it, from ``env_file``.

    Raises:
        SettingsInvalid: with all faults there are.
    """
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]  # they come from outside
    except ValidationError as error:
        faults = tuple(_fault(details) for details in error.errors(include_url=False))
    except (UnicodeDecodeError, OSError):
        faults = (f"{env_file}: cannot be read; it must be a text file in UTF-8",)
    # Outside of the except clause: pydantic's error holds the values, secrets among them.
    raise SettingsInvalid(faults)


def env_text(values: Mapping[str, str] | None = None) -> str:
    """Return a ``.env`` file: every setting with a line on it, its default or one of ``values``."""
    given = values or {}
    blocks = []
    for name, field in Settings.model_fields.items():
        value = given.get(name.upper(), written(field.default))
        blocks.append(f"# {field.description}\n{name.upper()}={value}\n")
    return "\n".join(blocks)


def write_env(path: Path = ENV_FILE) -> None:
    """Write a ``.env`` file with a fresh key, readable for its owner only.

    The key must not lie in the database's directory: who takes that away would have both.

    Raises:
        FileExistsError: There is one already; it is left as it is.
    """
    text = env_text({"DATABASE_KEY": secrets.token_hex(32)})
    try:
        # O_EXCL decides in one step, so that no key is ever written over.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileExistsError(
            f"{path} is there already and was left as it is: its key may be the only one that "
            "opens your database. If it has no DATABASE_KEY yet, `openssl rand -hex 32` makes one."
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _fault(details: ErrorDetails) -> str:
    name = str(details["loc"][0]).upper()
    if details["type"] == "missing":
        what = Settings.model_fields[name.lower()].description
        return f"{name}: is not set; set it in .env or the environment. {what}"
    error = details.get("ctx", {}).get("error")
    return f"{name}: {error if error is not None else details['msg']}"


def written(value: Any) -> str:
    """Return a setting's value in the form that the environment has it; "" for none."""
    found = ""
    match value:
        case QuietHours(start=start, end=end):
            found = f"{start:%H:%M}-{end:%H:%M}"
        case WeeklyHours():
            found = hours.written(value)
        case time():
            found = f"{value:%H:%M}"
        case (str() as host, int() as port):
            found = f"{host}:{port}"
        case bool():
            found = str(value).lower()
        case str() | int():
            found = str(value)
        case (Closure(), *_):
            found = ", ".join(str(closure) for closure in value)
    return found
