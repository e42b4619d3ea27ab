"""The same patient enrolled twice, or treated twice in a day: nothing is said or asked twice."""

import pytest

from tests.conftest import HOUR, moment


@pytest.fixture
async def doctor(joins):
    return await joins()


async def everything(world, phone, until):
    """What a phone reads until a local time, hour by hour."""
    texts = []
    while world.clock.now() < moment(until):
        await world.after(hours=1)
        texts += world.texts(phone)
    return texts


async def twice(world, chats, enrolls, doctor, *, apart_s=20, again="facial"):
    """Enroll Anna, and again some seconds later; she says yes to both."""
    anna = world.person("Anna")
    await chats.consent(anna, await enrolls(doctor))
    await world.until(world.clock.now() + apart_s * 1000)
    anna.open(await enrolls(doctor, treatment=again, area="face" if again == "facial" else "scalp"))
    await world.settle()
    world.new(anna)
    return anna


@pytest.mark.parametrize("apart_s", [20, 3 * 3600])
async def test_nothing_is_said_twice_within_hours(world, chats, enrolls, doctor, apart_s):
    anna = await twice(world, chats, enrolls, doctor, apart_s=apart_s)
    said = {}
    while world.clock.now() < moment("2026-05-14 10:00"):
        await world.after(hours=1)
        for text in world.texts(anna):
            assert world.clock.now() - said.get(text, 0) > 6 * HOUR, text
            said[text] = world.clock.now()
    assert len(said) >= 5


async def test_the_day_of_one_plan_and_of_two_brings_as_many_messages(
    world, chats, enrolls, doctor
):
    ben = world.person("Ben")
    await chats.consent(ben, await enrolls(doctor, label="B.B."))
    anna = await twice(world, chats, enrolls, doctor)
    read = {ben: [], anna: []}
    while world.clock.now() < moment("2026-07-30 10:00"):
        await world.after(days=0.5)
        for phone in read:
            read[phone] += world.texts(phone)
    assert read[anna] == read[ben], "word for word"


async def test_two_treatments_of_a_day_each_bring_what_they_forbid(world, chats, enrolls, doctor):
    anna = await twice(world, chats, enrolls, doctor, again="hair")
    texts = await everything(world, anna, "2026-05-04 20:00")
    lists = [text for text in texts if "You can go on with your day" in text]
    assert len(lists) == 2
    assert any("makeup" in text for text in lists)
    assert any("wash your hair" in text for text in lists)


async def test_a_session_weeks_later_brings_the_list_again(world, chats, enrolls, doctor):
    anna = await twice(world, chats, enrolls, doctor, apart_s=14 * 24 * 3600)
    texts = await everything(world, anna, "2026-05-18 20:00")
    assert sum("You can go on with your day" in text for text in texts) == 1
