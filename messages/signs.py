"""The danger signs and intents as combinations of concepts, and where a message holds them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from messages.mentions import Mention, Reading

__all__ = ["Hit", "Level", "Pattern", "PatternIndex", "Sign", "SignTable", "by_concept"]

Level = Literal["routine", "review", "urgent", "emergency"]
LEVELS: Final[tuple[Level, ...]] = ("routine", "review", "urgent", "emergency")
"""From the least to the gravest."""
Alarming = Literal["review", "urgent", "emergency"]

_NEAR: Final = 8
"""Words that may stand between two concepts of one pattern."""
_CLAUSE_COSTS: Final = 1
"""Words that a comma or an "and" between them counts for."""
_MOST_OF_ONE: Final = 60
"""Mentions of one concept that are looked at: a message has 4,096 characters at most."""


def graver(one: Level, other: Level) -> Level:
    """Return the graver of two levels."""
    return max(one, other, key=LEVELS.index)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Concepts that must stand near each other, and concepts that must not stand near them."""

    concepts: tuple[str, ...]
    without: tuple[str, ...]


def _pattern(written: object) -> object:
    if not isinstance(written, str):
        return written
    terms = written.split()
    wanted = tuple(term for term in terms if not term.startswith("!"))
    if not wanted:
        raise ValueError("a pattern needs at least one concept")
    return Pattern(wanted, tuple(term[1:] for term in terms if term.startswith("!")))


Written = Annotated[Pattern, BeforeValidator(_pattern)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Sign(_Table):
    """A danger sign; hours are elapsed since the session. See signs.toml for each field."""

    level: Alarming
    patterns: tuple[Written, ...]
    stands: float = 0
    later: float | None = None
    later_level: Alarming | None = None
    lipolytic: float | None = None
    lipolytic_level: Alarming | None = None
    mild_level: Alarming | None = None
    passing: bool = False
    calmed: bool = True
    since: float | None = Field(default=None, alias="from")
    since_lipolytic: float | None = Field(default=None, alias="from_lipolytic")


class Together(_Table):
    """Concepts that are a sign wherever in the message they stand together; hours as in a sign."""

    level: Alarming
    since: float | None = Field(default=None, alias="from")
    of: tuple[tuple[str, ...], ...]


class Patterns(_Table):
    """An intent, what is benign, or what nobody can be sure of."""

    patterns: tuple[Written, ...]


class AlikeFrom(_Table):
    """From which share on, 0 to 1, a message that is like graver ones counts as one of them.

    By what the lists made of it: ``routine`` (understood), ``unknown`` (not understood) and
    ``review`` (a sign for a practitioner) are shares of urgent and emergency together, from which
    on it is urgent at least. ``emergency`` is the share of emergency alone. ``calm`` is the share
    of both below which what the lists found urgent is only for a practitioner to look at,
    ``calm_emergency`` that for what they found to be an emergency.
    """

    routine: float = Field(gt=0, le=1)
    unknown: float = Field(gt=0, le=1)
    review: float = Field(gt=0, le=1)
    calm: float = Field(ge=0, lt=1)
    calm_emergency: float = Field(ge=0, lt=1)
    emergency: float = Field(gt=0, le=1)


class SignTable(_Table):
    """The whole of signs.toml; ``alike`` is None where no second reading is wanted."""

    sign: Mapping[str, Sign] = {}
    together: Mapping[str, Together] = {}
    intent: Mapping[str, Patterns] = {}
    benign: Patterns = Patterns(patterns=())
    unclear: Patterns = Patterns(patterns=())
    emoji: Mapping[str, str] = {}
    alike: AlikeFrom | None = None

    def concepts(self) -> frozenset[str]:
        """Return every concept that a pattern names."""
        every = [p for sign in self.sign.values() for p in sign.patterns]
        every += [
            p
            for intent in (*self.intent.values(), self.benign, self.unclear)
            for p in intent.patterns
        ]
        named = {c for p in every for c in (*p.concepts, *p.without)}
        named |= {c for each in self.together.values() for group in each.of for c in group}
        return frozenset(named | set(self.emoji.values()))

    def dangers(self) -> frozenset[str]:
        """Return every concept that a sign is made of."""
        return frozenset(c for s in self.sign.values() for p in s.patterns for c in p.concepts)


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern found: the mentions that make it up, in the order of the pattern."""

    mentions: tuple[Mention, ...]

    @property
    def first(self) -> int:
        """The number of its first word."""
        return min(m.first for m in self.mentions)

    @property
    def last(self) -> int:
        """The number of its last word."""
        return max(m.last for m in self.mentions)


def by_concept(mentions: Iterable[Mention]) -> dict[str, list[Mention]]:
    """Return the mentions that are not denied, by concept."""
    found: dict[str, list[Mention]] = defaultdict(list)
    for m in mentions:
        if not m.denied and len(found[m.concept]) < _MOST_OF_ONE:
            found[m.concept].append(m)
    return {concept: each for concept, each in found.items() if each}


class PatternIndex:
    """Patterns by the concept that they begin with, so that few are looked at.

    Args:
        named: by name, the patterns.
    """

    def __init__(self, named: Mapping[str, Iterable[Pattern]]) -> None:
        self._by_first: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
        for name, patterns in named.items():
            for pattern in patterns:
                self._by_first[pattern.concepts[0]].append((name, pattern))

    def hits(
        self, reading: Reading, said: Mapping[str, list[Mention]]
    ) -> Iterator[tuple[str, Hit]]:
        """Yield the name and place of each pattern, once for every place of its first concept."""
        for concept, anchors in said.items():
            for name, pattern in self._by_first.get(concept, ()):
                if all(each in said for each in pattern.concepts):
                    for anchor in anchors:
                        found = _around(anchor, pattern, reading, said)
                        if found is not None and not _excluded(found, pattern, said):
                            yield name, found


def _around(
    anchor: Mention, pattern: Pattern, reading: Reading, said: Mapping[str, list[Mention]]
) -> Hit | None:
    chosen = [anchor]
    for concept in pattern.concepts[1:]:
        near = [
            (distance, m)
            for m in said[concept]
            if (distance := _distance(anchor, m, reading)) is not None
            and not any(m.first <= each.last and each.first <= m.last for each in chosen)
        ]
        if not near:
            return None
        chosen.append(min(near, key=lambda each: (each[0], each[1].first))[1])
    return Hit(tuple(chosen))


def _distance(one: Mention, other: Mention, reading: Reading) -> int | None:
    """Return how far apart two mentions stand, or None where they do not belong together."""
    if one.sentence != other.sentence:
        return None
    early, late = sorted((one, other), key=lambda m: m.first)
    between = max(0, late.first - early.last - 1)
    crossed = range(early.clause + 1, late.clause + 1)
    if between > _NEAR or any(clause in reading.turns for clause in crossed):
        return None
    cost = between + _CLAUSE_COSTS * len(crossed)
    return cost if cost <= _NEAR else None


def _excluded(hit: Hit, pattern: Pattern, said: Mapping[str, list[Mention]]) -> bool:
    sentence = hit.mentions[0].sentence
    return any(
        m.sentence == sentence and hit.first - _NEAR <= m.last and m.first <= hit.last + _NEAR
        for concept in pattern.without
        for m in said.get(concept, ())
    )
