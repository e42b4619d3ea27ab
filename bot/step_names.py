"""What a step is called: in plans, timelines and over replies, for patients and for staff."""

from typing import Literal

from bot.turn import Turn


def step_name(
    turn: Turn,
    reader: Literal["patient", "practitioner"],
    treatment: str,
    step_key: str,
    language: str | None = None,
) -> str:
    """Return the step's own name, or what it is about; without markup.

    Several steps share a topic: two of them on one day must not read as the same message twice.

    Args:
        turn: the update at hand.
        reader: in whose words the topic is told.
        treatment: the protocol that has the step.
        step_key: which step.
        language: the reader's language; left out, that of the person who wrote.

    Raises:
        KeyError: the clinic took the protocol or the step away.
    """
    spoken = language or turn.language
    step = turn.catalogue.protocols[treatment].step(step_key)
    return turn.catalogue.step_name(spoken, treatment, step_key) or turn.catalogue.label(
        spoken, f"{reader}.topic.{step.topic}"
    )
