"""``aftercare triage``: a JSON line for each line, whatever the line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.cli.triaging import triage
from messages.catalogue import SHIPPED, load

READER = load(SHIPPED).triage


def answered(capfd: pytest.CaptureFixture[str], *lines: str | bytes) -> tuple[int, list[Any]]:
    raw = [line.encode() if isinstance(line, str) else line for line in lines]
    code = triage(raw, READER)
    return code, [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_each_line_is_answered_with_level_reasons_intents_and_understood(capfd: Any) -> None:
    code, (one, two) = answered(
        capfd,
        '{"language": "en", "text": "no fever but it\'s oozing", "context": {"protocol": "facial", '
        '"lipolytic": false, "hours": 30, "question": "How sore is it?"}}',
        '{"text": "thanks!"}',
    )
    assert code == 0
    assert one == {
        "level": "urgent",
        "reasons": [
            {"sign": "infection", "words": "oozing", "start": 18, "end": 24, "level": "urgent"}
        ],
        "intents": [],
        "understood": True,
    }
    assert two == {"level": "routine", "reasons": [], "intents": [], "understood": True}


def test_a_bad_line_is_an_error_of_its_own_and_the_others_go_on(capfd: Any) -> None:
    code, answers = answered(
        capfd,
        "not json",
        "",
        b"\xff\xfe",
        "[1]",
        '{"language": "en"}',
        '{"text": "x", "context": {"hours": "30"}}',
        '{"text": "x", "context": {"hours": true}}',
        '{"text": "x", "context": []}',
        '{"text": "x", "language": 3}',
        '{"text": "there is pus"}',
        "[" * 100_000,
    )
    assert code == 1
    assert [answer.get("line") for answer in answers] == [1, 3, 4, 5, 6, 7, 8, 9, None, 11]
    assert answers[4]["error"] == '"context.hours" must be a number of hours since the session'
    assert answers[8]["level"] == "urgent"


def test_a_misspelled_key_is_said_beside_the_answer(capfd: Any) -> None:
    code, (answer,) = answered(capfd, '{"text": "a lump", "context": {"lipolitic": true}, "id": 7}')
    assert code == 0
    assert answer["ignored"] == ["id", "context.lipolitic"]
    assert answer["level"] == "urgent"


def test_null_context_and_half_an_emoji_are_no_fault(capfd: Any) -> None:
    code, (one, two) = answered(
        capfd,
        '{"text": "ok", "context": null}',
        '{"text": "pus \\ud83d", "context": {"hours": null}}',
    )
    assert code == 0
    assert (one["level"], two["level"]) == ("routine", "urgent")


def test_the_command_reads_standard_input_and_a_clinics_own_words(tmp_path: Path) -> None:
    own = tmp_path / "triage" / "en.toml"
    own.parent.mkdir()
    own.write_text('[words]\npus = ["zabaglione"]\n', encoding="utf-8")
    lines = '{"text": "there was zabaglione"}\n{"text": "there is pus"}\n'
    for arguments, levels in (([], ["review", "urgent"]), ([str(tmp_path)], ["urgent", "urgent"])):
        done = subprocess.run(  # noqa: S603 -- this very program
            [sys.executable, "-m", "bot", "triage", *arguments],
            input=lines.encode(),
            capture_output=True,
            check=True,
        )
        assert [json.loads(line)["level"] for line in done.stdout.splitlines()] == levels
