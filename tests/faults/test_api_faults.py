"""Telegram's bad days, each over real HTTP: what is certain is not doubled, what is not follows
the kind's policy, and polling always comes back."""

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import pytest

from bot.receive import Receiver
from sandbox.faults import Faults
from scheduler import outbox
from scheduler.database import Tx
from scheduler.said import Said
from tests.faults.judge import judge
from tests.faults.story import HOUR, Impatient, Story

pytestmark = pytest.mark.fault

Put = Callable[..., object]
Class = Literal["certain", "applied", "not applied"]
BEYOND_THE_TIMEOUT = 0.6

FAULTS: dict[str, tuple[Class, Put]] = {
    "429 with retry_after": ("certain", lambda f, **at: f.too_many(3, **at)),
    "429 without retry_after": ("certain", lambda f, **at: f.too_many(None, **at)),
    "401": ("certain", lambda f, **at: f.refuse(401, "Unauthorized", **at)),
    "404": ("certain", lambda f, **at: f.refuse(404, "Not Found", **at)),
    "409": ("certain", lambda f, **at: f.refuse(409, "Conflict: another bot", **at)),
    "500 with JSON": ("not applied", lambda f, **at: f.refuse(500, "Internal Server Error", **at)),
    "502 with HTML": ("not applied", lambda f, **at: f.bad_gateway(**at)),
    "200 with HTML": ("applied", lambda f, **at: f.html(**at)),
    "200 with broken JSON": ("applied", lambda f, **at: f.broken_json(**at)),
    "a hang before it took effect": (
        "not applied",
        lambda f, **at: f.hang(BEYOND_THE_TIMEOUT, **at),
    ),
    "a hang after it took effect": (
        "applied",
        lambda f, **at: f.hang(BEYOND_THE_TIMEOUT, applied=True, **at),
    ),
    "an answer that is too late": ("applied", lambda f, **at: f.slow(BEYOND_THE_TIMEOUT, **at)),
    "a connection cut before": ("not applied", lambda f, **at: f.drop_before(**at)),
    "a connection cut after": ("applied", lambda f, **at: f.drop_after(**at)),
}
KINDS = ("reminder", "answer", "alert", "broadcast")


@pytest.fixture
async def story(make_world: Callable[..., Any]) -> Story:
    world = make_world()
    world.request = Impatient
    await world.open()
    made = Story(world)
    await made.begin()
    return made


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_bad_answer_follows_the_policy_of_each_kind(story: Story, fault: str) -> None:
    what, put = FAULTS[fault]
    world = story.world
    for kind in KINDS:
        seen = len(world.sandbox.ledger)
        chat = await story.owe(kind)
        met = put(world.sandbox.faults, method="sendMessage", chat_id=chat)
        await world.after(hours=1.2 if kind == "reminder" else 0.2)

        row = await story.row(kind, chat)
        copies = [e for e in world.sandbox.ledger.of(chat) if e.number >= seen]
        assert met.hits == 1, kind  # type: ignore[attr-defined]  # every fault is one
        assert len({entry.digest for entry in copies}) <= 1, kind
        if kind == "broadcast" and what != "certain":
            assert row["state"] == "uncertain"
            assert len(copies) == (what == "applied")
        else:
            assert (row["state"], row["attempts"]) == ("sent", 2), kind
            assert len(copies) == (2 if what == "applied" else 1), kind
            assert row["possible_duplicate"] == (what != "certain"), kind
    verdict = judge(await story.rows(), world.sandbox.ledger, now=world.clock.now())
    assert verdict.clean, str(verdict)
    assert len(verdict.extra) == (len(KINDS) if what == "applied" else 0)


@pytest.mark.parametrize(
    ("status", "description", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", "blocked"),
        (403, "Forbidden: user is deactivated", "deactivated"),
        (400, "Bad Request: chat not found", "chat_not_found"),
    ],
)
async def test_whoever_cannot_be_reached_is_left_alone_and_the_practitioner_told_once(
    story: Story, status: int, description: str, reason: str
) -> None:
    world, ana = story.world, story.ana
    world.sandbox.faults.refuse(status, description, chat_id=ana.person.id, count=None)
    before = len(world.sandbox.ledger.of(story.doctor.person.id))
    await world.after(days=5)

    row = await story.row("reminder", ana.person.id)
    assert (row["state"], row["reason"], row["attempts"]) == ("refused", reason, 1)
    (patient,) = await story.rows("patients")
    assert patient["state"] == "unreachable"
    told = world.sandbox.ledger.of(story.doctor.person.id)[before:]
    assert len(told) == 1
    assert "A.P." in told[0].text
    assert world.sandbox.ledger.of(ana.person.id) == []

    world.sandbox.faults.lift()
    ana.open()
    await world.settle()
    back = [entry.text for entry in world.sandbox.ledger.of(ana.person.id)]
    assert len(back) == 1, "nothing stale comes with the welcome"
    await world.after(days=3)
    assert len(world.sandbox.ledger.of(ana.person.id)) == 2


async def test_a_flood_wait_of_the_whole_bot_outlives_a_restart(story: Story) -> None:
    world = story.world
    first = world.sandbox.faults.too_many(300, method="sendMessage")
    begun, before = world.clock.now(), len(world.sandbox.ledger)
    await story.owe("alert")
    await story.owe("answer")
    await world.settle()
    quiet_from = len(world.sandbox.ledger)
    assert quiet_from <= before + 1, "what had left beside it"
    tight = world.sandbox.faults.refuse(500, "asked too early", method="sendMessage", count=None)
    await world.stop_bot()
    await world.start_bot()
    await world.until(begun + 299_000)
    assert (first.hits, tight.hits) == (1, 0)
    assert len(world.sandbox.ledger) == quiet_from
    world.sandbox.faults.lift()
    await world.until(begun + 310_000)
    verdict = judge(await story.rows(), world.sandbox.ledger, now=world.clock.now())
    assert verdict.clean, str(verdict)
    assert not verdict.extra


async def test_a_group_that_is_full_holds_up_nobody_else(story: Story) -> None:
    world = story.world
    group = world.sandbox.groups.create("Team", [world.manager.person.id])
    await world.settle()
    await world.store.write(_say, group.id, "to the group", now=world.clock.now())
    met = world.sandbox.faults.too_many(60, chat_id=group.id)
    chat = await story.owe("alert")
    begun = world.clock.now()
    await world.settle()
    assert met.hits == 1
    assert [entry.at for entry in world.sandbox.ledger.of(chat)][-1] == begun
    assert "to the group" not in [entry.text for entry in world.sandbox.ledger.of(group.id)]
    await world.until(begun + 62_000)
    assert "to the group" in [entry.text for entry in world.sandbox.ledger.of(group.id)]


async def test_a_flood_wait_of_a_group_outlives_a_restart(story: Story) -> None:
    world = story.world
    group = world.sandbox.groups.create("Team", [world.manager.person.id])
    await world.settle()
    await world.store.write(_say, group.id, "to the group", now=world.clock.now())
    begun = world.clock.now()
    met = world.sandbox.faults.too_many(300, chat_id=group.id)
    await world.settle()
    await world.stop_bot()
    await world.start_bot()
    await world.until(begun + 299_000)
    assert met.hits == 1
    assert "to the group" not in [entry.text for entry in world.sandbox.ledger.of(group.id)]
    await world.until(begun + 310_000)
    assert [e.text for e in world.sandbox.ledger.of(group.id)].count("to the group") == 1


async def test_a_reminder_that_nobody_answers_for_ends_as_uncertain_after_two_tries(
    story: Story,
) -> None:
    world, ana = story.world, story.ana
    world.sandbox.faults.drop_after(chat_id=ana.person.id, count=None)
    await world.after(hours=2)
    row = await story.row("reminder", ana.person.id)
    assert (row["state"], row["attempts"]) == ("uncertain", 2)
    assert len(world.sandbox.ledger.of(ana.person.id)) == 2


async def test_an_outage_of_minutes_parks_no_reminder(story: Story) -> None:
    world, ana = story.world, story.ana
    due = (await story.row("reminder", ana.person.id))["ready_at"]
    await world.until(due - 1)
    outage = world.sandbox.faults.refuse(500, "Internal Server Error", count=None)
    await world.bot.tick()
    for _ in range(20):
        world.clock.advance(60_000)
        await world.bot.tick()
        await world.bot.dispatcher.drain()
    row = await story.row("reminder", ana.person.id)
    assert (row["state"], row["attempts"]) == ("pending", 1), "the one try left is kept"
    assert outage.hits > 10, "Telegram is asked whether it is back"
    world.sandbox.faults.lift()
    await world.after(hours=0.5)
    row = await story.row("reminder", ana.person.id)
    assert (row["state"], row["attempts"], row["possible_duplicate"]) == ("sent", 2, 1)
    assert len(world.sandbox.ledger.of(ana.person.id)) == 1


async def test_a_tap_on_the_copy_that_arrived_saves_the_second_one(story: Story) -> None:
    world, ana = story.world, story.ana
    lost = world.sandbox.faults.drop_after(method="sendMessage", chat_id=ana.person.id)
    await world.until((await story.row("reminder", ana.person.id))["ready_at"])
    (copy,) = ana.transcript()
    assert lost.hits == 1
    ana.tap(copy["message_id"], "No")
    await world.settle()
    row = await story.row("reminder", ana.person.id)
    assert (row["state"], row["reason"]) == ("sent", "a button of it was pressed")
    assert row["message_id"] == copy["message_id"]
    await world.after(hours=1)
    assert len(world.sandbox.ledger.of(ana.person.id, "sendMessage")) == 1
    assert [reply["value"] for reply in await story.rows("replies")] == ["no"]


async def test_an_alert_goes_on_until_somebody_has_it(story: Story) -> None:
    world = story.world
    chat = await story.owe("alert")
    fault = world.sandbox.faults.drop_before(chat_id=chat, count=None)
    await world.after(hours=1)
    assert fault.hits > 5
    assert (await story.row("alert", chat))["state"] == "pending"
    world.sandbox.faults.lift()
    await world.after(hours=1)
    assert (await story.row("alert", chat))["state"] == "sent"
    assert len(world.sandbox.ledger.of(chat)) == 1


@pytest.mark.parametrize("applied", [False, True])
async def test_an_upload_cut_midway_is_sent_again_and_told_rightly(
    make_world: Callable[..., Any], applied: bool
) -> None:
    world = make_world()
    world.request = Impatient
    await world.open()
    story = Story(world)
    await story.begin(next_at=world.clock.now() + 10 * 24 * HOUR)
    faults: Faults = world.sandbox.faults
    cut = (
        faults.drop_after(method="sendDocument")
        if applied
        else faults.cut_upload(method="sendDocument")
    )
    await world.after(days=8)
    assert cut.hits == 1
    documents = world.sandbox.ledger.of(story.ana.person.id, "sendDocument")
    assert len(documents) == (2 if applied else 1)
    verdict = judge(await story.rows(), world.sandbox.ledger, now=world.clock.now())
    assert verdict.clean, str(verdict)
    assert len(verdict.extra) == applied


async def test_an_hour_without_telegram_and_a_restart_in_it_lose_nothing(
    story: Story, figures: Callable[..., None]
) -> None:
    world, ana = story.world, story.ana
    outage = world.sandbox.faults.drop_before(count=None)
    begun = world.clock.now()
    await story.owe("alert")
    broadcast = await story.owe("broadcast")
    ana.text("are you there?")
    for minute in range(0, 60, 5):
        world.clock.set(begun + minute * 60_000)
        await world.bot.tick()
        await world.bot.dispatcher.drain()
    before = outage.hits
    await world.stop_bot()
    world.clock.set(begun + HOUR)
    starting = asyncio.create_task(world.start_bot())
    async with asyncio.timeout(10):
        while outage.hits == before:
            await asyncio.sleep(0.01)
    assert not starting.done(), "the bot waits for Telegram at its start"
    world.sandbox.faults.lift()
    await starting
    await world.settle()
    await world.after(hours=2)

    rows = await story.rows()
    verdict = judge(rows, world.sandbox.ledger, now=world.clock.now())
    figures(rows=verdict.rows, lost=len(verdict.lost), states=dict(verdict.states))
    assert verdict.clean, str(verdict)
    assert not verdict.extra, "nothing took effect in that hour, so nothing is doubled"
    assert (await story.row("alert", story.doctor.person.id))["state"] == "sent"
    assert (await story.row("broadcast", broadcast))["state"] == "uncertain"
    assert [r["text"] for r in await story.rows("replies")] == ["are you there?"]
    care = await story.row("reminder", ana.person.id)
    assert care["state"] in ("sent", "expired")


POLLING: dict[str, Put] = {
    **{name: put for name, (_, put) in FAULTS.items()},
    "403": lambda f, **at: f.refuse(403, "Forbidden", **at),
    "400": lambda f, **at: f.refuse(400, "Bad Request: whatever", **at),
    "an answer that is no list": lambda f, **at: f.refuse(200, "ok", **at),
}


@pytest.mark.parametrize("fault", POLLING)
async def test_polling_comes_back_from(story: Story, fault: str) -> None:
    world = story.world
    pauses: list[float] = []

    async def nap(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    met = POLLING[fault](world.sandbox.faults, method="getUpdates", count=3)
    receiver = Receiver(world.store, world.bot.bot, world.bot.house, world.clock, sleep=nap)
    polling = asyncio.create_task(receiver.poll())
    try:
        story.ana.text("one")
        async with asyncio.timeout(10):
            while not await _arrived(story, 1) or met.hits < 3:  # type: ignore[attr-defined]
                await asyncio.sleep(0.01)
        story.ana.text("two")
        async with asyncio.timeout(10):
            while not await _arrived(story, 2):
                await asyncio.sleep(0.01)
        assert not polling.done()
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    assert pauses
    assert all(pause > 0 for pause in pauses)
    await world.settle()
    assert [reply["text"] for reply in await story.rows("replies")] == ["one", "two"]


async def _arrived(story: Story, count: int) -> bool:
    return len([row for row in await story.rows("inbox") if '"text": "' in row["payload"]]) >= count


def _say(tx: Tx, chat_id: int, words: str, *, now: int) -> None:
    outbox.say(tx, Said(words), chat_id=chat_id, now=now)
