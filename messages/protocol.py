"""The clinic's template of timed steps for a treatment: which steps exist, when, what they ask.

Timing holds no words, only keys; the words live in one file per language.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

from messages.times import Offset, local_time, window_problem

__all__ = [
    "CONTRADICTION",
    "Alarm",
    "Cadence",
    "Key",
    "Phase",
    "Protocol",
    "Question",
    "Step",
]

CONTRADICTION: Final = "contradiction"
"""The type of a pydantic error whose context has ``found``: a list of (key, problem)."""

# A key becomes part of a dotted text key.
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)]

Topic = Literal[
    "care",
    "soreness",
    "bruising",
    "diet",
    "activity",
    "appointment",
    "lump",
    "result",
    "expectations",
]
Anchor = Literal["session", "next_session", "last_session", "enrollment"]
Alarm = Literal["emergency", "urgent", "review"]
"""How grave an answer is: the emergency number at once, the clinic today, a practitioner's look."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _refuse(contradictions: Iterable[tuple[str, str]]) -> None:
    """Raise one pydantic error that carries every (key, problem), so that none is hidden."""
    found = list(contradictions)
    if found:
        words = "; ".join(f"{key}: {problem}" for key, problem in found)
        raise PydanticCustomError(CONTRADICTION, "{words}", {"words": words, "found": found})


_PAIN: Final = tuple(str(level) for level in range(11))
_RATING: Final = _PAIN[1:6]


class Question(_Model):
    """Something asked with one tap.

    Attributes:
        key: its name within the step.
        kind: ``pain`` 0 to 10, ``yes_no``, ``choice`` of ``options``, or ``rating`` 1 to 5.
        options: the answer keys of a choice, in order.
        alarm: by answer key, how grave it is; an answer that is not there is no danger sign.
    """

    key: Key
    kind: Literal["pain", "yes_no", "choice", "rating"]
    options: tuple[Key, ...] = ()
    alarm: dict[str, Alarm] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _options_fit_the_kind(self) -> Self:
        _refuse(self._contradictions())
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if self.kind != "choice" and self.options:
            yield "options", f'a "{self.kind}" question has its own answers: remove options'
        if self.kind == "choice" and len(self.options) < 2:  # noqa: PLR2004 - one is no choice
            yield "options", "a choice needs at least two"
        if len(set(self.options)) < len(self.options):
            yield "options", "one is listed twice"
        for answer in self.alarm:
            if answer not in self.answers:
                yield f"alarm.{answer}", f"is no answer: use {', '.join(self.answers)}"

    @property
    def answers(self) -> tuple[str, ...]:
        """The answer keys in the order of the buttons."""
        if self.kind == "pain":
            return _PAIN
        if self.kind == "rating":
            return _RATING
        return self.options if self.kind == "choice" else ("yes", "no")


class Step(_Model):
    """One timed message of a protocol.

    Attributes:
        key: unique within the protocol; names the step's texts.
        topic: what it is about.
        anchor: the moment that it is counted from.
        offset: the distance from the anchor.
        before: whether it comes before the anchor rather than after it.
        at: local wall-clock time in the patient's zone, for offsets in days; without it the
            anchor's own local time.
        useful_for: until when sending it makes sense, measured from the anchor like ``offset``;
            for a step before the anchor, how long before the anchor it stops being useful.
        comfort: whether a newer session ends it.
        quiet: in quiet hours it waits for the morning ("wait"), or moves to the evening before
            ("earlier"); the night swallows neither that nor the morning of what goes "around" it.
        questions: asked under the text, in order.
        lipolytic: exists only for sessions that are (True) or are not (False) fat-dissolving.
        filler: likewise for hyaluronic filler.
        areas: exists only for these areas; empty for any.
        photo: whether a photo is invited.
        attachment: a file that goes with it.
        actions: whether it carries confirm, change and cancel.
        repeat: further offsets of the same step; the window of each is as long as the first's.
    """

    key: Key
    topic: Topic
    anchor: Anchor
    offset: Offset
    before: StrictBool = False
    at: Annotated[time, BeforeValidator(local_time)] | None = None
    useful_for: Offset
    comfort: StrictBool = False
    quiet: Literal["wait", "earlier", "around"] = "wait"
    questions: tuple[Question, ...] = ()
    lipolytic: StrictBool | None = None
    filler: StrictBool | None = None
    areas: tuple[Key, ...] = ()
    photo: Literal["optional"] | None = None
    attachment: Literal["calendar"] | None = None
    actions: StrictBool = False
    repeat: tuple[Offset, ...] = ()

    @model_validator(mode="after")
    def _can_happen(self) -> Self:
        _refuse(self._contradictions())
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        window = window_problem(self.offset, self.useful_for, before=self.before)
        if window:
            yield "useful_for", window
        if self.at is not None and not self.offset.days:
            yield "at", "goes only with days or weeks: hours are counted from the anchor"
        keys = [question.key for question in self.questions]
        if len(set(keys)) < len(keys):
            yield "question", "two questions have the same key: rename one"
        repeat = self._repeat_problem()
        if repeat:
            yield "repeat", repeat

    def _repeat_problem(self) -> str | None:
        if not self.repeat:
            return None
        offsets = (self.offset, *self.repeat)
        if self.at is not None and not all(each.days for each in offsets):
            return "must be in days or weeks, as at is given"
        if not self.before and len({bool(each.days) for each in (*offsets, self.useful_for)}) > 1:
            # Their windows keep the first one's length, which needs one kind of unit to be exact.
            return "must be in days or weeks like the first offset and useful_for, or none of them"
        lengths = [each.nominal_seconds for each in offsets]
        if lengths != sorted(set(lengths), reverse=self.before):
            return "must go on from the first offset, each further along"
        if self.before and lengths[-1] <= self.useful_for.nominal_seconds:
            return "must end before useful_for does"
        return None

    def exists_for(self, *, lipolytic: bool, filler: bool, area: str | None) -> bool:
        """Return whether a session of this sort gets the step."""
        return (
            self.lipolytic in (None, lipolytic)
            and self.filler in (None, filler)
            and (not self.areas or area in self.areas)
        )


class Phase(_Model):
    """A part of a course with an interval of its own.

    Attributes:
        sessions: how many there are, at least and at most; None where the practitioner decides.
        every: the interval before each of them, at least and at most.
    """

    sessions: tuple[StrictInt, StrictInt] | None = None
    every: tuple[Offset, Offset]

    @model_validator(mode="after")
    def _intervals_pass(self) -> Self:
        _refuse(_interval_problems({"every": self.every}, self.sessions))
        return self


class Cadence(_Model):
    """How often sessions follow each other.

    Attributes:
        sessions: how many make the first part of a course, at least and at most.
        every: the interval between two of them, at least and at most.
        then: what follows in the course, in order.
        maintenance: the interval after the course, at least and at most; None if there is none.
    """

    sessions: tuple[StrictInt, StrictInt]
    every: tuple[Offset, Offset]
    then: tuple[Phase, ...] = ()
    maintenance: tuple[Offset, Offset] | None = None

    @model_validator(mode="after")
    def _intervals_pass(self) -> Self:
        _refuse(self._contradictions())
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        intervals = {"every": self.every}
        if self.maintenance is not None:
            intervals["maintenance"] = self.maintenance
        yield from _interval_problems(intervals, self.sessions)


def _interval_problems(
    intervals: Mapping[str, tuple[Offset, Offset]], sessions: tuple[int, int] | None
) -> Iterator[tuple[str, str]]:
    if sessions is not None and sessions[0] < 1:
        yield "sessions", "a course has at least one"
    if sessions is not None and sessions[0] > sessions[1]:
        yield "sessions", "the smaller one comes first"
    for name, interval in intervals.items():
        low, high = _lengths(interval)
        if not low:
            yield name, "an interval of zero never passes: write at least a day"
        elif low > high:
            yield name, "the smaller one comes first"


def _lengths(interval: tuple[Offset, Offset]) -> tuple[int, int]:
    return interval[0].nominal_seconds, interval[1].nominal_seconds


class Protocol(_Model):
    """A treatment's steps and cadence.

    Attributes:
        treatment: the folder's name.
        kind: a treatment, or a consultation before one.
        areas: where on the body it is done.
        lipolytic: whether sessions are fat-dissolving: never, always, or asked at enrollment.
        filler: whether hyaluronic filler may be used: never, or asked at enrollment.
        steps: the core steps and its own.
        cadence: of a course of sessions; a consultation has none.
    """

    treatment: Key
    kind: Literal["treatment", "consultation"] = "treatment"
    areas: tuple[Key, ...] = ()
    lipolytic: Literal["never", "ask", "always"] = "never"
    filler: Literal["never", "ask"] = "never"
    steps: tuple[Step, ...]
    cadence: Cadence | None = None

    def steps_for(
        self, *, lipolytic: bool = False, filler: bool = False, area: str | None = None
    ) -> tuple[Step, ...]:
        """Return the steps that a session of this sort gets, in the order of the files."""
        return tuple(
            step
            for step in self.steps
            if step.exists_for(lipolytic=lipolytic, filler=filler, area=area)
        )

    def step(self, key: str) -> Step:
        """Return the step with this key.

        Raises:
            KeyError: the protocol has no such step.
        """
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(f"{self.treatment} has no step {key!r}")
