"""/forgetme: asked once, then everything is gone: rows, pages, log, backups, staff's copies."""

import json

import pytest

from scheduler import backup, broadcasts, staff
from scheduler.database import DatabaseProblem
from scheduler.reading import Reader
from scheduler.segments import EVERYONE
from scheduler.tip import Tip
from scheduler.vault import Vault
from tests.conftest import KEY, moment
from tests.journeys.practitioner_chat import Chat, join
from tests.journeys.test_practitioner_cards import enrolled
from tests.journeys.traces import clear

LABEL = "Zwetschge & <7>"
WORDS = "there is pus, quokkamark"
WRITTEN = "come by tomorrow, narwhalmark"
MARKS = ("Zwetschge", "quokkamark", "narwhalmark")
SOMEBODY_ELSE = "axolotlmark"
TABLES_OF_PEOPLE = (
    "patients",
    "enrollments",
    "sessions",
    "replies",
    "consents",
    "alerts",
    "alert_reasons",
    "alert_messages",
    "staff_messages",
    "invitations",
    "waiting_pictures",
)


def found(world, *marks):
    """Which of these words, and of these numbers, stand anywhere in the file or its log."""
    everything = clear(world.settings().database_path, KEY)
    return [
        mark
        for mark in marks
        if (mark.encode() if isinstance(mark, str) else mark.to_bytes(4, "big")) in everything
    ]


async def rows(world, table):
    return await world.store.read(
        lambda tx: tx.value(f"SELECT COUNT(*) FROM {table} WHERE clinic_id = :clinic_id")
    )


@pytest.fixture
async def doctor(world):
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world, doctor):
    """A patient with an open alert, about whom much was said on several phones."""
    ana = await enrolled(world, doctor, LABEL)
    await world.after(hours=25)
    asked = next(m for m in ana.messages() if "How sore" in m.get("text", ""))
    await ana.taps("4", asked)
    await ana.says(WORDS)
    await doctor.says("/patients")
    await doctor.says(f"/patient {LABEL}")
    await doctor.says("/inbox")
    await doctor.taps("💬 1. Answer")
    await doctor.says(WRITTEN)
    assert ana.said == f"💬 Your clinic:\n{WRITTEN}"
    ana.phone.photo()
    await world.settle()
    return ana


async def forget(world, ana):
    await ana.says("/forgetme")
    await ana.taps("🗑 Yes, erase everything")
    await world.bot.tick()
    await world.settle()


async def test_it_is_asked_once_with_what_goes_and_no_means_no(world, ana):
    asked = await ana.says("/forgetme")
    assert asked.startswith("🗑 Erase everything about you?\n• Your plan ends.")
    assert "It cannot be undone." in asked
    assert "Somebody at the clinic still has to look at what you wrote." in asked
    assert "By law" not in asked
    assert await ana.taps("No, keep it") == "👌 Nothing was erased."
    assert ana.buttons == []
    assert await rows(world, "patients") == 1


async def test_counts_are_left_and_no_word_or_number_in_any_page_or_in_the_log(world, ana):
    assert found(world, *MARKS, ana.id) == [*MARKS, ana.id]
    await forget(world, ana)
    assert found(world, *MARKS, ana.id) == []
    assert [table for table in TABLES_OF_PEOPLE if await rows(world, table)] == []
    row = await world.store.read(
        lambda tx: tx.first("SELECT * FROM erasures WHERE clinic_id = :clinic_id")
    )
    counts = json.loads(row["counts"])
    assert (counts["plans"], counts["alerts"], counts["replies"]) == (1, 1, 3)
    assert counts["messages"] > 5
    assert row["key_name"] is None


async def test_they_are_told_so_and_nothing_is_sent_any_more(world, ana):
    await forget(world, ana)
    assert ana.said.startswith("🗑 Everything about you is erased.")
    assert "Emergency: 112" in ana.said
    assert ana.buttons == []
    world.new(ana.phone)
    await world.after(days=30)
    assert world.texts(ana.phone) == []
    assert (await ana.says("/plan")).startswith("I do not know that command")


async def test_the_clinics_people_are_told_and_lose_their_copies(world, doctor, ana):
    before = [m for m in doctor.messages() if any(mark in json.dumps(m) for mark in MARKS)]
    assert len(before) > 3
    world.new(doctor.phone)
    await forget(world, ana)
    about = [m for m in world.sandbox.transcript(doctor.id) if "Zwetschge" in json.dumps(m)]
    assert [m["text"].splitlines()[0] for m in about] == [
        f"🗑 {LABEL} had everything about them erased. The plan has ended, nothing is sent."
    ]
    assert "An alert was still open" in about[0]["text"]
    assert not any("narwhalmark" in json.dumps(m) for m in world.sandbox.transcript(doctor.id))
    await world.after(hours=25)
    assert not any("Zwetschge" in json.dumps(m) for m in world.sandbox.transcript(doctor.id))
    assert found(world, *MARKS) == []


async def test_copies_older_than_telegram_lets_go_of_stay_and_the_clinic_is_asked(
    world, doctor, ana
):
    await world.after(days=4)
    await forget(world, ana)
    about = [m for m in world.sandbox.transcript(doctor.id) if "quokkamark" in json.dumps(m)]
    assert about
    assert "Please delete here what is older than two days" in doctor.said


async def test_other_patients_lose_nothing(world, doctor, ana):
    bea = await enrolled(world, doctor, "B.Q.")
    await bea.says(SOMEBODY_ELSE)
    before = [await rows(world, table) for table in ("enrollments", "replies", "consents")]
    await forget(world, ana)
    assert found(world, SOMEBODY_ELSE) == [SOMEBODY_ELSE]
    after = [await rows(world, table) for table in ("enrollments", "replies", "consents")]
    assert after == [before[0] - 1, before[1] - 3, before[2] - 2 if before[2] > 2 else 1]
    world.new(bea.phone)
    await world.until(moment("2026-05-06 12:00"))
    assert world.texts(bea.phone)


async def test_a_broadcasts_figures_stay_as_they_were(world, doctor, chats):
    ana = await enrolled(world, doctor, LABEL)
    await chats.tap(ana.phone, "One more question", "Yes, send tips")
    member = await world.store.read(staff.at_chat, world.manager.person.id)
    await world.store.write(
        broadcasts.start,
        Tip("Drink water"),
        EVERYONE,
        member=member,
        clinic=world.bot.standing.clinic,
        progress_message=None,
        now=world.clock.now(),
    )
    await world.settle()
    await forget(world, ana)
    sent = await world.store.read(
        lambda tx: tx.all(
            "SELECT state, chat_id, patient_id FROM outbox "
            "WHERE clinic_id = :clinic_id AND kind = 'broadcast'"
        )
    )
    assert sent == [{"state": "sent", "chat_id": None, "patient_id": None}]
    assert await rows(world, "broadcasts") == 1


async def test_no_backup_can_be_opened_for_them_any_more(world, doctor, ana):
    bea = await enrolled(world, doctor, "B.Q.")
    await bea.says(SOMEBODY_ELSE)
    database = world.settings().database_path
    copy = backup.back_up(database, KEY, world.directory / "copies" / "one.db").path
    everything = clear(copy, KEY)
    for mark in (*MARKS, SOMEBODY_ELSE):
        assert mark.encode() not in everything
    assert ana.id.to_bytes(4, "big") not in everything
    await forget(world, ana)
    await world.stop_bot()
    done = backup.restore(copy, database, KEY, now=world.clock.now())
    assert done.erased == 1
    await world.start_bot()
    assert found(world, *MARKS, ana.id, SOMEBODY_ELSE) == [SOMEBODY_ELSE]
    labels = await world.store.read(
        lambda tx: tx.all("SELECT label FROM patients WHERE clinic_id = :clinic_id")
    )
    assert labels == [{"label": "B.Q."}]


async def test_a_crash_right_after_the_tap_forgets_nothing_of_it(world, ana):
    database, vault = world.settings().database_path, world.settings().vault_path
    backup.back_up(database, KEY, world.directory / "copies" / "one.db")
    await ana.says("/forgetme")
    await ana.taps("🗑 Yes, erase everything")
    with Vault(vault, KEY) as keys:
        assert len(keys.known()) == 1
    await world.stop_bot()
    await world.start_bot()
    await world.bot.tick()
    with Vault(vault, KEY) as keys:
        assert keys.known() == {}
        assert len(keys.destroyed()) == 1
    assert found(world, *MARKS, ana.id) == []


async def test_a_backup_that_is_being_made_delays_the_end_and_nothing_else(world, ana):
    reader = Reader(world.settings().database_path, KEY)
    reader.begin()
    reader.execute("SELECT COUNT(*) FROM outbox", {})
    await forget(world, ana)
    row = await world.store.read(
        lambda tx: tx.first("SELECT * FROM erasures WHERE clinic_id = :clinic_id")
    )
    assert row["done_at"] is None
    assert row["key_gone_at"] is not None
    reader.rollback()
    reader.close()
    await world.after(hours=1)
    assert found(world, *MARKS, ana.id) == []


async def test_a_member_of_the_clinic_who_is_a_patient_too_stays_a_member(
    world, doctor, chats, enrolls
):
    boss = Chat(world, world.manager)
    token = await enrolls(doctor.phone, label=LABEL)
    boss.phone.open(token)
    await world.settle()
    await boss.taps("Open as a patient")
    await boss.taps("Yes, send me")
    await boss.says("/forgetme")
    await boss.taps("🗑 Yes, erase everything")
    await world.bot.tick()
    await world.settle()
    assert await rows(world, "patients") == 0
    assert "staff" in (await boss.says("/help"))


async def test_what_law_keeps_is_told_and_goes_when_its_time_is_over(make_world):
    world = make_world(keep_records_months=3)
    await world.open()
    doctor = await join(world, "Dr. Ruiz")
    ana = await enrolled(world, doctor, LABEL)
    await ana.says(WORDS)
    asked = await ana.says("/forgetme")
    assert "By law the clinic keeps a little until Tue, 4 Aug 2026" in asked
    await ana.taps("🗑 Yes, erase everything")
    await world.bot.tick()
    await world.settle()
    assert "By law the clinic keeps its name for you" in ana.said
    kept = await world.store.read(
        lambda tx: tx.first("SELECT * FROM kept_records WHERE clinic_id = :clinic_id")
    )
    record = json.loads(kept["record"])
    assert kept["label"] == LABEL
    assert record["plans"][0]["treatment"] == "facial"
    assert [alert["level"] for alert in record["alerts"]] == ["urgent"]
    assert [consent["purpose"] for consent in record["consents"]] == ["aftercare"]
    assert found(world, "Zwetschge", "quokkamark") == ["Zwetschge"]
    await world.until(moment("2026-08-05 10:00"))
    await world.bot.tick()
    assert await rows(world, "kept_records") == 0
    assert found(world, "Zwetschge", "quokkamark") == []


async def test_a_file_that_cannot_be_written_anew_is_tried_again_a_minute_later(
    world, ana, monkeypatch
):
    tries = []

    async def full():
        tries.append(world.clock.now())
        raise DatabaseProblem("the file could not be written anew (disk full)")

    with monkeypatch.context() as disk:
        disk.setattr(world.store, "compact", full)
        await forget(world, ana)
        await world.bot.tick()
        assert len(tries) == 1
    assert found(world, "quokkamark") == ["quokkamark"]
    await world.after(hours=1 / 30)
    await world.bot.tick()
    assert found(world, *MARKS) == []


async def test_a_forged_tap_of_somebody_who_is_no_patient_does_nothing(world, doctor, ana):
    await ana.says("/forgetme")
    stranger = await join(world, "Eve", role="patient")
    asked = ana.last()["message_id"]
    await forged(world, stranger, "my:erase:yes:1", asked)
    await forged(world, doctor, "my:erase:yes:1", asked)
    assert await rows(world, "patients") == 1


async def forged(world, chat, data, message_id):
    """A button's data from a chat that never got that button."""
    await world.bot.receiver.keep(
        [
            {
                "update_id": 10_000_000 + chat.id % 1000,
                "callback_query": {
                    "id": "1",
                    "from": {"id": chat.id, "is_bot": False, "first_name": "X"},
                    "chat_instance": "1",
                    "data": data,
                    "message": {
                        "message_id": message_id,
                        "date": world.clock.now() // 1000,
                        "chat": {"id": chat.id, "type": "private"},
                    },
                },
            }
        ]
    )
    await world.bot.receiver.handle_open()
    await world.bot.dispatcher.drain()
