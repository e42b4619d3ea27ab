"""A tip: what a broadcast says, in each language, as text, with a file, or as a poll (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from messages.catalogue import Catalogue
from messages.render import Html, escape
from messages.tips import lines
from scheduler.channel import Attachment, Button
from scheduler.said import Said

FileKind = Literal["photo", "video", "document"]

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
