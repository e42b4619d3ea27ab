"""From language files to texts: each parsed once, with every fault of its own.

Every text has one dotted key: ``<room>.<table>.<key>`` for the rooms, ``common.step.<key>.…`` for
the core steps and ``protocols.<treatment>.…`` for a treatment's own words. A room too long for one
file keeps some of its tables in folders: ``practitioner.plans.title`` is ``title`` in
``practitioner/plans/<lang>.toml``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from messages import markup
from messages.content import ROOMS, Content, Issue, Table, nearest, suggestion
from messages.template import PLURAL_FORMS, Text, needed_forms

__all__ = ["Folder", "Source", "Words", "build"]

_DATA: Final = ("never",)
"""Tables of common/<lang>.toml that are data for the checks rather than texts."""

Source = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of language files.

    Attributes:
        path: relative to the content directory: ``patient``, ``practitioner/plans``,
            ``protocols/facial``.
        sources: by language, by key within the file: the texts as written.
        base: the same as the first directory has it: what the program itself was written for.
        texts: by language, by key within the file: the sound ones, parsed.
        unread: languages whose file could not be read.
    """

    path: str
    sources: Mapping[str, Mapping[str, Source]]
    base: Mapping[str, Mapping[str, Source]]
    texts: Mapping[str, Mapping[str, Text]]
    unread: frozenset[str]

    @property
    def treatment(self) -> str | None:
        """The treatment whose folder this is, or None for a room."""
        head, _, tail = self.path.partition("/")
        return tail if head == "protocols" else None

    @property
    def room(self) -> str:
        """The room that the words are for; "protocols" for a treatment's."""
        return self.path.partition("/")[0]

    def file(self, language: str) -> str:
        """Return the path of one language's file."""
        return f"{self.path}/{language}.toml"

    def has(self, key: str) -> bool:
        """Return whether any language has this text."""
        return any(key in texts for texts in self.sources.values())


@dataclass(slots=True)
class Words:
    """Every text of every folder, and what is wrong with some.

    Attributes:
        folders: by path.
        languages: every language that has any file.
        never: by language, the phrases that no patient may read.
        issues: every fault.
    """

    folders: dict[str, Folder] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    never: dict[str, tuple[str, ...]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def texts(self) -> dict[str, dict[str, Text]]:
        """Return by language, by whole dotted key, every sound text."""
        return {
            language: {
                f"{folder.path.replace('/', '.')}.{key}": text
                for folder in self.folders.values()
                for key, text in folder.texts.get(language, {}).items()
            }
            for language in self.languages
        }


def build(content: Content) -> Words:
    """Return every text of ``content``; faults become issues and never raise."""
    words = Words(languages=content.languages)
    treatments = (f"protocols/{treatment}" for treatment in content.treatments)
    tips = (f"tips/{tip}" for tip in content.tips)
    for path in (*ROOMS, *content.parts, *treatments, *tips):
        words.folders[path] = _folder(content, words, path)
    for path in content.parts:
        words.issues.extend(_said_twice(words.folders, path))
    return words


def _said_twice(folders: Mapping[str, Folder], path: str) -> Iterator[Issue]:
    """Yield where a room's own file has the table that is a folder below the room."""
    room, _, part = path.partition("/")
    for language, sources in folders[room].sources.items():
        if any(key == part or key.startswith(f"{part}.") for key in sources):
            problem = f"is a folder, {path}/: move the texts there"
            yield Issue(folders[room].file(language), part, problem)


def _folder(content: Content, words: Words, path: str) -> Folder:
    sources: dict[str, dict[str, Source]] = {}
    base: dict[str, dict[str, Source]] = {}
    texts: dict[str, dict[str, Text]] = {}
    for language in content.languages:
        name = f"{path}/{language}.toml"
        table = content.tables.get(name)
        if table is None:
            continue
        shipped = content.base[name]
        if path == "common":
            words.never[language] = _never(words.issues, name, table)
            table, shipped = (
                {k: v for k, v in t.items() if k not in _DATA} for t in (table, shipped)
            )
        sources[language] = dict(_flat(words.issues, name, table))
        base[language] = dict(_flat([], name, shipped))
        texts[language] = {
            key: text
            for key, source in sources[language].items()
            if (text := _parsed(words.issues, name, language, key, source)) is not None
        }
    unread = frozenset(
        language for language in content.languages if f"{path}/{language}.toml" in content.broken
    )
    return Folder(path, sources, base, texts, unread)


def _never(issues: list[Issue], name: str, table: Table) -> tuple[str, ...]:
    never = table.get("never", {})
    lists = list(never.values()) if isinstance(never, dict) else [None]
    phrases: list[str] = []
    for each in lists:
        if isinstance(each, list) and all(isinstance(word, str) and word.strip() for word in each):
            phrases.extend(each)
        else:
            issues.append(
                Issue(name, "never", 'must hold lists of phrases: phrases = ["…"]', blocks=False)
            )
    return tuple(phrases)


def _flat(
    issues: list[Issue], name: str, table: Table, place: tuple[str, ...] = ()
) -> Iterator[tuple[str, Source]]:
    for key, value in table.items():
        path = (*place, key)
        dotted = ".".join(path)
        if not key or "." in key:
            issues.append(Issue(name, dotted, "a key is one word without dots"))
        elif isinstance(value, str):
            yield dotted, value
        elif isinstance(value, dict) and _is_plural(value):
            yield dotted, dict(value)
        elif isinstance(value, dict):
            yield from _flat(issues, name, value, path)
        else:
            issues.append(Issue(name, dotted, f"must be text in quotes, not {value!r:.40}"))


def _is_plural(table: Mapping[str, Any]) -> bool:
    """Whether a table holds plural forms, be one of them misspelled."""
    return (
        "other" in table
        and all(isinstance(form, str) for form in table.values())
        and all(form in PLURAL_FORMS or nearest(form, PLURAL_FORMS) for form in table)
    )


def _parsed(issues: list[Issue], name: str, language: str, key: str, source: Source) -> Text | None:
    found: list[Issue] = []
    forms = {"": source} if isinstance(source, str) else source
    if not isinstance(source, str):
        found += [
            Issue(name, f"{key}.{form}", "is no plural form" + suggestion(form, PLURAL_FORMS))
            for form in source
            if form not in PLURAL_FORMS
        ]
        misspelled = {nearest(form, PLURAL_FORMS) for form in source if form not in PLURAL_FORMS}
        issues.extend(
            Issue(name, f"{key}.{form}", "is missing: counts need this plural form", blocks=False)
            for form in needed_forms(language)
            if form not in source and form not in misspelled
        )
    for form, words in forms.items():
        place = f"{key}.{form}" if form else key
        if not words.strip():
            found.append(Issue(name, place, "is empty: write the text"))
            continue
        try:
            sample = Text.parse(language, words).forms["other"].fill(lambda _: "x")
        except ValueError as error:
            found.append(Issue(name, place, str(error)))
            continue
        if not markup.plain(sample).strip():
            found.append(Issue(name, place, "shows nothing but tags: write the text"))
        found += [Issue(name, place, problem) for problem in markup.problems(sample)]
    issues.extend(found)
    return None if found else Text.parse(language, source)
