"""The operator's commands as a script sees them: exit codes, words, and files left alone."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.app import open_store
from bot.cli import app
from bot.settings import load_settings
from scheduler import erasure, outbox, patients
from scheduler.keeping import Keeping
from scheduler.said import Said

NOW = 1_777_881_600_000
PAGE = 4096


@pytest.fixture(autouse=True)
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clinic's directory with a database that holds one message; nobody answers at its API."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "BOT_TOKEN": "123456:not-a-real-token-but-long-enough-abc",
        "BOT_API_URL": "http://127.0.0.1:9",
        "DATABASE_KEY": "ab" * 32,
        "CLINIC_NAME": "Alba Clinic",
        "CLINIC_TIMEZONE": "Europe/Madrid",
        "CLINIC_PHONE": "+34 911 234 567",
        "EMERGENCY_NUMBER": "112",
    }.items():
        monkeypatch.setenv(name, value)
    store = open_store(load_settings())
    store.write_now(outbox.say, Said("words of a patient"), chat_id=7, now=NOW)
    store.close()
    return tmp_path


def aftercare(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=answer)


def test_a_backup_is_made_and_never_written_over(clinic):
    first = aftercare("backup", "one.db")
    assert first.exit_code == 0
    assert "1 rows" in first.output
    made = (clinic / "one.db").read_bytes()
    second = aftercare("backup", "one.db")
    assert second.exit_code == 1
    assert "exists already" in second.output
    assert (clinic / "one.db").read_bytes() == made


def test_a_start_takes_away_what_a_backup_left_that_was_broken_off(clinic):
    left = clinic / "data" / ".aftercare.db.sealing"
    left.write_bytes(b"a copy with somebody in it")
    open_store(load_settings()).close()
    assert not left.exists()


def test_a_restore_asks_first_and_no_changes_nothing(clinic):
    aftercare("backup", "one.db")
    before = (clinic / "data" / "aftercare.db").read_bytes()
    asked = aftercare("restore", "one.db", answer="n\n")
    assert asked.exit_code == 1
    assert "Nothing was changed" in asked.output
    assert (clinic / "data" / "aftercare.db").read_bytes() == before


@pytest.mark.parametrize("answer", ["y\n", None])
def test_a_restore_says_how_many_rows_wait_for_a_manager(clinic, answer):
    aftercare("backup", "one.db")
    done = aftercare("restore", "one.db", *(() if answer else ("--yes",)), answer=answer)
    assert done.exit_code == 0, done.output
    assert "1 row came due since then" in done.output
    assert "/review" in done.output
    listed = json.loads(aftercare("outbox", "--json").output)
    assert [line["reason"] for line in listed] == ["waiting: review"]


def test_a_restore_beside_a_running_bot_is_refused(clinic):
    aftercare("backup", "one.db")
    store = open_store(load_settings())
    refused = aftercare("restore", "one.db", "--yes")
    store.close()
    assert refused.exit_code == 1
    assert "another aftercare process" in " ".join(refused.output.split())


def test_a_missing_backup_is_told_in_words(clinic):
    told = aftercare("restore", "nothing.db", "--yes")
    assert told.exit_code == 1
    assert "there is no such file" in told.output
    assert "Traceback" not in told.output


def test_the_doctor_exits_with_one_and_says_what_to_do(clinic):
    seen = aftercare("doctor")
    assert seen.exit_code == 1
    words = " ".join(seen.output.split())
    assert "was not reached" in words
    assert "set BACKUP_DIR" in words
    findings = {found["name"]: found for found in json.loads(aftercare("doctor", "--json").output)}
    assert findings["Database"]["verdict"] == "well"
    assert findings["Telegram"]["verdict"] == "look"
    assert findings["Texts"]["verdict"] == "well"


def test_the_doctor_works_beside_a_running_bot(clinic):
    store = open_store(load_settings())
    seen = aftercare("doctor", "--json", "--full")
    store.close()
    findings = {found["name"]: found for found in json.loads(seen.output)}
    assert findings["Database"]["verdict"] == findings["Integrity"]["verdict"] == "well"


def test_the_outbox_is_listed_without_anybodys_words(clinic):
    listed = aftercare("outbox")
    assert listed.exit_code == 0
    assert "pending" in listed.output
    assert "Mon 4 May, 10:00" in listed.output
    assert "words of a patient" not in listed.output


@pytest.mark.parametrize(
    ("words", "count"),
    [(["--state", "pending"], 1), (["--state", "sent"], 0), (["--patient", "A.P."], 0)],
)
def test_the_outbox_is_listed_as_asked_for(clinic, words, count):
    assert len(json.loads(aftercare("outbox", "--json", *words).output)) == count


def test_a_state_that_does_not_exist_is_told_with_those_that_do(clinic):
    told = aftercare("outbox", "--state", "lost")
    assert told.exit_code == 1
    assert "uncertain" in told.output


@pytest.mark.parametrize("page", [1, 8])
def test_the_bot_does_not_start_on_a_damaged_file_and_leaves_it(clinic, page):
    database = clinic / "data" / "aftercare.db"
    raw = bytearray(database.read_bytes())
    raw[page * PAGE + 100 : page * PAGE + 164] = b"\xff" * 64
    database.write_bytes(raw)
    told = aftercare("run")
    assert told.exit_code == 1
    assert "aftercare restore" in " ".join(told.output.split())
    assert "Traceback" not in told.output
    assert database.read_bytes() == bytes(raw)


def test_what_law_keeps_is_printed_with_its_end(clinic):
    assert json.loads(aftercare("records").output) == []
    store = open_store(load_settings())
    patient_id = store.write_now(
        patients.add, label="A.P.", language="en", timezone="Europe/Madrid", now=NOW
    )
    patient = store.write_now(patients.known, patient_id)
    store.write_now(
        erasure.forget,
        patient,
        why="asked",
        keeping=Keeping(record_months=12),
        zone="Europe/Madrid",
        now=NOW,
    )
    store.close()
    (kept,) = json.loads(aftercare("records").output)
    assert kept["label"] == "A.P."
    assert kept["kept_until"] == 1_809_381_600_000
    assert set(kept["record"]) == {"plans", "sessions", "consents", "alerts"}


def test_the_doctor_looks_for_the_key_where_it_is(clinic, monkeypatch):
    """The database lies beside ``.env`` here: whoever takes one has both, if the key is in it."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:///aftercare.db")
    open_store(load_settings()).close()
    assert key_finding() == ("well", "in no file: from the keyring or the environment")
    (clinic / ".env").write_text(f"DATABASE_KEY={'ab' * 32}\n", "utf-8")
    monkeypatch.delenv("DATABASE_KEY")
    assert key_finding() == ("look", ".env lies in the database's directory")


def key_finding():
    findings = json.loads(aftercare("doctor", "--json").output)
    return next((each["verdict"], each["found"]) for each in findings if each["name"] == "Key")
