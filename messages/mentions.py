"""What the words of a message stand for, and which of it is said not to be so.

A mention is a concept in its place. Negation is bound to its clause; a "no" that belongs to a
longer entry ("no puedo", "won't go down") denies nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from messages.clauses import Word
from messages.lexicon import GAP, Found, Lexicon

__all__ = ["Mention", "Reading", "read"]

_GAP_WORDS: Final = 3
_SCOPE: Final = 7
"""How many words a negator reaches."""
_VERB: Final = 2
"""Words after a negator that may still be its own verb ("no | la tengo")."""
_BEFORE_NONE: Final = 3
"""How many words a "none" that ends a clause reaches back."""
_ITEMS: Final = 2
"""Items of a list that a "nothing of the kind" after it denies."""
_MOST_ITEMS: Final = 8
"""Items that such a list has at most: it bounds the time that a message of them alone can take."""
_ASKED: Final = 2
"""Words of a question that a "no" answers: "pus? no", but not "is there pus coming out? no, …"."""
_LISTED: Final = 5
"""Words of a further item in a list such as "no redness, swelling or pus"."""
_OWN_BONUS: Final = 0.5
_MENDED: Final = 100
"""Different words of one message that are looked at for typing errors: it bounds the time that a
message made of nothing else can take."""
_NOTHING: Final = Found({}, exact=True)
# Entries of these lists may hold a "no" that does deny what follows: "no problems breathing".
_OPEN: Final = frozenset({"fine", "yes", "no", "none_after", "negator", "greeting", "improves"})
_ORDINARY: Final = "ordinary"
# A saying hides as much ("dead on my feet"), and is understood by itself.
_MASKS: Final = frozenset({_ORDINARY, "saying"})
# What a "hot shower" hides is its heat, not that it is about a shower.
_NEVER_HIDDEN: Final = frozenset(
    {
        "weather", "daily", "thanks", "fine", "joy", "result", "photo", "day", "visit", "yes", "no",
        "idiom", "laugh",
    }
)  # fmt: skip
# "Не болит" after a list says nothing of the list; "nothing" does.
_NONE: Final = frozenset({"none_after", "no"})
_NEVER_DENIED: Final = frozenset({"yes", "no", "negator", "none_after", "or", "and", "but"})
# A "no" to one of these is no good news: "breathing: no", "any better: no".
_WANTED: Final = frozenset(
    {
        "breathe", "breathing", "swallow", "see", "speak", "walk", "move", "feel", "heart", "smile",
        "eye", "fine", "improves", "over", "stop_verb", "cannot", "negator",
    }
)  # fmt: skip
# "Suicide? No" and "choking? no" ring all the same.
_NEVER_ASKED: Final = _WANTED | {"suicidal", "no_air"}
_ROMAN_WEIGHT: Final = 0.6


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept in its place.

    Attributes:
        concept: the name of the list.
        first: the number of its first word.
        last: the number of its last word.
        sentence: the number of its sentence.
        clause: the number of its clause; "and" and "but" begin a new one.
        denied: whether its clause says that it is not so.
    """

    concept: str
    first: int
    last: int
    sentence: int
    clause: int
    denied: bool = False

    @property
    def size(self) -> int:
        """How many words it has."""
        return self.last - self.first + 1

    def holds(self, other: "Mention") -> bool:
        """Whether ``other`` is a smaller part of this."""
        return self.first <= other.first and other.last <= self.last and other.size < self.size


@dataclass(frozen=True, slots=True)
class Reading:
    """A message's mentions.

    Attributes:
        words: the words.
        mentions: in order.
        known: the share of words that any list knows, 0 to 1.
        turns: the clauses that a "but" begins.
    """

    words: Sequence[Word]
    mentions: Sequence[Mention]
    known: float
    turns: frozenset[int]


def read(words: Sequence[Word], lexicon: Lexicon, own: str, emoji: Mapping[str, str]) -> Reading:
    """Return what the words stand for, the patient's own language first."""
    looked = _looked_up(words, lexicon)
    first = _languages(words, looked, own)
    looked = _in_their_language(words, looked, first, own)
    raw = [m for at in range(len(words)) for m in _at(at, words, looked, first, lexicon)]
    raw += [
        Mention(emoji[word.text], at, at, word.sentence, word.clause)
        for at, word in enumerate(words)
        if word.picture
    ]
    # What begins with a "no" of its own is never denied: "ничего не соображает", "no problem".
    noes = {m.first for m in raw if m.concept == "negator"}
    kept = _unmasked(raw)
    clauses, turns = _clauses(words, kept)
    denied = _denied(words, clauses, kept)
    mentions = [
        Mention(
            m.concept,
            m.first,
            m.last,
            m.sentence,
            clauses[m.first],
            denied=m.concept not in _NEVER_DENIED
            and not (m.size > 1 and m.first in noes)
            and all(at in denied for at in range(m.first, m.last + 1)),
        )
        for m in kept
        if m.concept != _ORDINARY
    ]
    lettered = [at for at, word in enumerate(words) if not word.picture]
    known = sum(bool(looked[at].known) for at in lettered) / max(len(lettered), 1)
    return Reading(words, sorted(mentions, key=lambda m: (m.first, m.last)), known, turns)


def _looked_up(words: Sequence[Word], lexicon: Lexicon) -> list[Found]:
    mended: set[str] = set()
    looked: list[Found] = []
    for word in words:
        if word.picture:
            looked.append(_NOTHING)
            continue
        found = lexicon.look_up(word.text, mend=False)
        if not found.known and (word.text in mended or len(mended) < _MENDED):
            mended.add(word.text)
            found = lexicon.look_up(word.text)
        looked.append(found)
    return looked


def _languages(words: Sequence[Word], looked: Sequence[Found], own: str) -> dict[int, str]:
    """Return the language that each sentence is mostly written in."""
    counts: dict[int, dict[str, float]] = {}
    for word, found in zip(words, looked, strict=True):
        tally = counts.setdefault(word.sentence, defaultdict(float))
        if found.exact:
            for language in found.known:
                tally[language] += _ROMAN_WEIGHT if language in found.romanized else 1.0
    mostly: dict[int, str] = {}
    for sentence, tally in counts.items():
        scores = {each: n + (_OWN_BONUS if each == own else 0.0) for each, n in tally.items()}
        mostly[sentence] = max(scores, key=lambda each: scores[each], default=own)
    return mostly


def _in_their_language(
    words: Sequence[Word], looked: Sequence[Found], mostly: Mapping[int, str], own: str
) -> list[Found]:
    """Keep of the mended words those of the sentence's language and of the patient's own.

    A typing error is made in the language that is being written; nearly every common word is one
    letter away from some word of the four others.
    """
    return [
        found
        if found.exact
        else Found(
            {
                language: known
                for language, known in found.known.items()
                if language in {mostly[word.sentence], own}
            },
            exact=False,
        )
        for word, found in zip(words, looked, strict=True)
    ]


def _at(
    at: int,
    words: Sequence[Word],
    looked: Sequence[Found],
    mostly: dict[int, str],
    lexicon: Lexicon,
) -> Iterator[Mention]:
    word, found = words[at], looked[at]
    main = mostly[word.sentence]
    then = looked[at + 1].known if at + 1 < len(looked) else {}
    for language, entries in found.known.items():
        # A word that the sentence's own language knows is not read in another one ("no" is "in
        # the" in Portuguese), but an entry of several words counts in any.
        alone = language == main or main not in found.known
        apart = at + 1 < len(words) and words[at + 1].clause != word.clause
        for known in entries:
            if alone:
                for concept in lexicon.concepts(language, known):
                    yield Mention(concept, at, at, word.sentence, word.clause)
            if apart and "negator" in lexicon.concepts(language, known):
                continue  # "no, respiro bien" is no "no respiro"
            for entry in lexicon.beginning(language, known, then.get(language, ())):
                last = _follow(entry.words, at, words, looked, language)
                if last is not None:
                    yield Mention(entry.concept, at, last, word.sentence, word.clause)


def _follow(
    wanted: tuple[str, ...],
    at: int,
    words: Sequence[Word],
    looked: Sequence[Found],
    language: str,
) -> int | None:
    """Return the last word of an entry that begins at ``at``, or None."""
    place, room = at + 1, 0
    sentence = words[at].sentence
    for word in wanted[1:]:
        if word == GAP:
            room = _GAP_WORDS
            continue
        for ahead in range(place, min(place + room + 1, len(words))):
            if words[ahead].sentence != sentence:
                return None
            if word in looked[ahead].known.get(language, ()):
                place, room = ahead + 1, 0
                break
        else:
            return None
    return place - 1


def _unmasked(raw: list[Mention]) -> list[Mention]:
    """Leave out what a longer entry explains: "hot shower", "won't stop", "fine now"."""
    longer = [m for m in raw if m.size > 1]
    masks = [m for m in longer if m.concept in _MASKS]
    closed = [m for m in longer if m.concept not in _OPEN]
    persists = [m for m in longer if m.concept in {"persists", "not_heal"}]
    over = [m for m in longer if m.concept == "over"]
    almost = [m for m in longer if m.concept == "almost_fainted"]

    def explained(m: Mention) -> bool:
        if m.concept == "negator":
            return any(each.holds(m) for each in closed)
        if m.concept in {"improves", "over"}:
            return any(each.holds(m) for each in (*persists, *masks))
        if m.concept == "present":
            return any(each.holds(m) for each in over)
        if m.concept in _NEVER_HIDDEN:
            return False
        if m.concept == "fainted" and any(each.holds(m) for each in almost):
            return True
        return any(each.holds(m) for each in masks)

    # One language's entry may say the same as another's.
    return list(dict.fromkeys(m for m in raw if not explained(m)))


def _clauses(words: Sequence[Word], mentions: list[Mention]) -> tuple[list[int], frozenset[int]]:
    """Number the clauses, "and" and "but" counted; return them and the ones that a "but" begins."""
    breaks: dict[int, str] = {}
    for m in mentions:
        if m.concept in {"but", "and"} and breaks.get(m.first) != "but":
            breaks[m.first] = m.concept
    numbers: list[int] = []
    turns: set[int] = set()
    clause = 0
    for at, word in enumerate(words):
        if at and (word.clause != words[at - 1].clause or at in breaks):
            clause += 1
        if breaks.get(at) == "but":
            turns.add(clause)
        numbers.append(clause)
    return numbers, frozenset(turns)


def _denied(words: Sequence[Word], clauses: Sequence[int], mentions: list[Mention]) -> set[int]:
    """Return the words that a negator of their own clause (or list) reaches."""
    starters = {m.first for m in mentions if m.concept == "starter"}
    negators = {m.first: m.last for m in mentions if m.concept == "negator"}
    ors = {m.first for m in mentions if m.concept == "or"}
    ends = starters | negators.keys()
    denied: set[int] = set()
    for first, last in negators.items():
        reached = list(_scope(last, clauses, starters))
        denied.update(reached)
        if reached and reached[-1] + 1 < len(words):
            denied.update(_list_on(reached[-1], words, clauses, ends, ors))
        denied.add(first)
    denied |= _denied_after(words, clauses, mentions)
    return denied


def _scope(last: int, clauses: Sequence[int], starters: set[int]) -> Iterator[int]:
    for at in range(last + 1, min(last + 1 + _SCOPE, len(clauses))):
        if clauses[at] != clauses[last]:
            return
        if at in starters and at > last + _VERB:
            return
        yield at


def _list_on(
    at: int,
    words: Sequence[Word],
    clauses: Sequence[int],
    ends: set[int],
    ors: set[int],
) -> set[int]:
    """Return the further items of "no redness, swelling or pus": they run on to an "or"."""
    if at + 1 < len(words) and clauses[at + 1] == clauses[at]:
        return set()
    found: set[int] = set()
    clause = clauses[at]
    while True:
        clause += 1
        item = [n for n in range(at + 1, min(at + 40, len(words))) if clauses[n] == clause]
        if not item or len(item) > _LISTED or any(n in ends for n in item):
            return set()
        if words[item[0]].sentence != words[at].sentence:
            return set()
        found.update(item)
        if any(n in ors for n in item):
            return found


def _denied_after(
    words: Sequence[Word], clauses: Sequence[int], mentions: list[Mention]
) -> set[int]:
    """Return the words before a "none" that ends their clause: "температуры нет", "pus: no"."""
    found: set[int] = set()
    said: dict[int, set[str]] = defaultdict(set)
    for m in mentions:
        said[m.first].add(m.concept)
    for m in mentions:
        here = clauses[m.first]
        if m.concept not in _NONE or (m.last + 1 < len(words) and clauses[m.last + 1] == here):
            continue
        if m.concept == "none_after":
            before = range(max(0, m.first - _BEFORE_NONE), m.first)
            found.update(n for n in before if clauses[n] == here)
        found.update(_asked_of(m, words, clauses, said))
    return found


def _asked_of(
    m: Mention, words: Sequence[Word], clauses: Sequence[int], said: Mapping[int, set[str]]
) -> list[int]:
    """Return the words of the short items that a "no" alone answers.

    One item: "fever: no", "pus? no". Several: "fits, fainting, fever: nothing of the kind".
    """
    if m.first == 0 or clauses[m.first - 1] == clauses[m.first]:
        return []
    items: list[range] = []
    at, sentence = m.first - 1, words[m.first - 1].sentence
    while at >= 0 and words[at].sentence == sentence and len(items) < _MOST_ITEMS:
        first = at
        while first and clauses[first - 1] == clauses[at] and at - first < _BEFORE_NONE:
            first -= 1
        if at - first >= _BEFORE_NONE:
            break
        items.append(range(first, at + 1))
        at = first - 1
    if m.concept != "no" or len(items) < _ITEMS:
        few = _BEFORE_NONE if sentence == m.sentence else _ASKED
        items = [each for each in items[:1] if words[m.first].answers and len(each) <= few]
    found = [n for item in items for n in item]
    return [] if any(said.get(n, frozenset()) & _NEVER_ASKED for n in found) else found
