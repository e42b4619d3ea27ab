"""From protocol files to protocols: everything that timing needs, with every fault named."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from messages.content import CORE, Content, Issue, Table, nearest, suggestion
from messages.faults import faults_of, unknown_keys, validated
from messages.protocol import (
    CONTRADICTION,
    Cadence,
    Protocol,
    Question,
    Step,
)
from messages.times import Offset, window_problem

__all__ = ["Structure", "build"]

_PROTOCOL_KEYS: Final[tuple[str, ...]] = (
    "treatment", "kind", "areas", "lipolytic", "filler", "core", "omit", "cadence", "step",
)  # fmt: skip
_STEP_KEYS: Final[tuple[str, ...]] = (
    "key", "topic", "anchor", "after", "before", "at", "useful_for", "comfort", "quiet",
    "lipolytic", "filler", "areas", "photo", "attachment", "actions", "repeat", "question",
)  # fmt: skip
_PLAIN_KEYS: Final = ("treatment", "kind", "areas", "lipolytic", "filler")
_CADENCE_KEYS: Final = tuple(Cadence.model_fields)
_QUESTION_KEYS: Final = tuple(Question.model_fields)

Steps = dict[str, Step | None]


@dataclass(slots=True)
class Structure:
    """The protocols, and what is known of the ones that are at fault.

    Attributes:
        protocols: the sound ones, by treatment.
        core: the core steps by key; None stands for a step at fault.
        own: by treatment, likewise, the steps of its own file.
        areas: by treatment, the areas it names.
        inherits: the treatments that have the core steps.
        unsure: treatments of which too little is known to judge the words that go with them.
        core_unsure: the same of the core.
        issues: every fault.
    """

    protocols: dict[str, Protocol] = field(default_factory=dict)
    core: Steps = field(default_factory=dict)
    own: dict[str, Steps] = field(default_factory=dict)
    areas: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inherits: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    core_unsure: bool = False
    issues: list[Issue] = field(default_factory=list)

    def steps_of(self, treatment: str) -> Steps:
        """Return the core steps, unless it inherits none, under its own, left-out ones included."""
        inherited = self.core if treatment in self.inherits else {}
        return {**inherited, **self.own.get(treatment, {})}


def build(content: Content) -> Structure:
    """Return every protocol of ``content``; faults become issues and never raise."""
    structure = Structure()
    _build_core(content, structure)
    for treatment in content.treatments:
        _build_protocol(content, structure, treatment)
    return structure


def _build_core(content: Content, structure: Structure) -> None:
    table = content.tables.get(CORE)
    if table is None:
        structure.core_unsure = True
        if CORE not in content.broken:
            structure.issues.append(Issue(CORE, "file", "is missing: it holds the core steps"))
        return
    structure.core_unsure = CORE in content.broken
    structure.issues.extend(unknown_keys(CORE, "", table, ("step",)))
    structure.core, certain = _steps(CORE, table, structure.issues)
    structure.core_unsure |= not certain


def _build_protocol(content: Content, structure: Structure, treatment: str) -> None:
    name = f"protocols/{treatment}/protocol.toml"
    table = content.tables.get(name)
    if table is None or name in content.broken:
        structure.unsure.add(treatment)
    if table is None:
        if name not in content.broken:
            structure.issues.append(
                Issue(name, "file", "is missing: a treatment folder needs its steps")
            )
        return
    found = unknown_keys(name, "", table, _PROTOCOL_KEYS)
    own, certain = _steps(name, table, found)
    structure.own[treatment] = own
    if not certain:
        structure.unsure.add(treatment)
    if table.get("core", True) is True:
        structure.inherits.add(treatment)
    areas = table.get("areas", [])
    structure.areas[treatment] = (
        tuple(area for area in areas if isinstance(area, str)) if isinstance(areas, list) else ()
    )
    known = structure.steps_of(treatment)
    omitted = _omitted(name, table, known, found, certain=certain and not structure.core_unsure)
    steps = tuple(step for key, step in known.items() if step and key not in omitted)
    fields = {key: table[key] for key in _PLAIN_KEYS if key in table}
    cadence = _cadence(name, table, found)
    try:
        protocol = Protocol(**fields, steps=steps, cadence=cadence)
    except ValidationError as error:
        meant = {nearest(key, _PROTOCOL_KEYS) for key in table if key not in _PROTOCOL_KEYS}
        found += [issue for issue in faults_of(name, "", error) if issue.key not in meant]
    else:
        found += _contradictions(name, treatment, protocol, own)
        if not known and certain:
            found.append(Issue(name, "step", "there are no steps: add [[step]] or core = true"))
        if not found:
            structure.protocols[treatment] = protocol
    structure.issues += found


def _omitted(
    name: str, table: Table, known: Steps, found: list[Issue], *, certain: bool
) -> set[str]:
    if not isinstance(table.get("core", True), bool):
        found.append(Issue(name, "core", "must be true or false, without quotes"))
    omit = table.get("omit", [])
    if not isinstance(omit, list) or not all(isinstance(key, str) for key in omit):
        found.append(Issue(name, "omit", 'must be a list of steps: ["step_key"]'))
        return set()
    for key in omit:
        if key not in known and certain:
            hint = suggestion(key, known) or ": remove it"
            found.append(Issue(name, "omit", f'there is no step "{key}"{hint}'))
    return set(omit)


def _cadence(name: str, table: Table, found: list[Issue]) -> Cadence | None:
    raw = table.get("cadence")
    if raw is None:
        near = any(nearest(key, ("cadence",)) for key in table if key not in _PROTOCOL_KEYS)
        if table.get("kind", "treatment") == "treatment" and not near:
            found.append(Issue(name, "cadence", "is missing: add [cadence] with sessions, every"))
        return None
    if not isinstance(raw, dict):
        found.append(Issue(name, "cadence", "must be a table: [cadence]"))
        return None
    cadence, faults = validated(Cadence, name, "cadence", raw, known=_CADENCE_KEYS)
    found += faults
    return cadence


def _contradictions(name: str, treatment: str, protocol: Protocol, own: Steps) -> Iterator[Issue]:
    if protocol.treatment != treatment:
        yield Issue(name, "treatment", f'must be the folder\'s name, "{treatment}"')
    if len(set(protocol.areas)) < len(protocol.areas):
        yield Issue(name, "areas", "an area is listed twice")
    for key, step in own.items():
        if step is None:
            continue
        for area in step.areas:
            if area not in protocol.areas:
                hint = suggestion(area, protocol.areas) or ": add it there or remove it here"
                yield Issue(name, f"step.{key}.areas", f'"{area}" is not in areas{hint}')
        for condition, never, says in (
            ("lipolytic", step.lipolytic is True, protocol.lipolytic == "never"),
            ("lipolytic", step.lipolytic is False, protocol.lipolytic == "always"),
            ("filler", step.filler is True, protocol.filler == "never"),
        ):
            if never and says:
                value = getattr(protocol, condition)
                problem = f'is never sent, as the protocol says {condition} = "{value}"'
                yield Issue(name, f"step.{key}.{condition}", f"{problem}: change one of them")


def _steps(name: str, table: Table, found: list[Issue]) -> tuple[Steps, bool]:
    """Return the steps of one file by key (a step at fault is None), and whether these are all."""
    raw = table.get("step", [])
    if not isinstance(raw, list):
        found.append(Issue(name, "step", "must be a list: write [[step]]"))
        return {}, False
    steps: Steps = {}
    certain = True
    for number, each in enumerate(raw, start=1):
        if not isinstance(each, dict):
            found.append(Issue(name, f"step #{number}", "must be a table: [[step]]"))
            continue
        key = each.get("key")
        named = isinstance(key, str) and bool(key)
        step, faults = _step(name, f"step.{key}" if named else f"step #{number}", each)
        found += faults
        if isinstance(key, str) and named:
            # A second step of the same key is reported where the file is read.
            steps.setdefault(key, step)
        else:
            certain = False
    return steps, certain


def _step(name: str, place: str, raw: Table) -> tuple[Step | None, list[Issue]]:
    """Return a step, or None and everything that is wrong with it."""
    found = unknown_keys(name, place, raw, _STEP_KEYS)
    meant = {nearest(key, _STEP_KEYS) for key in raw if key not in _STEP_KEYS}
    fields: Table = {key: raw[key] for key in _STEP_KEYS if key in raw}
    ahead = "before" in raw
    offset, faults = _offset(name, place, raw, meant)
    found += faults
    # Without an offset another one stands in, so that the other keys are judged all the same.
    fields["offset"] = offset or Offset()
    fields.pop("after", None)
    fields["before"] = ahead
    if ahead:
        # A reminder of a visit is of use until the visit begins.
        fields.setdefault("useful_for", Offset())
    fields["questions"], faults = _questions(name, place, fields.pop("question", []))
    found += faults
    certain = offset is not None and "useful_for" not in meant
    try:
        step = Step.model_validate(fields)
    except ValidationError as error:
        contradictory = any(each["type"] == CONTRADICTION for each in error.errors())
        if certain or not contradictory:
            found += [
                issue
                for issue in faults_of(name, place, error)
                if issue.key.removeprefix(f"{place}.") not in meant
            ]
        if certain and not contradictory:
            found += _window_fault(name, place, raw)
        return None, found
    return (None, found) if found else (step, [])


def _offset(
    name: str, place: str, raw: Table, meant: set[str | None]
) -> tuple[Offset | None, list[Issue]]:
    """Return a step's offset, or None and what is wrong with it; a misspelled key is told apart."""
    given = [key for key in ("after", "before") if key in raw]
    if len(given) > 1:
        return None, [Issue(name, place, "has both after and before: keep one")]
    if not given:
        misspelled = bool(meant & {"after", "before"})
        needed = Issue(name, place, 'needs after = "…" or before = "…"')
        return None, [] if misspelled else [needed]
    try:
        return Offset.model_validate(raw[given[0]]), []
    except ValidationError as error:
        return None, faults_of(name, f"{place}.{given[0]}", error)


def _questions(name: str, place: str, raw: object) -> tuple[tuple[Question, ...], list[Issue]]:
    if not isinstance(raw, list):
        return (), [Issue(name, f"{place}.question", "must be a list: write [[step.question]]")]
    questions: list[Question] = []
    found: list[Issue] = []
    for number, each in enumerate(raw, start=1):
        if not isinstance(each, dict):
            found.append(Issue(name, f"{place}.question", "must be a table: [[step.question]]"))
            continue
        key = each.get("key")
        spot = f"{place}.question.{key if isinstance(key, str) else f'#{number}'}"
        question, faults = validated(Question, name, spot, each, known=_QUESTION_KEYS)
        found += faults
        if question is not None:
            questions.append(question)
    return tuple(questions), found


def _window_fault(name: str, place: str, raw: Table) -> list[Issue]:
    """Return the fault of a step's window that the model did not come to look at."""
    ahead = "before" in raw
    try:
        offset = Offset.model_validate(raw["before" if ahead else "after"])
        useful = Offset.model_validate(raw["useful_for"])
    except (KeyError, ValidationError):
        return []
    problem = window_problem(offset, useful, before=ahead)
    return [Issue(name, f"{place}.useful_for", problem)] if problem else []
