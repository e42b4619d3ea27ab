"""Telegram's HTML: text with tags becomes plain text and entities.

The rules are those of https://core.telegram.org/bots/api#html-style; the wording of each refusal
and its byte offsets are what api.telegram.org answers. Offsets and lengths of entities count
UTF-16 code units, as everywhere in the Bot API.
"""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.botapi.refusal import Refusal, bad_request

Entity = dict[str, Any]

STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "blockquote": "blockquote",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
SPACE = " \t\r\n\v\f\0"
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
NAME_TOKEN = re.compile(r"[a-zA-Z0-9.\-]*")
PLAIN = re.compile(r"[^<&]+")
BARE_TAG = re.compile(r"<(b|strong|i|em|u|ins|s|strike|del|code|pre|blockquote|tg-spoiler)>")
BARE_END = re.compile(r"</([a-z-]+)>")
USER_LINK = re.compile(r"tg://user\?id=(\d+)$")
WEB_LINK = re.compile(r"(?:https?|tg|ton|tonsite|ftp)://[^\s]+$", re.IGNORECASE)
BARE_LINK = re.compile(r"[^\s:/?#]+\.[^\s./?#]{2,}(?:[/?#:][^\s]*)?$")
CONTACT_LINK = re.compile(r"(?:mailto|tel):[^\s]+$", re.IGNORECASE)
LAST_CODE_POINT = 0x10FFFF
LONGEST_REFERENCE = 10


def utf16_length(text: str) -> int:
    """Return how many UTF-16 code units ``text`` takes: what Telegram counts as characters."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


@dataclass
class _Open:
    """A tag that was opened and not yet closed."""

    tag: str
    argument: str
    offset: int
    piece: int


class _Reader:
    """Reads one text once, from left to right."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.pieces: list[str] = []
        self.length = 0  # of the text so far, in UTF-16 code units
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        source = self.source
        while self.position < len(source):
            if plain := PLAIN.match(source, self.position):
                self._say(plain[0])
                self.position = plain.end()
            elif source[self.position] == "&":
                character, self.position = reference(source, self.position)
                self._say(character)
            elif bare := BARE_TAG.match(source, self.position):
                self.open.append(_Open(bare[1], "", self.length, len(self.pieces)))
                self.position = bare.end()
            elif (bare := BARE_END.match(source, self.position)) and self._closes(bare[1]):
                self.position = bare.end()
            elif source.startswith("</", self.position):
                self._end_tag()
            else:
                self._start_tag()
        if self.open:
            tag = self.open[-1].tag
            raise _unparsable(f"Can't find end tag corresponding to start tag {tag}")
        text = "".join(self.pieces)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _unparsable(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        return text, self.entities

    def _say(self, text: str) -> None:
        self.pieces.append(text)
        self.length += utf16_length(text)

    def _byte(self, position: int) -> int:
        return len(self.source[:position].encode(errors="surrogatepass"))

    def _at(self, position: int) -> str:
        return self.source[position] if position < len(self.source) else ""

    def _skip_space(self) -> None:
        while self._at(self.position) and self._at(self.position) in SPACE:
            self.position += 1

    def _skip_until(self, stops: str) -> None:
        while (character := self._at(self.position)) and character not in stops:
            self.position += 1

    def _start_tag(self) -> None:
        begin = self.position
        self._skip_until(SPACE + ">")
        if not self._at(self.position):
            raise _unparsable(f"Unclosed start tag at byte offset {self._byte(begin)}")
        tag = self.source[begin + 1 : self.position].lower()
        if tag not in STYLES:
            raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        argument = ""
        while True:
            self._skip_space()
            if self._at(self.position) == ">":
                break
            name, value = self._attribute(tag, begin)
            argument = _argument(tag, name, value, argument)
        self.position += 1
        if tag == "span" and argument != "spoiler":
            raise _unparsable(
                f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}'
            )
        self.open.append(_Open(tag, argument, self.length, len(self.pieces)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        where = f"byte offset {self._byte(begin)}"
        start = self.position
        self._skip_until(SPACE + ">=")
        name = self.source[start : self.position]
        if not name:
            raise _unparsable(f'Empty attribute name in the tag "{tag}" at {where}')
        self._skip_space()
        if self._at(self.position) != "=":
            if tag == "blockquote" and name == "expandable":
                return name, ""
            raise _unparsable(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" at {where}'
            )
        self.position += 1
        self._skip_space()
        value = self._attribute_value(tag, where)
        if not self._at(self.position):
            raise _unparsable(f"Unclosed start tag at {where}")
        return name, value

    def _attribute_value(self, tag: str, where: str) -> str:
        quote = self._at(self.position)
        if not quote:
            raise _unparsable(f'Unclosed start tag "{tag}" at {where}')
        if quote not in "'\"":
            start = self.position
            token = NAME_TOKEN.match(self.source, start)
            value = token[0] if token else ""
            self.position += len(value)
            following = self._at(self.position)
            if following and following not in SPACE + ">":
                raise _unparsable(
                    f"Unexpected end of name token at byte offset {self._byte(start)}"
                )
            return value.lower()
        self.position += 1
        pieces = []
        while (character := self._at(self.position)) and character != quote:
            if character == "&":
                character, self.position = reference(self.source, self.position)
            else:
                self.position += 1
            pieces.append(character)
        self.position += 1
        return "".join(pieces)

    def _end_tag(self) -> None:
        begin = self.position
        if not self.open:
            raise _unparsable(f"Unexpected end tag at byte offset {self._byte(begin)}")
        self._skip_until(SPACE + ">")
        tag = self.source[begin + 2 : self.position].lower()
        self._skip_space()
        if self._at(self.position) != ">":
            raise _unparsable(f"Unclosed end tag at byte offset {self._byte(begin)}")
        self.position += 1
        opened = self.open[-1]
        if tag and tag != opened.tag:
            raise _unparsable(
                f"Unmatched end tag at byte offset {self._byte(begin)}, "
                f'expected "</{opened.tag}>", found "</{tag}>"'
            )
        self.open.pop()
        if self.length > opened.offset:
            self._close(opened)

    def _closes(self, tag: str) -> bool:
        """Close the tag that is open if it is this one; the usual case, made quick."""
        if not self.open or self.open[-1].tag != tag:
            return False
        opened = self.open.pop()
        if self.length > opened.offset:
            self._close(opened)
        return True

    def _close(self, opened: _Open) -> None:
        kind, argument = STYLES[opened.tag], opened.argument
        entity: Entity = {
            "type": kind,
            "offset": opened.offset,
            "length": self.length - opened.offset,
        }
        last = self.entities[-1] if self.entities else None
        same_span = (
            last is not None
            and last["offset"] == entity["offset"]
            and last["length"] == entity["length"]
        )
        if kind == "text_link":
            if not _link(entity, argument or "".join(self.pieces[opened.piece :])):
                return
        elif kind == "custom_emoji":
            if not argument.isdecimal() or int(argument) == 0:
                raise _unparsable("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = argument
        elif kind == "blockquote" and argument:
            entity["type"] = "expandable_blockquote"
        elif kind == "code" and argument:
            entity["language"] = argument  # only kept when a pre stands around it
        elif kind == "pre" and same_span and last is not None and "language" in last:
            last["type"] = "pre"
            return
        self.entities.append(entity)


def _argument(tag: str, name: str, value: str, before: str) -> str:
    """Return what a tag has to remember after one more of its attributes was read."""
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id"):
            return value
        case ("code", "class") if value.startswith("language-"):
            return value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case "blockquote", "expandable":
            return "expandable"
    return before


def _link(entity: Entity, url: str) -> bool:
    """Make ``entity`` a mention or a link; False where Telegram drops a link that is none."""
    if user := USER_LINK.match(url):
        entity["type"] = "text_mention"
        entity["user"] = {"id": int(user[1])}
        return True
    checked = checked_url(url)
    if checked is None:
        return False
    entity["url"] = checked
    return True


def checked_url(url: str) -> str | None:
    """Return the link as Telegram would keep it, or None where it is no link at all."""
    url = url.strip()
    if WEB_LINK.match(url):
        rest = url.partition("://")[2]
        return f"{url}/" if rest and not re.search(r"[/?#]", rest) else url
    if CONTACT_LINK.match(url):
        return url
    if BARE_LINK.match(url):
        return f"http://{url}" if re.search(r"[/?#]", url) else f"http://{url}/"
    return None


def reference(source: str, position: int) -> tuple[str, int]:
    """Decode the character reference at ``position``: the character and where reading goes on.

    A reference that is unknown stays as it is written, as it does with Telegram.
    """
    found = REFERENCE.match(source, position)
    if found is None:
        return "&", position + 1
    if found[3]:
        character = NAMED.get(found[3])
        return (character, found.end()) if character else ("&", position + 1)
    code = int(found[1], 16) if found[1] else int(found[2])
    digits = len(found[0].rstrip(";"))
    if code == 0 or code >= LAST_CODE_POINT or digits >= LONGEST_REFERENCE:
        return "&", position + 1
    return chr(code), found.end()


def _unparsable(words: str) -> Refusal:
    return bad_request(f"can't parse entities: {words}")


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Return the text of ``source`` and its entities, in the order Telegram lists them.

    Raises:
        Refusal: With status 400 and Telegram's words when the HTML is not well formed.
    """
    if "<" not in source and "&" not in source:
        return source, []
    text, entities = _Reader(source).read()
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return text, entities
