"""How long the triage takes: it reads in the transaction that logs a reply."""

import time
import tomllib
from pathlib import Path

import pytest

from messages.catalogue import SHIPPED, load

CORPUS = Path(__file__).parent / "triage_corpus.toml"
PHRASES = tomllib.loads(CORPUS.read_text(encoding="utf-8"))["phrase"]
TRIAGE = load(SHIPPED).triage


def test_a_usual_message_is_read_in_a_few_milliseconds() -> None:
    spent = []
    for phrase in PHRASES[::3]:
        began = time.thread_time()
        TRIAGE.read(phrase["text"], phrase["language"])
        spent.append(time.thread_time() - began)
    # Well under 1 ms on an idle machine; CI's are slow and shared.
    assert sorted(spent)[int(len(spent) * 0.99)] < 0.005


@pytest.mark.parametrize(
    "unit",
    [
        "no no no ",
        "no a, ",
        "no, ",
        "no: ",
        "pus? no. ",
        "pus, no, ",
        "pus ",
        "🤒",
        "'",
        "не могу ",
        "lips swollen skin hot ",
        "1,",
        "ni o ",
    ],
)
def test_the_longest_message_is_read_quickly(unit: str) -> None:
    text = (unit * 4096)[:4096]
    spent = []
    for _ in range(3):
        began = time.thread_time()
        TRIAGE.read(text, "es")
        spent.append(time.thread_time() - began)
    # 50 ms on an idle machine; CI's are slow and shared.
    assert min(spent) < 0.2, spent
