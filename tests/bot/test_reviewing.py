"""/review's buttons: foreign, forged and stale ones do nothing; long lists page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands import BUTTONS
from bot.incoming import Incoming
from bot.practitioner.reviewing import PAGE, PREFIX
from bot.router import take_turn
from bot.turn import House, Turn
from messages.catalogue import load
from scheduler import events, outbox, patients, staff
from scheduler.clinic import Clinic
from scheduler.database import SqlcipherDriver, Store, Tx
from scheduler.migrations import migrate
from scheduler.said import Said

NOW = 1_777_881_600_000
DOCTOR, OTHER, MANAGER = 501, 503, 502
CATALOGUE = load()
HOUSE = House(
    Clinic("Alba Clinic", "Europe/Madrid", "en", "+34 911 234 567", "112"), CATALOGUE, "alba_bot"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    driver = SqlcipherDriver(tmp_path / "aftercare.db", "e5" * 32)
    migrate(driver)
    opened = Store(driver)
    for chat_id, role, language in (
        (DOCTOR, "practitioner", "en"),
        (OTHER, "practitioner", "en"),
        (MANAGER, "manager", "es"),
    ):
        opened.write_now(
            staff.welcome,
            chat_id=chat_id,
            name=f"N{chat_id}",
            role=role,
            language=language,
            actor="system",
            now=NOW,
        )
    yield opened
    opened.close()


def uncertain(store: Store, number: int = 1) -> list[int]:
    """Leave messages about a patient <A&B> in doubt; their ids."""

    def make(tx: Tx) -> list[int]:
        patient = patients.add(tx, label="<A&B>", language="en", timezone="Europe/Madrid", now=NOW)
        made = []
        for _ in range(number):
            row = outbox.say(tx, Said("x"), chat_id=900, now=NOW, patient_id=patient)
            outbox.end(tx, row, "uncertain", "no answer", now=NOW)
            made.append(row)
        return made

    return store.write_now(make)


def does(store: Store, chat_id: int, **what: Any) -> Turn:
    incoming = Incoming(
        chat_id=chat_id,
        user_id=chat_id,
        private=True,
        name="",
        language_code="en",
        message_id=5,
        **what,
    )
    return store.write_now(take_turn, HOUSE, incoming, now=NOW)


def press(store: Store, chat_id: int, data: str) -> Turn:
    return does(store, chat_id, kind="button", data=data, query_id="q")


def screen(store: Store, chat_id: int) -> Said:
    row = store.write_now(
        lambda tx: tx.first(
            """SELECT content FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
               ORDER BY id DESC LIMIT 1""",
            chat_id=chat_id,
        )
    )
    return Said.from_json(row["content"])


def state(store: Store, row_id: int) -> tuple[str, bool]:
    row = store.write_now(outbox.row, row_id)
    assert row is not None
    return row["state"], row["reviewed_at"] is not None


def test_the_prefix_is_this_rooms_own():
    assert [name for name in BUTTONS if name == PREFIX] == [PREFIX]


@pytest.mark.parametrize("choice", ["send", "leave"])
def test_a_colleagues_row_cannot_be_decided_by_a_forged_button(store, choice):
    (row_id,) = uncertain(store)
    turn = press(store, OTHER, f"w:{choice}:{row_id}:0")
    assert state(store, row_id) == ("uncertain", False)
    assert turn.toast_text == "Somebody has decided that already."


@pytest.mark.parametrize("role", [DOCTOR, OTHER])
def test_restored_rows_cannot_be_decided_by_a_practitioners_forged_button(store, role):
    row_id = store.write_now(outbox.say, Said("x"), chat_id=900, now=NOW)
    store.write_now(outbox.hold, row_id, "review")
    for data in ("w:yes:send", "w:yes:leave", f"w:send:{row_id}:0"):
        press(store, role, data)
    row = store.write_now(outbox.row, row_id)
    assert (row["state"], row["held"]) == ("pending", "review")


@pytest.mark.parametrize(
    "data",
    ["w", "w:", "w:send", "w:send:x:0", "w:send:1", "w:page:-1", "w:page:²", "w:yes:burn",
     "w:send:99999999999999999999999:0", "w:all", "w:leave:1:0:0"],
)  # fmt: skip
def test_a_forged_button_is_an_old_button(store, data):
    (row_id,) = uncertain(store)
    turn = press(store, MANAGER, data)
    assert turn.toast_text
    assert state(store, row_id) == ("uncertain", False)


def test_a_double_tap_decides_once(store):
    (row_id,) = uncertain(store)
    press(store, MANAGER, f"w:send:{row_id}:0")
    turn = press(store, MANAGER, f"w:leave:{row_id}:0")
    assert state(store, row_id) == ("pending", False)
    assert turn.toast_text == "Alguien ya lo ha decidido."


def test_a_label_is_shown_as_it_is_written(store):
    uncertain(store)
    does(store, MANAGER, kind="text", text="/review")
    assert "&lt;A&amp;B&gt;" in screen(store, MANAGER).html


def test_a_long_list_pages_and_each_row_appears_once(store):
    rows = uncertain(store, PAGE * 2 + 1)
    seen: list[str] = []
    for page in range(3):
        press(store, MANAGER, f"w:page:{page}")
        said = screen(store, MANAGER)
        assert len(said.html) < 4096
        seen += [
            button.data.split(":")[2]
            for line in said.buttons
            for button in line
            if button.data and button.data.startswith("w:send:")
        ]
    assert [int(row) for row in seen] == rows


def test_a_page_that_is_no_longer_there_shows_the_last_one(store):
    rows = uncertain(store, PAGE + 1)
    press(store, MANAGER, f"w:leave:{rows[-1]}:1")
    assert "w:leave:" in str(screen(store, MANAGER).buttons)
    assert str(rows[0]) in str(screen(store, MANAGER).buttons)


def test_everything_carried_by_a_button_fits(store):
    uncertain(store, PAGE + 1)
    press(store, MANAGER, "w:page:0")
    for line in screen(store, MANAGER).buttons:
        for button in line:
            assert button.data is not None
            assert len(button.data.encode()) <= 64


def test_opening_it_is_remembered(store):
    uncertain(store)
    does(store, MANAGER, kind="text", text="/review")
    member = store.write_now(staff.at_chat, MANAGER)
    assert store.write_now(events.marked, f"review_opened:{member.id}") == NOW
