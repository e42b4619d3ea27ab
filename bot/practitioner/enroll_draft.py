"""A half-made enrollment: what was chosen so far, and what is still to be asked (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from messages.catalogue import Catalogue
from messages.protocol import Protocol
from scheduler.enrollment import Choice

Question = Literal["treatment", "area", "lipolytic", "filler", "session", "next", "label", "same"]
Step = Question | Literal["plan", "change"]

QUESTIONS: Final[tuple[Question, ...]] = (
    "treatment",
    "area",
    "lipolytic",
    "filler",
    "session",
    "next",
    "label",
    "same",
)
STEPS: Final[tuple[Step, ...]] = (*QUESTIONS, "plan", "change")

# What an answer makes meaningless: another treatment has other areas, another label other people.
_UNDONE_BY: Final[Mapping[Question, tuple[Question, ...]]] = {
    "treatment": ("area", "lipolytic", "filler"),
    "label": ("same",),
}
ANOTHER_PATIENT: Final = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """What the practitioner chose so far; kept in the dialogues table from step to step.

    Attributes:
        serial: tells the buttons of this enrollment from those of an earlier one.
        answers: question → answer, as JSON can hold it: a treatment, an area, yes or no, instants
            in UTC epoch ms (``next`` may be None: no next session), the label, and for ``same``
            the id of the known patient, or 0 for somebody new.
        step: what is being asked, or "plan", or "change".
        view: which face of that step is shown ("" the first, "today", "words").
        page: which page of the plan is shown, from 0.
        other: the second reading of the date that was just typed, UTC epoch ms: it belongs to
            ``other_of`` and is offered by button.
        other_of: the question that was answered with that date.
        promised: the messages that the plan on the screen holds, by key and occurrence; what is
            confirmed must still be what was shown.
    """

    serial: str
    answers: Mapping[Question, Any] = field(default_factory=dict)
    step: Step = "treatment"
    view: str = ""
    page: int = 0
    other: int | None = None
    other_of: Question | None = None
    promised: tuple[str, ...] = ()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Draft":
        """Read the draft back from a dialogue's data."""
        return cls(**{**data, "promised": tuple(data.get("promised", ()))})

    def to_data(self) -> dict[str, object]:
        """Return the draft as a dialogue's data."""
        return {
            "serial": self.serial,
            "answers": dict(self.answers),
            "step": self.step,
            "view": self.view,
            "page": self.page,
            "other": self.other,
            "other_of": self.other_of,
            "promised": list(self.promised),
        }

    def protocol(self, catalogue: Catalogue) -> Protocol | None:
        """Return the protocol that was chosen; None before that, or if the clinic took it out."""
        return catalogue.protocols.get(self.answers.get("treatment", ""))

    def questions(self, catalogue: Catalogue, *, known: bool) -> tuple[Question, ...]:
        """Return what has to be asked for what was chosen so far, in order.

        Args:
            catalogue: today's protocols.
            known: whether the clinic has patients with the label that was given.
        """
        protocol = self.protocol(catalogue)
        if protocol is None:
            return ("treatment",)
        asked: dict[Question, bool] = {
            "treatment": True,
            "area": len(protocol.areas) > 1,
            "lipolytic": protocol.lipolytic == "ask",
            "filler": protocol.filler == "ask",
            "session": True,
            "next": protocol.kind == "treatment",
            "label": True,
            "same": known,
        }
        return tuple(question for question in QUESTIONS if asked[question])

    def answered(
        self, question: Question, value: object, catalogue: Catalogue, *, known: bool
    ) -> "Draft":
        """Return the draft with an answer, at the next open question or at the plan."""
        answers = {**self.answers, question: value}
        if self.answers.get(question) != value:
            for undone in _UNDONE_BY.get(question, ()):
                answers.pop(undone, None)
        draft = replace(self, answers=answers)
        before, after = self.protocol(catalogue), draft.protocol(catalogue)
        if before is not None and after is not None and before.kind != after.kind:
            # A visit lies ahead, a session behind: the one's moment cannot be the other's.
            answers.pop("session", None)
            answers.pop("next", None)
        following = answers.get("next")
        if following is not None and following <= answers.get("session", 0):
            del answers["next"]
        return draft.onward(catalogue, known=known)

    def onward(self, catalogue: Catalogue, *, known: bool) -> "Draft":
        """Return the draft at its first open question, or at the plan if there is none."""
        asked = self.questions(catalogue, known=known)
        step: Step = next((each for each in asked if each not in self.answers), "plan")
        return replace(self, step=step, view="", page=0, other=None, other_of=None)

    def offering(self, question: Question, other: int) -> "Draft":
        """Return the draft with a second reading (UTC epoch ms) of the date just given."""
        return replace(self, other=other, other_of=question)

    def back(self, catalogue: Catalogue, *, known: bool) -> "Draft":
        """Return the draft one step earlier: that question is open again.

        From a question that was opened to change its answer, the way back is the plan.
        """
        here = replace(self, view="", page=0, other=None, other_of=None)
        if self.view:
            return here
        if self.step == "change" or self.step in self.answers:
            return replace(here, step="plan")
        asked = self.questions(catalogue, known=known)
        place = asked.index(self.step) if self.step in asked else len(asked)
        if place == 0:
            return here
        earlier = asked[place - 1]
        answers = {key: value for key, value in self.answers.items() if key != earlier}
        return replace(here, answers=answers, step=earlier)

    def choice(self, protocol: Protocol) -> Choice:
        """Return the whole choice.

        Raises:
            KeyError: a question is still open.
        """
        answers = self.answers
        return Choice(
            treatment=protocol.treatment,
            area=answers["area"] if len(protocol.areas) > 1 else "".join(protocol.areas),
            label=answers["label"],
            session_at=answers["session"],
            next_at=answers["next"] if protocol.kind == "treatment" else None,
            lipolytic=protocol.lipolytic == "always"
            or (protocol.lipolytic == "ask" and answers["lipolytic"]),
            filler=protocol.filler == "ask" and answers["filler"],
        )
