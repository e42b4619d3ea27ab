"""Every issue of the content at once: what `aftercare check` lists, and what loading refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from messages import (
    agreements,
    content,
    coverage,
    structure,
    style,
    tips,
    vocabulary,
    words,
)
from messages.content import Issue
from messages.protocol import Protocol
from messages.template import Text
from messages.tips import LibraryTip
from messages.triage import Triage

__all__ = ["Examined", "Issue", "check", "examine"]


@dataclass(frozen=True, slots=True)
class Examined:
    """The sound part of the content, and every issue of the rest.

    Attributes:
        protocols: by treatment.
        texts: by language, by dotted key.
        issues: in the order of files and keys.
        triage: reads what patients write.
        tips: the library, by name.
    """

    protocols: Mapping[str, Protocol]
    texts: Mapping[str, Mapping[str, Text]]
    issues: tuple[Issue, ...]
    triage: Triage
    tips: Mapping[str, LibraryTip]


def examine(*directories: Path, tried: bool = True) -> Examined:
    """Read the content of ``directories``, later ones laid over earlier ones.

    With ``tried`` the examples of the triage are read too, which never keeps content from loading.

    Faults of the content become issues; this never raises for them.
    """
    found = content.read(directories)
    built = structure.build(found)
    said = words.build(found)
    heard = vocabulary.build(found, tried=tried)
    library, faults = tips.build(found, built, said)
    issues = [*found.issues, *built.issues, *said.issues, *heard.issues, *faults]
    issues += [*coverage.issues(said, built), *style.issues(said), *agreements.issues(said)]
    if not built.protocols and not issues:
        issues.append(Issue("protocols", "directory", "holds no treatment: add a folder"))
    return Examined(
        built.protocols, said.texts(), tuple(sorted(set(issues))), heard.triage, library
    )


def check(*directories: Path) -> list[Issue]:
    """Return every issue of the content; the empty list means that all is well."""
    return list(examine(*directories).issues)
