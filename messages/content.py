"""The content files as they lie on disk: found, read, and laid over each other.

Knows where a file may be and how a clinic's own directory changes the shipped one, but not what the
keys mean.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from babel import Locale, UnknownLocaleError

__all__ = ["CORE", "ROOMS", "SIGNS", "TRIAGE", "Content", "Issue", "nearest", "read", "suggestion"]

ROOMS: Final = ("common", "patient", "practitioner", "clinic")
_DIVISIBLE: Final = ROOMS[1:]
"""The rooms whose words may lie in folders of their own below the room: practitioner/plans/."""
CORE: Final = "common/core.toml"
TRIAGE: Final = "triage"
SIGNS: Final = "triage/signs.toml"
_TIMING: Final = ("core.toml", "protocol.toml", "tip.toml")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
_LINE: Final = re.compile(r"\(at line (\d+), column (\d+)\)")

Table = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """One thing to put right in the content.

    Attributes:
        file: relative to its directory; with the line for a fault in the TOML itself.
        key: the dotted place in the file.
        problem: what is wrong and what to do.
        blocks: whether a message could break at send time, so that loading refuses it.
    """

    file: str
    key: str
    problem: str
    blocks: bool = field(default=True, compare=False)

    def __str__(self) -> str:
        """Return the line that ``aftercare check`` prints."""
        return f"{self.file}: {self.key}: {self.problem}"


@dataclass(slots=True)
class Content:
    """What the directories hold together.

    Attributes:
        tables: the merged table of each file, by its path relative to its directory.
        base: the same, as the first directory that has the file gives it.
        broken: the files that could not be read, so that nothing is said of what they lack.
        issues: what was found while reading.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    base: dict[str, Table] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    issues: list[Issue] = field(default_factory=list)

    @property
    def treatments(self) -> tuple[str, ...]:
        """Every folder of protocols/ that has a file, in order."""
        folders = {path.split("/")[1] for path in self._paths() if path.startswith("protocols/")}
        return tuple(sorted(folders))

    @property
    def tips(self) -> tuple[str, ...]:
        """Every folder of tips/ that has a file, in order."""
        folders = {path.split("/")[1] for path in self._paths() if path.startswith("tips/")}
        return tuple(sorted(folders))

    @property
    def parts(self) -> tuple[str, ...]:
        """Every folder below a room, such as ``practitioner/plans``, in order."""
        return _parts(self._paths())

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language that has any text, in order; the triage may know more of them."""
        return _spoken(self._paths())

    def _paths(self) -> set[str]:
        return self.tables.keys() | self.broken


def read(directories: Iterable[Path]) -> Content:
    """Read every content file, later directories laid over earlier ones; never raises for them."""
    content = Content()
    shipped: tuple[str, ...] | None = None
    for directory in directories:
        if not directory.is_dir():
            content.issues.append(
                Issue(str(directory), "directory", "does not exist: create it or correct the path")
            )
            continue
        for name, path in _files(directory):
            misplaced = _misplaced(name, shipped)
            if misplaced:
                content.issues.append(Issue(name, "file", misplaced, blocks=False))
                continue
            _add(content, name, path)
        shipped = content.parts if shipped is None else shipped
    return content


def languages(directories: Iterable[Path]) -> tuple[str, ...]:
    """Return the languages that have any text, by the names of the files alone, in order."""
    found: set[str] = set()
    shipped: tuple[str, ...] | None = None
    for directory in directories:
        found |= {name for name, _ in _files(directory) if not _misplaced(name, shipped)}
        shipped = _parts(found) if shipped is None else shipped
    return _spoken(found)


def _files(directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield the content files below a directory with their names in it, hidden ones left out."""
    for path in sorted(directory.rglob("*.toml")):
        name = path.relative_to(directory).as_posix()
        if not any(part.startswith(".") for part in name.split("/")):
            yield name, path


def _parts(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({part for name in names if (part := _part(name))}))


def _spoken(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                Path(name).stem
                for name in names
                if not name.endswith(_TIMING) and not name.startswith(f"{TRIAGE}/")
            }
        )
    )


def _part(name: str) -> str | None:
    """Return the folder below a room that a language file lies in, or None."""
    room, _, rest = name.partition("/")
    return name.rpartition("/")[0] if room in _DIVISIBLE and "/" in rest else None


def _add(content: Content, name: str, path: Path) -> None:
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        content.issues.append(Issue(name, "file", f"cannot be read: {error.strerror}"))
        content.broken.add(name)
        return
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        content.issues.append(
            Issue(f"{name}:{line}", "encoding", "is not UTF-8: save the file as UTF-8")
        )
        content.broken.add(name)
        return
    try:
        table = tomllib.loads(source)
    except RecursionError:
        problem = Issue(name, "syntax", "is nested too deeply")
    except ValueError as error:
        problem = _syntax_issue(name, source, str(error))
    else:
        if name.endswith(_TIMING):
            content.issues.extend(_duplicates(name, table))
        if name in content.tables:
            merge = _extended if name.startswith(f"{TRIAGE}/") else _merged
            content.tables[name] = merge(content.tables[name], table)
        else:
            content.tables[name] = content.base[name] = table
        return
    content.issues.append(problem)
    content.broken.add(name)


def _syntax_issue(name: str, source: str, message: str) -> Issue:
    place = _LINE.search(message)
    if place is None:
        # What tomllib finds at the end of the document has no line of its own.
        line, column = source.count("\n") + 1, ""
    else:
        line, column = int(place[1]), f" at column {place[2]}"
    words = message.partition(" (at ")[0]
    return Issue(f"{name}:{line}", "syntax", f"not valid TOML{column}: {words}")


def _misplaced(name: str, shipped: tuple[str, ...] | None) -> str | None:
    """Return why no part of the program would read the file, or None.

    The first directory says which folders there are below the rooms (``shipped``; None while that
    one is read): the words of any other would belong to no message.
    """
    parts = name.split("/")
    match parts:
        case ["common", "core.toml"] | ["protocols", _, "protocol.toml"] | ["triage", "signs.toml"]:
            return None
        case ["tips", _, "tip.toml"]:
            return None
        case ["protocols" | "tips", _, file]:
            pass
        case [room, file] if room in (*ROOMS, TRIAGE):
            pass
        case [room, part, file] if room in _DIVISIBLE:
            if shipped is not None and f"{room}/{part}" not in shipped:
                hint = suggestion(f"{room}/{part}", shipped)
                return f"is in no folder that the bot reads{hint}"
        case _:
            hint = suggestion(parts[0], ("protocols", "tips", TRIAGE, *ROOMS))
            return f"is in no folder that the bot reads{hint}"
    stem = file.removesuffix(".toml")
    if not _is_language(stem):
        hint = suggestion(file, _TIMING)
        return f'"{stem}" is not a language such as en, es or pt-br{hint}'
    return None


def _is_language(stem: str) -> bool:
    if not _LANGUAGE.fullmatch(stem):
        return False
    try:
        Locale.parse(stem, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _duplicates(name: str, table: Table) -> list[Issue]:
    """Return the steps that one file has twice; in two files the later one changes the earlier."""
    seen: set[str] = set()
    found = []
    steps = table.get("step")
    for step in steps if isinstance(steps, list) else ():
        key = step.get("key") if isinstance(step, dict) else None
        if isinstance(key, str) and key in seen:
            found.append(Issue(name, f"step.{key}", "is there twice: rename or remove one"))
        elif isinstance(key, str):
            seen.add(key)
    return found


def _merged(under: Table, over: Table) -> Table:
    """Lay a clinic's table over the shipped one: tables key by key, steps by their key."""
    merged = dict(under)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and not _is_plural(value):
            merged[key] = _merged(old, value)
        elif key == "step" and isinstance(old, list) and isinstance(value, list):
            merged[key] = _merged_steps(old, value)
        else:
            merged[key] = value
    return merged


def _extended(under: Table, over: Table) -> Table:
    """Add a clinic's words to the shipped ones: lists grow, so that no danger word gets lost."""
    extended = dict(under)
    for key, value in over.items():
        old = extended.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            extended[key] = _extended(old, value)
        elif isinstance(old, list):
            # A word alone, without its brackets, joins the list too: it must not replace it.
            extended[key] = [*old, *(value if isinstance(value, list) else [value])]
        else:
            extended[key] = value
    return extended


def _is_plural(table: Mapping[str, Any]) -> bool:
    # Plural forms belong together: a clinic's {other = …} must not keep the shipped "one".
    return "other" in table and all(isinstance(form, str) for form in table.values())


def _merged_steps(under: list[Any], over: list[Any]) -> list[Any]:
    steps = list(under)
    places = {
        step.get("key"): n
        for n, step in enumerate(steps)
        if isinstance(step, dict) and isinstance(step.get("key"), str)
    }
    for step in over:
        key = step.get("key") if isinstance(step, dict) else None
        place = places.get(key) if isinstance(key, str) else None
        if place is None:
            steps.append(step)
            continue
        old = dict(steps[place])
        if "after" in step or "before" in step:
            old.pop("after", None)
            old.pop("before", None)
        steps[place] = {**old, **step}
    return steps


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` was probably meant to be."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ': did you mean "…"?' for the nearest known word, or nothing."""
    close = nearest(word, known)
    return f': did you mean "{close}"?' if close else ""
