"""Somebody leaves: all that is theirs goes to a colleague, and no patient is left with nobody."""

from typing import Any

from scheduler import alert_record, handover, staff
from tests.journeys.practitioner_chat import Chat, join


async def leaves(world: Any, chats: Any, name: str, to: str) -> str:
    """Have the manager remove somebody up to the last question; what it says."""
    world.manager.text("/staff")
    await world.settle()
    await chats.tap(world.manager, "Your team", f"✖️ Remove {name}")
    await chats.tap(world.manager, "Who takes over", to)
    return chats.shown(chats.last(world.manager, "Remove"))


async def both(world: Any) -> tuple[Chat, Chat]:
    return await join(world, "Dr. Ruiz"), await join(world, "Dr. Sanz")


async def test_patients_alerts_and_open_questions_go_to_the_colleague(
    world: Any, chats: Any, enrolls: Any
) -> None:
    ruiz, sanz = await both(world)
    ana, eva = world.person("Ana"), world.person("Eva")
    await chats.consent(ana, await enrolls(ruiz.phone, label="A.P."))
    await chats.consent(eva, await enrolls(ruiz.phone, label="E.V."))
    ana.text("there is pus coming out")
    await world.settle()
    await ruiz.taps("✋ I'm on it")
    eva.text("May I go swimming tomorrow?")
    await world.settle()
    for phone in (ruiz.phone, sanz.phone, world.manager, ana, eva):
        world.new(phone)

    asked = await leaves(world, chats, "Dr. Ruiz", "Dr. Sanz · 0")
    assert "To Dr. Sanz go:\n• 2 patients\n• 2 of them with an active plan\n• 1 open alert" in asked
    assert "• 2 who wait for an answer" in asked
    await chats.tap(world.manager, "Remove", "Yes, remove")

    told = "\n".join(world.texts(sanz.phone))
    assert "Dr. Ruiz has left the team" in told
    assert "A.P." in told, "the alert rings at the colleague's"
    alert = await world.store.read(alert_record.unresolved, 1)
    assert alert.holder is not None
    assert alert.holder.name == "Dr. Sanz"
    sanz.phone.text("/patients")
    await world.settle()
    listed = " ".join(chats.labels(chats.last(sanz.phone, "Your patients")))
    assert "A.P." in listed
    assert "E.V." in listed
    sanz.phone.text("/inbox")
    await world.settle()
    assert "swimming" in "\n".join(world.texts(sanz.phone))

    # What comes next goes to the colleague alone; whoever left hears one goodbye and no more.
    eva.text("Hello?")
    await world.settle()
    assert "Hello?" in "\n".join(world.texts(sanz.phone))
    assert len(world.texts(ruiz.phone)) == 1


async def test_an_open_dialogue_ends_with_the_access(world: Any, chats: Any, enrolls: Any) -> None:
    ruiz, _ = await both(world)
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(ruiz.phone))
    ana.text("May I go swimming tomorrow?")
    await world.settle()
    await ruiz.taps("💬 Answer")
    await leaves(world, chats, "Dr. Ruiz", "Dr. Sanz · 0")
    await chats.tap(world.manager, "Remove", "Yes, remove")
    world.new(ana)
    ruiz.phone.text("Yes, do.")
    await world.settle()
    assert not world.new(ana)


async def test_nobody_leaves_while_patients_are_theirs_however_the_button_is_forged(
    world: Any, chats: Any, enrolls: Any
) -> None:
    ruiz, sanz = await both(world)
    await chats.consent(world.person("Ana"), await enrolls(ruiz.phone))
    world.manager.text("/staff")
    await world.settle()
    message = world.manager.transcript()[-1]["message_id"]
    member = await world.store.read(staff.at_chat, ruiz.phone.person.id)
    for data in (
        f"s:yes:{member.id}",
        f"s:yes:{member.id}:{member.id}",
        f"s:yes:{member.id}:99",
        f"s:to:{member.id}:x",
    ):
        world.manager.tap(message, data, forged=True)
        await world.settle()
    assert await world.store.read(staff.by_id, member.id) is not None
    assert "Who takes over" in chats.shown(chats.last(world.manager))
    other = await world.store.read(staff.at_chat, sanz.phone.person.id)
    ruiz.phone.tap(message, f"s:yes:{other.id}", forged=True)
    await world.settle()
    assert await world.store.read(staff.by_id, other.id) is not None


async def test_the_colleague_may_have_left_before_the_last_yes(
    world: Any, chats: Any, enrolls: Any
) -> None:
    ruiz, sanz = await both(world)
    await chats.consent(world.person("Ana"), await enrolls(ruiz.phone))
    await leaves(world, chats, "Dr. Ruiz", "Dr. Sanz · 0")
    other = await world.store.read(staff.at_chat, sanz.phone.person.id)
    await world.store.write(handover.leave, other, None, actor="staff:1", now=world.clock.now())
    await chats.tap(world.manager, "Remove", "Yes, remove")
    assert "Who takes over from Dr. Ruiz" in chats.shown(chats.last(world.manager))
    assert await world.store.read(staff.at_chat, ruiz.phone.person.id) is not None


async def test_the_only_manager_stays_whoever_is_named(world: Any) -> None:
    sanz = await join(world, "Dr. Sanz")
    manager = await world.store.read(staff.at_chat, world.manager.person.id)
    to = await world.store.read(staff.at_chat, sanz.phone.person.id)
    left = await world.store.write(handover.leave, manager, to, actor="staff:1", now=1)
    assert left is None
    assert await world.store.read(staff.by_id, manager.id) == manager
