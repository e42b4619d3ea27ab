"""/mydata: two files with everything that is held, made when they leave."""

import asyncio
import json
import zipfile
from io import BytesIO

import pytest

from bot.data_file import MOST_SECONDS, Files
from scheduler import patients
from scheduler.holdings import HOLDINGS
from tests.journeys.practitioner_chat import join, may_see_pictures, words
from tests.journeys.test_practitioner_cards import enrolled


@pytest.fixture
async def doctor(world):
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world, doctor):
    """A patient about whom there is something of every kind."""
    ana = await enrolled(world, doctor, "A.P. <1>")
    await may_see_pictures(ana)
    await world.after(hours=25)
    asked = next(m for m in ana.messages() if "How sore" in m.get("text", ""))
    await ana.taps("4", asked)
    await ana.says("there is <b>pus</b>, quokkamark")
    await doctor.says("/inbox")
    await doctor.taps("💬 1. Answer")
    await doctor.says("come by, narwhalmark")
    ana.phone.photo()
    await world.settle()
    world.new(ana.phone)
    return ana


def content(world, message):
    """The bytes of a file that the bot sent."""
    files = world.sandbox.world.files
    stored = files.get(message["document"]["file_id"])
    return files.content(stored)


async def taken(world, ana):
    await ana.says("/mydata")
    said = world.new(ana.phone)
    assert words(said[0]).startswith("📦 Your data is on its way")
    page, whole = said[1:]
    assert page["document"]["file_name"] == "mydata.html"
    assert whole["document"]["file_name"] == "mydata.zip"
    return content(world, page).decode(), zipfile.ZipFile(BytesIO(content(world, whole)))


async def test_the_page_shows_everything_in_words_and_loads_nothing_from_outside(world, ana):
    page, _ = await taken(world, ana)
    for part in (
        "What is held about you",
        "A.P. &lt;1&gt;",
        str(ana.id),
        "Messages after your visit: yes (1 en:",
        "Pictures for the clinic: yes",
        "Facial rejuvenation, face",
        "How sore",
        "there is &lt;b&gt;pus&lt;/b&gt;, quokkamark",
        "come by, narwhalmark",
        "urgent",
        "in the second file",
    ):
        assert part in page, part
    assert "<b>pus" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Dr. Ruiz" not in page


async def test_the_archive_holds_the_same_as_data_and_the_pictures(world, ana):
    _, archive = await taken(world, ana)
    data = json.loads(archive.read("data.json"))
    assert {held.table for held in HOLDINGS} <= data.keys()
    assert data["patients"][0]["label"] == "A.P. <1>"
    assert "quokkamark" in {row["text"].split()[-1] for row in data["replies"] if row["text"]}
    assert data["staff_messages"][0]["text"] == "come by, narwhalmark"
    assert {row["level"] for row in data["alerts"]} == {"urgent"}
    (name,) = data["pictures"].values()
    sent = [m for m in ana.phone.transcript() if "photo" in m][-1]["photo"][-1]["file_id"]
    files = world.sandbox.world.files
    assert archive.read(name) == files.content(files.get(sent))
    assert f'src="{name}"' in archive.read("mydata.html").decode()


async def test_nobody_elses_chat_name_or_words_are_in_it(world, doctor, ana):
    bea = await enrolled(world, doctor, "B.Q.")
    await bea.says("axolotlmark")
    await doctor.says("/patients")
    page, archive = await taken(world, ana)
    everything = page + archive.read("data.json").decode()
    for foreign in ("axolotlmark", "B.Q.", "Dr. Ruiz", str(doctor.id), str(bea.id)):
        assert foreign not in everything, foreign


async def test_it_is_given_once_an_hour(world, ana):
    await taken(world, ana)
    again = await ana.says("/mydata")
    assert again.startswith("📦 You got your data at 11:00")
    assert len(world.new(ana.phone)) == 1
    await world.after(hours=1)
    world.new(ana.phone)
    await taken(world, ana)


async def test_a_picture_that_telegram_does_not_give_out_in_time_is_named(world, ana):
    seconds = iter([0.0, MOST_SECONDS + 1])
    slow = Files(
        world.store, world.bot.bot, world.bot.house, world.clock, monotonic=lambda: next(seconds)
    )
    slow.on(asyncio.get_running_loop())
    patient = await world.store.read(patients.at_chat, ana.id)
    args = {"patient": patient.id, "part": "whole"}
    name, made = await asyncio.to_thread(slow.make, args)
    archive = zipfile.ZipFile(BytesIO(made))
    assert name == "mydata.zip"
    assert sorted(archive.namelist()) == ["data.json", "mydata.html"]
    assert "it could not be fetched" in archive.read("mydata.html").decode()


async def test_staff_have_no_such_command(doctor):
    assert "I do not know that command" in await doctor.says("/mydata")
