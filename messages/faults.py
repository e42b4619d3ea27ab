"""What pydantic finds in a table, as issues in words that say what to do."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from messages.content import Issue, Table, nearest, suggestion
from messages.protocol import CONTRADICTION

__all__ = ["faults_of", "unknown_keys", "validated"]

_Model = TypeVar("_Model", bound=BaseModel)

_PROBLEMS: Final = {
    "missing": "is missing: add it",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "tuple_type": "must be a list: [ … ]",
}


def validated(
    model: type[_Model], file: str, place: str, table: Table, *, known: tuple[str, ...]
) -> tuple[_Model | None, list[Issue]]:
    """Return the model of a table, or None and everything that is wrong with the table."""
    found = unknown_keys(file, place, table, known)
    meant = {nearest(key, known) for key in table if key not in known}
    try:
        made = model.model_validate({key: table[key] for key in known if key in table})
    except ValidationError as error:
        return None, found + [
            issue
            for issue in faults_of(file, place, error)
            if issue.key.removeprefix(f"{place}.") not in meant
        ]
    return (None, found) if found else (made, [])


def unknown_keys(
    file: str, place: str, table: Mapping[str, Any], known: Iterable[str]
) -> list[Issue]:
    """Return an issue for every key that is not known, with the nearest one that is."""
    known = tuple(known)
    return [
        Issue(
            file,
            f"{place}.{key}" if place else key,
            "is not a key here" + (suggestion(key, known) or f": use {', '.join(known)}"),
        )
        for key in table
        if key not in known
    ]


def faults_of(file: str, place: str, error: ValidationError) -> list[Issue]:
    """Return everything that pydantic found under ``place``."""
    found = []
    for detail in error.errors():
        parts = [place] if place else []
        parts += [f"#{part + 1}" if isinstance(part, int) else part for part in detail["loc"]]
        if detail["type"] == CONTRADICTION:
            found += [
                Issue(file, ".".join([*parts, key]), problem)
                for key, problem in detail["ctx"]["found"]
            ]
        else:
            found.append(Issue(file, ".".join(parts), _problem(detail)))
    return found


def _problem(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    given = detail["input"]
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            allowed = str(context["expected"]).replace("'", '"')
            hint = suggestion(str(given), re.findall('"([^"]+)"', allowed))
            return f"{given!r} is not {allowed}{hint}"
        case "string_pattern_mismatch":
            return f"{given!r} must be of small letters, digits, _ and - only"
        case "string_type":
            return f"must be text in quotes, not {given!r}"
        case kind:
            message = detail["msg"]
            return _PROBLEMS.get(kind, message[:1].lower() + message[1:])
