"""What one person wrote to another, laid out in messages that Telegram takes; and its file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.turn import Turn
from messages.markup import escape, plain, untappable
from scheduler.channel import Attachment, AttachmentKind

CAPTION_LIMIT: Final = 1024
PIECE: Final = 3500
"""How much of a long text goes in one message, in UTF-16 units as Telegram counts: 4,096 is its
limit, and the first one carries the head too."""

_ATTACHED: Final[dict[str, AttachmentKind]] = {
    "photo": "photo",
    "voice": "voice",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
}
_PICTURES: Final = frozenset({"photo", "document"})


@dataclass(frozen=True, slots=True)
class Part:
    """One message of those that a reply becomes; the one with the head leads to the card."""

    html: str
    attachment: Attachment | None = None
    headed: bool = False


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it; pure."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """Yield a text in pieces of at most ``size`` UTF-16 units, cut at a space where there is one.

    Nothing but the spaces at the cuts is lost; pure.
    """
    rest = text.strip()
    while units(rest) > size:
        cut = _reach(rest, size)
        space = max(rest.rfind(" ", 0, cut + 1), rest.rfind("\n", 0, cut + 1))
        end = space if space > 0 else cut
        yield rest[:end].rstrip()
        rest = rest[end:].lstrip()
    if rest:
        yield rest


def _reach(text: str, size: int) -> int:
    """Return how many characters of ``text`` fit into ``size`` UTF-16 units."""
    room = size
    for index, letter in enumerate(text):
        room -= units(letter)
        if room < 0:
            return max(index, 1)
    return len(text)


def parts(
    head: str, text: str, attachment: Attachment | None, *, quoted: bool = True
) -> list[Part]:
    """Lay out what one person wrote to another in messages that Telegram takes (pure).

    Args:
        head: HTML that says whose it is.
        text: what was written, as it came; may be empty.
        attachment: the file that came with it.
        quoted: whether the words stand as a quotation.
    """
    frame = "<blockquote>{}</blockquote>" if quoted else "{}"
    worded = untappable if quoted else escape
    quotes = [frame.format(worded(piece)) for piece in pieces(text)]
    first = "\n".join([head, *quotes[:1]])
    rest = [Part(quote) for quote in quotes[1:]]
    if attachment is None:
        return [Part(first, headed=True), *rest]
    # A sticker carries no words, and a caption holds less than a message.
    fits = attachment.kind != "sticker" and units(plain(first)) <= CAPTION_LIMIT and not rest
    if fits:
        return [Part(first, attachment, headed=True)]
    return [Part(first, headed=True), *rest, Part("", attachment)]


def from_patient(turn: Turn, kind: str, file_id: str | None, language: str) -> Attachment | None:
    """Return a patient's file as staff get it: a picture is drawn anew; None where there is none.

    Args:
        turn: the update at hand.
        kind: of the reply, such as "photo".
        file_id: Telegram's.
        language: the reader's.
    """
    carried = _ATTACHED.get(kind)
    if carried is None or file_id is None:
        return None
    return Attachment(
        carried,
        file_id=file_id,
        redrawn=carried in _PICTURES,
        otherwise=turn.catalogue.text(language, "patient.told.reply.not_opened"),
        name=turn.incoming.file_name,
    )
