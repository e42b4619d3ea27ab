"""Whether every text that can be needed is there, in every language, with the same placeholders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from messages.content import Issue, nearest, suggestion
from messages.protocol import Step
from messages.structure import Structure
from messages.template import Text
from messages.words import Folder, Source, Words

__all__ = ["STEP_PARAMS", "issues"]

REFERENCE: Final = "en"
STEP_PARAMS: Final = frozenset({"clinic", "phone", "emergency", "session_day", "next_session"})
"""The placeholders that a step's text and late text may have; everything else of it has none."""

_MISSING: Final = "is missing: "
_T = TypeVar("_T")


def issues(words: Words, structure: Structure) -> Iterator[Issue]:
    """Yield what is missing, what nothing uses, and what is filled in differently."""
    common = words.folders["common"]
    for folder in words.folders.values():
        need = _need(folder, common, structure)
        for language in words.languages:
            if language in folder.sources:
                yield from _keys(folder, language, need)
            elif language not in folder.unread and need.keys:
                yield Issue(
                    folder.file(language),
                    "file",
                    f"{_MISSING}write its {len(need.keys)} texts to complete the language",
                    blocks=not folder.sources and not folder.unread,
                )
        yield from _placeholders(folder)


@dataclass(frozen=True, slots=True)
class _Need:
    """What the files of one folder must and may hold.

    Attributes:
        keys: what each file must have, with the problem if it has not.
        optional: further keys that each may have.
        open: prefixes under which anything may stand, as too little is known of them.
    """

    keys: Mapping[str, str]
    optional: frozenset[str]
    open: tuple[str, ...]

    def allows(self, key: str) -> bool:
        return key in self.keys or key in self.optional or key.startswith(self.open)


def _keys(folder: Folder, language: str, need: _Need) -> Iterator[Issue]:
    """Yield the keys that one file lacks or has too much; a misspelled one counts once."""
    name, given = folder.file(language), folder.sources[language]
    missing = [key for key in need.keys if key not in given]
    for key in given:
        if need.allows(key):
            continue
        close = nearest(key, missing)
        if close:
            missing.remove(close)
            hint = f': did you mean "{close}"?'
        else:
            hint = suggestion(key, (*need.keys, *need.optional)) or ": remove it"
        yield Issue(name, key, f"no message uses this key{hint}", blocks=False)
    for key in missing:
        yield Issue(name, key, need.keys[key], blocks=not folder.has(key) and not folder.unread)


def _need(folder: Folder, common: Folder, structure: Structure) -> _Need:
    if folder.treatment is not None:
        return _need_of_treatment(folder, folder.treatment, common, structure)
    if folder.room == "tips":
        keys = {"name": f"{_MISSING}what staff call it", "text": f"{_MISSING}what patients read"}
        return _Need(keys, frozenset(), ())
    shipped = [key for key in _reference(folder.base) if not key.startswith("step.")]
    keys = dict.fromkeys(shipped, f"{_MISSING}translate it")
    if folder.path != "common":
        return _Need(keys, frozenset(), ())
    # A clinic's own choice questions may bring answers of their own.
    extra = {k for texts in folder.sources.values() for k in texts if k.startswith("answer.")}
    keys |= dict.fromkeys(
        sorted(extra.difference(shipped)), f"{_MISSING}another language has this label"
    )
    optional: set[str] = set()
    unknown: list[str] = ["step."] if structure.core_unsure else []
    for key, step in structure.core.items():
        if step is None:
            unknown.append(f"step.{key}.")
            continue
        keys |= _needed_of_step(step, folder, common, inherited=False)
        optional |= _possible_of_step(step)
    return _Need(keys, frozenset(optional), tuple(unknown))


def _need_of_treatment(
    folder: Folder, treatment: str, common: Folder, structure: Structure
) -> _Need:
    keys = {"name": f"{_MISSING}what the treatment is called"}
    areas = structure.areas.get(treatment, ())
    keys |= {f"area.{area}": f"{_MISSING}the area needs a name" for area in areas}
    optional: set[str] = set()
    unknown: list[str] = []
    if treatment in structure.unsure:
        unknown += ["step.", "area."]
    elif structure.core_unsure:
        unknown += ["step."]
    for key, step in structure.steps_of(treatment).items():
        if step is None:
            unknown.append(f"step.{key}.")
            continue
        # What the core says of a step, a treatment may say in words of its own: then in all
        # languages, or the patient of one language would read another advice.
        keys |= _needed_of_step(step, folder, common, inherited=key in structure.core)
        optional |= _possible_of_step(step)
    return _Need(keys, frozenset(optional), tuple(unknown))


def _needed_of_step(
    step: Step, folder: Folder, common: Folder, *, inherited: bool
) -> dict[str, str]:
    """Return the texts of a step that every file of the folder must have.

    Args:
        step: the step.
        folder: where its words are.
        common: where the generic labels are.
        inherited: whether the core has the step too, so that its words may do.
    """
    place = f"step.{step.key}"
    found: dict[str, str] = {}

    def need(key: str, problem: str, *, otherwise: str | None = None) -> None:
        elsewhere = (inherited and common.has(key)) or (otherwise and common.has(otherwise))
        if folder.has(key) or not elsewhere:
            found[key] = _MISSING + problem

    need(f"{place}.text", "the step needs its text")
    if folder.has(f"{place}.late"):
        found[f"{place}.late"] = f"{_MISSING}another language has a late text for this step"
    if folder.has(f"{place}.name"):
        found[f"{place}.name"] = f"{_MISSING}another language has a name for this step"
    for question in step.questions:
        asked = f"{place}.question.{question.key}"
        need(f"{asked}.text", "the question needs its words")
        for answer in question.answers:
            key = f"{asked}.answer.{answer}"
            # Numbers name themselves.
            if question.kind in {"choice", "yes_no"} or folder.has(key):
                need(key, "the answer needs a label", otherwise=f"answer.{answer}")
    return found


def _possible_of_step(step: Step) -> set[str]:
    place = f"step.{step.key}"
    possible = {f"{place}.text", f"{place}.late", f"{place}.name"}
    for question in step.questions:
        asked = f"{place}.question.{question.key}"
        possible.add(f"{asked}.text")
        possible |= {f"{asked}.answer.{answer}" for answer in question.answers}
    return possible


def _reference(texts: Mapping[str, Mapping[str, _T]]) -> Mapping[str, _T]:
    """Return the texts of the language that the others are compared with."""
    return texts.get(REFERENCE) or next(iter(texts.values()), {})


def _placeholders(folder: Folder) -> Iterator[Issue]:
    """Yield the placeholders that nothing fills, and those that one language alone has or lacks."""
    compared = _reference(folder.texts)
    against = next((name for name, texts in folder.texts.items() if texts is compared), "")
    shipped = _reference(folder.base)
    for language, texts in folder.texts.items():
        name = folder.file(language)
        for key, text in texts.items():
            filled = _filled(folder, key, shipped)
            if filled is None:
                continue
            names = text.names - {"n"} if text.plural else text.names
            for each in sorted(names - filled):
                hint = suggestion(each, filled) or (
                    f": use {_braced(filled)}" if filled else ": this text has no placeholders"
                )
                yield Issue(name, key, f"nothing fills {{{each}}} in{hint}")
            other = compared.get(key, text)
            others = other.names & filled - {"n"}
            if names & filled - {"n"} < others:
                lost = _braced(others - names)
                yield Issue(name, key, f"lacks {lost}, which {against} has", blocks=False)
            elif more := (names & filled) - {"n"} - others:
                problem = f"has {_braced(more)}, which {against} lacks: make them agree"
                yield Issue(name, key, problem, blocks=False)


def _filled(folder: Folder, key: str, shipped: Mapping[str, Source]) -> frozenset[str] | None:
    """Return the placeholders that the program fills in a text; None if there is no telling."""
    if folder.treatment is not None or key.startswith(("step.", "answer.")):
        of_step = key.startswith("step.") and key.endswith((".text", ".late"))
        of_step = of_step and ".question." not in key
        return STEP_PARAMS if of_step else frozenset()
    source = shipped.get(key)
    if source is None:
        return None
    try:
        # The shipped text says what the program hands over; a clinic's own one may use less of it.
        return Text.parse(REFERENCE, source).names
    except ValueError:
        return None


def _braced(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
