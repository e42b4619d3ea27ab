"""Whether texts read well on a phone: short, plain, discreet, and without what must not be said.

Sources of the rules: the clinic's own list of phrases in common/<lang>.toml, table [never]; plain
words for health (reading age 9 to 11: sentences of at most 20 words); lock screens, which show the
first line of a message to anybody; and the Bot API's limits on lengths, counted as Telegram does,
in UTF-16 units after the markup is taken off.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from messages.content import Issue
from messages.discretion import even, first_line, phrase_pattern, says
from messages.markup import plain
from messages.template import Text
from messages.words import Folder, Words

__all__ = ["issues"]

_STEP_LENGTH: Final = 300
_MESSAGE_LENGTH: Final = 4_096
_LABEL_LENGTH: Final = 40
_SENTENCE_WORDS: Final = 20

_LIMITS: Final[Mapping[str, tuple[int, str]]] = {
    "button": (_LABEL_LENGTH, "a button"),
    "buttons": (_LABEL_LENGTH, "a button"),
    "caption": (1_024, "a caption"),
    "captions": (1_024, "a caption"),
    "toast": (200, "a toast"),
    "toasts": (200, "a toast"),
    "command": (256, "a command's description"),
    "commands": (256, "a command's description"),
}
"""What a text is used for, told by the name of one of its tables or the end of its key."""

# What members of the clinic read, whoever opens the bot without a link, and what stands in a file.
_ELSEWHERE: Final = (
    "start.practitioner",
    "start.manager",
    "start.stranger",
    "start.group",
    "link.staff_phone",
    "link.already_staff",
    "rights.file",
    "rights.privacy.notice",
)

# As long as what stands there in life, for the limits on length.
_SAMPLES: Final = {
    "clinic": "Clínica Santa Ana",
    "phone": "+34 600 000 000",
    "emergency": "112",
    "session_day": "mié, 30 sept, 10:00",
    "next_session": "mié, 30 sept, 10:00",
}

_SENTENCE_END: Final = re.compile(r"[.!?…]+[\"»”’)]*\s+|\n+")
_WORD: Final = re.compile(r"[^\W_](?:[^\s/]*[^\W_])?")


def issues(words: Words) -> Iterator[Issue]:
    """Yield everything that a reader would stumble over."""
    names = {language: _names(words, language) for language in words.languages}
    for folder in words.folders.values():
        for language, texts in folder.texts.items():
            private = names[language]
            if folder.treatment is not None:
                private = {name: it for name, it in private.items() if it == folder.treatment}
            for key, text in texts.items():
                for form, template in text.forms.items():
                    place = f"{key}.{form}" if text.plural else key
                    found = _Reading(folder, key, template.fill(_sample), template.fill(_one_word))
                    for problem in found.problems(private, words.never.get(language, ())):
                        yield Issue(folder.file(language), place, problem, blocks=False)
                yield from _too_long_to_send(folder.file(language), key, text)
    if any(words.never.values()):
        common = words.folders["common"]
        for language in common.sources:
            if not words.never.get(language):
                problem = "is missing: list what no patient may read, phrases = [ … ]"
                yield Issue(common.file(language), "never", problem, blocks=False)


class _Reading:
    """One form of one text, as its reader sees it."""

    def __init__(self, folder: Folder, key: str, long: str, short: str) -> None:
        self._markup = short
        self._long = plain(long)
        self._short = plain(short)
        parts = key.split(".")
        self._of_step = parts[0] == "step" and parts[-1] in {"text", "late"}
        self._asked = self._of_step and "question" in parts
        self._for_patients = folder.room in {"common", "patient"} or folder.treatment is not None
        if folder.room == "tips":
            self._for_patients = parts[0] == "text"
        self._opens_a_message = (
            not self._asked and parts[-1] != "name" and not _is_not_a_patients(folder, parts)
        )
        # An area may be called as a common word is: "Back". In a room only the name itself counts.
        self._told_by = says if self._of_step else _names_it
        self._limit = self._limit_of(folder, parts)

    def _limit_of(self, folder: Folder, parts: list[str]) -> tuple[int, str] | None:
        if self._of_step:
            return _STEP_LENGTH, "a step's text"
        if "answer" in parts[:-1] and folder.room not in {"patient", "practitioner", "clinic"}:
            return _LABEL_LENGTH, "a button"
        if folder.treatment is not None and parts[0] in {"name", "area"}:
            return _LABEL_LENGTH, "a button"
        for part in (*parts, parts[-1].rpartition("_")[2]):
            if part in _LIMITS:
                return _LIMITS[part]
        return None

    def problems(self, private: Mapping[str, str], never: tuple[str, ...]) -> Iterator[str]:
        label = self._limit is not None and self._limit[1] != "a step's text"
        if self._limit is not None:
            most, use = self._limit
            length = _length(self._long)
            if length > most:
                yield f"has {length} characters, {use} at most {most}: shorten it"
        if label and self._limit != _LIMITS["caption"] and re.search("[<>&]", self._markup):
            yield "stands where Telegram shows no HTML: leave out <, > and &"
        if not self._for_patients:
            return
        if not label:
            yield from self._long_sentences()
        if self._opens_a_message and not label:
            yield from self._indiscretions(private)
        said = even(self._short)
        yield from (
            f'says "{phrase}", which [never] of this language forbids: reword it'
            for phrase in never
            if phrase_pattern(phrase).search(said)
        )

    def _long_sentences(self) -> Iterator[str]:
        for sentence in _SENTENCE_END.split(self._short):
            count = len(_WORD.findall(sentence))
            if count > _SENTENCE_WORDS:
                start = " ".join(sentence.split()[:4])
                yield (
                    f'has {count} words in the sentence "{start} …", '
                    f"at most {_SENTENCE_WORDS} are read with ease: split it"
                )

    def _indiscretions(self, private: Mapping[str, str]) -> Iterator[str]:
        first = first_line(self._long)
        told = [name for name in private if self._told_by(first, name)]
        if _SAMPLES["clinic"] in first:
            told.append("{clinic}")
        for name in told:
            yield f'names "{name}" in the first line, which lock screens show: move it down'


def _is_not_a_patients(folder: Folder, parts: list[str]) -> bool:
    """Say whether a text of the patient's room stands on no patient's lock screen."""
    if folder.room != "patient":
        return False
    inner = parts if folder.path == "patient" else [*folder.path.split("/")[1:], *parts]
    return "told" in inner or any(".".join(inner).startswith(place) for place in _ELSEWHERE)


def _too_long_to_send(name: str, key: str, text: Text) -> Iterator[Issue]:
    for template in text.forms.values():
        length = _length(plain(template.fill(_sample)))
        if length > _MESSAGE_LENGTH:
            problem = f"has {length} characters, Telegram takes {_MESSAGE_LENGTH}: shorten it"
            yield Issue(name, key, problem)


def _names(words: Words, language: str) -> dict[str, str]:
    """Return what gives a treatment away in a language, and which one it is."""
    return {
        plain(text.forms["other"].fill(_one_word)): folder.treatment
        for folder in words.folders.values()
        if folder.treatment is not None
        for key, text in folder.texts.get(language, {}).items()
        if key == "name" or key.startswith("area.")
    }


def _names_it(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _sample(name: str) -> str:
    return _SAMPLES.get(name, f"{{{name}}}")


def _one_word(_name: str) -> str:
    return "x"
