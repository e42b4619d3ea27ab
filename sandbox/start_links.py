"""Links that press Start: which bot they lead to, and what they carry."""

import re
from urllib.parse import parse_qs, urlsplit

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}$")
TELEGRAM_HOSTS = frozenset({"t.me", "www.t.me", "telegram.me", "telegram.dog"})


class LinkRefused(Exception):
    """A link leads elsewhere, or carries what Telegram does not."""


def payload(link: str, username: str) -> str:
    """Return what a t.me or tg: link, or a start payload alone, brings to a bot.

    Args:
        link: The link; an empty one presses Start alone.
        username: The bot's.

    Raises:
        LinkRefused: It leads elsewhere, or its payload is not one Telegram carries.
    """
    found = _of_link(link, username) if any(sign in link for sign in "/:?") else link
    if found and not PAYLOAD.match(found):
        raise LinkRefused("a start payload has 1 to 64 characters of A-Z a-z 0-9 _ -")
    return found


def _of_link(link: str, username: str) -> str:
    parts = urlsplit(link if "://" in link else f"https://{link}")
    query = parse_qs(parts.query)
    if parts.scheme == "tg" and parts.netloc == "resolve":
        name = query.get("domain", [""])[0]
    elif parts.hostname in TELEGRAM_HOSTS:
        name = parts.path.strip("/")
    else:
        raise LinkRefused("this link does not lead to Telegram")
    if name.lower() != username.lower():
        raise LinkRefused(f"this link leads to {name or 'no bot'}, not to this bot")
    return query.get("start", [""])[0]
