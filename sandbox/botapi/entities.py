"""The text of a message: parsed, measured, trimmed, with what Telegram finds in it by itself."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.botapi.html import Entity, parse_html, utf16_length
from sandbox.botapi.refusal import bad_request

MAX_TEXT = 4096
MAX_CAPTION = 1024

FOUND = re.compile(
    r"""
      (?P<url>(?:https?://|tg://)[^\s<>"]*[^\s<>".,:;!?()\[\]{}'] | (?<![\w@/.])(?:[\w-]+\.)+(?:
          com|org|net|me|io|es|eu|info|dev|app|health|example)(?![\w])(?:/[^\s<>"]*[^\s<>".,:;!?)])?)
    | (?P<email>(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))
    | (?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}\b)
    | (?P<hashtag>(?<![\w#])\#\w*[^\W\d]\w*)
    """,
    re.VERBOSE,
)
HINT = re.compile(r"[/@#.]")


def found(text: str, taken: list[Entity] | None = None) -> list[Entity]:
    """Return the entities that Telegram finds without being told: links, commands, mentions.

    Args:
        text: The plain text.
        taken: Entities that are there already; code and links keep their insides as they are.
    """
    if not HINT.search(text):
        return []
    closed = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in taken or ()
        if entity["type"] in {"code", "pre", "text_link", "text_mention"}
    ]
    entities: list[Entity] = []
    for match in FOUND.finditer(text):
        offset = utf16_length(text[: match.start()])
        length = utf16_length(match[0])
        if not any(offset < end and begin < offset + length for begin, end in closed):
            entities.append({"type": match.lastgroup, "offset": offset, "length": length})
    return entities


def formatted(values: Mapping[str, Any], field: str) -> tuple[str, list[Entity]]:
    """Return the text of a parameter and its entities, as the receiver sees them.

    Args:
        values: The checked parameters of the call.
        field: ``text`` or ``caption``; its entities stand in ``entities``/``caption_entities``.

    Raises:
        Refusal: 400 for HTML that does not parse, a mode the sandbox does not play, a text that
            is empty or too long.
    """
    source = values.get(field, "")
    mode = values.get("parse_mode", "")
    given = values.get("entities" if field == "text" else "caption_entities")
    if mode.lower() == "html":
        text, entities = parse_html(source)
    elif mode:
        known = mode.lower() in {"markdown", "markdownv2"}
        raise bad_request(
            "the sandbox does not play Markdown, use HTML" if known else "unsupported parse_mode"
        )
    else:
        text, entities = source, [dict(entity) for entity in given or ()]
    text, entities = trimmed(text, entities)
    if field == "text" and not text:
        raise bad_request("message text is empty" if not source else "text must be non-empty")
    most = MAX_TEXT if field == "text" else MAX_CAPTION
    if len(text) * 2 > most and utf16_length(text) > most:
        long = "message is too long" if field == "text" else "message caption is too long"
        raise bad_request(long)
    more = found(text, entities)
    if more:
        entities = sorted([*entities, *more], key=lambda one: (one["offset"], -one["length"]))
    return text, entities


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cut white space at both ends, as Telegram does, and move the entities with the text."""
    stripped = text.strip()
    if len(stripped) == len(text):
        return text, entities
    if not entities:
        return stripped, entities
    before = utf16_length(text[: len(text) - len(text.lstrip())])
    length = utf16_length(stripped)
    kept = []
    for entity in entities:
        begin = max(0, entity["offset"] - before)
        end = min(length, entity["offset"] + entity["length"] - before)
        if begin < end:
            kept.append({**entity, "offset": begin, "length": end - begin})
    return stripped, kept
