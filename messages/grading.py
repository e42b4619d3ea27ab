"""How grave a sign is here: by the course, by what is said to be slight, over, or only asked about.

The rules are those of docs/TRIAGE.md ("Time", Context); hours are elapsed since the session.
"""

from collections.abc import Mapping
from typing import Final

from messages.context import Context
from messages.likeness import Alike
from messages.mentions import Mention, Reading
from messages.signs import LEVELS, AlikeFrom, Hit, Level, Sign

__all__ = ["applies", "in_time", "is_good_news", "level_of", "likened", "of_context"]

_COLORS: Final = frozenset(
    {
        "white", "black", "dusky", "red", "numb", "hard", "cold", "hot", "blind", "dims", "dark",
        "blurry", "weak", "mottled",
    }
)  # fmt: skip

_SESSION: Final = ("needles", "visit")


def applies(sign: Sign, context: Context) -> bool:
    """Say whether something is a sign at this point of the course."""
    since = sign.since_lipolytic if context.lipolytic else sign.since
    return since is None or (context.hours is not None and context.hours >= since)


def of_context(sign: Sign, level: Level, context: Context) -> Level:
    """Return the level of a sign at this point of the course."""
    hours = context.hours
    if hours is None:
        return level
    if sign.lipolytic is not None and sign.lipolytic_level and context.lipolytic:
        return sign.lipolytic_level if hours <= sign.lipolytic else level
    if sign.later is not None and sign.later_level and hours > sign.later:
        return sign.later_level
    return level


def level_of(
    sign: Sign,
    hit: Hit,
    reading: Reading,
    said: Mapping[str, list[Mention]],
    context: Context,
) -> Level:
    """Return how grave a sign is that was found, with all that is said about it."""
    level = of_context(sign, sign.level, context)
    clauses = {m.clause for m in hit.mentions}
    slight = any(m.clause in clauses for m in said.get("mild", ()))
    lasts = any(m.clause in clauses for m in said.get("still", ()))
    if sign.mild_level and slight and not lasts:
        level = min(level, sign.mild_level, key=LEVELS.index)
    if sign.stands and (context.hours is None or context.hours <= sign.stands):
        return level
    return in_time(level, hit, reading, said)


def in_time(level: Level, hit: Hit, reading: Reading, said: Mapping[str, list[Mention]]) -> Level:
    """Lower what is over by one level, never to nothing; what was only asked about likewise."""
    sentence = hit.mentions[0].sentence

    def here(concept: str) -> bool:
        return any(m.sentence == sentence for m in said.get(concept, ()))

    if any(m.sentence == sentence and m.first < hit.first for m in said.get("hypothetical", ())):
        return "urgent" if level == "emergency" else "review"
    clauses = {m.clause for m in hit.mentions}
    told = any(
        m.clause in clauses and not _of_the_session(m, said) for m in said.get("past", ())
    ) and here("past_time")
    over = any(
        m.sentence == sentence
        and _ends(m, reading)
        and not _within(m, hit)
        and not _turned(m, hit, reading)
        for m in said.get("over", ())
    )
    if (told or over) and not here("present"):
        return LEVELS[max(LEVELS.index(level) - 1, 1)]
    return level


def _of_the_session(past: Mention, said: Mapping[str, list[Mention]]) -> bool:
    """Whether it is the session that was: "lumps where the shots were two weeks ago"."""
    return any(
        abs(past.first - m.last) == 1 or abs(m.first - past.last) == 1
        for concept in _SESSION
        for m in said.get(concept, ())
    )


def is_good_news(sign: Sign, hit: Hit, reading: Reading, said: Mapping[str, list[Mention]]) -> bool:
    """Whether a part of the course is said, there or right after it, to be gone or passing.

    A danger sign that is over never comes to nothing (the clinical sheet, "Danger signs").
    """
    if not sign.passing:
        return False
    own = {m.clause for m in hit.mentions}
    following = max(own) + 1

    def here(m: Mention) -> bool:
        opens = m.clause == following and reading.words[m.first - 1].clause != m.clause
        return (m.clause in own or opens) and not _within(m, hit)

    better = any(here(m) for m in said.get("improves", ()))
    return better or any(here(m) and _ends(m, reading) for m in said.get("over", ()))


def _turned(m: Mention, hit: Hit, reading: Reading) -> bool:
    """Whether a "but" stands between it and the sign: "the pain is gone, but my arm is numb"."""
    first = min(each.clause for each in hit.mentions)
    return any(m.clause < clause <= first for clause in reading.turns)


def _within(m: Mention, hit: Hit) -> bool:
    """Whether the words are the sign's own: that the sight "disappeared" is no good news."""
    return m.first <= hit.last and hit.first <= m.last


def _ends(m: Mention, reading: Reading) -> bool:
    """Whether nothing of weight follows in the clause: "it's gone", but not "it's gone white"."""
    after = [each for each in reading.mentions if each.clause == m.clause and each.first > m.last]
    return not any(each.concept in _COLORS for each in after)


def likened(shares: AlikeFrom, alike: Alike, *, listed: Level, understood: bool) -> Level:
    """Return the level of a sentence that is like others, in a message found to be ``listed``."""
    grave = alike.emergency >= shares.emergency
    if listed in {"urgent", "emergency"}:
        return "emergency" if grave else listed
    enough = shares.routine if listed == "routine" else shares.review
    if not understood:
        enough = shares.unknown
    if alike.danger < enough:
        return listed
    return "emergency" if grave else "urgent"
