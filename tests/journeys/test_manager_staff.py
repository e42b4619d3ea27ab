"""A manager brings somebody onto the team, sees who is on it, and takes access away again."""

import re
from typing import Any

import pytest

from sandbox.phones import Phone
from scheduler import enrollment, invitations, staff
from scheduler.enrollment import Choice

LINK = re.compile(r"https://t\.me/\S+\?start=\S+")


async def tap(world: Any, phone: Phone, label: str) -> None:
    for message in reversed(phone.transcript()):
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            if any(button["text"] == label for button in row):
                phone.tap(message["message_id"], label)
                await world.settle()
                return
    raise AssertionError(f"no button {label!r}")


async def invited(world: Any, command: str = "/staff invite practitioner") -> str:
    world.manager.text(command)
    await world.settle()
    message = world.new(world.manager)[-1]
    assert message["photo"], "the link comes with its QR code"
    found = LINK.search(message["caption"])
    assert found is not None
    return found[0]


async def joined(world: Any, name: str = "Elena Ruiz", role: str = "practitioner") -> Phone:
    link = await invited(world, f"/staff invite {role}")
    phone: Phone = world.person(name, role=role)
    phone.open(link)
    await world.settle()
    world.new(phone)
    world.new(world.manager)
    return phone


def enroll(tx: Any, world: Any, chat_id: int) -> None:
    member = staff.at_chat(tx, chat_id)
    assert member is not None
    enrollment.enroll(
        tx,
        Choice("facial", "face", "A.P.", session_at=world.clock.now()),
        protocol=world.bot.texts.catalogue.protocols["facial"],
        clinic=world.bot.clinic,
        staff=member,
        now=world.clock.now(),
    )


async def test_invite_join_list_remove(world: Any) -> None:
    elena = await joined(world)
    await world.store.write(enroll, world, elena.person.id)
    elena.text("/enroll")
    await world.settle()
    assert "New aftercare plan" in world.texts(elena)[-1]

    world.manager.text("/staff")
    await world.settle()
    shown = world.texts(world.manager)[-1]
    assert "Marta (you) – manager since Mon, 4 May 2026" in shown
    assert "Elena Ruiz – practitioner since Mon, 4 May 2026" in shown

    await tap(world, world.manager, "✖️ Remove Elena Ruiz")
    asked = world.manager.transcript()[-1]["text"]
    assert "Who takes over from Elena Ruiz?" in asked
    assert "• 1 patient\n" in asked
    await tap(world, world.manager, "Marta · 0")
    asked = world.manager.transcript()[-1]["text"]
    assert "Remove Elena Ruiz from the team?" in asked
    assert "To Marta go:\n• 1 patient\n• 1 of them with an active plan" in asked
    await tap(world, world.manager, "Yes, remove")
    assert "no longer on the team" in world.manager.transcript()[-1]["text"]
    assert "no longer have access" in world.texts(elena)[-1]

    # The dialogue that was open is closed, its buttons are dead, and commands are unknown.
    await tap(world, elena, "Facial rejuvenation")
    assert not world.new(elena)
    elena.text("/patients")
    await world.settle()
    assert "A.P." not in "".join(world.texts(elena))
    assert await world.store.read(
        lambda tx: staff.responsible_for(
            tx, tx.value("SELECT id FROM enrollments WHERE clinic_id = :clinic_id")
        )
    ) == await world.store.read(staff.everyone, "manager")


async def test_a_second_tap_on_remove_changes_nothing(world: Any) -> None:
    elena = await joined(world)
    world.manager.text("/staff")
    await world.settle()
    await tap(world, world.manager, "✖️ Remove Elena Ruiz")
    asked = world.manager.transcript()[-1]
    yes = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    for _ in range(2):
        world.manager.tap(asked["message_id"], yes, forged=True)
    await world.settle()
    assert len(world.texts(elena)) == 1
    removed = await world.store.read(
        lambda tx: tx.value(
            "SELECT COUNT(*) FROM events WHERE clinic_id = :clinic_id AND kind = 'staff_removed'"
        )
    )
    assert removed == 1


async def test_a_link_works_once_and_for_two_days(world: Any) -> None:
    link = await invited(world)
    first, second = world.person("Elena"), world.person("Other")
    first.open(link)
    second.open(link)
    await world.settle()
    members = [member.name for member in await world.store.read(staff.everyone)]
    assert members == ["Marta", "Elena"]

    late = await invited(world)
    await world.after(days=2)
    third = world.person("Late")
    third.open(late)
    await world.settle()
    assert len(await world.store.read(staff.everyone)) == 2


async def test_the_only_manager_cannot_be_removed_and_may_leave_once_there_is_another(
    world: Any,
) -> None:
    world.manager.text("/staff")
    await world.settle()
    await tap(world, world.manager, "✖️ Leave the team")
    assert "Your team" in world.manager.transcript()[-1]["text"]
    world.manager.tap(world.manager.transcript()[-1]["message_id"], "s:yes:1", forged=True)
    await world.settle()
    assert [m.name for m in await world.store.read(staff.everyone)] == ["Marta"]

    await joined(world, "Olga", "manager")
    world.manager.text("/staff")
    await world.settle()
    await tap(world, world.manager, "✖️ Leave the team")
    await tap(world, world.manager, "Yes, leave the team")
    assert "You have left the team" in world.manager.transcript()[-1]["text"]
    assert [m.name for m in await world.store.read(staff.everyone)] == ["Olga"]
    world.manager.text("/staff")
    await world.settle()
    assert "Your team" not in "".join(world.texts(world.manager)[-1:])


async def test_a_removed_manager_cannot_come_back_by_a_link_of_their_own(world: Any) -> None:
    olga = await joined(world, "Olga", "manager")
    olga.text("/staff invite manager")
    await world.settle()
    way_back = LINK.search(world.new(olga)[-1]["caption"])
    assert way_back is not None
    world.manager.text("/staff")
    await world.settle()
    await tap(world, world.manager, "✖️ Remove Olga")
    await tap(world, world.manager, "Yes, remove")
    olga.open(way_back[0])
    await world.settle()
    assert [m.name for m in await world.store.read(staff.everyone)] == ["Marta"]


async def test_a_removed_manager_stays_out_although_the_settings_still_name_them(
    world: Any,
) -> None:
    olga = await joined(world, "Olga", "manager")
    olga.text("/staff")
    await world.settle()
    await tap(world, olga, "✖️ Remove Marta")
    await tap(world, olga, "Yes, remove")
    world.new(world.manager)
    await world.stop_bot()
    await world.start_bot()
    assert [m.name for m in await world.store.read(staff.everyone)] == ["Olga"]
    world.manager.text("/staff")
    await world.settle()
    assert "Your team" not in "".join(world.texts(world.manager))

    olga.text("/staff invite manager")
    await world.settle()
    link = LINK.search(world.new(olga)[-1]["caption"])
    assert link is not None
    world.manager.open(link[0])
    await world.settle()
    assert len(await world.store.read(staff.everyone, "manager")) == 2
    await world.stop_bot()
    await world.start_bot()
    assert len(await world.store.read(staff.everyone, "manager")) == 2


async def test_the_link_is_wiped_from_the_outbox_once_it_was_sent(world: Any) -> None:
    link = await invited(world)
    contents = await world.store.read(
        lambda tx: tx.all("SELECT content FROM outbox WHERE clinic_id = :clinic_id")
    )
    token = link.partition("start=")[2]
    assert not any(token in (row["content"] or "") for row in contents)
    assert await world.store.read(invitations.find, token) is not None


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("invite practitioner", "for a practitioner"),
        ("practitioner", "for a practitioner"),
        ("invite MANAGER", "for a manager"),
        ("invitar profesional", "for a practitioner"),
        ("Añadir gestión", "for a manager"),
    ],
)
async def test_a_role_is_understood_in_text(world: Any, words: str, heading: str) -> None:
    world.manager.text(f"/staff {words}")
    await world.settle()
    assert heading in world.texts(world.manager)[-1]


@pytest.mark.parametrize(
    "words",
    ["remove manager Marta", "quitar gestión", "who is practitioner?", "manager or practitioner"],
)
async def test_a_line_that_asks_for_something_else_invites_nobody(world: Any, words: str) -> None:
    world.new(world.manager)
    world.manager.text(f"/staff {words}")
    await world.settle()
    (told,) = world.texts(world.manager)
    assert f"I don't know “{words}”. Nothing was done." in told
    assert "To remove somebody: /staff, then ✖️ beside their name" in told


async def test_a_role_that_is_none_is_told_how_to_write_it(world: Any) -> None:
    world.manager.text("/staff invite <b>boss")
    await world.settle()
    assert "I don't know “invite <b>boss”" in world.texts(world.manager)[-1]


async def test_a_practitioner_does_not_get_in(world: Any) -> None:
    elena = await joined(world)
    for command in ("/staff", "/staff invite manager", "/broadcast"):
        elena.text(command)
        await world.settle()
    message = elena.transcript()[-1]
    for data in ("s:invite:manager", "s:yes:1", "b:stop:1"):
        elena.tap(message["message_id"], data, forged=True)
    await world.settle()
    assert not any(LINK.search(text) for text in world.texts(elena))
    assert len(await world.store.read(staff.everyone, "manager")) == 1


async def test_a_long_list_is_paged(world: Any) -> None:
    def many(tx: Any) -> None:
        for number in range(10):
            staff.welcome(
                tx,
                chat_id=5000 + number,
                name=f"P{number}",
                role="practitioner",
                language="en",
                actor="system",
                now=world.clock.now(),
            )

    await world.store.write(many)
    world.manager.text("/staff")
    await world.settle()
    assert "P6" in world.manager.transcript()[-1]["text"]
    assert "P7" not in world.manager.transcript()[-1]["text"]
    await tap(world, world.manager, "More ›")
    assert "P9" in world.manager.transcript()[-1]["text"]
    await tap(world, world.manager, "‹ Back")
    assert "Marta" in world.manager.transcript()[-1]["text"]
