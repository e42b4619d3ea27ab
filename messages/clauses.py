"""A message as words: where each stands, how it reads without its spelling, and its clause.

Pure. Nothing here knows what a word means; only how people write.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

__all__ = ["Word", "fold", "romanized", "sounded", "words_of"]

_WORD: Final = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['’ʼ`´][^\W\d_]+)*")
_SENTENCE_END: Final = re.compile(r"[.!?;…\n]|\)\s")
_CLAUSE_END: Final = re.compile(r"[,:()\[\]–—/]|\s-\s")
_APOSTROPHES: Final = re.compile(r"['’ʼ`´]")
_IS: Final = re.compile(r"^(\w{5,})['’ʼ`´]s$")
"""An English "is" after a noun: heart's pounding. Short ones (it's) are words of the lists."""
_RUN: Final = re.compile(r"(.)\1{2,}")
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae"})
_ELIDED: Final = 2
"""Letters before an apostrophe that stand for a word of their own: j'arrive, qu'il, l'œil."""
_HAVE: Final = "ve"
"""Letters after one that stand for none: the lists have "ive" for "I've", as it is often typed."""

# Russian in Latin letters is written in many ways; these reductions make most of them meet.
_ROMAN: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "z", "з": "z",
        "и": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "ch", "ш": "sh",
        "щ": "sh", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia",
    }
)  # fmt: skip
_REDUCED: Final = (
    ("shch", "sh"), ("sch", "sh"), ("kh", "h"), ("zh", "z"), ("ts", "c"), ("yo", "e"), ("jo", "e"),
    ("ye", "e"), ("ja", "ia"), ("ju", "iu"), ("4", "ch"), ("y", "i"), ("j", "i"), ("w", "v"),
    ("ii", "i"), ("x", "h"),
)  # fmt: skip

# Letters that sound alike in Spanish, Portuguese and Russian: "kabeza", "bibir", "балит", "чешуца".
_ALIKE: Final = (
    ("qu", "k"), ("ch", "x"), ("sh", "x"), ("ll", "y"), ("ce", "se"), ("ci", "si"), ("ge", "je"),
    ("gi", "ji"), ("h", ""), ("c", "k"), ("v", "b"), ("z", "s"), ("ss", "s"), ("rr", "r"),
    ("ться", "ца"), ("тся", "ца"), ("ь", ""), ("ъ", ""), ("щ", "ш"), ("о", "а"), ("е", "и"),
    ("я", "и"), ("ы", "и"), ("э", "и"), ("нн", "н"), ("сс", "с"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or picture of a message.

    Attributes:
        text: folded: small letters, no accents, no repeated letters.
        start: where it begins in the message, in characters.
        end: where it ends.
        sentence: the number of its sentence.
        clause: the number of its clause; punctuation begins a new one.
        picture: whether it is a sign rather than letters or digits.
        answers: whether a colon or a question mark stands before it.
    """

    text: str
    start: int
    end: int
    sentence: int
    clause: int
    picture: bool = False
    answers: bool = False


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Return a word without capitals, accents, apostrophes and letters written three times."""
    if word.isascii() and word.isalpha():
        return _RUN.sub(r"\1", word.lower())
    small = unicodedata.normalize("NFKD", word.casefold().translate(_LIGATURES))
    bare = "".join(letter for letter in small if not unicodedata.combining(letter))
    return _RUN.sub(r"\1", _APOSTROPHES.sub("", _IS.sub(r"\1", bare)))


@lru_cache(maxsize=8192)
def romanized(folded: str) -> str:
    """Return a Russian word, in either alphabet, as the one form that its Latin spellings share."""
    latin = folded.translate(_ROMAN)
    for written, read in _REDUCED:
        latin = latin.replace(written, read)
    return latin


@lru_cache(maxsize=8192)
def sounded(folded: str) -> str:
    """Return a Spanish, Portuguese or Russian word as it sounds, however it is spelled."""
    for written, heard in _ALIKE:
        folded = folded.replace(written, heard)
    return folded


def words_of(text: str, pictures: frozenset[str]) -> list[Word]:
    """Return the words of a message in order.

    Args:
        text: the message as it came.
        pictures: the signs (emoji) that count as words.
    """
    found: list[Word] = []
    sentence = clause = at = 0
    for start, end, picture in _spans(text, pictures):
        between = text[at:start]
        if at and _SENTENCE_END.search(between):
            sentence += 1
            clause += 1
        elif at and _CLAUSE_END.search(between):
            clause += 1
        at = end
        folded = text[start:end] if picture else fold(text[start:end])
        if folded:
            answers = ":" in between or "?" in between
            found.append(Word(folded, start, end, sentence, clause, picture, answers))
    return found


def _spans(text: str, pictures: frozenset[str]) -> list[tuple[int, int, bool]]:
    spans = [(at, at + 1, True) for at, sign in enumerate(text) if sign in pictures]
    for match in _WORD.finditer(text):
        start, end = match.span()
        mark = _APOSTROPHES.search(match[0])
        elided = mark and mark.start() <= _ELIDED and end - start > mark.end() + 1
        if mark and elided and match[0][mark.end() :].lower() != _HAVE:
            spans.append((start, start + mark.start(), False))
            start += mark.end()
        spans.append((start, end, False))
    return sorted(spans)
