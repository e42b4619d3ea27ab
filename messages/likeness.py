"""Likeness: what a message is like, beside what its words are listed as.

The lists of the triage know what somebody thought of. Patients say it in other ways, so each
message is read a second time: by weights that were learned from thousands of labeled phrases
(``messages.learning``), on the words and their parts as they stand, on the concepts that the lists
find in them, and on which of them stand together. It is a linear model: a message is like a level
by the sum of what its features weigh, so that for every alarm the words can be named that weighed
most.
"""

import json
import math
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from messages.mentions import Mention, Reading
from messages.signs import LEVELS

__all__ = [
    "BITS",
    "Alike",
    "Feature",
    "Likeness",
    "Weighing",
    "features",
    "place_of",
    "shipped",
]

BITS: Final = 18
_MASK: Final = (1 << BITS) - 1
_NEAR: Final = 8
"""Words that two concepts may stand apart and still be taken together, as in the signs."""
_MOST_WORDS: Final = 400
"""Words of a message that are weighed: it bounds the time that one can take."""
_LEAST: Final = 4
"""Words that a sentence needs to be like others: of fewer, the lists know nearly all that matter,
and "and a third" would be like anything."""
_SHORT: Final = 12
"""Words of a sentence in which a danger cannot be hidden by what else is said."""
_CLOSE: Final = 5
"""Words on each side of a danger that stand close to it."""
_PARTS: Final = (3, 4, 5)
"""Letters of the parts of words that are weighed."""
_MOST_LETTERS: Final = 30
_HOURS: Final = (3, 72, 240, 720)
"""Hours after the session at which what is to be expected changes (the clinical sheet)."""
_FILE: Final = Path(__file__).parent / "triage" / "likeness.bin"


class Feature(NamedTuple):
    """Something about a message that weighs, and the words (first, last) that it is about."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Alike:
    """What a sentence is like: a share for each level, 1 in all, and the clause that weighed most.

    Attributes:
        shares: in the order of ``LEVELS``.
        first: the number of the first word of that clause.
        last: the number of its last word.
    """

    shares: tuple[float, ...]
    first: int
    last: int

    @property
    def urgent(self) -> float:
        """The share of urgent."""
        return self.shares[2]

    @property
    def emergency(self) -> float:
        """The share of emergency."""
        return self.shares[3]

    @property
    def danger(self) -> float:
        """The share of both together."""
        return self.urgent + self.emergency

    def is_harmless(self, below: float) -> bool:
        """Say whether it is like what is routine, and like a danger by less than a share."""
        routine, review = self.shares[:2]
        return self.danger < below and routine > review


def features(
    reading: Reading,
    *,
    hours: float | None = None,
    lipolytic: bool = False,
    within: range | None = None,
) -> Iterator[Feature]:
    """Yield what weighs in a message (pure).

    Args:
        reading: its words and concepts.
        hours: elapsed since the session, if known.
        lipolytic: whether that was fat-dissolving.
        within: the numbers of the words that are looked at; None: all of them.
    """
    words = range(len(reading.words)) if within is None else within
    mentions = [m for m in reading.mentions if m.first in words and m.last in words]
    denied = {at for m in mentions if m.denied for at in range(m.first, m.last + 1)}
    said = [("!" if at in denied else "") + reading.words[at].text for at in words]
    yield from _of_words(said, words.start)
    yield from _of_parts(said, words.start)
    yield from _of_concepts(mentions, _when(hours, lipolytic=lipolytic))


def _of_words(said: Sequence[str], start: int) -> Iterator[Feature]:
    for at, word in enumerate(said, start):
        following = said[at - start + 1 : at - start + 3]
        yield Feature(f"w:{word}", at, at)
        if following:
            yield Feature(f"b:{word} {following[0]}", at, at + 1)
        if len(following) > 1:
            yield Feature(f"t:{word} {' '.join(following)}", at, at + 2)
            yield Feature(f"s:{word} {following[1]}", at, at + 2)


def _of_parts(said: Sequence[str], start_at: int) -> Iterator[Feature]:
    """Yield the parts of words: a stem with another ending, or a typing error, leaves some."""
    for at, word in enumerate(said, start_at):
        denied = "!" if word.startswith("!") else ""
        edged = f"<{word.removeprefix('!')[:_MOST_LETTERS]}>"
        for size in _PARTS:
            for start in range(len(edged) - size + 1):
                yield Feature(f"#{denied}{edged[start : start + size]}", at, at)


def _of_concepts(mentions: Sequence[Mention], when: str) -> Iterator[Feature]:
    named = [_named(m) for m in mentions]
    for number, m in enumerate(mentions):
        concept = named[number]
        yield Feature(f"c:{concept}", m.first, m.last)
        if when:
            yield Feature(f"h:{when} {concept}", m.first, m.last)
        for at in range(number + 1, len(mentions)):
            other = mentions[at]
            if other.first - m.first > _NEAR:
                break
            if other.sentence == m.sentence:
                pair = (concept, named[at]) if concept <= named[at] else (named[at], concept)
                last = max(other.last, m.last)
                yield Feature(f"p:{pair[0]} {pair[1]}", m.first, last)


def _named(m: Mention) -> str:
    return ("!" if m.denied else "") + m.concept


def _when(hours: float | None, *, lipolytic: bool) -> str:
    if hours is None:
        return ""
    return f"{sum(hours > each for each in _HOURS)}{'l' if lipolytic else ''}"


def place_of(feature: str) -> int:
    """Return where the weights of a feature stand."""
    return zlib.crc32(feature.encode()) & _MASK


class Likeness:
    """Weighs messages.

    Args:
        weights: for each place one whole number of a byte for each level.
        grain: what a 1 of them stands for.
        bias: by level, what it weighs before anything is said.
    """

    def __init__(self, weights: "array[int]", grain: float, bias: Sequence[float]) -> None:
        self._weights = weights
        self._grain = grain
        self._bias = tuple(bias)

    def to_bytes(self) -> bytes:
        """Return the form that a file holds: a line of JSON, then the weights, compressed."""
        head = json.dumps({"grain": self._grain, "bias": self._bias}).encode()
        return head + b"\n" + zlib.compress(self._weights.tobytes(), 9)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Likeness":
        """Read :meth:`to_bytes` back."""
        head, _, packed = raw.partition(b"\n")
        given = json.loads(head)
        return cls(array("b", zlib.decompress(packed)), given["grain"], given["bias"])

    def of(
        self, reading: Reading, *, hours: float | None = None, lipolytic: bool = False
    ) -> "Weighing":
        """Return what a message is like; see :func:`features` for the arguments."""
        return Weighing(self, reading, hours=hours, lipolytic=lipolytic)

    def weigh(
        self,
        reading: Reading,
        words: range,
        *,
        hours: float | None = None,
        lipolytic: bool = False,
    ) -> Alike:
        """Return what some words of a message are like, whatever stands around them."""
        weighing = features(reading, hours=hours, lipolytic=lipolytic, within=words)
        return self._weigh(reading, words, {each.name: each for each in weighing})

    def _weigh(self, reading: Reading, words: range, found: Mapping[str, Feature]) -> Alike:
        sums = [0] * len(LEVELS)
        pulls = dict.fromkeys(words, 0)
        for feature in found.values():
            at = place_of(feature.name) * len(LEVELS)
            weights = self._weights[at : at + len(LEVELS)]
            sums = [total + weight for total, weight in zip(sums, weights, strict=True)]
            pull = max(weights[2:]) - max(weights[:2])
            for word in range(feature.first, feature.last + 1):
                pulls[word] += pull
        each = self._grain / math.sqrt(len(found))
        scores = [bias + total * each for bias, total in zip(self._bias, sums, strict=True)]
        return Alike(_shares(scores), *_heaviest(reading, pulls))


class Weighing:
    """What the parts of one message are like. Iterating gives its sentences'; of three words: none.

    Sentence by sentence, so that whatever else is said makes a danger no smaller.
    """

    def __init__(
        self, likeness: Likeness, reading: Reading, *, hours: float | None, lipolytic: bool
    ) -> None:
        self._likeness = likeness
        self._reading = reading
        self._hours = hours
        self._lipolytic = lipolytic
        self._known: dict[range, Alike] = {}

    def __iter__(self) -> Iterator[Alike]:
        for words in _sentences(self._reading):
            if len(words) >= _LEAST:
                yield self._of(words)

    def harmless(self, said: range, *, below: float) -> bool:
        """Say whether some words are like what needs nobody, and not like a danger.

        Their sentence has to be, and what stands close in their own clause: a danger is not
        thinned out by what is said around it. Of a sentence of less than four words, or less than
        four words in a long one, nothing is said to be harmless.

        Args:
            said: the numbers of the words.
            below: the share of urgent and emergency together that neither may reach.
        """
        words = self._reading.words
        sentence = _spread(said, [word.sentence for word in words])
        clause = _spread(said, [word.clause for word in words])
        first = max(clause.start, said.start - _CLOSE)
        close = range(first, min(clause.stop, said.stop + _CLOSE))
        if not _LEAST <= len(sentence) <= _MOST_WORDS:
            return False
        if len(close) < _LEAST and len(sentence) > _SHORT:
            return False
        return all(self._of(part).is_harmless(below) for part in (sentence, close))

    def _of(self, words: range) -> Alike:
        """Weigh each part once: a message is asked about sentence by sentence and sign by sign."""
        if words not in self._known:
            self._known[words] = self._likeness.weigh(
                self._reading, words, hours=self._hours, lipolytic=self._lipolytic
            )
        return self._known[words]


@cache
def shipped() -> Likeness:
    """Return what was learned from the project's own phrases, in its five languages."""
    return Likeness.from_bytes(_FILE.read_bytes())


def _shares(scores: Sequence[float]) -> tuple[float, ...]:
    most = max(scores)
    powers = [math.exp(score - most) for score in scores]
    total = sum(powers)
    return tuple(power / total for power in powers)


def _sentences(reading: Reading) -> Iterator[range]:
    """Yield the numbers of the words of each sentence, as far as a message is weighed."""
    first = 0
    words = reading.words[:_MOST_WORDS]
    for at, word in enumerate(words):
        if at + 1 == len(words) or words[at + 1].sentence != word.sentence:
            yield range(first, at + 1)
            first = at + 1


def _spread(said: range, parts: Sequence[int]) -> range:
    """Return the words of the whole parts (sentences, clauses) that some words stand in."""
    first, last = said.start, said.stop - 1
    while first and parts[first - 1] == parts[first]:
        first -= 1
    while last + 1 < len(parts) and parts[last + 1] == parts[last]:
        last += 1
    return range(first, last + 1)


def _heaviest(reading: Reading, pulls: Mapping[int, int]) -> tuple[int, int]:
    """Return the first and the last word of the clause that pulls most towards danger."""
    sums: dict[int, int] = {}
    for at, pull in pulls.items():
        clause = reading.words[at].clause
        sums[clause] = sums.get(clause, 0) + pull
    heaviest = max(sums, key=lambda clause: sums[clause])
    places = [at for at in pulls if reading.words[at].clause == heaviest]
    return places[0], places[-1]
