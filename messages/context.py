"""What is known of a message besides its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the words; all of it may be missing.

    Attributes:
        protocol: the treatment.
        lipolytic: whether the session was fat-dissolving.
        hours: elapsed hours since the session.
        question: the text of the question that this may answer.
        answers: earlier answers, by question key ("pain": "3").
    """

    protocol: str | None = None
    lipolytic: bool | None = None
    hours: float | None = None
    question: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
