"""A tip: what a broadcast says, in each language, as text, with a file, or as a poll (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from messages.catalogue import Catalogue
from messages.render import Html, escape
from scheduler.channel import Attachment, Button
from scheduler.outbox import Said

FileKind = Literal["photo", "video", "document"]

MOST_TEXT: Final = 4096
MOST_CAPTION: Final = 1024
MOST_QUESTION: Final = 300
MOST_OPTION: Final = 100
OPTIONS: Final = range(2, 13)
"""Telegram's limits, in UTF-16 units: a text, a file's text, a poll's question and options."""
TIPS_OFF: Final = "c:tips:no:below"
"""What the button under a tip carries: the patient takes the consent to tips back."""


@dataclass(frozen=True, slots=True)
class Tip:
    """What is broadcast: plain text as it was typed, and what goes with it.

    Attributes:
        text: the words, spoken where a patient's language has none of its own; may be empty where
            there is a file. Of a poll, the question and below it one option a line.
        file_kind: the kind of the file that goes with it, if one does.
        file_id: the Telegram id of that file.
        poll: whether the text is a poll.
        others: the same in other languages.
    """

    text: str
    file_kind: FileKind | None = None
    file_id: str | None = None
    poll: bool = False
    others: Mapping[str, str] = field(default_factory=dict)

    def words(self, language: str) -> str:
        """Return the text for somebody of a language, or of the language without its region."""
        return self.others.get(language) or self.others.get(language.partition("-")[0]) or self.text

    def said(self, catalogue: Catalogue, language: str) -> Said:
        """Return the copy that somebody of a language gets."""
        off = Button(catalogue.label(language, "clinic.tip.button.off"), data=TIPS_OFF)
        words = self.words(language)
        options: tuple[str, ...] = ()
        if self.poll:
            words, *rest = lines(words)
            options = tuple(rest)
        return Said(
            html=escape(words) if words else Html(""),
            buttons=((off,),),
            attachment=Attachment(self.file_kind, file_id=self.file_id) if self.file_kind else None,
            poll=options,
        )


def lines(text: str) -> list[str]:
    """Return the lines of a text that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def excess(text: str, *, with_file: bool) -> int:
    """Return by how many characters a text is too long; 0 if it fits."""
    return max(0, units(text) - (MOST_CAPTION if with_file else MOST_TEXT))


def can_be_poll(text: str) -> bool:
    """Say whether a text could be a poll: a question, and below it two to twelve options."""
    question, *options = lines(text) or [""]
    return (
        0 < units(question) <= MOST_QUESTION
        and len(options) in OPTIONS
        and all(units(option) <= MOST_OPTION for option in options)
        and len(set(options)) == len(options)
    )
