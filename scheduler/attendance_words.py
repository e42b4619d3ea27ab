"""The question whether a patient came, in the words of whoever is asked."""

from typing import Final

from messages.catalogue import Catalogue
from messages.protocol import Protocol
from messages.render import moment_long
from scheduler.attendance import Asked
from scheduler.channel import Button
from scheduler.clinic import Clinic
from scheduler.said import Said

PREFIX: Final = "pa"
"""Of the buttons: ``pa:<session>:<answer>``; y came, n did not, m was moved, q asks."""
ASK: Final = "q"

_PLACE: Final = "practitioner.plans"
TRAITS: Final = ("lipolytic", "filler")


def traits_asked(protocol: Protocol | None) -> list[dict[str, bool]]:
    """Return what a session that took place may have been, where the protocol asks (pure)."""
    found: list[dict[str, bool]] = [{}]
    for trait in TRAITS:
        if protocol is not None and getattr(protocol, trait) == "ask":
            found = [{**each, trait: on} for each in found for on in (True, False)]
    return found if found != [{}] else []


def trait_code(traits: dict[str, bool]) -> str:
    """Return traits as a button carries them: a mark for each that the protocol asks for."""
    return "".join(f"{trait[0]}{int(on)}" for trait, on in traits.items())


def trait_names(catalogue: Catalogue, language: str, traits: dict[str, bool]) -> str:
    """Return traits in words: "fat-dissolving", "no filler"."""
    return ", ".join(
        catalogue.label(language, f"{_PLACE}.trait.{'' if on else 'not_'}{trait}")
        for trait, on in traits.items()
    )


def question(
    asked: Asked, protocol: Protocol | None, catalogue: Catalogue, clinic: Clinic, language: str
) -> Said:
    """Return the question with one button for each answer."""

    def button(name: str, answer: str, **params: str) -> tuple[Button, ...]:
        label = catalogue.label(language, f"{_PLACE}.attended.{name}", **params)
        return (Button(label, data=f"{PREFIX}:{asked.session['id']}:{answer}"),)

    came = [
        button("came_trait", trait_code(each), trait=trait_names(catalogue, language, each))
        for each in traits_asked(protocol)
    ] or [button("came", "y")]
    at = moment_long(asked.session["starts_at"], clinic.timezone, language)
    return Said(
        catalogue.text(language, f"{_PLACE}.attended.ask", label=asked.label, moment=at),
        buttons=(*came, button("missed", "n"), button("moved", "m")),
    )
