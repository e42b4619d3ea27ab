"""The door: links that open, links that do not, and who may come in."""

from typing import Any

from scheduler import invitations, staff


async def test_of_two_people_one_opens_the_link(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    token = await enrolls(await joins())
    ana, eve = world.person("Ana"), world.person("Eve")
    ana.open(token)
    eve.open(token)
    await world.settle()
    assert "May I send you" in world.texts(ana)[0]
    (refused,) = world.texts(eve)
    assert "works only once" in refused
    assert "Alba Clinic" not in refused
    # The same person again is simply shown where they are.
    ana.open(token)
    await world.settle()
    assert "May I send you" in world.texts(ana)[0]


async def test_an_expired_link_says_so(world: Any, joins: Any, enrolls: Any) -> None:
    token = await enrolls(await joins())
    await world.after(days=8)
    ana = world.person("Ana")
    ana.open(token)
    await world.settle()
    assert "too old" in world.texts(ana)[0]


async def test_ten_wrong_links_end_the_guessing_for_an_hour(
    world: Any, joins: Any, enrolls: Any
) -> None:
    token = await enrolls(await joins())
    eve = world.person("Eve")
    for number in range(30):
        eve.open(f"guess{number}")
    await world.settle()
    said = world.texts(eve)
    assert len(said) == 10
    assert "Too many links" in said[-1]
    # Not even a good one is looked at now.
    await world.after(hours=0.5)
    eve.open(token)
    await world.settle()
    assert "Too many links" in world.texts(eve)[-1]
    await world.after(hours=1)
    eve.open(token)
    await world.settle()
    assert "May I send you" in world.texts(eve)[-1]


async def test_a_stranger_is_told_what_this_is(world: Any) -> None:
    eve = world.person("Eve")
    eve.open()
    await world.settle()
    (said,) = world.texts(eve)
    assert "opens with a personal link" in said
    assert "112" in said


async def test_staff_are_asked_before_a_patients_link_is_used_up(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    token = await enrolls(doctor)
    world.new(doctor)
    doctor.open(token)
    await world.settle()
    assert "patient's link" in chats.shown(chats.last(doctor))
    await chats.tap(doctor, "patient's link", "Leave it for the patient")
    ana = world.person("Ana")
    ana.open(token)
    await world.settle()
    assert "May I send you" in world.texts(ana)[0]


async def test_a_practitioner_can_be_a_patient_too(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    colleague = await joins("Dr. Paz")
    colleague.open(await enrolls(doctor))
    await world.settle()
    await chats.tap(colleague, "patient's link", "Open as a patient")
    await chats.tap(colleague, "May I send", "Yes, send me aftercare messages")
    assert "said yes" in world.texts(doctor)[-1]
    await world.after(hours=2)
    assert "You can go on" in chats.shown(chats.last(colleague))


async def test_a_second_plan_of_a_patient_starts_at_once(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    world.new(doctor)
    ana.open(await enrolls(doctor, treatment="hair", area="scalp", label="Chart 7"))
    await world.settle()
    assert "A new plan has started" in chats.shown(chats.last(ana, "new plan"))
    assert "made for “Chart 7”" in world.texts(doctor)[0]
    ana.text("/plan")
    await world.settle()
    plan = chats.shown(chats.last(ana, "What is coming"))
    assert "Facial" in plan
    assert "Hair" in plan


async def test_a_new_phone_is_asked_before_anything_goes_on(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    old = world.person("Ana")
    await chats.consent(old, await enrolls(doctor))
    world.new(doctor)
    new = world.person("Ana, new phone")
    new.open(await enrolls(doctor, patient_id=1))
    await world.settle()
    assert "May I send you" in world.texts(new)[0]
    assert "another phone" in world.texts(doctor)[0]
    (told,) = world.texts(old)
    assert told.startswith("📱 Your messages now go to another phone.")
    await world.after(hours=2)
    assert world.texts(old) == []
    assert world.texts(new) == []
    await chats.tap(new, "May I send", "Yes, send me aftercare messages")
    await world.after(hours=25)
    assert "One day since" in chats.shown(chats.last(new, "One day since"))
    assert world.texts(old) == []


async def test_an_old_or_foreign_button_changes_nothing(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana, eve = world.person("Ana"), world.person("Eve")
    await chats.consent(ana, await enrolls(doctor))
    await chats.consent(eve, await enrolls(doctor, label="E.V."))
    await world.after(hours=2)
    hers = chats.last(ana, "Is it hard to breathe")
    data = hers["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    mine = chats.last(eve, "Is it hard to breathe")["message_id"]
    for phone in (eve, doctor, ana):
        world.new(phone)
    for forged in (data, "a:1", "a:x:y:z", "a:999999:0:0", "v:1:confirm", "c:yes:1", "c:", "l:xx"):
        eve.tap(mine, forged, forged=True)
    await world.settle()
    assert world.texts(eve) == []
    assert world.texts(ana) == []
    assert world.texts(doctor) == []
    assert "✓" not in chats.shown(chats.last(ana, "Is it hard to breathe"))


async def test_whoever_writes_before_consenting_is_heard_and_reminded(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    ana.open(await enrolls(doctor))
    await world.settle()
    world.new(ana)
    world.new(doctor)
    ana.text("What is this?")
    await world.settle()
    ack, reminder = world.new(ana)
    assert "Passed on" in chats.shown(ack)
    assert chats.labels(reminder) == ["Yes, send me aftercare messages", "No, thank you"]
    assert "What is this?" in world.texts(doctor)[0]


async def test_a_staff_link_makes_a_member_once_and_the_inviter_is_told(
    world: Any, chats: Any
) -> None:
    manager = await world.store.read(staff.at_chat, world.manager.person.id)
    token = await world.store.write(
        invitations.invite, "practitioner", now=world.clock.now(), staff_id=manager.id
    )
    world.new(world.manager)
    # The manager tries the link out: it stays good.
    world.manager.open(token)
    await world.settle()
    assert "You belong to the team already" in world.texts(world.manager)[0]
    paz, eve = world.person("Dr. Paz"), world.person("Eve")
    paz.open(token)
    eve.open(token)
    await world.settle()
    assert "/enroll" in chats.shown(chats.last(paz, "Welcome to the team"))
    assert world.texts(world.manager) == [
        "👋 Dr. Paz opened your link and is a practitioner here now."
    ]
    assert "works only once" in world.texts(eve)[0]
    assert [m.name for m in await world.store.read(staff.everyone, "practitioner")] == ["Dr. Paz"]
