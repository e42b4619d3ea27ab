"""A message that the bot cannot handle: it is tried again, then parked; nobody is left waiting."""

from typing import Any

import pytest

from scheduler import inbox
from scheduler.database import Tx

# A fault in what a handler does, for one text alone.
FAULT = """CREATE TRIGGER fault BEFORE INSERT ON replies WHEN NEW.text LIKE '%burns%'
    BEGIN SELECT RAISE(ABORT, 'a handler that raises'); END"""


@pytest.fixture
async def people(world, joins, enrolls, chats):
    """A doctor, another one, and a patient; the bot cannot handle some words of hers."""
    doctor, other = await joins(), await joins("Dr. Other")
    anna = world.person("Anna")
    await chats.consent(anna, await enrolls(doctor))
    await world.store.write(ddl, FAULT)
    for phone in (doctor, other, world.manager):
        world.new(phone)
    return anna, doctor, other


def ddl(tx: Tx, statement: str) -> None:
    tx._driver.execute(statement, {})


async def updates(world: Any) -> list[tuple[str, int]]:
    def newest(tx: Tx) -> list[tuple[str, int]]:
        return [
            (row["state"], row["tries"])
            for row in tx.all("SELECT * FROM inbox WHERE clinic_id = :clinic_id ORDER BY id")
        ]

    found: list[tuple[str, int]] = await world.store.read(newest)
    return found


async def tries(world: Any) -> None:
    """Let the pauses between the tries pass."""
    for _ in range(inbox.MAX_TRIES):
        await world.after(hours=0.01)


async def test_the_patient_is_answered_and_those_who_look_after_her_are_told_once(world, people):
    anna, doctor, other = people
    anna.text("it burns")
    await world.settle()
    assert world.texts(anna) == [], "it is tried again first"
    await tries(world)
    (answer,) = world.texts(anna)
    assert "112" in answer
    assert "+34 911 234 567" in answer
    for phone in (doctor, world.manager):
        (told,) = world.texts(phone)
        assert "A message from A.P. could not be handled" in told
        assert "burns" not in told
    assert world.texts(other) == []
    assert (await updates(world))[-1] == ("parked", inbox.MAX_TRIES)
    await world.after(hours=0.5)
    assert world.texts(anna) == []


async def test_it_holds_up_nobody_else_and_what_she_writes_after_it_comes_in_order(
    world, people, chats, enrolls
):
    anna, doctor, _ = people
    anna.text("it burns")
    anna.text("is that right?")
    world.manager.text("/staff")
    await world.settle()
    assert "Your team" in world.texts(world.manager)[-1]
    assert world.texts(doctor) == [], "her next message waits for the one before"
    await tries(world)
    assert any("is that right?" in text for text in world.texts(doctor))


async def test_a_fault_that_passes_costs_nothing(world, people):
    anna, doctor, _ = people
    anna.text("it burns")
    await world.settle()
    await world.stop_bot()
    await world.start_bot()
    await world.store.write(ddl, "DROP TRIGGER fault")
    await tries(world)
    told = world.texts(doctor)
    assert len([text for text in told if "it burns" in text]) == 1
    assert not any("could not be handled" in text for text in told)
    assert (await updates(world))[-1][0] == "done"
