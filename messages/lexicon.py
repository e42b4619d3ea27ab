"""The words of the triage, made ready to be found: entries, stems, typing errors, other letters.

A language's words are lists by concept (``messages/triage/<lang>.toml``); what a set of concepts
means is in ``messages/triage/signs.toml``. See docs/TRIAGE.md for both.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from messages.clauses import fold, romanized, sounded, words_of

__all__ = ["GAP", "Entry", "Found", "Lexicon", "entry_words"]

GAP: Final = "~"
"""Stands in an entry for up to three words of any kind."""

_CACHED: Final = 20_000
_STEM_LETTERS: Final = 3
_FUZZY_FROM: Final = 4
_TWO_ERRORS: Final = 2
_TWO_ERRORS_FROM: Final = 9
_DROPPED: Final = "in"
_LITTLE: Final = frozenset("jldmtsnc")
"""French words of one letter that many write without their apostrophe: jarrive, leau, cpas."""
_SOUNDED: Final = frozenset({"es", "pt", "ru"})
_SOUNDED_LETTERS: Final = 4
_ROMAN_LETTERS: Final = 2
_ROMAN_STEM_LETTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: the words in their order, and the concept they stand for.

    Attributes:
        concept: the name of the list.
        language: whose list it is.
        words: folded; "~" for a gap; a stem ends in "*".
    """

    concept: str
    language: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one written word may be.

    Attributes:
        known: the words of the lists that it is, by language; exact ones only where there are any.
        exact: whether it needed no mending.
        romanized: the languages that it is only in other letters ("dyshat").
    """

    known: Mapping[str, frozenset[str]]
    exact: bool
    romanized: frozenset[str] = frozenset()


@lru_cache(maxsize=65_536)
def entry_words(entry: str) -> tuple[str, ...]:
    """Return an entry's words as they are compared: folded, stems and gaps marked."""
    found: list[str] = []
    for piece in entry.split():
        if piece == GAP:
            found.append(GAP)
            continue
        stem = piece.endswith("*")
        bare = piece.rstrip("*")
        if bare.isalpha():  # nearly all of them
            parts = [fold(bare)]
        else:
            parts = [word.text for word in words_of(bare, frozenset())]
        if stem and parts:
            parts[-1] += "*"
        found += parts
    return tuple(found)


class Lexicon:
    """Every language's words, ready for looking up.

    Args:
        lists: by language, by concept, the entries as written.
        spellings: by language, by word: how else it is written ("nao": "n", "naum").
    """

    def __init__(
        self,
        lists: Mapping[str, Mapping[str, Iterable[str]]],
        spellings: Mapping[str, Mapping[str, Iterable[str]]] | None = None,
    ) -> None:
        self.languages: tuple[str, ...] = tuple(lists)
        self._single: dict[tuple[str, str], frozenset[str]] = {}
        self._pairs: dict[tuple[str, str], dict[str, list[Entry]]] = defaultdict(dict)
        self._exact: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._stems: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._letters: dict[str, dict[tuple[int, bool], list[str]]] = defaultdict(dict)
        self._languages_of: dict[str, set[str]] = defaultdict(set)
        self._roman: dict[str, set[str]] = defaultdict(set)
        self._roman_stems: dict[str, set[str]] = defaultdict(set)
        self._sounds: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._sound_stems: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._cache: dict[tuple[str, bool], Found] = {}
        singles: dict[tuple[str, str], set[str]] = defaultdict(set)
        for language, concepts in lists.items():
            for concept, entries in concepts.items():
                for written in entries:
                    entry = Entry(concept, language, entry_words(written))
                    if not entry.words:
                        continue
                    for word in entry.words:
                        self._learn(language, word)
                    if len(entry.words) == 1:
                        singles[language, entry.words[0]].add(concept)
                    else:
                        pairs = self._pairs[language, entry.words[0]]
                        pairs.setdefault(entry.words[1], []).append(entry)
        self._spelled: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for language, words in (spellings or {}).items():
            for word, others in words.items():
                for other in others:
                    self._spelled[entry_words(other)[0]].append((language, entry_words(word)[0]))
        self._single = {key: frozenset(concepts) for key, concepts in singles.items()}

    def _learn(self, language: str, word: str) -> None:
        if word == GAP:
            return
        bare = word.removesuffix("*")
        if word.endswith("*"):
            self._stems[bare][language].add(word)
        else:
            self._exact[bare][language].add(word)
        if len(bare) >= _FUZZY_FROM and bare.isalpha():
            if word not in self._languages_of:
                self._letters[bare[0]].setdefault((len(bare), word != bare), []).append(bare)
            self._languages_of[word].add(language)
        if language in _SOUNDED and len(bare) >= _SOUNDED_LETTERS:
            sounds = self._sound_stems if word.endswith("*") else self._sounds
            sounds[sounded(bare)][language].add(word)
        if language == "ru" and len(bare) >= _ROMAN_LETTERS and not bare.isascii():
            (self._roman_stems if word.endswith("*") else self._roman)[romanized(bare)].add(word)

    def concepts(self, language: str, known: str) -> frozenset[str]:
        """Return the concepts that one word of the lists stands for alone."""
        return self._single.get((language, known), frozenset())

    def beginning(self, language: str, known: str, then: Iterable[str]) -> Iterator[Entry]:
        """Yield the entries of several words that begin with this one and may go on with ``then``.

        Args:
            language: whose entries.
            known: the first word, as the lists have it.
            then: what the next written word may be.
        """
        pairs = self._pairs.get((language, known))
        if pairs:
            for second in (GAP, *then):
                yield from pairs.get(second, ())

    def look_up(self, folded: str, *, mend: bool = True) -> Found:
        """Return what a written word may be: as it stands, else in other letters, else mended.

        Args:
            folded: the word.
            mend: whether to look for typing errors, which takes the longest.
        """
        key = (folded, mend)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            found = self._cache[key] = self._look_up(folded, mend=mend)
        return found

    def _look_up(self, folded: str, *, mend: bool) -> Found:
        known: dict[str, set[str]] = defaultdict(set)
        for language, words in self._written(folded):
            known[language] |= words
        for language, meant in self._spelled.get(folded, ()):
            for of, words in self._written(meant):
                if of == language:
                    known[language] |= words
        roman: frozenset[str] = frozenset()
        if folded.isascii() and folded.isalpha():
            russian = self._as_russian(folded, stems=not known)
            if russian:
                known["ru"] |= russian
                roman = frozenset({"ru"})
        if folded.endswith(_DROPPED):  # "burnin" for "burning"
            known["en"] |= self._exact.get(f"{folded}g", {}).get("en", set())
        known = {language: words for language, words in known.items() if words}
        exact = bool(known)
        if not exact and mend:
            known = {**self._mended(folded), **self._heard(folded)}
            joined = self._joined(folded)
            if joined:
                known["fr"] = joined
        ready = {language: frozenset(words) for language, words in known.items()}
        return Found(ready, exact, roman)

    def _written(self, folded: str) -> Iterator[tuple[str, set[str]]]:
        """Yield by language the words of the lists that this is, whole or by its stem."""
        yield from self._exact.get(folded, {}).items()
        for length in range(_STEM_LETTERS, len(folded) + 1):
            yield from self._stems.get(folded[:length], {}).items()

    def _as_russian(self, folded: str, *, stems: bool) -> set[str]:
        latin = romanized(folded)
        found = set(self._roman.get(latin, ()))
        if stems:
            for length in range(_ROMAN_STEM_LETTERS, len(latin) + 1):
                found |= self._roman_stems.get(latin[:length], set())
        return found

    def _heard(self, folded: str) -> dict[str, set[str]]:
        """Return the words that sound the same and are only spelled otherwise."""
        if len(folded) < _SOUNDED_LETTERS:
            return {}
        heard = sounded(folded)
        known: dict[str, set[str]] = defaultdict(set)
        for language, words in self._sounds.get(heard, {}).items():
            known[language] |= words
        for length in range(_SOUNDED_LETTERS, len(heard) + 1):
            for language, words in self._sound_stems.get(heard[:length], {}).items():
                known[language] |= words
        return known

    def _mended(self, folded: str) -> dict[str, set[str]]:
        """Return the words that differ by a typing error: one, from nine letters on two.

        The first letter must be right (or swapped with the second): most errors are further in,
        and short words would collide otherwise. Only the nearest words of each language count.
        """
        if len(folded) < _FUZZY_FROM or not folded.isalpha():
            return {}
        nearest: dict[str, int] = {}
        known: dict[str, set[str]] = defaultdict(set)
        for first in {folded[0], folded[1]}:
            for distance, word in self._near(folded, first):
                for language in self._languages_of[word]:
                    if distance < nearest.get(language, _TWO_ERRORS + 1):
                        nearest[language] = distance
                        known[language].clear()
                    if distance == nearest[language]:
                        known[language].add(word)
        return known

    def _joined(self, folded: str) -> set[str]:
        """Return the French words after a little one written together with them: "jrespire"."""
        rest = folded[1:]
        if folded[0] not in _LITTLE or len(rest) < _STEM_LETTERS or not rest.isalpha():
            return set()
        whole = {
            each for language, words in self._written(rest) if language == "fr" for each in words
        }
        return whole or self._mended(rest).get("fr", set())

    def _near(self, folded: str, first: str) -> Iterator[tuple[int, str]]:
        """Yield the words beginning with ``first`` that are near enough, with their distance."""
        length = len(folded)
        for (size, stem), bares in self._letters.get(first, {}).items():
            allowed = _TWO_ERRORS if min(size, length) >= _TWO_ERRORS_FROM else 1
            if size > length + allowed or (not stem and size < length - allowed):
                continue
            cuts = (size - 1, size, size + 1) if stem else (length,)
            for written in dict.fromkeys(folded[:cut] for cut in cuts):
                for bare, distance, _ in process.extract_iter(
                    written, bares, scorer=OSA.distance, processor=None, score_cutoff=allowed
                ):
                    if _meant(written, bare, stem=stem):
                        yield int(distance), f"{bare}*" if stem else bare


def _meant(written: str, bare: str, *, stem: bool) -> bool:
    """Whether a near word may be meant: in short ones a letter may be swapped, not another.

    A stem stands for many words, so that it must be one letter longer to be forgiven as much.
    """
    if written[0] != bare[0]:
        return written[:2] == bare[1::-1]
    short = _FUZZY_FROM + 1 if stem else _FUZZY_FROM
    if len(bare) <= short and (stem or len(written) == _FUZZY_FROM):
        return sorted(bare) == sorted(written) or set(bare) == set(written)
    return True
