"""Updates as Telegram may bring them: twice, late, in the wrong order, forged. One effect each."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from bot.app import App, open_store
from bot.webhook import SECRET_HEADER, secret_for
from sandbox.updates import Update
from scheduler.wording import ANSWER, VISIT
from tests.faults.practice import buttons
from tests.faults.story import HOUR, Story

pytestmark = pytest.mark.fault

DAY = 24 * HOUR
Called = tuple[Story, str]


@pytest.fixture
async def story(world: Any) -> Story:
    made = Story(world)
    await made.begin(next_at=world.clock.now() + 10 * DAY)
    return made


async def _told(story: Story) -> tuple[list[Any], int, int]:
    """Return what the patient said as the database has it, and how much was sent to whom."""
    replies = [(row["kind"], row["text"], row["value"]) for row in await story.rows("replies")]
    ledger = story.world.sandbox.ledger
    return replies, len(ledger.of(story.ana.person.id)), len(ledger.of(story.doctor.person.id))


def _newest(story: Story) -> int:
    return int(story.world.sandbox.updates._next_id) - 1


def _question(story: Story) -> tuple[int, list[str]]:
    """Return the newest message with answers to tap, and what its buttons carry."""
    for message in reversed(story.ana.transcript()):
        answers = [data for data in buttons(message) if data.startswith(f"{ANSWER}:")]
        if answers:
            return message["message_id"], answers
    raise AssertionError("nothing was asked")


@pytest.mark.parametrize("what", ["text", "tap", "command", "photo", "start"])
async def test_an_update_that_comes_five_times_takes_effect_once(story: Story, what: str) -> None:
    world = story.world
    await world.after(hours=1)
    match what:
        case "text":
            story.ana.text("it burns a little")
        case "tap":
            story.ana.tap(*_first_tap(story))
        case "command":
            story.ana.text("/plan")
        case "photo":
            story.ana.photo(caption="look")
        case "start":
            story.ana.open()
    await world.settle()
    once = await _told(story)
    number = _newest(story)
    for _ in range(4):
        world.sandbox.updates.again(number)
        await world.settle()
    await world.after(hours=1)
    assert await _told(story) == once
    inbox = [row for row in await story.rows("inbox") if row["update_id"] == number]
    assert [row["state"] for row in inbox] == ["done"]


def _first_tap(story: Story) -> tuple[int, str]:
    message, answers = _question(story)
    return message, answers[-1]


async def test_copies_in_one_batch_take_effect_once(story: Story) -> None:
    world = story.world
    story.ana.text("first")
    story.ana.text("second")
    for number in (_newest(story), _newest(story) - 1, _newest(story)):
        world.sandbox.updates.again(number)
    await world.settle()
    replies = [row["text"] for row in await story.rows("replies")]
    assert replies == ["first", "second"]


async def test_an_update_that_comes_a_day_late_takes_effect_once(story: Story) -> None:
    world = story.world
    world.sandbox.updates.hold()
    story.ana.text("sent yesterday")
    await world.after(days=1)
    assert await story.rows("replies") == []
    world.sandbox.updates.release()
    await world.settle()
    assert [row["text"] for row in await story.rows("replies")] == ["sent yesterday"]


async def test_updates_in_the_wrong_order_all_take_effect(story: Story) -> None:
    world = story.world
    world.sandbox.updates.hold()
    words = [f"note {number}" for number in range(5)]
    for text in words:
        story.ana.text(text)
    world.sandbox.updates.release(reverse=True)
    await world.settle()
    await world.after(hours=1)
    replies = [row["text"] for row in await story.rows("replies")]
    assert sorted(replies) == words


async def test_a_second_tap_changes_nothing(story: Story) -> None:
    world = story.world
    await world.after(hours=25)
    message, answers = _question(story)
    story.ana.tap(message, answers[2])
    story.ana.tap(message, answers[5])
    await world.settle()
    told = await _told(story)
    story.ana.tap(message, answers[9], forged=True)
    await world.settle()
    assert await _told(story) == told
    assert [row["value"] for row in await story.rows("replies")] == ["2"]


async def test_both_copies_of_a_question_lead_to_one_reply(story: Story) -> None:
    world, ana = story.world, story.ana
    await world.after(hours=20)
    world.sandbox.faults.drop_after(method="sendMessage", chat_id=ana.person.id)
    await world.after(hours=5)
    asked = [m for m in ana.transcript() if any(b.startswith(f"{ANSWER}:") for b in buttons(m))]
    first, second = asked[-2:]
    assert first["text"] == second["text"]
    ana.tap(first["message_id"], buttons(first)[3])
    ana.tap(second["message_id"], buttons(second)[8])
    await world.settle()
    assert [row["value"] for row in await story.rows("replies")] == ["3"]


@pytest.mark.parametrize(
    "data",
    [
        f"{ANSWER}:1:00000000:00000000",
        f"{ANSWER}:1:0:²",
        f"{ANSWER}:999999:0:0",
        f"{ANSWER}:1:99:0",
        f"{ANSWER}:1:0:99",
        f"{ANSWER}:-1:0:0",
        f"{ANSWER}:²:0:0",
        f"{ANSWER}:99999999999999999999999:0:0",
        f"{VISIT}:1:yes",
        f"{VISIT}:999999:cancel",
        "zz:1",
        "",
        ":",
    ],
)
async def test_a_stale_or_forged_button_is_refused(story: Story, data: str) -> None:
    world = story.world
    await world.after(hours=1)
    message, _ = _question(story)
    told = await _told(story)
    sessions = await story.rows("sessions")
    story.ana.tap(message, data, forged=True)
    await world.settle()
    await world.after(hours=1)
    assert await _told(story) == told
    assert await story.rows("sessions") == sessions
    assert {row["state"] for row in await story.rows("inbox")} == {"done"}


async def test_somebody_elses_button_is_refused(story: Story) -> None:
    world = story.world
    await world.after(hours=25)
    message, answers = _question(story)
    eve = world.person("Eve")
    eve.open()
    await world.settle()
    eve.tap(message, answers[9], forged=True)
    world.manager.tap(message, answers[9], forged=True)
    await world.settle()
    assert await story.rows("replies") == []
    assert {row["state"] for row in await story.rows("inbox")} == {"done"}


@pytest.mark.parametrize(
    "body",
    [
        {"message": {"message_id": 1}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}},
        {"callback_query": {"id": "1"}},
        {"something_new": {"deep": [1, 2, 3]}},
        {"message": None},
        {},
    ],
)
async def test_an_update_that_nobody_can_read_blocks_nobody(
    story: Story, body: dict[str, Any]
) -> None:
    world = story.world
    queue = world.sandbox.updates
    number = queue._next_id
    queue._next_id += 1
    queue._append(Update(number, "message", json.dumps({"update_id": number, **body})))
    story.ana.text("after it")
    await world.settle()
    assert [row["text"] for row in await story.rows("replies")] == ["after it"]
    for _ in range(6):
        await world.after(hours=0.1)
    states = {row["update_id"]: row["state"] for row in await story.rows("inbox")}
    assert states[number] in ("done", "parked")


# Webhook mode: the same promises, where Telegram calls us.


@pytest.fixture
async def called(make_world: Callable[..., Any]) -> Called:
    """A bot at work that is called by webhook: its story, and the address that it listens on."""
    world = make_world(webhook_url="https://clinic.example/telegram", webhook_listen="127.0.0.1:0")
    await world.sandbox.start()
    world.manager = world.person("Marta", role="manager")
    settings = world.settings()
    world.app = App(settings, open_store(settings), world.clock)
    await world.app.open()
    assert world.sandbox.webhook.url == "https://clinic.example/telegram"
    await world.app.start()
    # What a proxy that speaks TLS does: the same path and secret, on the port behind it.
    address = f"http://127.0.0.1:{world.app.webhook.port}/telegram"
    await world.sandbox.webhook.set({"url": address, "secret_token": world.sandbox.webhook.secret})
    made = Story(world)
    await made.begin()
    return made, address


async def _heard(story: Story, count: int) -> None:
    async with asyncio.timeout(10):
        while len(await story.rows("replies")) < count:
            await asyncio.sleep(0.01)


async def test_an_update_that_was_answered_with_500_is_brought_again_and_taken_once(
    called: Called,
) -> None:
    story, _ = called
    world = story.world
    real, failures = world.bot.webhook._keep, 0

    async def failing(updates: list[dict[str, Any]]) -> int:
        nonlocal failures
        failures += 1
        if failures == 1:
            raise OSError("the disk is full")
        kept: int = await real(updates)
        if failures == 2:
            raise OSError("kept, and the answer is lost all the same")
        return kept

    world.bot.webhook._keep = failing
    world.sandbox.webhook.first_wait = 0.02
    story.ana.text("one")
    story.ana.text("two")
    await _heard(story, 2)
    async with asyncio.timeout(10):
        while len(world.sandbox.updates):
            await asyncio.sleep(0.01)
    assert failures == 4
    assert [row["text"] for row in await story.rows("replies")] == ["one", "two"]


@pytest.mark.parametrize("secret", [None, "", "wrong", "Ω", secret_for("1:x")])
async def test_a_call_without_the_right_secret_is_refused(
    called: Called, secret: str | None
) -> None:
    story, address = called
    headers = {} if secret is None else {SECRET_HEADER: secret}
    forged = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": 1,
            "text": "I am fine",
            "chat": {"id": story.ana.person.id, "type": "private"},
            "from": {"id": story.ana.person.id, "is_bot": False, "first_name": "Ana"},
        },
    }
    before = len(await story.rows("inbox"))
    async with aiohttp.ClientSession() as http:
        async with http.post(address, json=forged, headers=headers) as answer:
            assert answer.status == 401
        right = {SECRET_HEADER: secret_for(story.world.sandbox.token)}
        assert len(await story.rows("inbox")) == before
        async with http.post(address, json=forged, headers=right) as answer:
            assert answer.status == 200
        async with http.post(address, data=b"{", headers=right) as answer:
            assert answer.status == 400
    await _heard(story, 1)
