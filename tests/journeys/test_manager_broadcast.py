"""A manager tells many patients something at once, and sees what came of each copy."""

import json
from typing import Any

from sandbox.phones import Phone
from scheduler import broadcasts, enrollment, staff
from scheduler.enrollment import Choice

TIP = "Sun is out: SPF 50 every morning.\n<b>Hats</b> & shade help too."


async def press(world: Any, phone: Phone, begins: str, *, at: Any = None) -> None:
    """Press the newest button whose data begins so."""
    for message in reversed(phone.transcript()) if at is None else [at]:
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if button.get("callback_data", "").startswith(begins):
                    phone.tap(message["message_id"], button["callback_data"])
                    await world.settle()
                    return
    raise AssertionError(f"{phone.person.first_name} sees no button {begins!r}")


def labels(message: dict[str, Any]) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def words(message: dict[str, Any]) -> str:
    return str(message.get("text") or message.get("caption") or "")


async def patient(
    world: Any, name: str, *, treatment: str = "facial", language: str = "en", tips: bool = True
) -> Phone:
    """Enroll somebody, who opens the link, consents, and says yes or no to tips."""

    def enroll(tx: Any) -> str:
        member = staff.at_chat(tx, world.manager.person.id)
        assert member is not None
        protocol = world.bot.texts.catalogue.protocols[treatment]
        made = enrollment.enroll(
            tx,
            Choice(treatment, protocol.areas[0], name, session_at=world.clock.now()),
            protocol=protocol,
            clinic=world.bot.clinic,
            staff=member,
            now=world.clock.now(),
        )
        return made.token

    phone: Phone = world.person(name, language=language)
    phone.open(await world.store.write(enroll))
    await world.settle()
    await press(world, phone, "c:yes")
    await press(world, phone, "c:tips:yes" if tips else "c:tips:no")
    world.new(phone)
    world.new(world.manager)
    return phone


async def compose(world: Any, text: str = TIP) -> None:
    world.manager.text("/broadcast")
    await world.settle()
    world.manager.text(text)
    await world.settle()


async def to_everyone(world: Any, text: str = TIP) -> None:
    await compose(world, text)
    await press(world, world.manager, "b:go_on")
    await press(world, world.manager, "b:send")


async def test_a_number_that_changed_under_the_question_is_asked_about_again(world: Any) -> None:
    manager = world.manager
    anna = await patient(world, "Anna")
    nora = await patient(world, "Nora", tips=False)
    await to_everyone(world)
    assert "1 patient will get it" in words(world.new(manager)[-1])
    nora.text("/privacy")
    await world.settle()
    await press(world, nora, "my:on:tips")
    world.new(nora)

    await press(world, manager, "b:yes")
    asked = manager.transcript()[-1]
    assert "it was 1 patient. Nothing was sent yet." in words(asked)
    assert "2 patients will get it" in words(asked)
    assert not world.new(anna)
    assert not world.new(nora)

    await press(world, manager, "b:yes")
    assert [words(each) for each in world.new(anna)] == [TIP]
    assert [words(each) for each in world.new(nora)] == [TIP]


async def test_a_broadcast_is_shown_tested_confirmed_and_reported(world: Any) -> None:
    manager = world.manager
    anna = await patient(world, "Anna")
    pablo = await patient(world, "Pablo", treatment="hair", language="es")
    nora = await patient(world, "Nora", tips=False)

    await compose(world)
    who = world.new(manager)[-1]
    assert "1 has not said yes to tips" in words(who)
    assert labels(who) == [
        "Treatment: any",
        "Area: any",
        "Language: any",
        "Plan: any",
        "Last visit in: any",
        "Last visit before: any",
        "Go on with 2 ›",
        "✖️ Cancel",
    ]

    await press(world, manager, "b:go_on")
    preview = world.new(manager)[-1]
    assert words(preview) == TIP, "the manager's own tags are text"
    assert labels(preview) == [
        "🔕 No more tips",
        "🌐 Add Español",
        "🧪 Send a test to me",
        "🗓 Send later …",
        "📣 Send to 2",
        "‹ Back",
        "✖️ Cancel",
    ]

    await press(world, manager, "b:test")
    await press(world, manager, "b:test", at=preview)
    tests = world.new(manager)
    assert [words(each) for each in tests] == [TIP], "a second tap sends no second test"
    assert labels(tests[0]) == ["🔕 No more tips"]
    assert not world.new(anna), "a test copy is for the manager alone"

    await press(world, manager, "b:send")
    confirm = world.new(manager)[-1]
    assert "2 patients will get it" in words(confirm)
    assert labels(preview_now(manager, preview)) == ["🔕 No more tips"]

    await press(world, manager, "b:yes")
    assert world.texts(anna) == [TIP]
    assert world.texts(pablo) == [TIP]
    assert labels(pablo.transcript()[-1]) == ["🔕 No más consejos"]
    assert not world.new(nora)
    report = world.texts(manager)[-1]
    assert "2 copies" in report
    assert "✅ 2 sent" in report
    progress = manager.chat.messages[confirm["message_id"]]
    assert "▰▰▰▰▰▰▰▰▰▰ 2 of 2" in words(progress)
    assert labels(progress) == []


def preview_now(phone: Phone, message: dict[str, Any]) -> dict[str, Any]:
    return dict(phone.chat.messages[message["message_id"]])


async def test_a_double_tap_on_yes_sends_once(world: Any) -> None:
    anna = await patient(world, "Anna")
    await to_everyone(world)
    confirm = world.new(world.manager)[-1]
    yes = next(
        button["callback_data"]
        for row in confirm["reply_markup"]["inline_keyboard"]
        for button in row
        if button["callback_data"].startswith("b:yes")
    )
    world.manager.tap(confirm["message_id"], yes)
    world.manager.tap(confirm["message_id"], yes, forged=True)
    await world.settle()
    assert world.texts(anna) == [TIP]


async def test_two_managers_who_send_the_same_words_send_them_once(world: Any) -> None:
    anna = await patient(world, "Anna")
    other: Phone = world.person("Olga", role="manager")
    await world.store.write(
        staff.welcome,
        chat_id=other.person.id,
        name="Olga",
        role="manager",
        language="en",
        actor="system",
        now=world.clock.now(),
    )
    other.open()
    await to_everyone(world)
    other.text("/broadcast")
    await world.settle()
    other.text(TIP)
    await world.settle()
    await press(world, other, "b:go_on")
    await press(world, other, "b:send")
    await press(world, world.manager, "b:yes")
    await press(world, other, "b:yes")
    assert world.texts(anna) == [TIP]
    assert "Marta sent this very broadcast at 10:00" in words(other.transcript()[-1])


async def test_a_photo_goes_with_its_text(world: Any) -> None:
    anna = await patient(world, "Anna")
    world.manager.text("/broadcast")
    await world.settle()
    world.manager.photo(caption="Shade, please.")
    await world.settle()
    await press(world, world.manager, "b:go_on")
    preview = world.new(world.manager)[-1]
    assert preview["photo"]
    assert words(preview) == "Shade, please."
    await press(world, world.manager, "b:send")
    await press(world, world.manager, "b:yes")
    (copy,) = world.new(anna)
    assert copy["photo"][-1]["file_id"] == preview["photo"][-1]["file_id"]
    assert words(copy) == "Shade, please."
    assert labels(preview_now(world.manager, preview)) == ["🔕 No more tips"]


async def test_canceling_in_the_middle_takes_back_what_has_not_left(world: Any) -> None:
    phones = [await patient(world, name) for name in ("Anna", "Berta", "Carla", "Dora")]
    await to_everyone(world)
    late = [phone.person.id for phone in phones[1:]]
    for chat_id in late:
        world.sandbox.faults.too_many(60, method="sendMessage", chat_id=chat_id, count=None)
    await press(world, world.manager, "b:yes")
    progress = next(m for m in reversed(world.manager.transcript()) if "Sending" in words(m))
    assert "▰▰▱▱▱▱▱▱▱▱ 1 of 4" in words(progress)

    await press(world, world.manager, "b:stop")
    world.sandbox.faults.lift()
    await world.after(hours=1)
    assert [world.texts(phone).count(TIP) for phone in phones] == [1, 0, 0, 0]
    report = world.texts(world.manager)[-1]
    assert "✅ 1 sent" in report
    assert "✋ 3 canceled" in report
    assert "the rest was canceled" in report
    assert "4 of 4 · 3 canceled" in words(preview_now(world.manager, progress))

    # At the last message there is nothing left to take back, and nothing changes.
    world.manager.tap(progress["message_id"], "b:stop:1", forged=True)
    await world.settle()
    assert not world.new(world.manager)
    assert (await world.store.read(broadcasts.counts, 1)) == {"sent": 1, "canceled": 3}


async def test_the_report_says_in_words_who_was_not_reached(world: Any) -> None:
    anna, berta = [await patient(world, name) for name in ("Anna", "Berta")]
    await to_everyone(world)
    berta.person.blocked = True
    await press(world, world.manager, "b:yes")
    assert world.texts(anna) == [TIP]
    report = next(text for text in world.texts(world.manager) if "🏁" in text)
    assert "🚫 1 refused\n   • 1 – the patient blocked the bot" in report


async def test_a_broadcast_at_night_waits_for_each_patients_morning(world: Any) -> None:
    anna, berta = [await patient(world, name) for name in ("Anna", "Berta")]
    await world.after(hours=12.5)
    for phone in (anna, berta, world.manager):
        world.new(phone)
    await to_everyone(world)
    await press(world, world.manager, "b:yes")
    progress = next(m for m in reversed(world.manager.transcript()) if "Sending" in words(m))
    assert "It goes on at Tue 5 May, 09:00" in words(progress)
    assert TIP not in world.texts(anna)

    # Consent that was taken back during the night holds in the morning.
    await press(world, berta, "c:tips:no")
    await world.after(hours=11)
    assert TIP in world.texts(anna)
    assert TIP not in world.texts(berta)
    report = next(text for text in world.texts(world.manager) if "🏁" in text)
    assert "✋ 1 canceled\n   • 1 – they said no to tips in the meantime" in report
    assert "in 11 hours" in report


async def test_what_cannot_be_broadcast_is_explained(world: Any) -> None:
    await patient(world, "Anna")
    world.manager.text("/broadcast")
    await world.settle()
    world.new(world.manager)
    world.manager.voice()
    await world.settle()
    assert "a text, or one photo, video or file with text" in world.texts(world.manager)[-1]
    world.manager.text("\u2063\u2063")
    await world.settle()
    assert "no letters" in world.texts(world.manager)[-1]
    world.manager.photo(caption="x" * 1025)
    await world.settle()
    assert "1 character too long" in world.texts(world.manager)[-1]


async def test_a_broadcast_to_nobody_is_refused_kindly(world: Any) -> None:
    anna = await patient(world, "Anna", tips=False)
    await compose(world)
    asked = world.new(world.manager)[-1]
    assert "Nobody would get it now" in words(asked)
    assert not [label for label in labels(asked) if "Go on" in label]
    assert "b:send" not in json.dumps(world.manager.transcript()[-1])
    assert not world.new(anna)


async def test_it_can_be_left_and_its_old_buttons_do_nothing(world: Any) -> None:
    anna = await patient(world, "Anna")
    await to_everyone(world)
    await press(world, world.manager, "b:cancel")
    left = world.manager.transcript()[-1]
    assert "Nobody got anything" in words(left)
    for data in ("b:yes:1", "b:send:1", "b:pick:1:0"):
        world.manager.tap(left["message_id"], data, forged=True)
        await world.settle()
    assert not world.new(anna)
    assert words(world.manager.transcript()[-1]).startswith("This broadcast is no longer open")


async def test_a_broadcast_goes_on_after_a_restart(world: Any) -> None:
    anna = await patient(world, "Anna")
    await to_everyone(world)
    await world.stop_bot()
    await world.start_bot()
    await press(world, world.manager, "b:yes")
    assert world.texts(anna) == [TIP]


async def test_a_tip_can_still_be_read_after_it_was_the_last_one(world: Any) -> None:
    anna = await patient(world, "Anna")
    await to_everyone(world)
    await press(world, world.manager, "b:yes")
    tip = next(m for m in anna.transcript() if words(m) == TIP)
    world.new(anna)
    anna.tap(tip["message_id"], "🔕 No more tips")
    await world.settle()
    assert TIP in [words(m) for m in anna.transcript()]
    assert [text for text in world.texts(anna) if "no tips" in text]
