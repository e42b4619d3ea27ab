"""What a number in a message says: a temperature, or a pain on the scale of 0 to 10.

Pure. What a pain means against the expected course is decided in messages/course.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Final

from messages.clauses import Word
from messages.course import judge_pain
from messages.mentions import Mention, Reading

__all__ = ["fevers", "is_cool", "is_scored", "only_number", "pains"]

_FEVER: Final = (37.8, 42.5)
_FEVER_FAHRENHEIT: Final = (100.0, 108.0)
_COOL: Final = (35.0, 37.4)
"""Degrees Celsius that are no fever."""
_COOL_NEAR: Final = 4
_FEVERISH: Final = ("degrees", "chills", "shaking", "confused", "unwell", "vomit", "headache")
"""What makes a number such as 39 a temperature when it is said in the same sentence."""
_AND: Final = ("and", "y", "e", "et", "и")
_MAX_PAIN: Final = 10
_OUT_OF: Final = ("of", "de", "sur", "из", "sobre", "em")
_NEAR: Final = 4
"""Words between a pain and its number."""


def fevers(text: str, reading: Reading, said: Mapping[str, list[Mention]]) -> Iterator[Mention]:
    """Yield each number that is a fever: 38.6, 38,5, 39C, and 101 beside a word that makes it one.

    Args:
        text: the message as it came.
        reading: its words.
        said: what is not denied, by concept.
    """
    named = {m.sentence for concept in _FEVERISH for m in said.get(concept, ())}
    for at, word in enumerate(reading.words):
        number = _number(word)
        if number is None or _counted(at, said):
            continue
        measured = "." in word.text or "," in word.text or _goes_on(text, at, reading, said)
        low, high = _FEVER if number < _FEVER_FAHRENHEIT[0] else _FEVER_FAHRENHEIT
        if (measured or word.sentence in named) and low <= number <= high:
            yield Mention("fever", at, at, word.sentence, word.clause)


def is_cool(m: Mention, words: Sequence[Word]) -> bool:
    """Whether a "fever" or "temperature" is told with a number that is none: "temperature 36.6"."""
    near = range(max(0, m.first - _COOL_NEAR), min(len(words), m.last + _COOL_NEAR + 1))
    told = [_number(words[at]) for at in near if words[at].clause == words[m.first].clause]
    numbers = [number for number in told if number is not None]
    return bool(numbers) and all(_COOL[0] <= number <= _COOL[1] for number in numbers)


def pains(
    reading: Reading,
    said: Mapping[str, list[Mention]],
    *,
    asked: bool,
    hours: float | None,
    lipolytic: bool,
    before: int | None,
) -> Iterator[int]:
    """Yield the place of each number that is a pain off the expected course.

    Args:
        reading: the words.
        said: what is not denied, by concept.
        asked: whether the message answers a question about pain, 0 to 10.
        hours: elapsed hours since the session, None where that is not known.
        lipolytic: whether it was fat-dissolving.
        before: the earlier answer.
    """
    for at, word in enumerate(reading.words):
        number = _number(word)
        if number is None or number > _MAX_PAIN or _counted(at, said):
            continue
        if at and number == _MAX_PAIN and _closes_a_score(at, reading.words):
            continue
        alone = asked and only_number(reading.words) == number
        if alone or _of_ten(at, reading.words) or _beside_pain(word, at, said):
            score = ceil(number)
            if judge_pain(score, hours=hours, lipolytic=lipolytic, before=before) is not None:
                yield at


def only_number(words: Sequence[Word]) -> float | None:
    """Return the one number of a reply such as "7", "7/10" or "about 7"."""
    numbers = [n for n in map(_number, words) if n is not None]
    if not numbers or len(words) > len(numbers) + 3:
        return None
    return numbers[0]


def is_scored(words: Sequence[Word]) -> bool:
    """Whether a message gives a score out of ten, asked or not."""
    return any(_number(word) is not None and _of_ten(at, words) for at, word in enumerate(words))


def _number(word: Word) -> float | None:
    digits = word.text.replace(",", ".")
    return float(digits) if digits.replace(".", "", 1).isdecimal() else None


def _counted(at: int, said: Mapping[str, list[Mention]]) -> bool:
    """Whether the word after a number says that it is money, weight or size."""
    return any(m.first == at + 1 for m in said.get("unit", ()))


def _goes_on(text: str, at: int, reading: Reading, said: Mapping[str, list[Mention]]) -> bool:
    """Whether a whole number is read like a thermometer: "39C", "38 and a half", "38 y 5"."""
    words = reading.words
    after = [word.text for word in words[at + 1 : at + 3]]
    if any(m.first == at + 1 for m in said.get("half", ())):
        return True
    sign = text[words[at].end : words[at].end + 2].strip().casefold()
    if sign[:1] in {"°", "º", "c", "f"} and after[:1] in ([], ["c"], ["f"]):
        return True
    return len(after) == 2 and after[0] in _AND and len(after[1]) == 1 and after[1].isdecimal()  # noqa: PLR2004


def _of_ten(at: int, words: Sequence[Word]) -> bool:
    """Whether a number is a score: "8/10", "8 out of 10", "8 sur 10"."""
    after = [word.text for word in words[at + 1 : at + 4]]
    if "10" not in after:
        return False
    return all(text in {"out", *_OUT_OF} for text in after[: after.index("10")])


def _closes_a_score(at: int, words: Sequence[Word]) -> bool:
    """Whether a ten is what a score is out of: "2/10", "2 out of 10"."""
    before = words[at - 1]
    return before.text in _OUT_OF or (_number(before) is not None and _of_ten(at - 1, words))


def _beside_pain(word: Word, at: int, said: Mapping[str, list[Mention]]) -> bool:
    return any(
        m.sentence == word.sentence and min(abs(at - m.first), abs(at - m.last)) <= _NEAR
        for concept in ("pain", "sore")
        for m in said.get(concept, ())
    )
