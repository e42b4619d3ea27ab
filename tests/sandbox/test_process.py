"""The bot as a child process, the opening scene, and what outlives a restart of the sandbox."""

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox import scene
from sandbox.clock import ManualClock, SandboxClock
from sandbox.process import BotProcess
from sandbox.server import Sandbox
from sandbox.storage import Storage

START = 1_777_888_800_000
WAITS = "import signal; print('ready', flush=True); signal.pause()"


class Told:
    """What the page would be told, and a way to wait for it."""

    def __init__(self) -> None:
        self.states: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    def __call__(self, state: dict[str, Any]) -> None:
        self.states.append(state)
        self._changed.set()

    async def until(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(10):
            while len(self.states) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.states


async def test_a_bot_that_is_killed_stays_dead_until_it_is_started_again() -> None:
    told = Told()
    process = BotProcess([sys.executable, "-c", WAITS], os.environ, told)
    await process.start()
    first = process.pid
    await process.kill()
    assert told.states == [{"running": True}, {"running": False, "exit_code": -signal.SIGKILL}]
    assert not process.running
    await process.start()
    assert process.running
    assert process.pid != first
    await process.restart()
    await process.stop()
    assert process.exit_code == -signal.SIGTERM


async def test_a_bot_that_ends_by_itself_leaves_its_last_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = Told()
    script = "print('wrong token'); raise SystemExit(3)"
    process = BotProcess([sys.executable, "-c", script], os.environ, told)
    await process.start()
    states = await told.until(2)
    assert states[-1] == {"running": False, "exit_code": 3, "last_lines": ["wrong token"]}
    assert "wrong token" in capfd.readouterr().err


async def test_the_page_can_kill_and_start_the_bot(http: aiohttp.ClientSession) -> None:
    sandbox = Sandbox(clock=ManualClock(START))
    await sandbox.start()
    await sandbox.run_bot([sys.executable, "-c", WAITS], os.environ)
    for action, running in (("kill", False), ("start", True), ("restart", True)):
        async with http.post(f"{sandbox.url}/bot", json={"action": action}) as answer:
            assert (await answer.json())["result"]["running"] is running
    async with http.post(f"{sandbox.url}/bot", json={"action": "dance"}) as answer:
        assert answer.status == 400
    await sandbox.stop()
    assert sandbox.process is not None
    assert not sandbox.process.running


async def test_the_opening_makes_the_practitioner_staff() -> None:
    sandbox = Sandbox(clock=ManualClock(START))
    await sandbox.start()

    async def bot() -> None:
        offset = 0
        url = f"{sandbox.api_url}/bot{sandbox.token}"
        async with aiohttp.ClientSession() as http:
            while True:
                given = {"offset": offset, "timeout": 10}
                async with http.post(f"{url}/getUpdates", json=given) as answer:
                    updates = (await answer.json())["result"]
                for update in updates:
                    offset = update["update_id"] + 1
                    said = update["message"]["text"]
                    reply = {"chat_id": update["message"]["chat"]["id"], "text": f"got {said}"}
                    if said.startswith("/staff invite"):
                        link = "https://t.me/aftercare_sandbox_bot?start=st_abc"
                        reply |= {"text": f'<a href="{link}">link</a>', "parse_mode": "HTML"}
                    async with http.post(f"{url}/sendMessage", json=reply) as answer:
                        assert answer.status == 200

    running = asyncio.create_task(bot())
    await sandbox.open_scene()
    running.cancel()
    elena = sandbox.transcript(scene.PRACTITIONER_ID)
    assert [one["text"] for one in elena] == ["/start st_abc", "got /start st_abc"]
    marta = sandbox.transcript(scene.MANAGER_ID)
    assert [one["text"] for one in marta if not one["from"]["is_bot"]] == [
        "/start",
        "/staff invite practitioner",
    ]
    await sandbox.open_scene()
    assert sandbox.transcript(scene.PRACTITIONER_ID) == elena
    assert [person["role"] for person in sandbox.people()] == [
        "manager",
        "practitioner",
        "patient",
        "patient",
    ]
    await sandbox.stop()


async def test_the_opening_gives_up_quietly_on_a_bot_that_says_nothing() -> None:
    sandbox = Sandbox(clock=ManualClock(START))
    await sandbox.start()
    phones = [sandbox.add_person(name) for name in ("Marta", "Elena")]
    assert await scene.opening(*phones, patience=0.01) is False
    await sandbox.stop()


async def test_everything_is_there_again_after_a_restart(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    first = Sandbox(clock=ManualClock(START), directory=tmp_path)
    await first.start()
    anna = first.add_person("Anna", language_code="es")
    anna.open("abc")
    url = f"{first.api_url}/bot{first.token}"
    for text in ("one", "two"):
        given = {"chat_id": anna.person.id, "text": text}
        async with http.post(f"{url}/sendMessage", json=given) as answer:
            last = (await answer.json())["result"]
    where = {"chat_id": anna.person.id, "message_id": last["message_id"]}
    async with http.post(f"{url}/deleteMessage", json=where) as answer:
        assert answer.status == 200
    photo = anna.photo()["photo"][0]["file_id"]
    transcript, waiting = anna.transcript(), first.updates.batch()
    await first.stop()
    lines = (tmp_path / "ledger.jsonl").read_text().splitlines()
    assert len(lines) == 3

    second = Sandbox(clock=ManualClock(START), directory=tmp_path)
    phone = second.phone(anna.person.id)
    assert phone.person == anna.person
    assert phone.transcript() == transcript
    assert second.updates.batch() == waiting
    stored = second.world.files.get(photo)
    assert stored is not None
    assert second.world.files.content(stored).startswith(b"\x89PNG")
    assert phone.text("x")["message_id"] > last["message_id"]
    assert second.updates.batch()[-1].id > waiting[-1].id
    await second.stop()


async def test_the_number_of_a_deleted_message_is_not_given_again_after_a_restart(
    tmp_path: Path,
) -> None:
    first = Sandbox(clock=ManualClock(START), directory=tmp_path)
    anna = first.add_person("Anna")
    anna.open()
    last = anna.text("oops")["message_id"]
    first.world.delete(anna.chat, last)
    await first.stop()
    second = Sandbox(clock=ManualClock(START), directory=tmp_path)
    assert second.phone(anna.person.id).text("again")["message_id"] > last
    await second.stop()


async def test_what_a_person_did_survives_a_kill_of_the_sandbox(tmp_path: Path) -> None:
    sandbox = Sandbox(clock=ManualClock(START), directory=tmp_path)
    anna = sandbox.add_person("Anna")
    anna.open("abc")
    copied = tmp_path / "copy"
    copied.mkdir()
    for name in ("world.sqlite", "world.sqlite-wal"):  # what a killed process leaves behind
        (copied / name).write_bytes((tmp_path / name).read_bytes())
    after = Sandbox(clock=ManualClock(START), directory=copied)
    assert after.phone(anna.person.id).transcript() == anna.transcript()
    assert after.updates.batch() == sandbox.updates.batch()
    await after.stop()
    await sandbox.stop()


def _wait_for(clock: SandboxClock, instant: int) -> None:
    while clock.now() < instant:
        pass


async def test_the_simulated_time_never_falls_back(tmp_path: Path) -> None:
    first = Sandbox(directory=tmp_path)
    clock = first.clock
    assert isinstance(clock, SandboxClock)
    await first.start()
    clock.set_speed(100_000_000)
    reached = clock.now() + 10_000
    async with asyncio.timeout(10):
        await asyncio.to_thread(_wait_for, clock, reached)
    await first.stop()
    second = Sandbox(directory=tmp_path)
    assert second.clock.now() >= reached
    await second.stop()


def test_the_storage_is_a_plain_sqlite_file(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "world.sqlite")
    storage.put("meta", "a", {"b": 1})
    storage.put("meta", "gone", 1)
    storage.remove("meta", "gone")
    storage.close()
    rows = sqlite3.connect(tmp_path / "world.sqlite").execute("SELECT * FROM remembered").fetchall()
    assert rows == [("meta", "a", '{"b":1}')]
