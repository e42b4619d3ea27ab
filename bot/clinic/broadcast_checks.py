"""What of a message can be broadcast, and in words why something cannot."""

from typing import Final

from bot.clinic.broadcast_draft import Draft
from bot.turn import Turn
from messages.render import plain
from messages.tips import (
    MOST_CAPTION,
    MOST_OPTION,
    MOST_QUESTION,
    MOST_TEXT,
    can_be_poll,
    excess,
)
from scheduler.broadcast_words import number
from scheduler.tip import FileKind, Tip

MOST_PICTURE_BYTES: Final = 10 * 1024 * 1024
"""Telegram's limit on a photo; a picture that is sent as a file may have more."""
MOST_FILE_BYTES: Final = 50 * 1024 * 1024
"""What patients can be asked to load on a phone; Telegram's own limit for what bots upload."""

_KINDS: Final[dict[str, FileKind]] = {"photo": "photo", "video": "video", "document": "document"}
_MB: Final = 1024 * 1024


def file_kind(turn: Turn) -> FileKind | None:
    """Return the kind of the file that came, if one did that can be broadcast."""
    return _KINDS.get(turn.incoming.kind)


def fault(turn: Turn, draft: Draft) -> str | None:
    """Return what is wrong with what was sent, in words, or None."""
    incoming = turn.incoming
    translating = draft.step == "language"
    if incoming.kind != "text" and (translating or file_kind(turn) is None):
        key = "only_text" if translating else "other_kind"
        return turn.text(f"clinic.broadcast.{key}")
    with_file = incoming.kind != "text" or (translating and draft.file_kind is not None)
    too_much = excess(incoming.text, with_file=with_file)
    if too_much:
        return turn.text(
            "clinic.broadcast.too_long",
            n=too_much,
            count=number(too_much, turn.language),
            most=number(MOST_TEXT, turn.language),
            most_caption=number(MOST_CAPTION, turn.language),
        )
    if translating and draft.poll and not can_be_poll(incoming.text):
        return turn.text("clinic.broadcast.not_a_poll", question=MOST_QUESTION, option=MOST_OPTION)
    return _too_large(turn) or _wordless(turn)


def _too_large(turn: Turn) -> str | None:
    incoming = turn.incoming
    picture = incoming.kind == "document" and incoming.mime.startswith("image/")
    most = MOST_PICTURE_BYTES if picture else MOST_FILE_BYTES
    if incoming.file_size <= most:
        return None
    return turn.text(
        f"clinic.broadcast.too_large{'_picture' if picture else ''}",
        size=number(round(incoming.file_size / _MB), turn.language),
        most=number(most // _MB, turn.language),
    )


def _wordless(turn: Turn) -> str | None:
    if turn.incoming.kind != "text":
        return None
    shown = plain(Tip(turn.incoming.text).said(turn.catalogue, turn.language).html)
    if any(c.isprintable() and not c.isspace() for c in shown):
        return None
    return turn.text("clinic.broadcast.empty")
