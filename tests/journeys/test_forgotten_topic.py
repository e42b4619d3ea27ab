"""/forgetme takes a patient's topic out of the team's group, with all that was written there."""

from typing import Any

import pytest

from tests.journeys.practitioner_chat import Chat
from tests.journeys.test_staff_group import Story


@pytest.fixture
async def story(world: Any, chats: Any, enrolls: Any) -> Story:
    """A conversation in the topic of a patient, begun days ago."""
    made = Story(world, chats, enrolls)
    await made.begin()
    await made.named()
    made.ana.text("can I have wine tonight?")
    await world.settle()
    await made.in_group(made.doctor.phone, "A glass is fine.", thread=made.thread())
    await world.after(days=4)
    made.forget()
    return made


async def forget(story: Story) -> None:
    ana = Chat(story.world, story.ana)
    await ana.says("/forgetme")
    await ana.taps("🗑 Yes, erase everything")
    await story.world.bot.tick()
    await story.world.settle()


def may(story: Story, **rights: bool) -> None:
    groups, by = story.world.sandbox.groups, story.world.manager.person.id
    groups.set_bot(story.group, "administrator", by=by, **rights)


def everything(story: Story) -> str:
    return str(story.world.sandbox.transcript(story.group.id))


async def test_the_topic_goes_with_what_is_older_than_two_days(story: Story) -> None:
    assert "can I have wine" in everything(story)
    await forget(story)
    assert story.names() == ["How this works"]
    assert "can I have wine" not in everything(story)
    assert "A glass is fine." not in everything(story)
    assert "A.P." not in everything(story)
    assert [m["text"][:6] for m in story.said()] == ["👋 Shal", "⏳ One ", "✅ This"]
    assert story.doctor.said.startswith("🗑 A.P. had everything about them erased.")
    assert "group" not in story.doctor.said


async def test_another_patients_topic_stays(story: Story) -> None:
    bea = story.world.person("Bea")
    await story.chats.consent(bea, await story.enrolls(story.doctor.phone, label="B.Q."))
    bea.text("hello")
    await story.world.settle()
    await forget(story)
    assert story.names() == ["How this works", "B.Q."]
    assert "hello" in everything(story)


async def test_where_the_bot_may_not_the_team_is_asked_in_the_topic(story: Story) -> None:
    may(story, deletes_messages=False)
    await forget(story)
    assert story.names() == ["How this works", "A.P."]
    asked = story.said()[-1]
    assert story.topic(asked) == "A.P."
    assert asked["text"].startswith("🗑 Everything about this patient was erased.")
    assert "I may not delete this topic" in asked["text"]
    # The group is in use all the same.
    bea = story.world.person("Bea")
    await story.chats.consent(bea, await story.enrolls(story.doctor.phone, label="B.Q."))
    bea.text("hello")
    await story.world.settle()
    assert story.topic(story.said()[-1]) == "B.Q."


async def test_a_topic_that_somebody_has_deleted_before_is_no_matter(story: Story) -> None:
    story.world.sandbox.groups.delete_topic(story.group, story.thread())
    await forget(story)
    assert story.names() == ["How this works"]
    assert not any("Everything about" in m["text"] for m in story.said())


@pytest.mark.parametrize("lost", ["answer", "request"])
async def test_a_deletion_of_which_nobody_knows_is_asked_for_again(story: Story, lost: str) -> None:
    faults = story.world.sandbox.faults
    if lost == "answer":
        faults.drop_after(method="deleteForumTopic", count=1)
    else:
        faults.bad_gateway(method="deleteForumTopic", count=1)
    await forget(story)
    await story.world.after(hours=1)
    assert story.names() == ["How this works"]
    assert not any("Everything about" in m["text"] for m in story.said())


async def test_a_group_that_was_left_is_named_to_the_people_in_charge(story: Story) -> None:
    story.world.sandbox.groups.set_bot(story.group, "kicked", by=story.world.manager.person.id)
    await story.world.settle()
    await forget(story)
    assert story.names() == ["How this works", "A.P."]
    assert "Their topic may still stand in the group Alba team" in story.doctor.said


async def test_a_manager_who_went_back_to_private_chats_finds_no_topic_left(story: Story) -> None:
    await story.manager.says("/here")
    await story.manager.taps("✖️ Write in private again")
    await forget(story)
    assert story.names() == ["How this works"]
