"""The database's key cannot be read any more while the bot is at work: it is told, and no more."""

from pathlib import Path
from typing import Any

import pytest

from bot.settings import KeyUnreadable
from sandbox.phones import Phone
from scheduler import backup
from scheduler.vault import Vault
from tests.conftest import KEY, moment
from tests.journeys.practitioner_chat import join
from tests.journeys.test_practitioner_cards import enrolled


class Stick:
    """A stick with the database's key, which somebody may pull out."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.file = folder / "key"
        self.put()

    def put(self, text: str = KEY) -> None:
        self.file.write_text(text, "ascii")

    def pull(self) -> None:
        self.file.unlink()


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path / "stick")


@pytest.fixture
async def clinic(make_world: Any, stick: Stick, tmp_path: Path) -> Any:
    """A clinic whose key lies in a file, with texts of its own and backups every night."""
    (tmp_path / "texts" / "patient").mkdir(parents=True)
    world = make_world(
        database_key=None,
        database_key_file=stick.file,
        protocols_dir=tmp_path / "texts",
        backup_dir=tmp_path / "nights",
    )
    await world.open()
    await world.bot.nightly.settle()
    world.new(world.manager)
    return world


def test_the_fault_names_the_setting_and_what_to_do(clinic: Any, stick: Stick) -> None:
    stick.pull()
    with pytest.raises(KeyUnreadable, match=r"DATABASE_KEY_FILE: .* cannot be read"):
        clinic.bot.settings.read_key()
    stick.put("another thing")
    with pytest.raises(KeyUnreadable, match=r"DATABASE_KEY_FILE: .* 64 hexadecimal digits"):
        clinic.bot.settings.read_key()


async def test_a_night_without_a_backup_is_told_to_the_managers(clinic: Any, stick: Stick) -> None:
    stick.pull()
    await clinic.until(moment("2026-05-05 03:00"))
    await clinic.bot.nightly.settle()
    await clinic.settle()
    (told,) = clinic.texts(clinic.manager)
    assert "Last night's backup was not made" in told

    stick.put()
    await clinic.after(hours=1.1)
    await clinic.bot.nightly.settle()
    assert backup.verify(clinic.bot.settings.backup_dir / "aftercare-2026-05-05.db", KEY).rows > 0


async def test_an_erasure_that_waits_for_it_holds_up_nothing_and_is_told_after_an_hour(
    clinic: Any, stick: Stick, tmp_path: Path
) -> None:
    doctor = await join(clinic, "Dr. Ruiz")
    ana = await enrolled(clinic, doctor)
    clinic.new(clinic.manager)
    stick.pull()
    await ana.says("/forgetme")
    await ana.taps("🗑 Yes, erase everything")
    own = tmp_path / "texts" / "patient" / "en.toml"
    own.write_text('[start]\nunknown = "Pardon? {phone} {emergency}"', "utf-8")

    await clinic.after(hours=0.1)
    assert ana.said.startswith("🗑 Everything about you is erased.")
    somebody: Phone = clinic.person("Somebody")
    somebody.open()
    await clinic.settle()
    clinic.new(somebody)
    somebody.text("/nothing")
    await clinic.settle()
    assert clinic.texts(somebody) == ["Pardon? +34 911 234 567 112"], (
        "texts are read anew all the while"
    )
    assert not [text for text in clinic.texts(clinic.manager) if "not finished" in text]

    for _ in range(3):
        await clinic.after(hours=1)
    (told,) = [text for text in clinic.texts(clinic.manager) if "not finished" in text]
    assert "the key of somebody who was erased" in told

    stick.put()
    await clinic.after(hours=0.1)
    with Vault(clinic.bot.settings.vault_path, KEY) as vault:
        assert vault.known() == {}


async def test_the_bot_stops_in_good_order_while_a_backup_fails(clinic: Any, stick: Stick) -> None:
    stick.pull()
    clinic.clock.set(moment("2026-05-05 03:00"))
    await clinic.bot.tick()
    await clinic.stop_bot()
    stick.put()
    await clinic.start_bot()
    await clinic.bot.nightly.settle()


async def test_one_part_of_a_heartbeat_that_fails_keeps_no_other_from_its_turn(
    world: Any,
) -> None:
    await world.store.write(
        lambda tx: tx.run(
            """INSERT INTO library (clinic_id, name, next_on, staff_id, changed_at)
               VALUES (:clinic_id, 'diet', '0000-00-00', 1, 0)"""
        )
    )
    world.clock.set(moment("2026-05-04 10:30"))
    assert not await world.bot.healthy()
    with pytest.raises(ExceptionGroup) as raised:
        await world.bot.tick()
    assert [type(fault) for fault in raised.value.exceptions] == [ValueError]
    assert await world.bot.healthy(), "what comes after it in a heartbeat was done"
