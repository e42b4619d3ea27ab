"""The preview shows each message as a patient would read it."""

from pathlib import Path

import pytest

from messages.catalogue import load
from messages.preview import AskedRow, Moment, Row, rows

HOUR = 3_600_000
TEN = 1_777_968_000_000  # 2026-05-05 08:00 UTC, 10:00 in Madrid


def test_a_timeline_is_in_order_and_without_markup(tree: Path) -> None:
    shown = rows(
        load(tree),
        "skin",
        "es-MX",
        [Moment("bumps", TEN + 24 * HOUR, TEN + 48 * HOUR), Moment("care", TEN, TEN + HOUR)],
        zone="Europe/Madrid",
        params={"phone": "600 & 1"},
    )
    assert [row.key for row in shown] == ["care", "bumps"]
    assert shown[0] == Row(
        key="care",
        when="mar, 5 may, 10:00",
        iso="2026-05-05T10:00:00+02:00",
        text="Una hora desde tu visita.\nLlama al 600 & 1.",
        questions=(AskedRow("breathing", "¿Te cuesta respirar?", ("Sí", "No")),),
        useful_until="mar, 5 may, 11:00",
        useful_until_iso="2026-05-05T11:00:00+02:00",
    )
    assert [asked.answers for asked in shown[1].questions] == [
        ("Mejor", "Peor"),
        tuple(str(level) for level in range(11)),
    ]


def test_an_unknown_treatment_or_step_is_named(tree: Path) -> None:
    catalogue = load(tree)
    with pytest.raises(KeyError, match="glow"):
        rows(catalogue, "glow", "es", [], zone="UTC", params={})
    with pytest.raises(KeyError, match="gone"):
        rows(catalogue, "skin", "es", [Moment("gone", 0, 1)], zone="UTC", params={})
