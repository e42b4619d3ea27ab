"""What the value of a setting may look like.

Each function returns the value as the program uses it, or raises ValueError with what is wrong
with it and what to do. None of them quotes a value that may be a secret.
"""

import re
from collections.abc import Callable
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale

from scheduler.closures import Closure, regions
from scheduler.hours import parse
from scheduler.quiet import QuietHours

NAME_LENGTH: Final = 64
PHONE_DIGITS: Final = range(5, 16)
"""ITU-T E.164: at most 15 digits."""
EMERGENCY_DIGITS: Final = range(2, 16)
SQLITE: Final = "sqlite:///"
PORTS: Final = 65_536

_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")
# The part before the colon is the bot's id. Telegram does not document the length of the rest.
_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_TIME: Final = r"((?:[01]?[0-9]|2[0-3]):[0-5][0-9])"
_HOURS: Final = re.compile(rf"{_TIME}\s*[-–]\s*{_TIME}")


def token(value: str) -> str:
    """A bot's token as @BotFather gives it."""
    if not _TOKEN.fullmatch(value):
        raise ValueError(
            "is not a bot token; copy it whole from @BotFather, it looks like 123456789:AAE…"
        )
    return value


def api_url(value: str) -> str:
    """The base address of a Bot API server, without a slash at its end."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    else:
        usable = usable and not (parts.query or parts.fragment or parts.username)
    if not usable:
        raise ValueError(
            "is not the address of a Bot API server; give one like https://api.telegram.org"
        )
    return value.rstrip("/")


def database_url(value: str) -> str:
    """``sqlite:///`` and the path of a file."""
    if not value.startswith(SQLITE) or value.endswith("/"):
        raise ValueError(
            "is not the address of a database file; give one like sqlite:///data/aftercare.db "
            "(four slashes for a path from the root)"
        )
    return value


def database_key(value: str) -> str:
    """256 bits in hexadecimal digits."""
    if not _KEY.fullmatch(value):
        raise ValueError(
            f"has {len(value)} characters and not 64 hexadecimal digits; "
            "let `aftercare init` or `openssl rand -hex 32` make one"
        )
    return value


def clinic_name(value: str) -> str:
    """One line of a reasonable length."""
    value = value.strip()
    if not value.isprintable() or not 0 < len(value) <= NAME_LENGTH:
        raise ValueError(f"is not one line of 1 to {NAME_LENGTH} characters; shorten it")
    return value


def zone(value: str) -> str:
    """The name of a zone of the IANA time zone database; suggests the nearest one."""
    known = available_timezones()
    if value in known:
        return value
    near = nearest_zone(value)
    hint = f"did you mean {near}?" if near else "give one like Europe/Madrid"
    raise ValueError(f'"{value}" is not a time zone of the IANA database; {hint}')


def nearest_zone(value: str) -> str | None:
    """Return the zone that somebody probably means, by its name or its city."""
    known = available_timezones()
    words = {name.rsplit("/", 1)[-1].casefold(): name for name in sorted(known)}
    words |= {name.casefold(): name for name in known}
    close = get_close_matches(value.strip().casefold().replace(" ", "_"), words, n=1)
    return words[close[0]] if close else None


def phone(digits: range, example: str) -> Callable[[str], str]:
    """Make a check for phone numbers with so many digits; people may space them as they like."""

    def check(value: str) -> str:
        bare = re.sub(r"[\s().\-/]", "", value)
        if not re.fullmatch(r"\+?\d+", bare, re.ASCII) or len(bare.lstrip("+")) not in digits:
            raise ValueError(f'"{value}" is not a phone number; give one like {example}')
        return value.strip()

    return check


def manager_ids(value: object) -> object:
    """Ids of Telegram users with commas between them, each once."""
    if not isinstance(value, str):
        return value
    ids = [part.strip() for part in value.split(",") if part.strip()]
    for part in ids:
        if not re.fullmatch(r"[1-9]\d{0,15}", part, re.ASCII):
            raise ValueError(
                f'"{part}" is not the id of a Telegram user; '
                "give positive whole numbers with commas between them"
            )
    return tuple(dict.fromkeys(map(int, ids)))


def group_id(value: object) -> object:
    """The id of a Telegram supergroup: -100 and more digits."""
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"-100\d{5,12}", value.strip(), re.ASCII):
        raise ValueError(
            f'"{value}" is not the id of a group with topics; it begins with -100, '
            "or leave it empty and send /here in the group"
        )
    return int(value)


def quiet_hours(value: object) -> object:
    """Two local times, as in ``21:00-09:00``."""
    if not isinstance(value, str):
        return value
    if found := _HOURS.fullmatch(value.strip()):
        return QuietHours(*(time.fromisoformat(part.zfill(5)) for part in found.groups()))
    raise ValueError(
        f'"{value}" is not a span of hours; give one like 21:00-09:00 '
        "(the same time twice: no quiet hours)"
    )


def weekly_hours(value: object) -> object:
    """Hours of a week, as in ``Mo-Fr 09:00-18:00; Sa 10:00-14:00``."""
    return parse(value) if isinstance(value, str) else value


def region(value: str) -> str:
    """A country, or a region of one, whose public holidays are known; its name will do."""
    asked = value.strip()
    if asked.casefold() in {"", "none"}:
        return ""
    known = regions()
    country, _, part = asked.upper().replace("_", "-").partition("-")
    country = _country(asked) or country
    if country not in known:
        raise ValueError(f'"{value}" is no country whose holidays are known; give one like ES-MD')
    if not part:
        return country
    parts = {each.upper(): each for each in known[country]}
    if part not in parts:
        close = get_close_matches(part, parts, n=1)
        hint = f"did you mean {country}-{parts[close[0]]}?" if close else f"give {country} alone"
        raise ValueError(f'"{part}" is no region of {country}; {hint}')
    return f"{country}-{parts[part]}"


def _country(name: str) -> str | None:
    """Return the code of a country by its name in one of the languages that are read here."""
    asked = name.casefold()
    for language in ("en", "es", "pt", "fr", "ru", "de", "it"):
        for code, called in Locale.parse(language).territories.items():
            if called.casefold() == asked and code.isalpha():
                return str(code)
    return None


def closures(value: object) -> object:
    """Days and spans of days, as in ``2026-08-10..2026-08-21, 2026-12-24``."""
    if not isinstance(value, str):
        return value
    if value.strip().casefold() == "none":
        return ()
    found = []
    for part in filter(None, (piece.strip() for piece in value.split(","))):
        try:
            found.append(Closure.parse(part))
        except ValueError:
            raise ValueError(
                f'"{part}" is no day or span of days; give them like '
                "2026-12-24 or 2026-08-10..2026-08-21"
            ) from None
    return tuple(sorted(set(found)))


def hour(value: object) -> object:
    """A local time, as in ``08:30``, or "none"."""
    if not isinstance(value, str):
        return value
    if value.strip().casefold() == "none":
        return None
    if found := re.fullmatch(_TIME, value.strip()):
        return time.fromisoformat(found[1].zfill(5))
    raise ValueError(f'"{value}" is not a time of the day; give one like 08:30, or none')


def one_of(*names: str) -> Callable[[str], str]:
    """Make a check for one of ``names``, in upper or lower case."""
    known = {name.casefold(): name for name in names}

    def check(value: str) -> str:
        name = known.get(value.strip().casefold())
        if name is None:
            raise ValueError(f'"{value}" is not known; choose one of {", ".join(names)}')
        return name

    return check


def directory(value: object) -> Path:
    """A directory that is there; ``~`` is the home directory."""
    path = Path(str(value)).expanduser()
    if not path.is_dir():
        raise ValueError(f'there is no directory "{value}"; create it or correct the path')
    return path


def key_in(file: Path) -> str:
    """Read a database key from a file."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ValueError(
            f'"{file}" cannot be read ({error.strerror}); correct the path or its permissions'
        ) from None
    except UnicodeDecodeError:
        text = ""
    return database_key(text)


def webhook_url(value: str) -> str:
    """The public https address that Telegram calls."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme == "https" and parts.hostname and (parts.port or 443)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            "is not an address that Telegram can call; give one like https://bot.example.org/hook"
        )
    return value


def listen(value: object) -> object:
    """A host and a port, as in ``127.0.0.1:8443``."""
    if not isinstance(value, str):
        return value
    host, _, port = value.strip().rpartition(":")
    if not host or not re.fullmatch(r"\d{1,5}", port, re.ASCII) or int(port) >= PORTS:
        raise ValueError(f'"{value}" is not a host and a port; give them like 127.0.0.1:8443')
    return host.strip("[]"), int(port)
