"""The one-line form: /enroll facial "A.P." face next=2w session="yesterday 17:00".

The order is free, quotes may be straight or typographic, names may be in any language that the
clinic speaks, and the session's moment may stand there by itself ("today 9:00"). What is missing is
asked by buttons afterwards; every fault is named at once.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.names import bare, named, nearest
from bot.practitioner import enroll_answers, enroll_names
from bot.practitioner.enroll_answers import Unclear, quoted
from bot.practitioner.enroll_draft import Draft, Question
from bot.turn import Turn
from messages.protocol import Protocol
from messages.render import Html

_QUOTES: Final = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "”": "”"}
_CLOSING: Final = '"”“»’'
_OPTION: Final = re.compile(r"([^\W\d_]{2,15})\s*[=:]\s*(?=\S)")
_BROKEN: Final = re.compile(r"([^\W\d_]{2,15})\s*[=:]$")

# What an option may be called. "none" words end in no next session.
_OPTIONS: Final[Mapping[Question, tuple[str, ...]]] = {
    "session": ("session", "visit", "sesion", "visita"),
    "next": ("next", "proxima", "siguiente"),
    "lipolytic": ("lipolytic", "dissolving", "lipolitica", "lipolitico"),
    "filler": ("filler", "relleno"),
    "label": ("label", "patient", "etiqueta", "paciente"),
    "area": ("area", "zona"),
    "treatment": ("treatment", "tratamiento"),
}
_MOST_OF_A_MOMENT: Final = 4
"""Words of a moment that stands in the line without its option: "on 12 May 10:00"."""
_NONE: Final = ("none", "no", "ninguna", "nada")


class Faults(Exception):
    """The line cannot be used; the text is HTML and names all that is wrong with it."""

    def __init__(self, words: Html) -> None:
        super().__init__(words)
        self.words = words


class _Unclosed(Exception):
    """A quotation mark is opened and never closed."""


def read(turn: Turn, draft: Draft, line: str) -> tuple[Draft, Html | None]:
    """Return the draft that a line makes, at its first open question or at the plan.

    With it comes a remark on its dates, if there is one (a time that was not given).

    A line that does not say when the session was means now; one without a next session means
    none; filler not named is none. Whether a session was fat-dissolving is asked.

    Raises:
        Faults: something of the line cannot be used.
    """
    return _Reader(turn, draft).read(line)


def split(line: str) -> list[tuple[str, str]]:
    """Return the line's pieces as (option, value); the option is empty for a bare word.

    A quoted piece has the option '"', so that it is known to be a label.

    Raises:
        _Unclosed: a quotation mark is never closed.
    """
    pieces: list[tuple[str, str]] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        option = _OPTION.match(line, position)
        name = option[1] if option else ""
        start = option.end() if option else position
        value, position, was_quoted = _value(line, start)
        broken = None if was_quoted else _BROKEN.fullmatch(value)
        if broken:
            name, value = broken[1], ""
        pieces.append((name or ('"' if was_quoted else ""), value))
    return pieces


def _value(line: str, start: int) -> tuple[str, int, bool]:
    closing = _QUOTES.get(line[start])
    if closing is None:
        end = start
        while end < len(line) and not line[end].isspace():
            end += 1
        return line[start:end], end, False
    # Phones turn quotes as they like: any closing mark will do, the same one first.
    marks = [closing, *(_CLOSING if line[start] != '"' else "”")]
    ends = [found for mark in marks if (found := line.find(mark, start + 1)) > 0]
    if not ends:
        raise _Unclosed
    return line[start + 1 : min(ends)], min(ends) + 1, True


class _Reader:
    """Reads one line; collects faults as it goes."""

    def __init__(self, turn: Turn, draft: Draft) -> None:
        self._turn = turn
        self._draft = draft
        self._faults: list[Html] = []
        self._given: dict[Question, str] = {}
        self._bare: list[str] = []
        self._remarks: list[Html] = []

    def read(self, line: str) -> tuple[Draft, Html | None]:
        try:
            pieces = split(line)
        except _Unclosed:
            self._fault("quote")
            pieces = []
        self._sort(pieces)
        protocol = self._treatment()
        if protocol is not None:
            self._area(protocol)
            self._yes_no(protocol, "lipolytic")
            self._yes_no(protocol, "filler")
        self._bare_session()
        self._label()
        self._moment(protocol, "session")
        self._moment(protocol, "next")
        if self._faults:
            raise Faults(self._all_faults())
        known = enroll_answers.known(self._turn, self._draft)
        remark = Html("\n".join(self._remarks)) if self._remarks else None
        return self._draft.onward(self._turn.catalogue, known=known), remark

    def _all_faults(self) -> Html:
        text = self._turn.text
        title, example = (
            text("practitioner.enroll.line.title"),
            text("practitioner.enroll.line.example"),
        )
        faults = "\n".join(dict.fromkeys(self._faults))
        return Html(f"{title}\n{faults}\n\n{example}")

    def _fault(self, key: str, **params: object) -> None:
        self._faults.append(self._turn.text(f"practitioner.enroll.line.{key}", **params))

    def _sort(self, pieces: Sequence[tuple[str, str]]) -> None:
        """Tell options from bare words; the bare ones are treatment, area and label by turns."""
        for name, value in pieces:
            if name == '"':
                self._take("label", value)
            elif not name:
                self._bare.append(value)
            else:
                self._option(name, value)

    def _option(self, name: str, value: str) -> None:
        names = dict(_OPTIONS)
        option = named(name, names)
        if option is None:
            close = nearest(name, names)
            if close is None:
                self._fault("option", text=quoted(name))
            else:
                self._fault("option_meant", text=quoted(name), meant=f"{names[close][0]}=")
        elif not value.strip():
            self._fault("empty", text=f"{name}=")
        else:
            self._take(option, value)

    def _take(self, question: Question, value: str) -> None:
        if question in self._given:
            self._fault("twice", what=f"{question}=")
        self._given[question] = value

    def _set(self, question: Question, value: object) -> None:
        self._draft = enroll_answers.accept(self._turn, self._draft, question, value)

    def _bare_match(self, names: Mapping[Any, Sequence[str]]) -> tuple[Any, str] | None:
        """Take up to three bare words that name something, wherever they stand, the most first."""
        for width in (3, 2, 1):
            for start in range(len(self._bare) - width + 1):
                text = " ".join(self._bare[start : start + width])
                found = named(text, names)
                if found is not None:
                    del self._bare[start : start + width]
                    return found, text
        return None

    def _treatment(self) -> Protocol | None:
        catalogue, language = self._turn.catalogue, self._turn.language
        names = enroll_names.treatments(catalogue)
        text = self._given.get("treatment")
        found = named(text, names) if text else None
        if text is None and (match := self._bare_match(names)):
            found, text = match
        if found is not None:
            self._set("treatment", found)
            return catalogue.protocols[found]
        if text is None:
            # A lone word where a treatment is due: most likely a misspelled one.
            text = next((word for word in self._bare if nearest(word, names)), None)
            if text is None and self._bare:
                text = self._bare[0]
            if text is None:
                return None
            self._bare.remove(text)
        close = nearest(text, names) or catalogue.nearest_treatment(text, language)
        if close is not None:
            meant = catalogue.treatment_name(language, close)
            self._fault("treatment_meant", text=quoted(text), meant=f"{meant} ({close})")
        else:
            self._fault("treatment", text=quoted(text), names=", ".join(names))
        return None

    def _area(self, protocol: Protocol) -> None:
        catalogue, language = self._turn.catalogue, self._turn.language
        names = enroll_names.areas(catalogue, protocol)
        text = self._given.get("area")
        found = named(text, names) if text else None
        if text is None and (match := self._bare_match(names)):
            found, text = match
        if found is not None:
            self._set("area", found)
            return
        if text is None:
            text = next((word for word in self._bare if nearest(word, names)), None)
            if text is None:
                return
            self._bare.remove(text)
        about = {
            "text": quoted(text),
            "treatment": catalogue.treatment_name(language, protocol.treatment),
        }
        worded = [catalogue.area_name(language, protocol.treatment, a) for a in protocol.areas]
        close = nearest(text, names)
        if close is not None:
            meant = catalogue.area_name(language, protocol.treatment, close)
            self._fault("area_meant", meant=meant, **about)
        elif not names:
            self._fault("not_asked", what=quoted(text), treatment=about["treatment"])
        else:
            self._fault("area", names=", ".join(worded), **about)

    def _yes_no(self, protocol: Protocol, question: Question) -> None:
        asked = protocol.lipolytic if question == "lipolytic" else protocol.filler
        text = self._given.get(question)
        if text is None:
            if asked == "ask" and question == "filler":
                self._set("filler", value=False)
            return
        answer = named(text, enroll_names.yes_no(self._turn.catalogue))
        if answer is None:
            self._fault("yes_no", what=f"{question}=", text=quoted(text))
        elif asked == "ask":
            self._set(question, answer)
        elif answer is not (asked == "always"):
            name = self._turn.catalogue.treatment_name(self._turn.language, protocol.treatment)
            self._fault("not_asked", what=f"{question}=", treatment=name)

    def _bare_session(self) -> None:
        """Take the bare words that say when the session was: "today 9:00"."""
        if "session" in self._given:
            return
        for width in range(min(_MOST_OF_A_MOMENT, len(self._bare)), 0, -1):
            for start in range(len(self._bare) - width + 1):
                text = " ".join(self._bare[start : start + width])
                if enroll_answers.says_when(self._turn, text):
                    del self._bare[start : start + width]
                    self._given["session"] = text
                    return

    def _label(self) -> None:
        text = self._given.get("label")
        if text is None and self._bare:
            text = self._bare.pop(0)
        for word in self._bare:
            self._fault("word", text=quoted(word))
        if text is None:
            return
        try:
            self._set("label", enroll_answers.label(self._turn, text))
        except Unclear as unclear:
            self._faults.append(_listed(unclear))

    def _moment(self, protocol: Protocol | None, question: Question) -> None:
        text = self._given.get(question)
        if protocol is None:
            return
        if protocol.kind == "consultation" and question == "next":
            if text is not None:
                name = self._turn.catalogue.treatment_name(self._turn.language, protocol.treatment)
                self._fault("not_asked", what="next=", treatment=name)
            return
        if text is None:
            if question == "next":
                self._set("next", None)
            elif protocol.kind == "treatment":
                self._set("session", self._turn.written_at)
            return
        if question == "next" and bare(text) in _NONE:
            self._set("next", None)
            return
        try:
            self._draft, remark = enroll_answers.typed(self._turn, self._draft, question, text)
        except Unclear as unclear:
            self._faults.append(_listed(unclear))
        else:
            self._remarks += [remark] if remark else []


def _listed(unclear: Unclear) -> Html:
    return Html("• " + unclear.words.removeprefix("⚠️").strip())
