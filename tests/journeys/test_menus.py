"""Telegram's command menus follow the team, whatever one chat or the network makes of it."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.botapi.profile import menu
from sandbox.phones import Phone
from scheduler import staff


def commands(world: Any, phone: Phone) -> set[str]:
    """The commands that a person sees beside the field they write in."""
    return {each["command"] for each in menu(world.sandbox.world, phone.person)}


def of_chat(phone: Phone) -> Callable[[str, Any], bool]:
    """Whether a request is about the menu of this chat."""
    return lambda _, values: values.get("scope", {}).get("chat_id") == phone.person.id


@pytest.fixture
async def doctor(world: Any, joins: Any) -> Phone:
    phone: Phone = await joins()
    await world.bot.tick()
    assert "enroll" in commands(world, phone)
    return phone


async def test_a_chat_that_is_gone_keeps_nobody_elses_menu_from_being_set(
    world: Any, doctor: Phone, joins: Any
) -> None:
    refusal = world.sandbox.faults.refuse(
        400,
        "Bad Request: chat not found",
        method="deleteMyCommands",
        matches=of_chat(doctor),
        count=None,
    )
    member = await world.store.read(staff.at_chat, doctor.person.id)
    await world.store.write(staff.remove, member.id, actor="system", now=world.clock.now())
    other = await joins("Dr. Two")
    for _ in range(3):
        await world.bot.tick()
    assert "enroll" in commands(world, other)
    assert refusal.hits == 1, "what was refused is not asked at every heartbeat"


async def test_a_menu_that_did_not_get_through_is_set_at_the_next_heartbeat(
    world: Any, joins: Any
) -> None:
    world.sandbox.faults.refuse(502, "Bad Gateway", method="setMyCommands", count=1)
    doctor = await joins()
    await world.bot.tick()
    await world.bot.tick()
    assert "enroll" in commands(world, doctor)


async def test_a_chat_that_refuses_its_menu_is_not_asked_again(world: Any, joins: Any) -> None:
    doctor = world.person("Dr. Ruiz")
    refusal = world.sandbox.faults.refuse(
        403, "Forbidden: bot was blocked by the user", matches=of_chat(doctor), count=None
    )
    await world.store.write(
        staff.welcome,
        chat_id=doctor.person.id,
        name="Dr. Ruiz",
        role="practitioner",
        language="en",
        actor="system",
        now=world.clock.now(),
    )
    other = await joins("Dr. Two")
    for _ in range(3):
        await world.bot.tick()
    assert "enroll" in commands(world, other)
    assert refusal.hits == 1
