"""The file of an export is not encrypted: after the clinic's hours it leaves the chat."""

from typing import Any

import pytest

from scheduler import staff
from tests.conftest import HOUR
from tests.journeys.practitioner_chat import Chat, join
from tests.journeys.test_export import enroll


@pytest.fixture
async def doctor(world: Any) -> Chat:
    """A practitioner who has exported their patients."""
    return await exported(world)


async def exported(world: Any) -> Chat:
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "A.P.")
    await doctor.says("/export")
    await doctor.taps("📊")
    world.new(doctor.phone)
    return doctor


def files(chat: Chat) -> list[dict[str, Any]]:
    return [message for message in chat.messages() if "document" in message]


async def test_it_is_said_before_and_under_the_file_how_long_it_stays(
    world: Any, doctor: Chat
) -> None:
    (file,) = files(doctor)
    assert file["caption"].endswith(
        "Not encrypted. Save it in a safe place: I delete it here in 24 hours."
    )
    asked = await doctor.says("/export")
    assert "until I delete it here, 24 hours after it came" in asked
    assert "A copy that you save stays until you delete it" in asked


async def test_it_is_gone_after_these_hours_and_nothing_more_is_said(
    world: Any, doctor: Chat
) -> None:
    await world.after(hours=23.9)
    assert len(files(doctor)) == 1
    await world.after(hours=0.2)
    assert files(doctor) == []
    await world.after(hours=40)
    assert not [text for text in world.texts(doctor.phone) if "export" in text]


async def test_the_hours_are_the_clinics(make_world: Any) -> None:
    world = make_world(export_hours=2)
    await world.open()
    doctor = await exported(world)
    assert "in 2 hours" in files(doctor)[0]["caption"]
    await world.after(hours=2.1)
    assert files(doctor) == []


async def test_a_restart_in_between_changes_nothing(world: Any, doctor: Chat) -> None:
    await world.stop_bot()
    world.clock.set(world.clock.now() + 30 * HOUR)
    await world.start_bot()
    await world.after(hours=0.1)
    assert files(doctor) == []


async def test_whoever_leaves_the_clinic_loses_it_at_once(world: Any, doctor: Chat) -> None:
    member = await world.store.read(staff.at_chat, doctor.id)
    await world.store.write(staff.remove, member.id, actor="system", now=world.clock.now())
    await world.after(hours=0.1)
    assert files(doctor) == []


async def test_where_telegram_lets_nobody_delete_it_any_more_it_is_told(
    world: Any, doctor: Chat
) -> None:
    await world.stop_bot()
    world.clock.set(world.clock.now() + 60 * HOUR)
    await world.start_bot()
    await world.after(hours=1)
    told = [text for text in world.texts(doctor.phone) if "delete it yourself" in text]
    assert len(told) == 1
    assert len(files(doctor)) == 1


async def test_where_telegram_refuses_it_is_told_once(world: Any, doctor: Chat) -> None:
    world.sandbox.faults.refuse(
        400, "Bad Request: message can't be deleted", method="deleteMessage", count=None
    )
    for _ in range(4):
        await world.after(hours=9)
    told = [text for text in world.texts(doctor.phone) if "delete it yourself" in text]
    assert len(told) == 1


async def test_the_managers_are_told_of_the_file_of_somebody_who_left(
    world: Any, doctor: Chat
) -> None:
    world.sandbox.faults.refuse(
        403, "Forbidden: bot was blocked by the user", method="deleteMessage", count=None
    )
    member = await world.store.read(staff.at_chat, doctor.id)
    await world.store.write(staff.remove, member.id, actor="system", now=world.clock.now())
    world.new(world.manager)
    await world.after(hours=1)
    (told,) = [text for text in world.texts(world.manager) if "Dr. Ruiz" in text]
    assert "who has left the team" in told


async def test_a_file_that_may_have_come_twice_is_deleted_and_they_are_told_to_look(
    world: Any,
) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "A.P.")
    await doctor.says("/export")
    world.sandbox.faults.drop_after(method="sendDocument", count=1)
    await doctor.taps("📊")
    await world.after(hours=0.2)
    assert len(files(doctor)) == 2
    await world.after(hours=25)
    assert len(files(doctor)) == 1
    assert [text for text in world.texts(doctor.phone) if "delete it yourself" in text]
