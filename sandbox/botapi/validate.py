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
Check = Callable[[Any, str], Any]
"""Takes a value and where it stands; returns the value as the method wants it, or refuses."""


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
            _refuse_unknown(method, name, given)
        else:
            values[name] = known[form](value, name)
    for name in required:
        if name not in values:
            words = MISSING.get((name, method)) or MISSING.get((name,))
            raise bad_request(words or f'parameter "{name}" is required')
    return values


def _refuse_unknown(method: str, name: str, given: Mapping[str, Any]) -> None:
    fact = METHODS[method].get(name)
    if fact is not None:
        raise bad_request(
            f'parameter "{name}" of {method} is deprecated since Bot API {fact["deprecated"]} '
            "(the sandbox refuses what is no longer documented)"
        )
    unknown = sorted(key for key in given if key not in METHODS[method])
    names = ", ".join(f'"{key}"' for key in unknown)
    raise bad_request(
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
    alternatives = [_type_check(kind) for kind in fact["types"]]
    base = alternatives[0] if len(alternatives) == 1 else _any_of(fact["types"], alternatives)
    limit = _limit_check(fact)
    if limit is None:
        return base

    def checked(value: Any, where: str) -> Any:
        value = base(value, where)
        limit(value, where)
        return value

    return checked


def _form_check_of(name: str, fact: Mapping[str, Any]) -> Check:
    """Build the check for one parameter that came as text: decode it, then check it."""
    kinds = fact["types"]
    inner = _check_of(fact)
    if kinds == ["Integer", "String"] and name.endswith("chat_id"):
        return lambda value, where: inner(_chat_id(value), where)
    if "String" in kinds:
        return inner
    if kinds == ["Boolean"]:
        return lambda value, where: inner(
            {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value,
            where,
        )
    if kinds == ["InputFile"]:
        return inner

    def decoded(value: Any, where: str) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                words = UNPARSABLE.get(name, f'can\'t parse parameter "{where}": not JSON')
                raise bad_request(words) from None
        return inner(value, where)

    return decoded


def _chat_id(value: Any) -> Any:
    return int(value) if isinstance(value, str) and not NOT_DIGITS.search(value[:20]) else value


def _any_of(kinds: list[str], alternatives: list[Check]) -> Check:
    """Accept what one of several types accepts; refuse in the words of the nearest of them."""
    tagged = {
        OBJECTS[name]["type"]["equals"]: check
        for kind, check in zip(kinds, alternatives, strict=True)
        if (name := kind.removeprefix("Array of ")) in OBJECTS
        and "equals" in OBJECTS[name].get("type", {})
    }
    if tagged and len(tagged) == len(kinds):
        return _array(_tagged(tagged)) if kinds[0].startswith("Array of ") else _tagged(tagged)
    fields = [set(OBJECTS.get(kind, ())) for kind in kinds]

    def checked(value: Any, where: str) -> Any:
        if isinstance(value, dict):
            likeness = [len(known & value.keys()) for known in fields]
            return alternatives[likeness.index(max(likeness))](value, where)
        for alternative in alternatives:
            try:
                return alternative(value, where)
            except Refusal:
                continue
        raise bad_request(f'parameter "{where}" must be {" or ".join(kinds)}')

    return checked


def _tagged(tagged: Mapping[str, Check]) -> Check:
    """Choose the check of an object by its field ``type``; the media types know what an array is.

    The table's checks of arrays are unwrapped here, because the array around them is ours.
    """
    single = {tag: getattr(check, "item", check) for tag, check in tagged.items()}

    def checked(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise bad_request(f'parameter "{where}" must be an Object')
        found = single.get(str(value.get("type")))
        if found is None:
            names = ", ".join(sorted(single))
            raise bad_request(f'parameter "{where}.type" must be one of {names}')
        return found(value, where)

    return checked


@cache
def _type_check(kind: str) -> Check:
    """Return the check of one type by its official name."""
    if kind.startswith("Array of "):
        return _array(_type_check(kind.removeprefix("Array of ")))
    if kind in OBJECTS:
        return _object(kind)
    wanted: dict[str, tuple[type, ...]] = {
        "Integer": (int,),
        "Float": (int, float),
        "String": (str,),
        "Boolean": (bool,),
        "InputFile": (str,),
        "Object": (dict,),
    }
    types = wanted[kind]
    truth = kind == "Boolean"

    def checked(value: Any, where: str) -> Any:
        if not isinstance(value, types) or isinstance(value, bool) is not truth:
            raise bad_request(f'parameter "{where}" must be of type {kind}')
        return value

    return checked


def _array(item: Check) -> Check:
    def checked(value: Any, where: str) -> Any:
        if not isinstance(value, list):
            raise bad_request(f'parameter "{where}" must be an Array')
        return [item(one, f"{where}[{index}]") for index, one in enumerate(value)]

    checked.item = item  # type: ignore[attr-defined] - read back by _tagged
    return checked


def _object(kind: str) -> Check:
    checks: dict[str, Check] = {}  # built at the first use: some objects hold themselves

    def checked(value: Any, where: str) -> Any:
        if not checks and OBJECTS[kind]:
            checks.update({name: _check_of(fact) for name, fact in OBJECTS[kind].items()})
        if not isinstance(value, dict):
            raise bad_request(f'parameter "{where}" must be an Object ({kind})')
        result = {}
        for name, one in value.items():
            if name not in checks:
                raise bad_request(f'unknown field "{where}.{name}" of {kind}')
            if one is not None:
                result[name] = checks[name](one, f"{where}.{name}")
        for name, fact in OBJECTS[kind].items():
            if fact["required"] and name not in result:
                raise bad_request(f'field "{where}.{name}" of {kind} is required')
        return result

    return checked


def _limit_check(fact: Mapping[str, Any]) -> Callable[[Any, str], None] | None:
    """Return the check of a length or range; what counts after parsing is checked there."""
    if "equals" in fact:
        only = fact["equals"]

        def equals(value: Any, where: str) -> None:
            if value != only:
                raise bad_request(f'parameter "{where}" must be "{only}"')

        return equals
    limits = fact.get("limits", {})
    for unit, (least, most) in limits.items():
        if unit != "entity_characters":
            return _within(unit, least, most)
    return None


def _within(unit: str, least: int, most: int) -> Callable[[Any, str], None]:
    measure: Callable[[Any], int] = {
        "characters": utf16_length,
        "bytes": lambda value: len(value.encode()),
        "items": len,
        "values": lambda value: value,
    }[unit]

    def within(value: Any, where: str) -> None:
        if not least <= measure(value) <= most:
            if where.endswith("callback_data"):
                raise bad_request("BUTTON_DATA_INVALID")
            raise bad_request(f'parameter "{where}" must have {least} to {most} {unit}')

    return within
