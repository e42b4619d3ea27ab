"""The words of a typed date, in many languages, brought to one plain English.

dateparser knows how some two hundred languages name days, months and distances in time, and
translates them: "через 2 недели" becomes "in 2 week", "miércoles" becomes "wednesday". That is all
we ask of it. Its own reading is far too generous for a clinic's diary ("martes a las 10" is a
Sunday to it, "a" is the first of the month): ``bot.dates`` reads the plain English with a grammar
that must account for every word.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_NUMBERS: Final[Mapping[str, Mapping[str, int]]] = {
    "en": {
        "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
        "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    },
    "es": {
        "un": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7,
        "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12,
    },
}  # fmt: skip

# Turns of phrase that dateparser does not know, as ones that it does or as the grammar's own words.
_PHRASES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "en": (
        (r"(an?|\d+) (\w+) from (?:now|today)", r"in \1 \2"),
        (r"half an hour", "30 minutes"),
        (r"next (week|month|year)", r"in 1 \1"),
        (r"(?:a|one) fortnight", "2 weeks"),
        (r"(?:a )?couple of", "2"),
        (r"(?:this )?coming", "next"),
        (r"(?:on|the|of|this)", ""),
    ),
    "es": (
        (r"pasado ma[nñ]ana", "dentro de 2 dias"),
        (r"antes de ayer|antier", "anteayer"),
        (r"media hora", "30 minutos"),
        (r"(\d+) ?h", r"\1 horas"),
        (r"quincena", "15 dias"),
        (r"(?:(?:la|el) )?(semana|mes|año) que viene", r"en 1 \1"),
        (r"(?:(?:la|el) )?pr[oó]xim[oa] (semana|mes|año)", r"en 1 \1"),
        (r"(\w+) (?:que viene|pr[oó]ximo)", r"next \1"),
        (r"pr[oó]ximo", "next"),
        (r"(\w+) pasado", r"last \1"),
        (r"ahora mismo", "ahora"),
        (r"(?:el|este|d[ií]a)", ""),
    ),
}
_QUALIFIERS: Final = re.compile(r"\b(next|last)\b")


def in_plain_english(words: str, languages: Sequence[str]) -> Iterator[str]:
    """Say ``words`` (case-folded) in dateparser's English, for each language they may be in.

    Words that nobody knows are left as they are.

    Args:
        words: A date without its time of day.
        languages: The likeliest first, as Telegram gives them ("es", "pt-br"). English, which
            people type everywhere, is tried last. One that dateparser does not know changes
            nothing.
    """
    for code in dict.fromkeys((*map(base_language, languages), "en")):
        yield _translated(_rephrased(words, code), code)


def base_language(tag: str) -> str:
    """Return the language of a tag without its region: "pt" of "pt-BR"."""
    return re.split(r"[-_]", tag.casefold(), maxsplit=1)[0]


def _rephrased(words: str, code: str) -> str:
    numbers = _NUMBERS.get(code, {})
    words = re.sub(r"\w+", lambda word: str(numbers.get(word[0], word[0])), words)
    for phrase, plain in _PHRASES.get(code, ()):
        words = re.sub(rf"(?<!\w)(?:{phrase})(?!\w)", plain, words)
    return " ".join(words.split())


def _translated(words: str, code: str) -> str:
    # Half a second to import, and most updates hold no date: so only here.
    from dateparser.conf import settings  # noqa: PLC0415 - see above
    from dateparser.languages.loader import default_loader  # noqa: PLC0415 - see above

    try:
        locale = default_loader.get_locale(code)
    except ValueError:
        return words
    # "next" is a word of our grammar, and no language but English has it.
    kept = [part.strip() for part in _QUALIFIERS.split(words)]
    plain = [
        part if _QUALIFIERS.fullmatch(part) else locale.translate(part, settings=settings)
        for part in kept
        if part
    ]
    return " ".join(" ".join(plain).split())
