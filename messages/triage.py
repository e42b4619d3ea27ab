"""What a patient's words mean: how grave, why, and what is wanted besides.

Pure, and the same for the same words. The rules are those of docs/TRIAGE.md, the words are data
(``messages/triage/``). Where it errs, it errs towards a human.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Final, Literal

from messages import answers, grading
from messages.clauses import Word, words_of
from messages.context import Context
from messages.lexicon import Lexicon
from messages.likeness import Likeness, Weighing
from messages.mentions import Mention, Reading, read
from messages.numbers import fevers, is_cool, is_scored, only_number, pains
from messages.signs import LEVELS, Hit, Level, PatternIndex, SignTable, by_concept, graver

__all__ = ["LEVELS", "Context", "Intent", "Level", "Reason", "Triage", "Verdict", "graver"]

Intent = Literal["question", "reschedule", "opt_out"]
_INTENTS: Final[tuple[Intent, ...]] = ("question", "reschedule", "opt_out")

_UNKNOWN_SHARE: Final = 0.5
_TAKEN: Final = ("fever", "measured")
"""What a number may show to be none: a fever, a temperature that was taken."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sign that was found.

    Attributes:
        sign: its key in signs.toml.
        words: the patient's own words.
        start: where they begin in the text, in characters.
        end: where they end.
        level: how grave it is here.
    """

    sign: str
    words: str
    start: int
    end: int
    level: Level


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a message.

    Attributes:
        level: the gravest of the reasons; review where nothing was understood.
        reasons: the gravest first.
        intents: what is wanted, whatever the level.
        understood: False where a human must make sense of it.
    """

    level: Level
    reasons: tuple[Reason, ...]
    intents: tuple[Intent, ...]
    understood: bool


class Triage:
    """Reads messages against one set of words and signs.

    Args:
        lists: by language, by concept, the entries.
        table: the signs, intents and pictures.
        spellings: by language, by word: how else it is written.
        likeness: the second reading; without one, only what is listed counts.
    """

    def __init__(
        self,
        lists: Mapping[str, Mapping[str, Sequence[str]]],
        table: SignTable,
        spellings: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        likeness: Likeness | None = None,
    ) -> None:
        self._table = table
        self._likeness = likeness
        self._lexicon = Lexicon(lists, spellings)
        self._pictures = frozenset(table.emoji)
        self._dangers = table.dangers()
        self._sign_index = PatternIndex({name: s.patterns for name, s in table.sign.items()})
        self._intent_index = PatternIndex({name: i.patterns for name, i in table.intent.items()})
        self._benign_index = PatternIndex({"benign": table.benign.patterns})
        self._unclear_index = PatternIndex({"unclear": table.unclear.patterns})

    def without_likeness(self) -> "Triage":
        """Return the same lists and signs without the second reading: to tell what it adds."""
        lists_alone = copy(self)
        lists_alone._likeness = None  # noqa: SLF001
        return lists_alone

    def read(self, text: str, language: str = "en", context: Context | None = None) -> Verdict:
        """Return what ``text`` means; never raises, whatever the text.

        Args:
            text: as the patient wrote it, in whatever language.
            language: the patient's own; words are looked for in it first.
            context: what is known besides.
        """
        context = context or Context()
        reading = self.reading(text, language)
        said = dict(by_concept(reading.mentions))
        cool = [m for each in _TAKEN for m in said.get(each, ()) if is_cool(m, reading.words)]
        for each in _TAKEN:
            said[each] = [m for m in said.get(each, ()) if m not in cool]
        temperatures = list(fevers(text, reading, said))
        if temperatures:
            said["fever"] += temperatures
        reasons = [
            *self._signs(text, reading, said, context),
            *self._together(text, reading, said, context),
            *(
                _reason("infection", text, reading.words, m.first, m.last, "urgent")
                for m in temperatures
            ),
            *self._pains(text, reading, said, context, language),
            *self._answered(text, reading, context, language),
        ]
        weighing = self._weighing(reading, context)
        if weighing is not None and not context.question:
            reasons = [self._calmed(reason, reading, weighing) for reason in reasons]
        intents = tuple(self._intents(text, reading, said))
        understood = bool(reasons) or (
            (bool(intents) or bool(cool) or self._benign(reading, said, context))
            and not any(self._unclear_index.hits(reading, said))
        )
        level: Level = "routine" if understood else "review"
        for reason in reasons:
            level = graver(level, reason.level)
        alike = None
        if weighing is not None and not self._is_lowered(reasons):
            alike = self._alike(text, reading, weighing, level, understood=understood)
        if alike is not None:
            reasons, level, understood = [*reasons, alike], alike.level, True
        return Verdict(level, _in_order(reasons), intents, understood)

    def reading(self, text: str, language: str) -> Reading:
        """Return the words of a message and the concepts that they are listed under."""
        words = words_of(text, self._pictures)
        return read(words, self._lexicon, language.partition("-")[0], self._table.emoji)

    def _is_lowered(self, reasons: Sequence[Reason]) -> bool:
        """Whether the lists know the danger that is spoken of, and why it is less grave here.

        That it is over, slight, only asked about, or to be expected, no likeness knows better.
        """
        signs = self._table.sign
        return any(
            LEVELS.index(reason.level) < LEVELS.index(signs[reason.sign].level)
            for reason in reasons
            if reason.sign in signs
        )

    def _weighing(self, reading: Reading, context: Context) -> Weighing | None:
        """Return the second reading of a message; None where none is wanted."""
        if self._likeness is None or self._table.alike is None or _is_answer(reading, context):
            return None
        return self._likeness.of(reading, hours=context.hours, lipolytic=bool(context.lipolytic))

    def _calmed(self, reason: Reason, reading: Reading, weighing: Weighing) -> Reason:
        """Return a reason of the lists, for review only where nothing said there is like a danger.

        It never comes to nothing: somebody looks at it all the same.
        """
        table = self._table.alike
        if table is None or reason.level not in {"urgent", "emergency"}:
            return reason
        if self._is_lowered([reason]):  # once is enough: it is over, or only asked about
            return reason
        if reason.sign in self._table.sign and not self._table.sign[reason.sign].calmed:
            return reason
        said = [
            at
            for at, word in enumerate(reading.words)
            if word.start < reason.end and word.end > reason.start
        ]
        below = table.calm if reason.level == "urgent" else table.calm_emergency
        harmless = weighing.harmless(range(said[0], said[-1] + 1), below=below)
        return replace(reason, level="review") if harmless else reason

    def _alike(
        self, text: str, reading: Reading, weighing: Weighing, level: Level, *, understood: bool
    ) -> Reason | None:
        """Return a reason where a message is so much like graver ones that it counts as one."""
        if self._table.alike is None:
            return None
        found: Reason | None = None
        for alike in weighing:
            graded = grading.likened(self._table.alike, alike, listed=level, understood=understood)
            if graver(graded, level) != level:
                level = graded
                found = _reason("alike", text, reading.words, alike.first, alike.last, level)
        return found

    def _signs(
        self, text: str, reading: Reading, said: Mapping[str, list[Mention]], context: Context
    ) -> Iterator[Reason]:
        for name, hit in self._sign_index.hits(reading, said):
            sign = self._table.sign[name]
            if grading.applies(sign, context):
                level = grading.level_of(sign, hit, reading, said, context)
                own = grading.of_context(sign, sign.level, context)
                if own == "review" and grading.is_good_news(sign, hit, reading, said):
                    continue
                yield _reason(name, text, reading.words, hit.first, hit.last, level)

    def _together(
        self, text: str, reading: Reading, said: Mapping[str, list[Mention]], context: Context
    ) -> Iterator[Reason]:
        for name, each in self._table.together.items():
            if each.since is not None and (context.hours is None or context.hours < each.since):
                continue
            for group in each.of:
                if all(said.get(concept) for concept in group):
                    places = [said[concept][0] for concept in group]
                    level = grading.in_time(each.level, Hit(tuple(places)), reading, said)
                    first, last = min(m.first for m in places), max(m.last for m in places)
                    yield _reason(name, text, reading.words, first, last, level)

    def _pains(
        self,
        text: str,
        reading: Reading,
        said: Mapping[str, list[Mention]],
        context: Context,
        language: str,
    ) -> Iterator[Reason]:
        before = context.answers.get("pain", "")
        for at in pains(
            reading,
            said,
            asked=self._asks_pain(context, language),
            hours=context.hours,
            lipolytic=bool(context.lipolytic),
            before=int(before) if before.isdecimal() else None,
        ):
            yield _reason("pain", text, reading.words, at, at, "review")

    def _asks_pain(self, context: Context, language: str) -> bool:
        if not context.question:
            return False
        asked = by_concept(self.reading(context.question, language).mentions)
        return bool(asked.get("pain") or asked.get("sore")) and "10" in context.question

    def _answered(
        self, text: str, reading: Reading, context: Context, language: str
    ) -> Iterator[Reason]:
        """Read a bare yes as the sign that was asked about, and a no to "is it going?" likewise."""
        if not context.question or not reading.words or self._asks_pain(context, language):
            return
        answer = answers.yes_or_no(reading)
        if answer is None:
            return
        asked = self.reading(context.question, language)
        said = by_concept(asked.mentions)
        last = answers.end_of(reading)
        if answer == "yes":
            for name in dict.fromkeys(name for name, _ in self._sign_index.hits(asked, said)):
                sign = self._table.sign[name]
                if grading.applies(sign, context) and not said.get("improves"):
                    level = grading.of_context(sign, sign.level, context)
                    yield _reason(name, text, reading.words, 0, last, level)
        elif said.get("improves") and said.get("swollen"):
            yield _reason("swelling", text, reading.words, 0, last, "review")

    def _intents(
        self, text: str, reading: Reading, said: Mapping[str, list[Mention]]
    ) -> Iterator[Intent]:
        listed = {name for name, _ in self._intent_index.hits(reading, said)}
        for name in _INTENTS:
            found = name in listed
            if name == "question":
                found = found or ("?" in text and bool(reading.words))
            elif name == "opt_out":
                found = found or _stops(text, reading, said)
            if found:
                yield name

    def _benign(
        self, reading: Reading, said: Mapping[str, list[Mention]], context: Context
    ) -> bool:
        if all(word.picture for word in reading.words):  # as an answer they may mean anything
            return bool(said.get("smiley")) and not context.question
        if is_scored(reading.words):
            return True
        if context.question and only_number(reading.words) is not None:
            return True
        denied = any(m.denied and m.concept in self._dangers for m in reading.mentions)
        short = len(reading.words) <= answers.SHORT
        found = denied or any(
            short or hit.mentions[0].concept not in {"yes", "no"}
            for _, hit in self._benign_index.hits(reading, said)
        )
        return found and reading.known >= _UNKNOWN_SHARE


def _reason(
    name: str, text: str, words: Sequence[Word], first: int, last: int, level: Level
) -> Reason:
    start, end = words[first].start, words[last].end
    return Reason(name, text[start:end], start, end, level)


def _in_order(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return one reason for each sign, its gravest and tersest, the gravest sign first."""
    best: dict[str, Reason] = {}
    for reason in reasons:
        held = best.get(reason.sign)
        if held is None or _weight(reason) > _weight(held):
            best[reason.sign] = reason
    return tuple(sorted(best.values(), key=lambda r: (-LEVELS.index(r.level), r.start, r.sign)))


def _weight(reason: Reason) -> tuple[int, bool, int, int]:
    several = " " in reason.words  # "can't breathe" says more than "breathe"
    return LEVELS.index(reason.level), several, reason.start - reason.end, -reason.start


def _is_answer(reading: Reading, context: Context) -> bool:
    """Whether a message is no more than the answer to a question."""
    short = len(reading.words) <= answers.SHORT
    return bool(context.question and short and answers.yes_or_no(reading))


def _stops(text: str, reading: Reading, said: Mapping[str, list[Mention]]) -> bool:
    """Whether a stop stands as a command: alone in its clause, first of all, or in capitals."""
    others = {m.first for m in said.get("stop_other", ())}
    for m in said.get("stop_command", ()):
        first, last = reading.words[m.first], reading.words[m.last]
        written = text[first.start : last.end]
        begins = m.first == 0 or reading.words[m.first - 1].clause != first.clause
        ends = m.last + 1 == len(reading.words) or reading.words[m.last + 1].clause != last.clause
        if begins and (ends or (written.isupper() and len(written) > 1)):
            return True
        if m.first == 0 and m.last + 1 not in others:
            return True
    return False
