"""Learning: makes the weights of ``messages.likeness`` from labeled phrases (``make learn``).

    python -m messages.learning PHRASES... --file FILE

A multinomial logistic regression with an L2 penalty, fitted by the same steps each time: the same
phrases and words give the same weights. Phrases held back (``is_held_back``) are never learned
from; they tell how good the rest is. Not imported by the bot.
"""

import argparse
import hashlib
import tomllib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from messages.catalogue import SHIPPED, load
from messages.content import TRIAGE
from messages.likeness import BITS, Likeness, features, place_of
from messages.signs import LEVELS
from messages.triage import Context, Triage

__all__ = ["Phrase", "examples_of", "in_grains", "is_held_back", "learn", "phrases_of"]

PENALTY: Final = 0.5
STEPS: Final = 200
_FIRST_STEP, _LAST_STEP = 0.3, 0.01
_MEMORY, _MEMORY_OF_SQUARES = 0.9, 0.99
_GRAIN: Final = 127
_AGREED: Final = 5

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A labeled phrase: what a patient wrote, in which language, and how grave it is."""

    text: str
    language: str
    level: str
    context: Context


def is_held_back(text: str) -> bool:
    """Say whether a phrase is kept from the learning: every ninth one, by its SHA-256."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 9 == 0


def phrases_of(folder: Path) -> Iterator[Phrase]:
    """Yield the phrases of a folder: one file a language, ``<lang>.toml``."""
    for file in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["phrase"]:
            given: Mapping[str, Any] = row.get("context", {})
            yield Phrase(row["text"], file.stem, row["level"], Context(**given))


def examples_of(folder: Path) -> Iterator[Phrase]:
    """Yield what the word lists give as examples, often: what was agreed on has to stand."""
    for file in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(file.read_text(encoding="utf-8")).get("example", []):
            given: Mapping[str, Any] = row.get("context", {})
            phrase = Phrase(row["text"], file.stem, row["level"], Context(**given))
            yield from (phrase for _ in range(_AGREED))


def learn(phrases: Sequence[Phrase], triage: Triage) -> tuple[Floats, Floats]:
    """Return the weights (a row for each place, a column for each level) and the levels' biases."""
    starts, places, shares = _features(phrases, triage)
    used, at = np.unique(places, return_inverse=True)
    labels = np.array([LEVELS.index(phrase.level) for phrase in phrases])
    wanted = np.eye(len(LEVELS))[labels]
    counts = np.bincount(labels, minlength=len(LEVELS))
    # A rare level counts as much as a frequent one: how often each is written is not known here.
    balance = (len(phrases) / (len(LEVELS) * counts))[labels][:, None]
    of_phrase = np.repeat(np.arange(len(phrases)), np.diff(np.append(starts, len(places))))
    weights, bias = _Climber((len(used), len(LEVELS))), _Climber((len(LEVELS),))
    for step in range(1, STEPS + 1):
        sums = np.add.reduceat(weights.here[at] * shares[:, None], starts) + bias.here
        wrong = (_softmax(sums) - wanted) * balance
        pull = np.stack(
            [
                np.bincount(at, weights=wrong[of_phrase, level] * shares, minlength=len(used))
                for level in range(len(LEVELS))
            ],
            axis=1,
        )
        size = _FIRST_STEP + (_LAST_STEP - _FIRST_STEP) * step / STEPS
        weights.go(pull + PENALTY * weights.here, size, step)
        bias.go(wrong.sum(axis=0), size, step)
    whole = np.zeros((1 << BITS, len(LEVELS)))
    whole[used] = weights.here
    return whole, bias.here


class _Climber:
    """Numbers on their way to the best ones, each at its own pace (Adam)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.here: Floats = np.zeros(shape)
        self._mean: Floats = np.zeros(shape)
        self._square: Floats = np.zeros(shape)

    def go(self, slope: Floats, size: float, step: int) -> None:
        self._mean = _MEMORY * self._mean + (1 - _MEMORY) * slope
        self._square = _MEMORY_OF_SQUARES * self._square + (1 - _MEMORY_OF_SQUARES) * slope**2
        mean = self._mean / (1 - _MEMORY**step)
        square = self._square / (1 - _MEMORY_OF_SQUARES**step)
        self.here = self.here - size * mean / (np.sqrt(square) + 1e-8)


def _features(phrases: Sequence[Phrase], triage: Triage) -> tuple[Whole, Whole, Floats]:
    """Return where each phrase's features start, their places, and what share each has."""
    starts: list[int] = []
    places: list[int] = []
    shares: list[float] = []
    for phrase in phrases:
        reading = triage.reading(phrase.text, phrase.language)
        weighing = features(
            reading, hours=phrase.context.hours, lipolytic=bool(phrase.context.lipolytic)
        )
        names = sorted({feature.name for feature in weighing})
        starts.append(len(places))
        places += [place_of(name) for name in names] or [0]
        shares += [1 / np.sqrt(max(len(names), 1))] * max(len(names), 1)
    return np.array(starts), np.array(places), np.array(shares)


def _softmax(sums: Floats) -> Floats:
    powers: Floats = np.exp(sums - sums.max(axis=1, keepdims=True))
    total: Floats = powers.sum(axis=1, keepdims=True)
    return powers / total


def in_grains(weights: Floats, bias: Floats) -> Likeness:
    """Return the weights as they are kept: each a whole number of one byte."""
    grain = float(np.abs(weights).max()) / _GRAIN
    whole = array("b", np.rint(weights / grain).astype(np.int8).tobytes())
    return Likeness(whole, grain, bias.tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phrases", type=Path, nargs="+", help="folders with <lang>.toml")
    parser.add_argument("--file", type=Path, required=True, help="where the weights go")
    given = parser.parse_args()
    found = [phrase for folder in given.phrases for phrase in phrases_of(folder)]
    phrases = [phrase for phrase in found if not is_held_back(phrase.text)]
    phrases += examples_of(SHIPPED / TRIAGE)
    learned = in_grains(*learn(phrases, load(SHIPPED).triage))
    given.file.write_bytes(learned.to_bytes())
    size = given.file.stat().st_size
    print(f"{len(phrases)} phrases → {given.file} ({size / 1024:.0f} KiB)")


if __name__ == "__main__":
    main()
