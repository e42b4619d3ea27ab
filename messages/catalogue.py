"""All that can be said: the protocols and the texts of every language, ready to be filled in."""

import difflib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from messages.check import Issue, examine
from messages.markup import Html, plain
from messages.protocol import Protocol
from messages.signs import SignTable
from messages.template import Text
from messages.tips import LibraryTip
from messages.triage import Triage

__all__ = ["SHIPPED", "Catalogue", "CatalogueInvalid", "load"]

SHIPPED: Final = Path(__file__).parent
"""The directory of the content that comes with the program."""

_ENGLISH: Final = "en"
_TELLING: Final = 4
"""A word of a name with fewer letters ("and", "del") gives nothing away."""


class CatalogueInvalid(Exception):
    """The content could break a message; nothing of it was loaded.

    Attributes:
        issues: everything that is wrong, also what alone would not have been refused.
    """

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__("\n".join(map(str, issues)))
        self.issues = issues


def load(*directories: Path, default: str = _ENGLISH) -> "Catalogue":
    """Read the content, the shipped directory first and the clinic's own laid over it.

    Args:
        directories: where the content lies; without any, the shipped content.
        default: the clinic's language, spoken where a patient's own has no text.

    Raises:
        CatalogueInvalid: something of it could break a message at send time.
    """
    examined = examine(*(directories or (SHIPPED,)), tried=False)
    if any(issue.blocks for issue in examined.issues):
        raise CatalogueInvalid(examined.issues)
    return Catalogue(
        examined.protocols, examined.texts, default, triage=examined.triage, tips=examined.tips
    )


class Catalogue:
    """Protocols and texts, immutable once made.

    A language that is not known exactly is looked for without its region (pt-br → pt); a text that
    a language lacks is taken from the default language, then from English, then from any other.

    Attributes:
        protocols: by treatment.
        languages: those that have texts, in order.
        tips: the library, by name.
        triage: reads what patients write; without words of its own nothing is understood.
    """

    __slots__ = (
        "_chains",
        "_default",
        "_fixed",
        "_speaking",
        "languages",
        "protocols",
        "tips",
        "triage",
    )

    def __init__(
        self,
        protocols: Mapping[str, Protocol],
        texts: Mapping[str, Mapping[str, Text]],
        default: str = _ENGLISH,
        *,
        triage: Triage | None = None,
        tips: Mapping[str, LibraryTip] | None = None,
    ) -> None:
        self.tips: Mapping[str, LibraryTip] = MappingProxyType(dict(tips or {}))
        self.triage = triage or Triage({}, SignTable())
        self.protocols: Mapping[str, Protocol] = MappingProxyType(dict(protocols))
        self.languages: tuple[str, ...] = tuple(sorted(texts))
        self._speaking: dict[str, Catalogue] = {}
        # Questions and answers take no parameters: each is looked for once in a language.
        self._fixed: dict[tuple[str, ...], Html] = {}
        self._default = _known(default, self.languages) or _known(_ENGLISH, self.languages) or ""
        self._chains: Mapping[str, tuple[Mapping[str, Text], ...]] = MappingProxyType(
            {
                language: tuple(
                    MappingProxyType(dict(texts[each]))
                    for each in dict.fromkeys((language, self._default, _ENGLISH, *self.languages))
                    if each in texts
                )
                for language in (*self.languages, "")
            }
        )

    def speaking(self, language: str) -> "Catalogue":
        """Return the same texts with another default language; the same where it has no text."""
        default = _known(language, self.languages) or self._default
        if default == self._default:
            return self
        if default not in self._speaking:
            texts = {each: self._chains[each][0] for each in self.languages}
            self._speaking[default] = Catalogue(
                self.protocols, texts, default, triage=self.triage, tips=self.tips
            )
        return self._speaking[default]

    def language(self, tag: str | None) -> str:
        """Return the language that is spoken to somebody whose app is set to ``tag``."""
        return _known(tag or "", self.languages) or self._default

    def text(self, language: str, key: str, /, **params: object) -> Html:
        """Return a text as Telegram HTML.

        Args:
            language: a language tag.
            key: the dotted key, such as ``patient.welcome.greeting``.
            **params: what the placeholders stand for; escaped unless they are Html. ``n``, a whole
                number, chooses the plural form.

        Raises:
            KeyError: there is no such text, or a placeholder was given nothing; names the key.
        """
        return self._filled(language, (key,), params)

    def label(self, language: str, key: str, /, **params: object) -> str:
        """Return a text for where Telegram shows no HTML: buttons, toasts, commands.

        Raises:
            KeyError: as for `text`.
        """
        return plain(self.text(language, key, **params))

    def step_text(
        self,
        language: str,
        protocol: Protocol | str,
        step_key: str,
        variant: str = "",
        /,
        **params: object,
    ) -> Html:
        """Return a step's text as Telegram HTML, in the treatment's own words or the core's.

        Args:
            language: a language tag.
            protocol: the protocol or its treatment.
            step_key: which step.
            variant: "late" for the text that says that it comes late; the usual text if it has
                none.
            **params: clinic, phone, emergency, session_day, next_session.

        Raises:
            KeyError: there is no such text, or a placeholder was given nothing; names the key.
        """
        names = (variant, "text") if variant else ("text",)
        keys = [f"{place}.{name}" for place in _places(protocol, step_key) for name in names]
        return self._filled(language, keys, params)

    def has_late_text(self, protocol: Protocol | str, step_key: str) -> bool:
        """Return whether the step has words for coming late, going by the default language."""
        own, core = _places(protocol, step_key)
        for table in self._chains[self._default]:
            if f"{own}.late" in table:
                return True
            if f"{own}.text" in table:
                return False
            if f"{core}.text" in table:
                return f"{core}.late" in table
        return False

    def step_name(self, language: str, protocol: Protocol | str, step_key: str) -> str | None:
        """Return what a step is called, without markup; None if it goes by its topic alone."""
        try:
            keys = [f"{place}.name" for place in _places(protocol, step_key)]
            return plain(self._filled(language, keys, {}))
        except KeyError:
            return None

    def question(
        self, language: str, protocol: Protocol | str, step_key: str, question_key: str
    ) -> Html:
        """Return what a step asks, as Telegram HTML.

        Raises:
            KeyError: there is no such question; names the key.
        """
        place = (language, _treatment(protocol), step_key, question_key)
        return self._fixed.get(place) or self._remembered(place, self._question)

    def _question(self, language: str, treatment: str, step_key: str, question_key: str) -> Html:
        keys = [f"{place}.question.{question_key}.text" for place in _places(treatment, step_key)]
        return self._filled(language, keys, {})

    def answer(
        self,
        language: str,
        protocol: Protocol | str,
        step_key: str,
        question_key: str,
        answer: str,
    ) -> Html:
        """Return an answer's label; it has no tags or entities, so it suits a button as it is.

        Numbers that have no label name themselves.

        Raises:
            KeyError: the answer has no label; names the key.
        """
        place = (language, _treatment(protocol), step_key, question_key, answer)
        return self._fixed.get(place) or self._remembered(place, self._answer)

    def _answer(
        self, language: str, treatment: str, step_key: str, question_key: str, answer: str
    ) -> Html:
        keys = [
            f"{place}.question.{question_key}.answer.{answer}"
            for place in _places(treatment, step_key)
        ]
        if not answer.isdecimal():
            return self._filled(language, [*keys, f"common.answer.{answer}"], {})
        labeled = any(key in table for table in self._chain(language) for key in keys)
        return self._filled(language, keys, {}) if labeled else Html(answer)

    def _remembered(self, place: tuple[str, ...], find: Callable[..., Html]) -> Html:
        found = find(*place)
        if place[0] in self._chains:  # a language tag may be anything; the languages are few
            self._fixed[place] = found
        return found

    def tip_text(self, language: str, name: str) -> str:
        """Return what a tip of the library says, without markup.

        Raises:
            KeyError: there is no such tip.
        """
        return self.label(language, f"tips.{name}.text").strip()

    def treatment_name(self, language: str, treatment: str) -> str:
        """Return what a treatment is called, without markup.

        Raises:
            KeyError: there is no such treatment.
        """
        return self.label(language, f"protocols.{treatment}.name")

    def area_name(self, language: str, treatment: str, area: str) -> str:
        """Return what an area of a treatment is called, without markup.

        Raises:
            KeyError: the treatment has no such area.
        """
        return self.label(language, f"protocols.{treatment}.area.{area}")

    def private_names(self, language: str) -> tuple[str, ...]:
        """Return what gives a patient away in a first line: treatments, their words, their areas.

        Of an area that is called by a plural the singular too: "Thighs", "thigh".
        """
        found: list[str] = []
        for treatment, protocol in self.protocols.items():
            name = self.treatment_name(language, treatment)
            found += [name, *(word for word in name.split() if len(word) >= _TELLING)]
            areas = [self.area_name(language, treatment, area) for area in protocol.areas]
            found += areas
            found += [each[:-1] for each in areas if each.endswith("s") and len(each) > _TELLING]
        return tuple(dict.fromkeys(found))

    def nearest_treatment(self, word: str, language: str) -> str | None:
        """Return the treatment that ``word`` probably means, by its key or its name."""
        names: dict[str, str] = {}
        for treatment in self.protocols:
            name = self.treatment_name(language, treatment)
            for spelling in (treatment, name, *name.split()):
                names.setdefault(_bare(spelling), treatment)
        asked = _bare(word)
        if not asked:
            return None
        begun = [spelling for spelling in names if spelling.startswith(asked)]
        close = begun or difflib.get_close_matches(asked, names, n=1, cutoff=0.6)
        return names[close[0]] if close else None

    def _chain(self, language: str) -> tuple[Mapping[str, Text], ...]:
        return self._chains.get(language) or self._chains[self.language(language)]

    def _filled(self, language: str, keys: Sequence[str], params: Mapping[str, object]) -> Html:
        """Fill in the first of ``keys`` that the language has, or failing that another one.

        A patient gets the general words in their own language before the special ones in another.
        """
        for table in self._chain(language):
            for key in keys:
                text = table.get(key)
                if text is not None:
                    return _fill(key, text, params)
        raise KeyError(keys[0])


def _fill(key: str, text: Text, params: Mapping[str, object]) -> Html:
    try:
        return text.html(params)
    except KeyError as error:
        raise KeyError(f"{key}: {{{error.args[0]}}} was given nothing") from None


def _treatment(protocol: Protocol | str) -> str:
    return protocol if isinstance(protocol, str) else protocol.treatment


def _places(protocol: Protocol | str, step_key: str) -> Iterator[str]:
    yield f"protocols.{_treatment(protocol)}.step.{step_key}"
    yield f"common.step.{step_key}"


def _known(tag: str, languages: tuple[str, ...]) -> str | None:
    """Return the language of a tag as Telegram gives it (en, pt-br, zh-hans), or None."""
    exact = tag.lower().replace("_", "-")
    base = exact.partition("-")[0]
    return next((each for each in (exact, base) if each in languages), None)


def _bare(word: str) -> str:
    """Return a word without case, accents, hyphens and spaces around it."""
    letters = unicodedata.normalize("NFKD", word.casefold().replace("-", " ").replace("_", " "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).strip()
