"""The team's group on the page of phones, with the real bot behind it: as a newcomer sees it."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from sandbox.phones import Phone
from tests.browser.conftest import Viewer, watching
from tests.journeys.practitioner_chat import join
from tests.journeys.test_practitioner_cards import enrolled

pytestmark = pytest.mark.browser

SMALL = (390, 844)


class Clinic:
    """A manager, a practitioner and a patient who agreed; the page that shows their phones."""

    def __init__(self, world: Any, viewer: Viewer) -> None:
        self.world, self.viewer = world, viewer

    async def begin(self) -> None:
        self.manager = self.world.manager
        doctor = await join(self.world, "Elena")
        self.doctor = doctor.phone
        self.ana = (await enrolled(self.world, doctor, "A.P.")).phone

    async def named(self) -> Any:
        """Have a group that the bot uses already, with nothing unread in it."""
        group = self.world.sandbox.add_team()
        await self.world.settle()
        self.manager.text("/here", chat_id=group.id)
        await self.world.settle()
        return group

    async def works(self) -> None:
        """Let the bot do what a tap on the page asks of it."""
        await self.world.sandbox.updates.arrival(5)
        await self.world.settle()

    async def asks(self, words: str) -> None:
        self.ana.text(words)
        await self.world.settle()


def on(page: Page, phone: Phone) -> Locator:
    return page.locator(f"#phone-{phone.person.id}")


async def press(place: Locator, name: str) -> None:
    await place.get_by_role("button", name=re.compile(name)).click()


async def write(place: Locator, words: str) -> None:
    field = place.get_by_role("textbox", name="Message")
    await field.fill(words)
    await field.press("Enter")
    await expect(place.locator(".own").last).to_contain_text(words)


async def pull_aside(page: Page, bubble: Locator) -> None:
    """Pull a message to the left with a finger, as the system tells the browser of it."""
    finger = await page.context.new_cdp_session(page)
    box = await bubble.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    begin = box["x"] + box["width"] - 20
    for kind, x in (
        ("touchStart", begin),
        *(("touchMove", begin - 10 * step) for step in range(1, 12)),
    ):
        await finger.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        )
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.fixture
async def viewer(browser: Browser, world: Any) -> AsyncIterator[Viewer]:
    async for viewer in watching(browser, world.sandbox):
        yield viewer


@pytest.fixture
async def clinic(world: Any, viewer: Viewer) -> Clinic:
    made = Clinic(world, viewer)
    await made.begin()
    return made


async def test_from_no_group_to_an_alert_that_is_taken_in_the_patients_topic(
    clinic: Clinic,
) -> None:
    page = await clinic.viewer.open()
    marta, elena, ana = (on(page, one) for one in (clinic.manager, clinic.doctor, clinic.ana))
    await press(marta, "All chats")
    await press(marta, "Add a team group")
    await expect(marta.locator(".chat-title")).to_have_text("Clinic team")
    await clinic.works()
    await expect(marta.locator(".line-last")).to_contain_text("Shall the team's conversations")
    await press(marta, "General")
    await press(marta, "Use this group")
    await clinic.works()
    await press(marta, "All topics, 1 unread")
    await press(marta, "How this works .*1 unread")
    await expect(marta.locator(".theirs")).to_contain_text("This is the team's group now")

    await write(ana, "Can I have a glass of wine tonight?")
    await clinic.works()
    await press(elena, r"All chats, \d unread")
    await press(elena, r"Clinic team .*\d unread")
    await press(elena, "A.P. .*1 unread")
    await expect(elena.locator(".theirs .sender")).to_have_text("Aftercare")
    await expect(elena.locator(".theirs")).to_contain_text("a glass of wine tonight?")
    await expect(elena.locator(".service")).to_have_text("Aftercare opened the topic “A.P.”")
    await write(elena, "A small one is fine.")
    await clinic.works()
    await expect(ana.locator(".theirs").last).to_contain_text("A small one is fine.")
    await expect(elena.locator(".theirs").last).to_contain_text("Delivered to A.P.")
    await press(marta, "All topics, 3 unread")
    await press(marta, "A.P. .*3 unread")
    await expect(marta.locator(".theirs .sender.practitioner")).to_have_text("Dr. Elena")

    await write(ana, "there is pus")
    await clinic.works()
    await expect(elena.locator(".keyed")).to_contain_text("Urgent · A.P.")
    await press(elena, "I'm on it")
    await clinic.works()
    for phone in (elena, marta):
        await expect(phone.locator(".keyed")).to_contain_text("Elena is on it")
    await expect(ana.locator(".theirs").last).to_contain_text("A practitioner has now read")


async def test_a_patients_phone_has_no_list_of_chats(clinic: Clinic) -> None:
    await clinic.named()
    page = await clinic.viewer.open()
    await expect(on(page, clinic.manager).get_by_role("button", name="All chats")).to_be_visible()
    await expect(on(page, clinic.ana).get_by_role("button", name="All chats")).to_be_hidden()


async def test_a_reply_in_a_topic_quotes_what_it_answers(clinic: Clinic) -> None:
    group = await clinic.named()
    await clinic.asks("first")
    await clinic.asks("second")
    page = await clinic.viewer.open()
    elena = on(page, clinic.doctor)
    await press(elena, "All chats")
    await press(elena, "Clinic team")
    await press(elena, "A.P.")
    await elena.locator(".theirs").first.locator(".bubble").dblclick(position={"x": 20, "y": 12})
    await expect(elena.locator(".context")).to_contain_text("Reply to Aftercare")
    await write(elena, "to the first")
    await expect(elena.locator(".own .quote")).to_contain_text("first")
    said = clinic.world.sandbox.transcript(group.id)[-1]
    assert "first" in said["reply_to_message"]["text"]
    assert said["message_thread_id"] == said["reply_to_message"]["message_thread_id"]
    await clinic.world.settle()
    await expect(on(page, clinic.ana).locator(".theirs .quote").last).to_contain_text("first")


async def test_a_finger_that_pulls_a_message_aside_answers_it(clinic: Clinic) -> None:
    await clinic.named()
    await clinic.asks("does it itch?")
    page = await clinic.viewer.open(SMALL, has_touch=True, is_mobile=True)
    await page.get_by_role("button", name=re.compile("Elena, Practitioner")).tap()
    elena = on(page, clinic.doctor)
    for name in ("All chats", "Clinic team", "A.P."):
        await elena.get_by_role("button", name=re.compile(name)).tap()
    await pull_aside(page, elena.locator(".theirs .bubble").last)
    await expect(elena.locator(".context")).to_contain_text("does it itch?")
    assert await page.evaluate("document.documentElement.scrollWidth") == SMALL[0]


async def test_what_is_unread_shows_on_the_tab_of_a_small_screen(clinic: Clinic) -> None:
    await clinic.named()
    page = await clinic.viewer.open(SMALL, has_touch=True, is_mobile=True)
    await page.get_by_role("button", name=re.compile("Ana, Patient")).tap()
    await clinic.asks("hello")
    tab = page.get_by_role("button", name=re.compile("Elena, Practitioner, 1 unread"))
    await tab.tap()
    elena = on(page, clinic.doctor)
    await elena.get_by_role("button", name="All chats, 1 unread").tap()
    await elena.get_by_role("button", name=re.compile("Clinic team")).tap()
    await elena.get_by_role("button", name=re.compile("A.P.")).tap()
    await expect(elena.get_by_role("log", name="Messages in A.P.")).to_contain_text("hello")
    await expect(
        page.get_by_role("button", name="Dr. Elena, Practitioner", exact=True)
    ).to_be_visible()


async def test_a_draft_waits_in_its_topic_and_the_keyboard_leads_there_and_back(
    clinic: Clinic,
) -> None:
    await clinic.named()
    await clinic.asks("hello")
    page = await clinic.viewer.open()
    elena = on(page, clinic.doctor)
    await elena.get_by_role("button", name="All chats").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")  # from the chat with the bot to the group
    await page.keyboard.press("Enter")
    await expect(elena.get_by_role("button", name=re.compile("A.P."))).to_be_focused()
    await page.keyboard.press("Enter")
    field = elena.get_by_role("textbox", name="Message")
    await expect(field).to_be_focused()
    await page.keyboard.type("Not yet sent")
    await page.keyboard.press("Escape")
    await expect(elena.get_by_role("list", name="Topics")).to_be_visible()
    await press(elena, "A.P.")
    await expect(field).to_have_value("Not yet sent")


async def test_a_reader_who_comes_back_to_a_topic_is_where_the_reading_stopped(
    clinic: Clinic,
) -> None:
    group = await clinic.named()
    await clinic.asks("hello")
    thread = max(group.topics)
    for number in range(40):
        clinic.manager.text(f"Line {number}", chat_id=group.id, thread=thread)
    page = await clinic.viewer.open()
    elena = on(page, clinic.doctor)
    for name in ("All chats", "Clinic team", "A.P."):
        await press(elena, name)
    messages = elena.get_by_role("log")
    await expect(messages.get_by_text("Line 39")).to_be_in_viewport()
    await messages.evaluate("list => list.scrollTo(0, 200)")
    await expect(elena.locator(".to-end")).to_be_visible()
    await press(elena, "All topics")
    await press(elena, "A.P.")
    assert await messages.evaluate("list => list.scrollTop") == 200


async def test_a_topic_that_is_deleted_leads_back_to_the_list_and_comes_anew(
    clinic: Clinic,
) -> None:
    await clinic.named()
    await clinic.asks("hello")
    page = await clinic.viewer.open()
    marta = on(page, clinic.manager)
    for name in ("All chats", "Clinic team", "A.P."):
        await press(marta, name)
    await press(marta, "More for")
    await page.get_by_role("button", name="Delete the topic").click()
    await expect(marta.get_by_role("list", name="Topics")).to_be_visible()
    await expect(marta.get_by_role("button", name=re.compile("A.P."))).to_have_count(0)
    await clinic.asks("are you there?")
    await expect(marta.get_by_role("button", name=re.compile("A.P. .*1 unread"))).to_be_visible()


async def test_a_bot_that_is_put_out_writes_in_private_again(clinic: Clinic) -> None:
    await clinic.named()
    page = await clinic.viewer.open()
    marta = on(page, clinic.manager)
    for name in ("All chats", "Clinic team", "More for"):
        await press(marta, name)
    await page.get_by_role("button", name="Take the bot out").click()
    await expect(marta.locator(".chat-status")).to_have_text("2 members, the bot is out")
    await clinic.works()
    await press(marta, "All chats, 1 unread")
    await expect(marta.locator(".line-last").first).to_contain_text("I was taken out of")
    await expect(marta.get_by_role("button", name=re.compile("Add a team group"))).to_be_visible()


async def test_a_group_that_loses_its_topics_is_one_list_of_messages(clinic: Clinic) -> None:
    group = await clinic.named()
    await clinic.asks("hello")
    page = await clinic.viewer.open()
    marta, elena = on(page, clinic.manager), on(page, clinic.doctor)
    for phone in (marta, elena):
        await press(phone, "All chats")
        await press(phone, "Clinic team")
    await press(elena, "A.P.")
    clinic.world.sandbox.groups.turn_topics_off(group)
    for phone in (marta, elena):
        await expect(phone.get_by_role("log", name="Messages in Clinic team")).to_be_visible()
        await expect(phone.locator(".theirs").last).to_contain_text("hello")
    await write(elena, "Where are they?")
    await expect(marta.locator(".theirs").last).to_contain_text("Where are they?")
    await press(elena, "All chats")
    await expect(elena.get_by_role("list")).to_be_visible()


async def test_a_group_that_got_another_id_is_left_for_the_new_one(clinic: Clinic) -> None:
    group = clinic.world.sandbox.groups.create(
        "Chat", [clinic.manager.person.id, clinic.doctor.person.id]
    )
    page = await clinic.viewer.open()
    marta = on(page, clinic.manager)
    await press(marta, "All chats")
    await press(marta, "^A? ?Chat ")
    await expect(marta.locator(".service")).to_have_text("Marta added Aftercare")
    clinic.world.sandbox.groups.migrate(group)
    await expect(marta.get_by_role("list")).to_be_visible()
    await press(marta, "got another id")
    await expect(marta.locator(".service")).to_have_text("The group got another id")
