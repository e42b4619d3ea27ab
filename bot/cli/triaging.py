"""``aftercare triage``: what the words of a message would set off, one JSON line for each."""

import json
from collections.abc import Iterable
from typing import Any, Final

import typer

from messages.triage import Context, Triage, Verdict

_KEYS: Final = ("language", "text", "context")
_GIVEN: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "protocol": ((str,), "a treatment in quotes"),
    "lipolytic": ((bool,), "true or false"),
    "hours": ((int, float), "a number of hours since the session"),
    "question": ((str,), "the text of the question"),
    "answers": ((dict,), 'earlier answers: {"pain": "3"}'),
}
_LONGEST: Final = 100_000


class LineInvalid(Exception):
    """A line cannot be read as a message; the words say why."""


def triage(lines: Iterable[bytes], reader: Triage) -> int:
    """Read JSON lines and write one for each; return 1 if any of them was at fault, else 0.

    A fault becomes a line with "error", so that line n of the answer is always line n of the
    question; the lines after it are read all the same. Empty lines are skipped.
    """
    faulty = False
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            answer = _answered(raw, reader)
        except LineInvalid as invalid:
            faulty = True
            answer = {"line": number, "error": str(invalid)}
        typer.echo(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    return int(faulty)


def _answered(raw: bytes, reader: Triage) -> dict[str, Any]:
    document = _parsed(raw)
    text = document.get("text")
    if not isinstance(text, str):
        raise LineInvalid('"text" must be there, in quotes')
    if len(text) > _LONGEST:
        raise LineInvalid(f'"text" is longer than {_LONGEST} characters')
    language = document.get("language", "en")
    if not isinstance(language, str):
        raise LineInvalid('"language" must be a language tag in quotes, such as "es"')
    given = document.get("context")
    context, ignored = _context({} if given is None else given)
    ignored = [key for key in document if key not in _KEYS] + ignored
    answer = _document(reader.read(text, language.lower(), context))
    # A misspelled key changes the level quietly, so it is said; it does not hide the answer.
    return {**answer, "ignored": ignored} if ignored else answer


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except UnicodeDecodeError:
        raise LineInvalid("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise LineInvalid(f"not JSON: {str(error)[:120]}") from None
    if not isinstance(document, dict):
        raise LineInvalid('must be an object: {"language": "en", "text": "…"}')
    return document


def _context(given: object) -> tuple[Context, list[str]]:
    if not isinstance(given, dict):
        raise LineInvalid('"context" must be an object')
    known: dict[str, Any] = {}
    for key, (kinds, wanted) in _GIVEN.items():
        value = given.get(key)
        if value is None:
            continue
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise LineInvalid(f'"context.{key}" must be {wanted}')
        known[key] = value
    if "answers" in known:
        known["answers"] = {str(key): str(value) for key, value in known["answers"].items()}
    return Context(**known), [f"context.{key}" for key in given if key not in _GIVEN]


def _document(verdict: Verdict) -> dict[str, Any]:
    return {
        "level": verdict.level,
        "reasons": [
            {"sign": r.sign, "words": r.words, "start": r.start, "end": r.end, "level": r.level}
            for r in verdict.reasons
        ],
        "intents": list(verdict.intents),
        "understood": verdict.understood,
    }
