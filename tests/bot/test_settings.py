"""The settings: what is accepted, how faults are told, and what never gets out."""

import stat
import traceback
from datetime import time
from pathlib import Path

import pytest

from bot.settings import SettingsInvalid, env_text, load_settings, write_env
from scheduler.hours import parse
from scheduler.quiet import QuietHours

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef" * 4
GOOD = {
    "BOT_TOKEN": "123456789:AAExample-token_with-35-characters",
    "DATABASE_KEY": KEY,
    "CLINIC_NAME": "Clínica Sol",
    "CLINIC_TIMEZONE": "Europe/Madrid",
    "CLINIC_PHONE": "+34 911 234 567",
    "EMERGENCY_NUMBER": "112",
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Set exactly these variables, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    for line in env_text().splitlines():
        if line and not line.startswith("#"):
            monkeypatch.delenv(line.partition("=")[0], raising=False)

    def fill(**values: str) -> None:
        for name, value in (GOOD | values).items():
            monkeypatch.setenv(name, value)

    return fill


def faults() -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    return caught.value.faults


def test_the_least_that_must_be_set_is_enough(environment):
    environment()
    settings = load_settings()
    assert settings.bot_token.get_secret_value() == GOOD["BOT_TOKEN"]
    assert settings.bot_api_url == "https://api.telegram.org"
    assert settings.database_path == Path("data/aftercare.db")
    assert settings.read_key().get_secret_value() == KEY
    assert settings.clinic_language == "en"
    assert settings.manager_ids == ()
    assert settings.protocols_dir is None
    assert settings.quiet_hours == QuietHours(time(21), time(9))
    assert (settings.log_level, settings.log_format) == ("INFO", "console")


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("BOT_API_URL", "http://127.0.0.1:8081/", "bot_api_url", "http://127.0.0.1:8081"),
        (
            "BOT_API_URL",
            "https://bots.example.org/api",
            "bot_api_url",
            "https://bots.example.org/api",
        ),
        ("DATABASE_URL", "sqlite:////var/x.db", "database_path", Path("/var/x.db")),
        ("CLINIC_LANGUAGE", "ES", "clinic_language", "es"),
        ("CLINIC_TIMEZONE", "America/Argentina/Buenos_Aires", "clinic_timezone", None),
        ("CLINIC_PHONE", "(011) 4123-4567", "clinic_phone", None),
        ("EMERGENCY_NUMBER", "061", "emergency_number", None),
        ("MANAGER_IDS", " 5, 7,5 ,", "manager_ids", (5, 7)),
        ("QUIET_HOURS", "22:30 - 7:00", "quiet_hours", QuietHours(time(22, 30), time(7))),
        ("QUIET_HOURS", "00:00-00:00", "quiet_hours", QuietHours(time(0), time(0))),
        ("DIGEST_AT", "7:05", "digest_at", time(7, 5)),
        ("DIGEST_AT", "", "digest_at", time(8, 30)),
        ("STAFF_GROUP", "-1001234567890", "staff_group", -1001234567890),
        ("CLINIC_HOURS", "Mo-Sa 9-20", "clinic_hours", parse("Mo-Sa 09:00-20:00")),
        ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("LOG_FORMAT", "JSON", "log_format", "json"),
        ("LOG_FORMAT", "", "log_format", "console"),
    ],
)
def test_values_are_read_as_people_write_them(environment, name, value, attribute, expected):
    environment(**{name: value})
    assert getattr(load_settings(), attribute) == (value if expected is None else expected)


def test_the_morning_message_can_be_turned_off(environment):
    environment(DIGEST_AT=" None ")
    assert load_settings().digest_at is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BOT_TOKEN", "123456789 AAEno-colon", "is not a bot token; copy it whole"),
        ("BOT_API_URL", "api.telegram.org", "is not the address of a Bot API server"),
        ("BOT_API_URL", "http://host:99999", "is not the address of a Bot API server"),
        ("BOT_API_URL", "ftp://host", "is not the address of a Bot API server"),
        ("BOT_API_URL", "https://host/?x=1", "is not the address of a Bot API server"),
        ("DATABASE_URL", "postgresql://localhost/x", "give one like sqlite:///data/aftercare.db"),
        ("DATABASE_URL", "sqlite:///", "give one like sqlite:///data/aftercare.db"),
        ("DATABASE_KEY", "abc", "has 3 characters and not 64 hexadecimal digits"),
        ("CLINIC_NAME", "x" * 65, "is not one line of 1 to 64 characters"),
        ("CLINIC_NAME", "Sol\nMar", "is not one line of 1 to 64 characters"),
        ("CLINIC_TIMEZONE", "Europe/Madird", "did you mean Europe/Madrid?"),
        ("CLINIC_TIMEZONE", "madrid", "did you mean Europe/Madrid?"),
        ("CLINIC_TIMEZONE", "mexico city", "did you mean America/Mexico_City?"),
        ("CLINIC_TIMEZONE", "+02:00", "give one like Europe/Madrid"),
        ("CLINIC_TIMEZONE", "/etc/localtime", "is not a time zone"),
        ("CLINIC_TIMEZONE", "Europe", "is not a time zone"),
        ("CLINIC_LANGUAGE", "tlh", 'there are no texts in "tlh"; choose one of en, es'),
        ("CLINIC_PHONE", "call us", "is not a phone number; give one like +34 911 234 567"),
        ("CLINIC_PHONE", "1234", "is not a phone number"),
        ("CLINIC_PHONE", "+1 234 567 890 123 456", "is not a phone number"),
        ("EMERGENCY_NUMBER", "1", "is not a phone number; give one like 112"),
        ("EMERGENCY_NUMBER", "١١٢", "is not a phone number; give one like 112"),
        ("MANAGER_IDS", "5,@maria", '"@maria" is not the id of a Telegram user'),
        ("MANAGER_IDS", "-100", '"-100" is not the id of a Telegram user'),
        ("PROTOCOLS_DIR", "nowhere", 'there is no directory "nowhere"'),
        ("QUIET_HOURS", "21-9", "is not a span of hours; give one like 21:00-09:00"),
        ("QUIET_HOURS", "25:00-09:00", "is not a span of hours"),
        ("DIGEST_AT", "8", "is not a time of the day; give one like 08:30, or none"),
        ("DIGEST_AT", "24:00", "is not a time of the day"),
        ("STAFF_GROUP", "-42", "is not the id of a group with topics"),
        ("STAFF_GROUP", "Alba team", "is not the id of a group with topics"),
        ("CLINIC_HOURS", "nine to five", '"nine to five" is not understood; give hours like'),
        ("LOG_LEVEL", "LOUD", "choose one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("LOG_FORMAT", "xml", "choose one of console, json"),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_to_do(environment, name, value, words):
    environment(**{name: value})
    (fault,) = faults()
    assert fault.startswith(f"{name}: ")
    assert words in fault
    assert "; " in fault


def test_all_faults_are_told_at_once(environment):
    environment(BOT_TOKEN="", DATABASE_KEY="", CLINIC_TIMEZONE="Mars", CLINIC_PHONE="none")
    names = [fault.partition(":")[0] for fault in faults()]
    assert names == ["BOT_TOKEN", "DATABASE_KEY", "CLINIC_TIMEZONE", "CLINIC_PHONE"]


def test_a_secret_is_in_no_fault_and_no_repr(environment):
    environment(DATABASE_KEY="hush-key", BOT_TOKEN="hush token")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert "hush" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    environment()
    assert KEY not in repr(load_settings())
    assert GOOD["BOT_TOKEN"] not in repr(load_settings())


def test_the_environment_wins_over_the_file(environment, tmp_path):
    (tmp_path / ".env").write_text("CLINIC_NAME=From the file\nCLINIC_LANGUAGE=es\nOTHER=1\n")
    environment()
    settings = load_settings()
    assert (settings.clinic_name, settings.clinic_language) == ("Clínica Sol", "es")


def test_a_file_that_is_no_text_is_a_fault(environment, tmp_path):
    (tmp_path / ".env").write_bytes(b"CLINIC_NAME=Cl\xednica\n")
    environment()
    assert faults() == (".env: cannot be read; it must be a text file in UTF-8",)


def test_the_key_may_lie_in_a_file(environment, tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n")
    environment(DATABASE_KEY="", DATABASE_KEY_FILE="key")
    assert load_settings().read_key().get_secret_value() == KEY


def test_two_keys_are_one_too_many(environment, tmp_path):
    (tmp_path / "key").write_text(KEY)
    environment(DATABASE_KEY_FILE="key")
    assert faults() == ("DATABASE_KEY: is set, and DATABASE_KEY_FILE too; keep one of the two",)


def test_a_key_file_with_a_fault_is_one_fault(environment, tmp_path):
    environment(DATABASE_KEY="", DATABASE_KEY_FILE="nowhere")
    (fault,) = faults()
    assert fault.startswith('DATABASE_KEY_FILE: "nowhere" cannot be read')
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    environment(DATABASE_KEY="", DATABASE_KEY_FILE="key")
    (fault,) = faults()
    assert fault.startswith("DATABASE_KEY_FILE: has 0 characters")


def test_a_key_beside_the_database_is_refused(environment, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "key").write_text(KEY)
    environment(DATABASE_KEY="", DATABASE_KEY_FILE="data/key")
    (fault,) = faults()
    assert "lies beside the database" in fault


def test_the_clinics_own_directory_can_bring_a_language(environment, tmp_path):
    (tmp_path / "own" / "common").mkdir(parents=True)
    (tmp_path / "own" / "common" / "pt.toml").write_text("")
    environment(PROTOCOLS_DIR="own", CLINIC_LANGUAGE="pt")
    assert load_settings().clinic_language == "pt"


def test_a_missing_directory_is_not_blamed_on_the_language(environment):
    environment(PROTOCOLS_DIR="nowhere", CLINIC_LANGUAGE="pt")
    (fault,) = faults()
    assert fault.startswith("PROTOCOLS_DIR: ")


def test_env_example_is_what_the_settings_say():
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_text()


def test_the_written_file_has_a_fresh_key_for_its_owner_only(environment, tmp_path, monkeypatch):
    first, second = tmp_path / "first.env", tmp_path / "second.env"
    write_env(first)
    write_env(second)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    environment()
    monkeypatch.delenv("DATABASE_KEY")
    keys = {load_settings(file).read_key().get_secret_value() for file in (first, second)}
    assert len(keys) == 2


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    path = tmp_path / ".env"
    path.write_text("DATABASE_KEY=precious\n")
    with pytest.raises(FileExistsError, match="left as it is"):
        write_env(path)
    assert path.read_text() == "DATABASE_KEY=precious\n"
