"""Every event written down is in the audit, with a sentence, or left out knowingly."""

import re
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest

from messages.catalogue import load
from scheduler import audit
from scheduler.alerts import Resolution
from scheduler.decisions import Choice
from scheduler.patients import State

ROOT = Path(__file__).parents[2]
CATALOGUE = load()

LEFT_OUT = {
    # What the program itself lives through: `aftercare doctor` and the managers' notices tell.
    "backup_failed",
    "backup_told",
    "clock_set_back",
    "database_in_trouble",
    "flood_began",
    "flood_ended",
    "outage",
    "unreachable_told",
    # Steps on the way to what is told: the alert, the plan.
    "alert_escalated",
    "alert_rose",
    "concern",
    "reply_edited",
    "silence_asked",
    "tip_left_out",
    "vote_unknown",
    "token_looked_at",
    "wrong_token",
}


def written_kinds():
    """The kinds that the program writes down, as far as they stand in its text as such."""
    found = set()
    for folder in ("bot", "scheduler"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(
                re.findall(r'events\.note\(\s*\w+(?:\.\w+)?,\s*"(\w+)"', path.read_text("utf-8"))
            )
    return found


def test_no_event_is_forgotten():
    told = set(chain(*audit.KINDS.values()))
    kinds = written_kinds()
    kinds |= {f"review_{choice}" for choice in get_args(Choice)}
    kinds |= {f"alert_{resolution}" for resolution in get_args(Resolution)}
    kinds |= {f"patient_{state}" for state in get_args(State)} - {"patient_invited"}
    assert len(kinds) > 15
    assert kinds - told - LEFT_OUT == set()


@pytest.mark.parametrize("kind", sorted(chain(*audit.KINDS.values())))
def test_each_kind_has_a_sentence_in_every_language(kind):
    for language in CATALOGUE.languages:
        assert CATALOGUE.text(
            language,
            f"clinic.audit.event.{kind}",
            who="W",
            label="L",
            treatment="T",
            about="A",
            n=2,
        )
