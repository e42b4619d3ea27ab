"""A small content directory that owes nothing to the shipped one."""

from collections.abc import Callable
from pathlib import Path

import pytest

CORE = """
[[step]]
key = "care"
topic = "care"
anchor = "session"
after = "1 hour"
useful_for = "6 hours"

[[step.question]]
key = "breathing"
kind = "yes_no"

[[step]]
key = "visit"
topic = "appointment"
anchor = "next_session"
before = "3 days"
at = "10:00"
attachment = "calendar"
actions = true
quiet = "earlier"
"""

COMMON_EN = """
[answer]
yes = "Yes"
no = "No"

[never]
phrases = ["don't worry", "guaranteed"]

[things]
count = {one = "{n} thing", other = "{n} things"}

[step.care]
text = "One hour since your visit.\\nCall <b>{phone}</b>."
late = "A while since your visit.\\nCall <b>{phone}</b>."
[step.care.question.breathing]
text = "Is it hard to breathe?"
[step.visit]
text = "See you on {next_session}."
"""

COMMON_ES = """
[answer]
yes = "Sí"
no = "No"

[never]
phrases = ["no te preocupes"]

[things]
count = {one = "{n} cosa", other = "{n} cosas"}

[step.care]
text = "Una hora desde tu visita.\\nLlama al <b>{phone}</b>."
late = "Hace un rato de tu visita.\\nLlama al <b>{phone}</b>."
[step.care.question.breathing]
text = "¿Te cuesta respirar?"
[step.visit]
text = "Te esperamos el {next_session}."
"""

SKIN = """
treatment = "skin"
kind = "treatment"
areas = ["cheek", "hand"]
lipolytic = "never"
filler = "ask"

[cadence]
sessions = [3, 4]
every = ["2 weeks", "4 weeks"]
maintenance = ["13 weeks", "26 weeks"]

[[step]]
key = "bumps"
topic = "soreness"
anchor = "session"
after = "1 day"
at = "17:30"
useful_for = "2 days"
comfort = true

[[step.question]]
key = "bumps"
kind = "choice"
options = ["better", "worse"]

[[step.question]]
key = "pain"
kind = "pain"
"""

SKIN_EN = """
name = "Skin boost"
[area]
cheek = "Cheek"
hand = "Hand"
[step.bumps]
text = "One day since your visit."
[step.bumps.question.bumps]
text = "How are the bumps?"
[step.bumps.question.bumps.answer]
better = "Better"
worse = "Worse"
[step.bumps.question.pain]
text = "How sore is it?"
"""

SKIN_ES = """
name = "Piel viva"
[area]
cheek = "Mejilla"
hand = "Mano"
[step.bumps]
text = "Un día desde tu visita."
[step.bumps.question.bumps]
text = "¿Cómo van los bultitos?"
[step.bumps.question.bumps.answer]
better = "Mejor"
worse = "Peor"
[step.bumps.question.pain]
text = "¿Cuánto te molesta?"
"""

TREE = {
    "common/core.toml": CORE,
    "common/en.toml": COMMON_EN,
    "common/es.toml": COMMON_ES,
    "protocols/skin/protocol.toml": SKIN,
    "protocols/skin/en.toml": SKIN_EN,
    "protocols/skin/es.toml": SKIN_ES,
    "patient/en.toml": 'hello = "Hello {name}"\n[button]\nstop = "Stop"\n',
    "patient/es.toml": 'hello = "Hola {name}"\n[button]\nstop = "Parar"\n',
    "practitioner/en.toml": 'done = "Done."\n',
    "practitioner/es.toml": 'done = "Hecho."\n',
    "clinic/en.toml": 'sent = "Sent."\n',
    "clinic/es.toml": 'sent = "Enviado."\n',
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files given by path into a directory of their own and return it."""

    def _write(files: dict[str, str], name: str = "content") -> Path:
        root = tmp_path / name
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return root

    return _write


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """The files of the sound directory, by path."""
    return dict(TREE)


@pytest.fixture
def tree(write: Write) -> Path:
    """A sound content directory with one treatment in two languages."""
    return write(TREE)


@pytest.fixture
def edited(write: Write) -> Write:
    """Write the sound directory with replacements, (path, old, new) each, and return it."""

    def _edited(*changes: tuple[str, str, str]) -> Path:
        files = dict(TREE)
        for path, old, new in changes:
            assert old in files[path], f"{old!r} is not in {path}"
            files[path] = files[path].replace(old, new)
        return write(files)

    return _edited
