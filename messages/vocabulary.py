"""The triage's files, read and tried: its signs, each language's words, and its own examples."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from messages import likeness
from messages.content import SIGNS, TRIAGE, Content, Issue, Table, suggestion
from messages.faults import faults_of, unknown_keys
from messages.lexicon import entry_words
from messages.signs import Level, SignTable
from messages.triage import Context, Intent, Triage

__all__ = ["GRAMMAR", "Heard", "build"]

GRAMMAR: Final = frozenset(
    {
        "negator", "none_after", "but", "and", "or", "starter", "past", "past_time", "over",
        "present", "hypothetical", "mild", "still", "yes", "no", "improves", "stop_command",
        "stop_other", "degrees", "half", "unit", "pain", "sore", "ordinary",
    }
)  # fmt: skip
"""The lists that the rules themselves read, whatever signs.toml says."""

_KEYS: Final = ("words", "spelling", "example")
_Lists = dict[str, dict[str, list[str]]]
_MADE: Final[deque[tuple[tuple[_Lists, SignTable, _Lists], Triage]]] = deque(maxlen=2)
"""The shipped words, and a clinic's own with them."""


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: str | None = None
    lipolytic: bool | None = None
    hours: float | None = None
    question: str | None = None
    answers: dict[str, str] = Field(default_factory=dict)


class _Example(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    level: Level
    signs: tuple[str, ...] = ()
    intents: tuple[Intent, ...] = ()
    understood: Literal[True, False] = True
    context: _Given = _Given()


@dataclass(slots=True)
class Heard:
    """What the triage's files make.

    Attributes:
        triage: reads messages with all the sound words.
        issues: what is wrong, failed examples too.
    """

    triage: Triage
    issues: list[Issue] = field(default_factory=list)


def build(content: Content, *, tried: bool = True) -> Heard:
    """Return the triage of ``content``; faults become issues and never raise.

    ``tried`` is False where nobody asks how the examples are read: each start would wait for it.
    """
    issues: list[Issue] = []
    table = _signs(content, issues)
    known = table.concepts() | GRAMMAR
    lists: dict[str, dict[str, list[str]]] = {}
    spellings: dict[str, dict[str, list[str]]] = {}
    files = {
        PurePosixPath(name).stem: name
        for name in sorted(content.tables)
        if name.startswith(f"{TRIAGE}/") and name != SIGNS
    }
    for language, name in files.items():
        found = content.tables[name]
        issues.extend(unknown_keys(name, "", found, _KEYS))
        lists[language] = dict(_lists(name, "words", found, issues))
        issues.extend(_unused(name, lists[language], known))
        spellings[language] = dict(_spellings(name, found, issues))
    heard = Heard(_reader(lists, table, spellings), issues)
    for language, name in files.items() if tried else ():
        issues.extend(_tried(heard.triage, language, name, content.tables[name]))
    return heard


def _reader(lists: _Lists, table: SignTable, spellings: _Lists) -> Triage:
    """Return what reads by these words: the same as before where they have not changed.

    Making it takes half a second, and most changes of a clinic's texts are not to these.
    """
    made = (lists, table, spellings)
    for earlier, reader in _MADE:
        if earlier == made:
            return reader
    reader = Triage(lists, table, spellings, likeness.shipped())
    _MADE.append((made, reader))
    return reader


def _signs(content: Content, issues: list[Issue]) -> SignTable:
    found = content.tables.get(SIGNS)
    if found is None:
        if any(name.startswith(f"{TRIAGE}/") for name in content.tables) and (
            SIGNS not in content.broken
        ):
            issues.append(Issue(SIGNS, "file", "is missing: it holds the danger signs"))
        return SignTable()
    try:
        return SignTable.model_validate(found)
    except ValidationError as error:
        issues.extend(faults_of(SIGNS, "", error))
        return SignTable()


def _lists(
    name: str, key: str, table: Table, issues: list[Issue]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the lists of one table of a file, without what is no word."""
    found = table.get(key, {})
    if not isinstance(found, dict):
        issues.append(Issue(name, key, f'must be a table of lists: [{key}] fever = ["…"]'))
        return
    for listed, entries in found.items():
        place = f"{key}.{listed}"
        if not isinstance(entries, list):
            issues.append(Issue(name, place, 'must be a list of words: ["…"]', blocks=False))
            continue
        sound = [each for each in entries if isinstance(each, str) and _usable(each)]
        if len(sound) < len(entries):
            wrong = next(each for each in entries if each not in sound)
            problem = f"{wrong!r:.40} is no word: write letters in quotes"
            issues.append(Issue(name, place, problem, blocks=False))
        yield listed, sound


def _unused(name: str, lists: Iterable[str], known: frozenset[str]) -> Iterator[Issue]:
    for concept in lists:
        if known != GRAMMAR and concept not in known:
            hint = suggestion(concept, known) or ": signs.toml names no such concept"
            place = f"words.{concept}"
            yield Issue(name, place, f"no sign uses this list{hint}", blocks=False)


def _spellings(name: str, table: Table, issues: list[Issue]) -> Iterator[tuple[str, list[str]]]:
    """Yield the spellings of one file: each is one word, and so is what it stands for."""
    for word, others in _lists(name, "spelling", table, issues):
        place = f"spelling.{word}"
        many = [each for each in (word, *others) if len(entry_words(each)) != 1]
        if many:
            problem = f"{many[0]!r:.40} must be one word: write longer ones in [words]"
            issues.append(Issue(name, place, problem, blocks=False))
        else:
            yield word, others


def _usable(entry: str) -> bool:
    words = entry_words(entry)
    return bool(words) and words[0] != "~" and words[-1] != "~"


def _tried(triage: Triage, language: str, name: str, table: Table) -> Iterator[Issue]:
    """Yield an issue for each example that is not read as it says."""
    examples = table.get("example", [])
    if not isinstance(examples, list):
        yield Issue(name, "example", "must be a list: write [[example]]", blocks=False)
        return
    for number, raw in enumerate(examples, start=1):
        place = f"example #{number}"
        try:
            example = _Example.model_validate(raw)
        except ValidationError as error:
            for issue in faults_of(name, place, error):
                yield Issue(issue.file, issue.key, issue.problem, blocks=False)
            continue
        problem = _read_wrongly(triage, language, example)
        if problem:
            yield Issue(name, place, f"“{example.text:.60}” {problem}", blocks=False)


def _read_wrongly(triage: Triage, language: str, example: _Example) -> str | None:
    given: dict[str, Any] = example.context.model_dump()
    verdict = triage.read(example.text, language, Context(**given))
    if verdict.level != example.level:
        why = ", ".join(f"{r.sign}: {r.words!r}" for r in verdict.reasons) or "no sign found"
        return f"is read as {verdict.level} ({why}), not {example.level}"
    missing = set(example.signs) - {reason.sign for reason in verdict.reasons}
    if missing:
        return f"lacks the sign {', '.join(sorted(missing))}"
    if set(example.intents) - set(verdict.intents):
        return f"has the intents {', '.join(verdict.intents) or 'none'}"
    if verdict.understood != example.understood:
        return "is not understood" if example.understood else "is understood"
    return None
