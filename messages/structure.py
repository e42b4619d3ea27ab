"""From protocol files to protocols: everything that timing needs, with every fault named."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from messages.content import CORE, Content, Issue, Table, nearest, suggestion
from messages.protocol import Cadence, Offset, Protocol, Question, Step, window_problem

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
    structure.issues.extend(_unknown_keys(CORE, "", table, ("step",)))
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
    found = _unknown_keys(name, "", table, _PROTOCOL_KEYS)
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
        found += _faults(name, "", error)
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
    found += _unknown_keys(name, "cadence", raw, _CADENCE_KEYS)
    misspelled = {nearest(key, _CADENCE_KEYS) for key in raw if key not in _CADENCE_KEYS}
    try:
        return Cadence(**{key: raw[key] for key in _CADENCE_KEYS if key in raw})
    except ValidationError as error:
        found += [
            fault
            for fault in _faults(name, "cadence", error)
            if fault.key.removeprefix("cadence.") not in misspelled
        ]
        return None


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
    faults = _unknown_keys(name, place, raw, _STEP_KEYS)
    misspelled = {nearest(key, _STEP_KEYS) for key in raw if key not in _STEP_KEYS}
    fields = {key: raw[key] for key in _STEP_KEYS if key in raw}
    before, after = fields.pop("before", None), fields.pop("after", None)
    fields["before"] = before is not None
    fields["offset"] = before if before is not None else after
    if before is not None and after is not None:
        faults.append(Issue(name, place, "has both after and before: keep one"))
    elif before is None and after is None:
        if not misspelled & {"after", "before"}:
            faults.append(Issue(name, place, 'needs after = "…" or before = "…"'))
        fields["offset"] = Offset()
    if "useful_for" not in fields and (before is not None or "useful_for" in misspelled):
        # Before the anchor the default is "until the anchor"; a misspelled key is named above.
        fields["useful_for"] = Offset()
    questions = fields.pop("question", [])
    if isinstance(questions, list):
        for number, question in enumerate(questions, start=1):
            if isinstance(question, dict):
                key = question.get("key", f"#{number}")
                faults += _unknown_keys(name, f"{place}.question.{key}", question, _QUESTION_KEYS)
        questions = [
            {k: v for k, v in q.items() if k in _QUESTION_KEYS} if isinstance(q, dict) else q
            for q in questions
        ]
    fields["questions"] = questions
    skipped = {name for name in misspelled if name}
    try:
        step = Step.model_validate(fields)
    except ValidationError as error:
        faults += [
            fault
            for fault in _faults(name, place, error)
            if fault.key.removeprefix(f"{place}.") not in skipped
        ]
        window = _window_fault(raw) if len(error.errors()) > 1 or error.errors()[0]["loc"] else None
        if window:
            faults.append(Issue(name, f"{place}.useful_for", window))
        return None, faults
    return (None, faults) if faults else (step, [])


def _window_fault(raw: Table) -> str | None:
    """Return the fault of a step's window when other faults kept the model from looking at it."""
    offset = raw.get("before", raw.get("after"))
    useful = raw.get("useful_for")
    if not isinstance(offset, str) or not isinstance(useful, str):
        return None
    try:
        return window_problem(Offset.parse(offset), Offset.parse(useful), before="before" in raw)
    except ValueError:
        return None


def _unknown_keys(name: str, place: str, table: Table, known: Iterable[str]) -> list[Issue]:
    known = tuple(known)
    return [
        Issue(
            name,
            f"{place}.{key}" if place else key,
            "is not a key here" + (suggestion(key, known) or f": use {', '.join(known)}"),
        )
        for key in table
        if key not in known
    ]


def _faults(name: str, place: str, error: ValidationError) -> list[Issue]:
    """Turn pydantic's findings into issues in words."""
    issues = []
    for detail in error.errors():
        parts = [place] if place else []
        parts += [f"#{part + 1}" if isinstance(part, int) else part for part in detail["loc"]]
        key, problem = ".".join(parts), _problem(detail)
        if not detail["loc"] or key == place:
            head, _, rest = problem.partition(" ")
            if head.rstrip(":") in (*_STEP_KEYS, *_CADENCE_KEYS) and rest:
                # The model says first which of its keys is meant.
                key, problem = ".".join([*parts, head.rstrip(":")]), rest
        issues.append(Issue(name, key, problem))
    return issues


_PROBLEMS: Final = {
    "missing": "is missing: add it",
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list: [ … ]",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


def _problem(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    given = detail["input"]
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            allowed = str(context["expected"]).replace("'", '"')
            hint = suggestion(str(given), re.findall('"([^"]+)"', allowed))
            return f"{given!r} is not {allowed}{hint}"
        case "string_pattern_mismatch":
            return f"{given!r} must be of small letters, digits, _ and - only"
        case "string_type":
            return f"must be text in quotes, not {given!r}"
        case kind:
            message = detail["msg"]
            return _PROBLEMS.get(kind, message[:1].lower() + message[1:])
