"""One text of a content file, parsed once and filled in many times.

A placeholder is ``{name}``; a literal brace is doubled. A text may be a table of plural forms
(the categories of Unicode CLDR); the form is chosen by the parameter ``n``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, cast

from babel import Locale
from babel.numbers import format_decimal

from messages.markup import Html, escape

__all__ = ["PLURAL_FORMS", "Template", "Text", "needed_forms"]

PLURAL_FORMS: Final = ("zero", "one", "two", "few", "many", "other")

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|[{}]")
# Every category that whole numbers of a clinic's size reach; "many" of Spanish begins at 10^6.
_COUNTS: Final = range(201)


@dataclass(frozen=True, slots=True)
class Template:
    """Literal pieces and, between them, the names of placeholders.

    Attributes:
        pieces: the literals; always one more than ``names``.
        names: the placeholders, in order, with repetitions.
    """

    pieces: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, source: str) -> "Template":
        """Read a text of a content file.

        Raises:
            ValueError: a brace is neither doubled nor part of a placeholder.
        """
        pieces: list[str] = []
        names: list[str] = []
        literal: list[str] = []
        position = 0
        for token in _TOKEN.finditer(source):
            literal.append(source[position : token.start()])
            position = token.end()
            if token[1]:
                names.append(token[1])
                pieces.append("".join(literal))
                literal = []
            elif len(token[0]) == len("{{"):
                literal.append(token[0][0])
            else:
                near = source[max(0, token.start() - 10) : token.end() + 15].replace("\n", " ")
                raise ValueError(
                    f'a lone "{token[0]}" at "{near}": a placeholder is {{name}} in small letters, '
                    f'a literal brace is "{token[0] * 2}"'
                )
        literal.append(source[position:])
        pieces.append("".join(literal))
        return cls(tuple(pieces), tuple(names))

    def fill(self, value_of: Callable[[str], str]) -> str:
        """Return the text with every placeholder replaced by what ``value_of`` says, as it is."""
        if not self.names:
            return self.pieces[0]
        filled = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            filled.append(value_of(name))
            filled.append(piece)
        return "".join(filled)


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one language: a template, or one per plural form.

    Attributes:
        language: a language tag such as ``es`` or ``pt-br``; decides the plural rule.
        forms: by plural category; a text without plurals has ``other`` alone.
        plural: whether the parameter ``n`` chooses the form.
    """

    language: str
    forms: Mapping[str, Template]
    plural: bool

    @classmethod
    def parse(cls, language: str, source: str | Mapping[str, str]) -> "Text":
        """Read a text or a table of plural forms.

        Raises:
            ValueError: a brace is neither doubled nor part of a placeholder.
        """
        if isinstance(source, str):
            return cls(language, MappingProxyType({"other": Template.parse(source)}), plural=False)
        forms = {form: Template.parse(text) for form, text in source.items()}
        return cls(language, MappingProxyType(forms), plural=True)

    @property
    def names(self) -> frozenset[str]:
        """The placeholders of all forms together."""
        return frozenset(name for form in self.forms.values() for name in form.names)

    def html(self, params: Mapping[str, object]) -> Html:
        """Return the text as Telegram HTML; parameters are escaped unless they are Html.

        Raises:
            KeyError: a placeholder was given no value.
        """
        return Html(self._form(params).fill(lambda name: self._value(name, params)))

    def _form(self, params: Mapping[str, object]) -> Template:
        if not self.plural:
            return self.forms["other"]
        count = params["n"]
        if not isinstance(count, int):
            raise TypeError(f"n must be a whole number, not {type(count).__name__}")
        return self.forms.get(_plural_rule(self.language)(abs(count)), self.forms["other"])

    def _value(self, name: str, params: Mapping[str, object]) -> str:
        value = params[name]
        if isinstance(value, Html):
            return value
        if name == "n" and self.plural and isinstance(value, int):
            return escape(format_decimal(value, locale=_locale(self.language)))
        return escape(value)


@lru_cache(maxsize=64)
def needed_forms(language: str) -> tuple[str, ...]:
    """Return the plural categories that whole numbers need in ``language``, "other" last.

    Source: the plural rules of Unicode CLDR, as Babel carries them.
    """
    rule = _plural_rule(language)
    reached = {rule(count) for count in _COUNTS} | {"other"}
    return tuple(form for form in PLURAL_FORMS if form in reached)


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


@lru_cache(maxsize=64)
def _plural_rule(language: str) -> Callable[[int], str]:
    return cast("Callable[[int], str]", _locale(language).plural_form)
