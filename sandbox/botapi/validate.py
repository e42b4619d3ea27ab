"""Checks of parameters against the official methods, stricter than Telegram's own.

Telegram ignores a parameter that it does not know and guesses at a type; a typing mistake then
shows itself months later. Here everything that the documentation does not name is refused, in
words that say so. The facts come from ``methods.json``; every method's checks are built once.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.botapi.html import utf16_length
from sandbox.botapi.refusal import Refusal, bad_request

FACTS: dict[str, Any] = json.loads(Path(__file__).with_name("methods.json").read_bytes())
METHODS: dict[str, dict[str, Any]] = FACTS["methods"]
OBJECTS: dict[str, dict[str, Any]] = FACTS["objects"]
BY_LOWER_NAME = {name.lower(): name for name in METHODS}
"""Telegram takes the names of methods in any case."""

MISSING = {
    ("chat_id",): "chat_id is empty",
    ("text", "sendMessage"): "message text is empty",
    ("message_id",): "message identifier is not specified",
    ("message_ids",): "message identifiers are not specified",
    ("file_id",): "file_id not specified",
    ("photo", "sendPhoto"): "there is no photo in the request",
    ("document", "sendDocument"): "there is no document in the request",
    ("voice", "sendVoice"): "there is no voice in the request",
    ("video", "sendVideo"): "there is no video in the request",
    ("audio", "sendAudio"): "there is no audio in the request",
    ("sticker", "sendSticker"): "there is no sticker in the request",
}
"""Telegram's words for what is missing, where they are not the general ones."""

UNPARSABLE = {
    "reply_markup": "can't parse reply keyboard markup JSON object",
    "reply_parameters": "can't parse reply parameters JSON object",
    "link_preview_options": "can't parse link preview options JSON object",
    "media": "can't parse media JSON object",
    "options": "can't parse options JSON object",
}

NOT_DIGITS = re.compile(r"[^0-9-]")
Check = Callable[[Any], Any]
"""Takes a value, returns it as the method wants it, or raises :class:`_Wrong`."""


class _Wrong(Exception):
    """What is wrong with a value; the way to it is put together while it travels up."""

    def __init__(self, words: str, *, telegrams: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.telegrams = telegrams  # these words are Telegram's own, and name no parameter
        self.path = ""

    def under(self, step: str) -> "_Wrong":
        self.path = step + self.path
        return self

    def refusal(self) -> Refusal:
        where = self.path
        if where.endswith(".callback_data") and self.words.endswith(" bytes"):
            return bad_request("BUTTON_DATA_INVALID")
        return bad_request(self.words if self.telegrams else f'parameter "{where}" {self.words}')


def method_name(name: str) -> str:
    """Return the official spelling of a method's name.

    Raises:
        Refusal: 404 in Telegram's words for a method that does not exist.
    """
    known = BY_LOWER_NAME.get(name.lower())
    if known is None:
        raise Refusal(404, "Not Found: method not found")
    return known


def check(method: str, given: Mapping[str, Any], *, form: bool) -> dict[str, Any]:
    """Return the parameters of a call as typed values.

    Args:
        method: The official name of the method.
        given: The parameters as they came; None counts as not given.
        form: Whether they came as text (a query string or a form) and not as JSON.

    Raises:
        Refusal: 400 that names the first parameter that the documentation does not allow.
    """
    checks, required = _compiled(method)
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        known = checks.get(name)
        if known is None:
            raise _unknown(method, name, given)
        try:
            values[name] = known[form](value)
        except _Wrong as wrong:
            raise wrong.under(name).refusal() from None
    for name in required:
        if name not in values:
            words = MISSING.get((name, method)) or MISSING.get((name,))
            raise bad_request(words or f'parameter "{name}" is required')
    return values


def _unknown(method: str, name: str, given: Mapping[str, Any]) -> Refusal:
    fact = METHODS[method].get(name)
    if fact is not None:
        return bad_request(
            f'parameter "{name}" of {method} is deprecated since Bot API {fact["deprecated"]} '
            "(the sandbox refuses what is no longer documented)"
        )
    unknown = sorted(key for key in given if key not in METHODS[method])
    names = ", ".join(f'"{key}"' for key in unknown)
    return bad_request(
        f"unknown parameter {names} of {method} (Telegram would ignore it; the sandbox does not)"
    )


@cache
def _compiled(method: str) -> tuple[dict[str, tuple[Check, Check]], tuple[str, ...]]:
    """Return for each parameter its checks (from JSON, from a form), and what is required."""
    checks = {}
    for name, fact in METHODS[method].items():
        if "deprecated" not in fact:
            checks[name] = (_check_of(fact), _form_check_of(name, fact))
    required = tuple(
        name
        for name, fact in METHODS[method].items()
        if fact["required"] and "InputFile" not in fact["types"]
    )
    return checks, required


def _check_of(fact: Mapping[str, Any]) -> Check:
    """Build the check for one parameter or field given as JSON."""
    kinds = fact["types"]
    base = _type_check(kinds[0]) if len(kinds) == 1 else _any_of(kinds)
    limit = _limit_check(fact)
    if limit is None:
        return base

    def checked(value: Any) -> Any:
        value = base(value)
        limit(value)
        return value

    return checked


def _form_check_of(name: str, fact: Mapping[str, Any]) -> Check:
    """Build the check for one parameter that came as text: decode it, then check it."""
    kinds = fact["types"]
    inner = _check_of(fact)
    if kinds == ["Integer", "String"] and name.endswith("chat_id"):
        return lambda value: inner(_chat_id(value))
    if "String" in kinds or kinds == ["InputFile"]:
        return inner
    unparsable = UNPARSABLE.get(name)

    def decoded(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                if unparsable is not None:
                    raise _Wrong(unparsable, telegrams=True) from None
                raise _Wrong("must be written as JSON") from None
        return inner(value)

    return decoded


def _chat_id(value: Any) -> Any:
    return int(value) if isinstance(value, str) and not NOT_DIGITS.search(value[:20]) else value


def _any_of(kinds: list[str]) -> Check:
    """Accept what one of several types accepts; refuse in the words of the nearest of them."""
    names = [kind.removeprefix("Array of ") for kind in kinds]
    tags = [OBJECTS.get(name, {}).get("type", {}).get("equals") for name in names]
    if None not in tags:
        tagged = _tagged(dict(zip(tags, map(_type_check, names), strict=True)))
        return _array(tagged) if kinds[0].startswith("Array of ") else tagged
    alternatives = [_type_check(kind) for kind in kinds]
    fields = [set(OBJECTS.get(kind, ())) for kind in kinds]

    def checked(value: Any) -> Any:
        if isinstance(value, dict):
            likeness = [len(known & value.keys()) for known in fields]
            return alternatives[likeness.index(max(likeness))](value)
        for alternative in alternatives:
            try:
                return alternative(value)
            except _Wrong:
                continue
        raise _Wrong(f"must be {' or '.join(kinds)}")

    return checked


def _tagged(checks: Mapping[str, Check]) -> Check:
    """Choose the check of an object by its field ``type``."""

    def checked(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Wrong("must be an Object")
        found = checks.get(str(value.get("type")))
        if found is None:
            raise _Wrong(f"must be one of {', '.join(sorted(checks))}").under(".type")
        return found(value)

    return checked


TYPES: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "InputFile": (str,),
    "Object": (dict,),
    "RichText": (str, list, dict),
}


@cache
def _type_check(kind: str) -> Check:
    """Return the check of one type by its official name."""
    if kind.startswith("Array of "):
        return _array(_type_check(kind.removeprefix("Array of ")))
    if kind in OBJECTS:
        return _object(kind)
    types = TYPES[kind]
    truth = kind == "Boolean"

    def checked(value: Any) -> Any:
        if not isinstance(value, types) or isinstance(value, bool) is not truth:
            raise _Wrong(f"must be of type {kind}")
        return value

    return checked


def _array(item: Check) -> Check:
    def checked(value: Any) -> Any:
        if not isinstance(value, list):
            raise _Wrong("must be an Array")
        result: list[Any] = []
        try:
            for one in value:
                result.append(item(one))  # noqa: PERF401 - its length is the index of the fault
        except _Wrong as wrong:
            raise wrong.under(f"[{len(result)}]") from None
        return result

    return checked


def _object(kind: str) -> Check:
    facts = OBJECTS[kind]
    required = tuple(name for name, fact in facts.items() if fact["required"])
    checks: dict[str, Check] = {}  # filled at the first use: some objects hold themselves

    def checked(value: Any) -> Any:
        if not checks and facts:
            checks.update({name: _check_of(fact) for name, fact in facts.items()})
        if not isinstance(value, dict):
            raise _Wrong(f"must be an Object ({kind})")
        result = {}
        for name, one in value.items():
            if one is None:
                continue
            known = checks.get(name)
            if known is None:
                raise _Wrong(f"is no field of {kind}").under(f".{name}")
            try:
                result[name] = known(one)
            except _Wrong as wrong:
                raise wrong.under(f".{name}") from None
        for name in required:
            if name not in result:
                raise _Wrong(f"is required in {kind}").under(f".{name}")
        return result

    return checked


def _limit_check(fact: Mapping[str, Any]) -> Callable[[Any], None] | None:
    """Return the check of a length or range; what counts after parsing is checked there."""
    if "equals" in fact:
        only = fact["equals"]

        def equals(value: Any) -> None:
            if value != only:
                raise _Wrong(f'must be "{only}"')

        return equals
    for unit, (least, most) in fact.get("limits", {}).items():
        if unit != "entity_characters":
            return _within(unit, least, most)
    return None


def _within(unit: str, least: int, most: int) -> Callable[[Any], None]:
    measure: Callable[[Any], int] = {
        "characters": utf16_length,
        "bytes": lambda value: len(value.encode()),
        "items": len,
        "values": lambda value: value,
    }[unit]

    def within(value: Any) -> None:
        if not least <= measure(value) <= most:
            raise _Wrong(f"must have {least} to {most} {unit}")

    return within
