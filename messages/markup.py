"""Telegram's HTML: making words safe for it, taking it off, and finding what Telegram would refuse.

The tags and entities are those of the Bot API's "Formatting options", HTML style.
"""

import html
import re
from typing import Final

__all__ = ["Html", "escape", "plain", "problems", "untappable"]


class Html(str):
    """Text that is Telegram HTML already, so that it is not escaped once more."""

    __slots__ = ()


# What a person typed may carry characters that no message needs: controls, halves of a broken
# emoji (they cannot be sent at all), and marks that turn the direction of everything after them.
_UNSENDABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# What Telegram makes tappable by itself: links, addresses, people, commands, hashtags.
_TAPPABLE: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+"
    r"|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w@.])(?:[\w-]+\.)+[^\W\d_]{2,}(?![\w.])(?:[/?]\S*)?"
    r"|(?<![\w/])/[A-Za-z0-9_]+(?:@\w+)?"
    r"|[@#$]\w+",
    re.IGNORECASE,
)

_TAGS: Final = frozenset(
    {
        "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler",
        "a", "tg-emoji", "code", "pre", "blockquote",
    }
)  # fmt: skip
_NEEDED_ATTRIBUTE: Final = {"a": "href", "span": "class", "tg-emoji": "emoji-id"}
_ALLOWED_ATTRIBUTES: Final = {
    "a": {"href"},
    "span": {"class"},
    "tg-emoji": {"emoji-id"},
    "code": {"class"},
    "blockquote": {"expandable"},
}
_TOKEN: Final = re.compile(
    r"<(?P<end>/?)(?P<tag>[A-Za-z][A-Za-z0-9-]*)"
    r"(?P<attributes>(?:\s+[A-Za-z-]+(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))?)*)\s*>"
    r"|(?P<entity>&(?:lt|gt|amp|quot|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)"
    r"|(?P<bare>[<>&])"
)
_ATTRIBUTE: Final = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_ANY_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_BARE: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def escape(value: object) -> Html:
    """Return ``value`` as words that stand anywhere in Telegram HTML, also inside an attribute.

    Characters that cannot be sent, and marks that reverse the writing direction of what follows,
    are left out.
    """
    return Html(html.escape(_UNSENDABLE.sub("", str(value)), quote=True).replace("&#x27;", "&#39;"))


def untappable(value: object) -> Html:
    """Return a patient's words as :func:`escape` does, with nothing in them that can be tapped.

    A link, a name or a command in them stands as ``<code>``: whoever reads it may copy it, and
    does not open a stranger's page, or give a command of their own, by a slip of the thumb.
    """
    text = str(value)
    parts: list[str] = []
    end = 0
    for found in _TAPPABLE.finditer(text):
        parts += [escape(text[end : found.start()]), f"<code>{escape(found[0])}</code>"]
        end = found.end()
    return Html("".join([*parts, escape(text[end:])]))


def plain(markup: str) -> str:
    """Return what a person sees of ``markup``: without tags, entities turned to characters."""
    return html.unescape(_ANY_TAG.sub("", markup))


def problems(markup: str) -> list[str]:
    """Return everything that makes Telegram refuse ``markup``, in words; empty if it is fine."""
    found: list[str] = []
    opened: list[str] = []
    if _CONTROL.search(markup):
        found.append("has a control character, which cannot be sent: remove it")
    for token in _TOKEN.finditer(markup):
        bare = token["bare"]
        if bare:
            found.append(f'a bare "{bare}" at "{_around(markup, token.start())}": {_cure(bare)}')
        elif token["tag"]:
            found.extend(_tag_problems(token, opened))
    found.extend(f"<{tag}> is never closed: add </{tag}>" for tag in opened)
    return found


def _tag_problems(token: re.Match[str], opened: list[str]) -> list[str]:
    tag = token["tag"].lower()
    if tag not in _TAGS:
        return [
            f"Telegram knows no tag <{tag}>: use b, i, u, s, code, pre, a, tg-spoiler or blockquote"
        ]
    if token["end"]:
        if opened and opened[-1] == tag:
            opened.pop()
            return []
        if tag in opened:
            late = opened[-1]
            opened.remove(tag)
            return [f"</{tag}> comes before </{late}>: close the inner tag first"]
        return [f"</{tag}> closes nothing: open it with <{tag}> or remove it"]
    found = _attribute_problems(tag, token["attributes"])
    outer = opened[-1] if opened else ""
    if outer == "code" or (outer == "pre" and tag != "code"):
        found.append(f"<{tag}> stands inside <{outer}>, where Telegram allows no tags")
    elif tag in opened:
        found.append(f"<{tag}> stands inside another <{tag}>: close the first one")
    opened.append(tag)
    return found


def _attribute_problems(tag: str, attributes: str) -> list[str]:
    given = {
        name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(attributes)
    }
    allowed = _ALLOWED_ATTRIBUTES.get(tag, set())
    found = [f"<{tag}> takes no {name!r}: remove it" for name in given if name not in allowed]
    needed = _NEEDED_ATTRIBUTE.get(tag)
    if needed and not given.get(needed):
        found.append(f'<{tag}> needs {needed}="…"')
    elif tag == "span" and given["class"] != "tg-spoiler":
        found.append('<span> takes only class="tg-spoiler"')
    return found


def _around(markup: str, position: int) -> str:
    return markup[max(0, position - 12) : position + 12].replace("\n", " ")


def _cure(bare: str) -> str:
    return f"write {_BARE[bare]}, or finish the tag" if bare != "&" else "write &amp;"
