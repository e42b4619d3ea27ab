"""The page of phones in a real Chromium, against the real sandbox."""

import sys

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox.phones import Phone

pytestmark = pytest.mark.browser

HOUR = 3_600_000
DAY = 24 * HOUR


def on(page: Page, phone: Phone) -> Locator:
    return page.locator(f"#phone-{phone.person.id}")


async def test_every_person_of_the_cast_has_a_phone(stage, viewer) -> None:
    page = await viewer.open()
    await expect(page.locator(".phone")).to_have_count(4)
    names = await page.locator(".nameplate b").all_inner_texts()
    assert names == ["Dr. Elena Ruiz", "Anna", "Pablo", "Marta Vidal"]
    for number in range(4):
        await expect(page.locator(".phone").nth(number)).to_be_in_viewport()


@pytest.mark.parametrize("width", [1024, 1240, 1280, 1366, 1440])
async def test_nothing_of_the_bar_leaves_the_window_where_letters_are_wide(
    stage, viewer, width: int
) -> None:
    page = await viewer.open(size=(width, 800), bypass_csp=True)
    await page.add_style_tag(content="* { letter-spacing: 0.12em !important }")
    rights = await page.locator(".bar button").evaluate_all(
        "buttons => buttons.map(button => button.getBoundingClientRect().right)"
    )
    assert len(rights) > 8
    assert max(rights) <= width


async def test_a_new_chat_has_a_start_button_that_the_bot_hears(stage, viewer) -> None:
    page = await viewer.open()
    anna = on(page, stage.anna)
    await anna.get_by_role("button", name="Start").click()
    update = await stage.bot.hears()
    assert update["message"]["text"] == "/start"
    await expect(anna.get_by_label("Message", exact=True)).to_be_visible()


async def test_a_typed_text_appears_on_the_phone_and_reaches_the_bot(stage, viewer) -> None:
    stage.anna.open()
    page = await viewer.open()
    anna = on(page, stage.anna)
    await anna.get_by_label("Message", exact=True).fill("It still hurts <b>a lot</b> & itches")
    await page.keyboard.press("Enter")
    await expect(anna.locator(".own").last).to_contain_text("It still hurts <b>a lot</b> & itches")
    assert (await stage.bot.hears())["message"]["text"] == "/start"
    said = (await stage.bot.hears())["message"]
    assert said["text"] == "It still hurts <b>a lot</b> & itches"
    assert said["from"]["id"] == stage.anna.person.id


async def test_a_tap_reaches_the_bot_and_its_edit_takes_the_keyboard_away(stage, viewer) -> None:
    stage.anna.open()
    asked = await stage.bot.says(stage.anna, "How sore?", ["0", "1", "2"], ["3", "4"])
    page = await viewer.open()
    anna = on(page, stage.anna)
    await expect(anna.locator(".key-row")).to_have_count(2)
    await anna.get_by_role("button", name="4", exact=True).click()
    assert (await stage.bot.hears())["message"]["text"] == "/start"
    assert (await stage.bot.hears())["callback_query"]["data"] == "4"
    await stage.bot.call(
        "editMessageText",
        chat_id=stage.anna.person.id,
        message_id=asked["message_id"],
        text="How sore? You said 4.",
    )
    await expect(anna.locator(".theirs")).to_contain_text("You said 4.")
    await expect(anna.locator(".theirs")).to_contain_text("edited")
    await expect(anna.locator(".key")).to_have_count(0)


async def test_the_answer_to_a_tap_shows_as_a_toast_or_as_an_alert(stage, viewer) -> None:
    stage.anna.open()
    await stage.bot.says(stage.anna, "Ready?", ["Yes"])
    await stage.bot.hears()
    page = await viewer.open()
    anna = on(page, stage.anna)
    await anna.get_by_role("button", name="Yes").click()
    query = (await stage.bot.hears())["callback_query"]["id"]
    await stage.bot.call("answerCallbackQuery", callback_query_id=query, text="Noted")
    await expect(anna.locator(".toast")).to_have_text("Noted")
    await anna.get_by_role("button", name="Yes").click()
    query = (await stage.bot.hears())["callback_query"]["id"]
    await stage.bot.call(
        "answerCallbackQuery", callback_query_id=query, text="Call us", show_alert=True
    )
    await expect(anna.get_by_role("alertdialog")).to_contain_text("Call us")
    await page.keyboard.press("Enter")
    await expect(anna.get_by_role("alertdialog")).to_have_count(0)


async def test_a_link_opens_on_the_next_patients_phone_with_one_tap(stage, viewer) -> None:
    stage.practitioner.open()
    stage.anna.open()
    name = stage.sandbox.desk.bot["username"]
    await stage.bot.says(stage.practitioner, f"https://t.me/{name}?start=token42")
    page = await viewer.open()
    await on(page, stage.practitioner).locator(".start-link").click()
    chooser = page.get_by_role("dialog", name="Open the link on a phone")
    likely = chooser.get_by_role("button").first
    await expect(likely).to_contain_text("Pablo")
    await expect(likely).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(on(page, stage.pablo).locator(".own")).to_contain_text("/start token42")
    heard = [(await stage.bot.hears())["message"] for _ in range(3)]
    assert (heard[2]["from"]["id"], heard[2]["text"]) == (stage.pablo.person.id, "/start token42")


async def test_a_qr_picture_is_tapped_like_its_link(stage, viewer) -> None:
    stage.practitioner.open()
    name = stage.sandbox.desk.bot["username"]
    sample = stage.practitioner.photo()["photo"][0]["file_id"]
    await stage.bot.call(
        "sendPhoto",
        chat_id=stage.practitioner.person.id,
        photo=sample,
        caption=f"https://t.me/{name}?start=token43",
    )
    page = await viewer.open()
    phone = on(page, stage.practitioner)
    await phone.locator(".theirs .photo").click()
    chooser = page.get_by_role("dialog", name="Open the link on a phone")
    await chooser.get_by_role("button", name="Anna").click()
    await expect(on(page, stage.anna).locator(".own")).to_contain_text("/start token43")
    await phone.locator(".own .photo").click()
    await expect(page.get_by_role("dialog", name="Enlarge the picture")).to_be_visible()


async def test_a_step_runs_the_clock_to_its_target(stage, viewer) -> None:
    page = await viewer.open()
    await expect(page.locator(".clock")).to_contain_text("10:00")
    await expect(page.locator(".clock")).to_contain_text("Tue 5 May 2026")
    await page.get_by_role("button", name="+1 day").click()
    await expect(page.locator(".clock")).to_contain_text("Wed 6 May 2026")
    await expect(page.locator(".clock")).to_contain_text("10:00")
    assert stage.sandbox.clock.now() == stage.begins + DAY


async def test_the_next_step_says_when_and_stops_where_the_bot_owes_something(
    stage, viewer
) -> None:
    page = await viewer.open()
    onward = page.locator("#next")
    await expect(onward).to_be_disabled()
    await (await stage.link()).owes(stage.row(3), stage.row(5))
    await expect(onward).to_contain_text("13:00 · in 3 h")
    await onward.click()
    await expect(page.locator(".clock")).to_contain_text("13:00")
    assert stage.sandbox.clock.now() == stage.begins + 3 * HOUR


async def test_a_speed_is_chosen_by_its_button(stage, viewer) -> None:
    page = await viewer.open()
    pause = page.get_by_role("button", name="Pause")
    await expect(pause).to_have_attribute("aria-pressed", "true")
    month = page.get_by_role("button", name="a month in a minute")
    await month.click()
    await expect(month).to_have_attribute("aria-pressed", "true")
    assert stage.sandbox.clock.state()["speed"] == DAY / 2 / 1000


async def test_the_outbox_shows_each_row_with_its_state_and_reason(stage, viewer) -> None:
    page = await viewer.open()
    panel = page.get_by_role("complementary", name="Outbox")
    await expect(panel).to_contain_text("Nothing is owed yet")
    link = await stage.link()
    await link.owes(stage.row(1), stage.row(2, "expired", reason="no longer useful"))
    await expect(panel.locator(".count.pending")).to_contain_text("1")
    await expect(panel.locator(".row.next")).to_contain_text("11:00")
    await expect(panel.locator(".row.expired")).to_contain_text("no longer useful")
    await link.owes(stage.row(1, "sent"), stage.row(2, "expired"))
    await expect(panel.locator(".chip.sent")).to_have_text("sent")
    await expect(panel.locator(".row.next")).to_have_count(0)
    await panel.get_by_role("button", name="1 expired").click()
    await expect(panel.locator(".row")).to_have_count(1)


async def test_what_should_have_gone_is_called_overdue(stage, viewer) -> None:
    page = await viewer.open()
    await (await stage.link()).owes(stage.row(-2), stage.row(2))
    rows = page.get_by_role("complementary", name="Outbox").locator(".row-when")
    await expect(rows.first).to_have_text("08:00 · overdue")
    await expect(rows.last).to_have_text("12:00")


async def test_a_name_with_markup_is_shown_as_text(stage, viewer) -> None:
    hostile = "<img src=x onerror=window.hacked=1>"
    stage.anna.person.first_name = hostile
    stage.anna.open()
    await stage.bot.says(stage.anna, "&lt;script&gt;window.hacked=1&lt;/script&gt;", [hostile])
    stage.anna.text(hostile)
    page = await viewer.open()
    await (await stage.link()).owes(stage.row(1, who=hostile, what=hostile, reason=hostile))
    panel = page.get_by_role("complementary", name="Outbox")
    await expect(panel.locator(".row-who")).to_have_text(hostile)
    await expect(on(page, stage.anna).locator(".own").last).to_contain_text(hostile)
    await expect(on(page, stage.anna).locator(".key")).to_have_text(hostile)
    await expect(on(page, stage.anna).locator(".nameplate")).to_contain_text(hostile)
    assert await page.evaluate("window.hacked") is None


async def test_entities_are_drawn_and_a_spoiler_opens_on_a_tap(stage, viewer) -> None:
    stage.anna.open()
    text = "<b>Bold <i>both</i></b> 🙂 <code>x &lt; 1</code> <tg-spoiler>secret</tg-spoiler>"
    await stage.bot.says(stage.anna, f"{text} <blockquote>quoted</blockquote> /plan")
    page = await viewer.open()
    words = on(page, stage.anna).locator(".theirs .words")
    await expect(words.locator("strong")).to_have_text("Bold both")
    await expect(words.locator("strong em")).to_have_text("both")
    await expect(words.locator("code")).to_have_text("x < 1")
    await expect(words.locator("blockquote")).to_have_text("quoted")
    spoiler = words.locator(".spoiler")
    await spoiler.click()
    await expect(spoiler).to_have_class("spoiler shown")
    await words.get_by_role("button", name="/plan").click()
    await expect(on(page, stage.anna).locator(".own").last).to_contain_text("/plan")


async def test_a_reader_of_old_messages_is_left_in_place(stage, viewer) -> None:
    stage.anna.open()
    for number in range(60):
        stage.anna.text(f"Line {number}")
    page = await viewer.open()
    messages = on(page, stage.anna).get_by_role("log")
    await expect(messages.get_by_text("Line 59")).to_be_in_viewport()
    await messages.evaluate("list => list.scrollTo(0, 200)")
    await expect(on(page, stage.anna).locator(".to-end")).to_be_visible()
    await stage.bot.says(stage.anna, "A new message")
    await expect(on(page, stage.anna).locator(".to-end .badge")).to_have_text("1")
    assert await messages.evaluate("list => list.scrollTop") == 200
    await on(page, stage.anna).locator(".to-end").click()
    await expect(messages.get_by_text("A new message")).to_be_in_viewport()
    await expect(on(page, stage.anna).locator(".to-end")).to_be_hidden()


async def test_the_newest_message_stays_in_view_when_the_list_gets_shorter(stage, viewer) -> None:
    stage.anna.open()
    for number in range(60):
        stage.anna.text(f"Line {number}")
    page = await viewer.open()
    newest = on(page, stage.anna).locator(".message").last
    await newest.locator(".bubble").dblclick()
    await expect(on(page, stage.anna).get_by_role("button", name="Cancel")).to_be_visible()
    await expect(newest).to_be_in_viewport(ratio=1)
    await page.keyboard.type("One more")
    await page.keyboard.press("Enter")
    reply = on(page, stage.anna).locator(".message").last
    await expect(reply.locator(".quote")).to_contain_text("Line 59")
    await expect(reply).to_be_in_viewport(ratio=1)


async def test_a_months_messages_do_not_pile_up_in_the_page(stage, viewer) -> None:
    stage.anna.open()
    page = await viewer.open()
    for number in range(420):
        stage.anna.text(f"Line {number}")
        if number % 20 == 0:
            await page.evaluate("null")  # the page draws some of them meanwhile
    messages = on(page, stage.anna).get_by_role("log")
    await expect(messages.get_by_text("Line 419")).to_be_in_viewport()
    assert await messages.locator(".message").count() == 300


async def test_a_small_screen_shows_one_phone_and_a_tab_for_each(stage, viewer) -> None:
    for phone in (stage.practitioner, stage.anna):
        phone.open()
    page = await viewer.open((390, 844), has_touch=True, is_mobile=True)
    await expect(on(page, stage.practitioner)).to_be_visible()
    await expect(on(page, stage.anna)).to_be_hidden()
    await stage.bot.says(stage.anna, "Good morning")
    tab = page.get_by_role("button", name="Anna, Patient")
    await expect(tab.locator(".badge")).to_have_text("1")
    await tab.tap()
    await expect(on(page, stage.anna).get_by_text("Good morning")).to_be_in_viewport()
    await expect(on(page, stage.practitioner)).to_be_hidden()
    await expect(tab.locator(".badge")).to_be_hidden()
    await page.get_by_role("button", name="Outbox").tap()
    await expect(page.get_by_role("heading", name="Outbox")).to_be_in_viewport()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_the_tour_types_the_next_command_and_moves_on_once_it_is_sent(stage, viewer) -> None:
    stage.practitioner.open()
    page = await viewer.open()
    tour = page.get_by_role("region", name="Try next")
    await expect(tour).to_contain_text("1 of 11")
    await tour.get_by_role("button", name="Type /enroll for me").click()
    field = on(page, stage.practitioner).get_by_label("Message", exact=True)
    await expect(field).to_have_value("/enroll")
    await page.keyboard.press("Enter")
    await expect(tour).to_contain_text("2 of 11")
    await tour.get_by_role("button", name="Hide the tour").click()
    await expect(tour).to_be_hidden()
    await page.reload()
    await expect(page.locator(".phone")).to_have_count(4)
    await expect(tour).to_be_hidden()


async def test_the_tour_waits_until_the_manager_has_invited_the_practitioner(stage, viewer) -> None:
    stage.manager.open()
    name = stage.sandbox.desk.bot["username"]
    await stage.bot.says(stage.manager, f"https://t.me/{name}?start=staff1")
    page = await viewer.open()
    tour = page.get_by_role("region", name="Try next")
    await tour.get_by_role("button", name="Open it on Dr. Elena's phone").click()
    await expect(on(page, stage.practitioner).locator(".own")).to_contain_text("/start staff1")
    await expect(tour).to_contain_text("send /enroll")


async def test_a_page_that_lost_the_sandbox_says_so_and_catches_up(stage, viewer) -> None:
    stage.anna.open()
    page = await viewer.open()
    field = on(page, stage.anna).get_by_label("Message", exact=True)
    await field.fill("Not sent yet")
    stage.sandbox.events.close()
    await expect(page.get_by_role("alert")).to_contain_text("reconnects by itself")
    stage.anna.text("Written meanwhile")
    await expect(on(page, stage.anna).get_by_text("Written meanwhile")).to_be_in_viewport(
        timeout=15_000
    )
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(field).to_have_value("Not sent yet")


async def test_the_bots_process_is_killed_and_started_from_the_bar(stage, viewer) -> None:
    forever = [sys.executable, "-c", "import signal; signal.pause()"]
    await stage.sandbox.run_bot(forever, {})
    stage.anna.open()
    page = await viewer.open()
    await expect(page.locator(".bot")).to_contain_text("Bot running")
    await page.get_by_role("button", name="Crash the bot").click()
    await expect(page.locator(".bot")).to_contain_text("Bot is down")
    await expect(on(page, stage.anna).locator(".chat-status")).to_contain_text("down")
    assert stage.sandbox.process is not None
    assert not stage.sandbox.process.running
    await page.get_by_role("button", name="Start again").click()
    await expect(page.locator(".bot")).to_contain_text("Bot running")
    assert stage.sandbox.process.running


async def test_a_command_is_found_in_the_menu_with_its_description(stage, viewer) -> None:
    stage.anna.open()
    commands = [{"command": "plan", "description": "What is coming"}]
    await stage.bot.call("setMyCommands", commands=commands)
    page = await viewer.open()
    anna = on(page, stage.anna)
    await anna.get_by_role("button", name="Commands").click()
    await anna.get_by_role("button", name="/plan What is coming").click()
    await expect(anna.locator(".own").last).to_contain_text("/plan")


async def test_a_refusal_of_the_sandbox_is_told_and_the_text_is_kept(stage, viewer) -> None:
    stage.anna.open()
    page = await viewer.open()
    anna = on(page, stage.anna)
    stage.sandbox.world.people[stage.anna.person.id].deactivated = True
    await anna.get_by_label("Message", exact=True).fill("Hello?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").get_by_text("this account was deleted")).to_be_visible()
    await expect(anna.get_by_label("Message", exact=True)).to_have_value("Hello?")
    viewer.complaints.clear()  # the browser reports the 400 that this test asks for


async def test_a_picture_a_voice_note_and_a_sticker_are_sent_from_the_attach_menu(
    stage, viewer
) -> None:
    stage.anna.open()
    page = await viewer.open()
    anna = on(page, stage.anna)
    await stage.bot.hears()
    for words, kind in (("photo", "photo"), ("voice note", "voice"), ("sticker", "sticker")):
        await anna.get_by_role("button", name="Attach").click()
        await anna.get_by_role("button", name=f"Sample {words}").click()
        assert kind in (await stage.bot.hears())["message"]
    loaded = "image => image.complete && image.naturalWidth > 0"
    await expect(anna.locator(".own .voice")).to_be_visible()
    for picture in (anna.locator(".own .photo img"), anna.locator(".own img.sticker")):
        await expect(picture).to_be_visible()
        assert await picture.evaluate(
            f"async image => {{ await image.decode(); return ({loaded})(image) }}"
        )
