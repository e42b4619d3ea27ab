"""The command line says what it was not given rightly, and takes the empty for not given."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app, demo


def test_a_preview_in_a_language_without_texts_names_those_that_there_are() -> None:
    result = CliRunner().invoke(app, ["preview", "facial", "--language", "xx"])
    assert result.exit_code == 1
    assert "xx" in result.output
    assert "en, es" in result.output


def test_a_preview_words_the_visit_as_the_patient_will_read_it() -> None:
    line = "preview facial --session 2026-05-04T10:00 --next 2026-05-18T10:00 --json"
    result = CliRunner().invoke(app, [*line.split(), "--timezone", "Europe/Madrid"])
    assert result.exit_code == 0
    assert "Your next visit: Mon 18 May, 10:00.\\n" in result.output


def test_the_sandbox_takes_what_init_left_empty_for_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLINIC_TIMEZONE", raising=False)
    Path(".env").write_text("BOT_TOKEN=1:a\nCLINIC_TIMEZONE=\nCLINIC_NAME=Lumen\n")
    environment = demo._environment(tmp_path)
    assert environment["CLINIC_TIMEZONE"] == "Europe/Madrid"
    assert environment["CLINIC_NAME"] == "Lumen"
    assert "BOT_TOKEN" not in environment


def test_the_sandbox_takes_no_place_or_secret_of_an_operators_bot(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in demo._ITS_OWN:
        monkeypatch.setenv(name, "the operator's")
    assert "the operator's" not in demo._environment(tmp_path).values()


def test_a_zone_that_does_not_exist_keeps_the_sandbox_from_starting_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLINIC_TIMEZONE", "Europe/Madird")
    assert demo.run(port=0, speed=1, browser=False, directory=tmp_path) == 1
    assert "Europe/Madird" in capsys.readouterr().err


def test_a_preview_shows_the_late_words_of_what_the_night_holds_up() -> None:
    line = "preview facial --session 2026-05-04T21:30 --json"
    result = CliRunner().invoke(app, [*line.split(), "--timezone", "Europe/Madrid"])
    assert result.exit_code == 0
    care = json.loads(result.output)["messages"][0]
    assert care["text"].startswith("🌿 Counted from your visit")
