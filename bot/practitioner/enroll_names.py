"""The names that a practitioner may type for what has a button, in any language we speak."""

from typing import Final

from bot.names import bare
from messages.catalogue import Catalogue
from messages.protocol import Protocol

_TELLING: Final = 4
"""A word of a name with fewer letters ("and", "de") does not stand for the name."""


def treatments(catalogue: Catalogue) -> dict[str, list[str]]:
    """Return every treatment with what it may be called: key, names, and telling words of them."""
    names: dict[str, list[str]] = {}
    for treatment in catalogue.protocols:
        whole = [
            treatment,
            *(catalogue.treatment_name(language, treatment) for language in catalogue.languages),
        ]
        words = [word for name in whole for word in bare(name).split() if len(word) >= _TELLING]
        names[treatment] = [*whole, *words]
    # A word that two treatments share tells nothing.
    shared = {
        bare(spelling)
        for treatment, spellings in names.items()
        for spelling in spellings
        if any(
            bare(spelling) in map(bare, others)
            for other, others in names.items()
            if other != treatment
        )
    }
    return {
        treatment: [each for each in spellings if bare(each) not in shared or each == treatment]
        for treatment, spellings in names.items()
    }


def areas(catalogue: Catalogue, protocol: Protocol) -> dict[str, list[str]]:
    """Return every area of a protocol with what it may be called."""
    return {
        area: [
            area,
            *(
                catalogue.area_name(language, protocol.treatment, area)
                for language in catalogue.languages
            ),
        ]
        for area in protocol.areas
    }


def yes_no(catalogue: Catalogue) -> dict[bool, list[str]]:
    """Return what yes and no may be called, their first letters included."""
    words = {
        True: [
            "yes",
            *(catalogue.label(each, "common.answer.yes") for each in catalogue.languages),
        ],
        False: ["no", *(catalogue.label(each, "common.answer.no") for each in catalogue.languages)],
    }
    return {value: [*each, *(word[0] for word in each)] for value, each in words.items()}
