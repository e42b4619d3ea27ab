"""Whether the texts that ask for consent say which version they are.

A yes counts for the number that ``[version]`` in patient/rights/<lang>.toml declares: the same in
every language, or a yes in one would not be one in another; and another than the shipped one where
a clinic asks in words of its own, or nobody would be asked about them.
"""

from collections.abc import Iterator
from typing import Final

from messages.content import Issue
from messages.words import Words

_FOLDER: Final = "patient/rights"
_ASKS: Final = {
    "aftercare": ("patient", "consent.ask"),
    "photos": (_FOLDER, "photo.ask"),
    "tips": ("patient", "tips.ask"),
}


def issues(words: Words) -> Iterator[Issue]:
    """Yield what is wrong with the versions of the texts that ask for consent."""
    rights = words.folders.get(_FOLDER)
    if rights is None:
        return
    for purpose, (folder, asks) in _ASKS.items():
        key = f"version.{purpose}"
        declared = {
            language: str(texts[key]).strip()
            for language, texts in rights.sources.items()
            if key in texts
        }
        for language, number in declared.items():
            place = rights.file(language)
            if not number or " " in number:
                yield Issue(place, key, "must be one word, as in 1 or 2-alba")
            elif number != next(iter(declared.values())):
                yield Issue(place, key, "must be the same in every language")
            asked = words.folders[folder]
            own = asked.sources.get(language, {}).get(asks)
            shipped = asked.base.get(language, {}).get(asks)
            if own != shipped and number == str(rights.base[language].get(key)):
                problem = f"names the shipped text, and {asks} is your own: give it your own number"
                yield Issue(place, key, problem, blocks=False)
