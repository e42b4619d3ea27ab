"""The team's group with topics: named by a manager, and the whole conversation in it."""

from typing import Any

import pytest

from sandbox.phones import Phone
from scheduler import outbox, patients, staff
from tests.journeys.practitioner_chat import Chat, join, may_see_pictures

HOUR = 60 * 60 * 1000


class Story:
    """A clinic with a group of topics, a doctor and a patient."""

    def __init__(self, world: Any, chats: Any, enrolls: Any) -> None:
        self.world, self.chats, self.enrolls = world, chats, enrolls

    async def begin(self) -> None:
        self.doctor = await join(self.world, "Dr. Ruiz")
        self.manager = Chat(self.world, self.world.manager)
        self.ana = self.world.person("Ana")
        await self.chats.consent(self.ana, await self.enrolls(self.doctor.phone))
        members = [self.world.manager.person.id, self.doctor.id]
        self.group = self.world.sandbox.groups.create("Alba team", members, forum=True)
        await self.world.settle()

    async def named(self) -> None:
        """Make the bot an administrator and name the group."""
        self.world.sandbox.groups.set_bot(
            self.group, "administrator", by=self.world.manager.person.id
        )
        await self.in_group(self.world.manager, "/here")
        self.forget()

    def forget(self) -> None:
        for phone in (self.doctor.phone, self.world.manager, self.ana):
            self.world.new(phone)
        self.seen = len(self.said())

    async def in_group(self, phone: Phone, text: str, **more: Any) -> None:
        phone.text(text, chat_id=self.group.id, **more)
        await self.world.settle()

    def said(self) -> list[dict[str, Any]]:
        """What the bot has said in the group, as it reads now, without the topics' own lines."""
        return [
            m
            for m in self.world.sandbox.transcript(self.group.id)
            if m["from"]["is_bot"]
            and "sender_chat" not in m
            and ("text" in m or "caption" in m or "photo" in m)
        ]

    def new(self) -> list[tuple[str, str]]:
        """What is new in the group: the topic's name, and the words."""
        fresh = self.said()[self.seen :]
        self.seen += len(fresh)
        return [(self.topic(m), m.get("text") or m.get("caption") or "") for m in fresh]

    def topic(self, message: dict[str, Any]) -> str:
        thread = message.get("message_thread_id")
        return self.group.topics[thread]["name"] if thread else "General"

    def thread(self, name: str = "A.P.") -> int:
        (found,) = [t for t, about in self.group.topics.items() if about["name"] == name]
        return found

    def names(self) -> list[str]:
        return [topic["name"] for topic in self.group.topics.values()]


@pytest.fixture
async def story(world: Any, chats: Any, enrolls: Any) -> Story:
    made = Story(world, chats, enrolls)
    await made.begin()
    return made


async def test_a_manager_names_the_group_and_is_told_what_lacks(story: Story) -> None:
    (offer,) = story.said()
    assert offer["text"].startswith("👋 Shall the team's conversations live here?")
    story.seen = 1
    await story.in_group(story.doctor.phone, "/here")
    assert story.new() == [("General", "Only a manager of the clinic can do that.")]
    await story.in_group(story.world.manager, "/here")
    trying, refused = story.new()
    assert trying[1].startswith("⏳ One moment")
    assert refused[1].startswith("I may not open topics here. Make me an administrator")
    story.world.sandbox.groups.set_bot(
        story.group, "administrator", by=story.world.manager.person.id
    )
    await story.world.settle()
    story.new()
    await story.in_group(story.world.manager, "/here")
    trying, welcome = story.new()
    assert (welcome[0], story.names()) == ("How this works", ["How this works"])
    assert welcome[1].startswith("✅ This is the team's group now.")
    await story.in_group(story.world.manager, "/here")
    assert story.new() == [("General", "👌 This is the team's group already.")]


async def test_the_button_names_it_too_but_not_for_a_practitioner(story: Story) -> None:
    story.world.sandbox.groups.set_bot(
        story.group, "administrator", by=story.world.manager.person.id
    )
    await story.world.settle()
    offer = story.said()[-1]
    story.seen = len(story.said())
    story.doctor.phone.tap(offer["message_id"], "✅ Use this group", chat_id=story.group.id)
    await story.world.settle()
    assert story.new() == []
    story.world.manager.tap(offer["message_id"], "✅ Use this group", chat_id=story.group.id)
    await story.world.settle()
    assert story.names() == ["How this works"]


async def test_the_setting_names_it_at_the_start(story: Story) -> None:
    story.world.sandbox.groups.set_bot(
        story.group, "administrator", by=story.world.manager.person.id
    )
    await story.world.settle()
    await story.world.stop_bot()
    story.world._settings = {"staff_group": str(story.group.id)}
    await story.world.start_bot()
    assert story.names() == ["How this works"]
    await story.world.stop_bot()
    await story.world.start_bot()
    assert story.names() == ["How this works"]


async def test_an_ordinary_group_hears_of_no_patient_and_is_told_what_to_do(story: Story) -> None:
    plain = story.world.sandbox.groups.create("Chat", [story.world.manager.person.id])
    await story.world.settle()
    story.world.manager.text("/here", chat_id=plain.id)
    await story.world.settle()
    said = [
        m["text"]
        for m in story.world.sandbox.transcript(plain.id)
        if m["from"]["is_bot"] and "text" in m
    ]
    assert len(said) == 2
    assert all(text.startswith("This group has no topics. Turn on Topics") for text in said)
    story.ana.text("it itches a bit")
    await story.world.settle()
    assert len([m for m in story.world.sandbox.transcript(plain.id) if "text" in m]) == 3
    assert "it itches a bit" in story.doctor.said
    by_doctor = story.world.sandbox.groups.create("Other", [story.doctor.id], forum=True)
    await story.world.settle()
    (told,) = [m for m in story.world.sandbox.transcript(by_doctor.id) if "text" in m]
    assert told["text"].startswith("👋 I talk with each person alone")


async def test_the_whole_conversation_lives_in_the_topic(story: Story) -> None:
    await story.named()
    story.ana.text("can I have wine tonight?")
    await story.world.settle()
    ((topic, relayed),) = story.new()
    assert topic == "A.P."
    assert "can I have wine tonight?" in relayed
    assert "❓ A question" in relayed
    assert story.world.texts(story.doctor.phone) == []  # it is not said twice
    story.forget()
    await story.in_group(story.doctor.phone, "A glass is fine.", thread=story.thread())
    (answer,) = story.world.texts(story.ana)
    assert answer == "💬 Your clinic:\nA glass is fine."
    assert story.new() == [("A.P.", "✓ Delivered to A.P.")]
    assert story.world.texts(story.doctor.phone) == []
    story.ana.text("thanks!")
    await story.world.settle()
    (reply,) = story.said()[story.seen :]
    assert reply["reply_to_message"]["text"] == "A glass is fine."
    assert story.names() == ["How this works", "A.P."]
    assert "Nobody waits" not in await story.manager.says("/inbox")


async def test_photos_voice_and_files_pass_both_ways(story: Story) -> None:
    await story.named()
    await may_see_pictures(Chat(story.world, story.ana))
    story.ana.photo(caption="look")
    story.ana.voice()
    await story.world.settle()
    shown = story.said()[story.seen :]
    assert [kind for m in shown for kind in ("photo", "voice") if kind in m][:1] == ["photo"]
    assert all(story.topic(m) == "A.P." for m in shown)
    voices = [m for m in story.world.sandbox.transcript(story.group.id) if "voice" in m]
    assert len(voices) == 1
    story.world.new(story.ana)
    story.doctor.phone.photo(chat_id=story.group.id, thread=story.thread(), caption="like this")
    story.doctor.phone.document(chat_id=story.group.id, thread=story.thread())
    await story.world.settle()
    got = story.world.new(story.ana)
    assert [kind for m in got for kind in ("photo", "document") if kind in m] == [
        "photo",
        "document",
    ]
    assert got[0]["caption"] == "💬 Your clinic:\nlike this"


async def test_an_alert_stands_in_the_topic_and_can_be_taken_there_by_staff_alone(
    story: Story,
) -> None:
    await story.named()
    story.ana.text("i can't breathe")
    await story.world.settle()
    assert story.world.texts(story.ana)[0].startswith("🚨 Call 112 now.")
    assert "EMERGENCY · A.P." in story.doctor.said  # phones ring all the same
    (copy,) = story.said()[story.seen :]
    assert story.topic(copy) == "A.P."
    assert "EMERGENCY · A.P." in copy["text"]
    rows = copy["reply_markup"]["inline_keyboard"]
    assert [b["text"] for row in rows for b in row] == [
        "✋ I'm on it",
        "📞 Call done",
        "Not urgent",
    ]
    visitor = story.world.person("Cleaner")
    story.group.members.append(visitor.person.id)
    visitor.tap(copy["message_id"], "✋ I'm on it", chat_id=story.group.id)
    await story.world.settle()
    assert story.world.texts(story.ana) == []
    story.doctor.phone.tap(copy["message_id"], "✋ I'm on it", chat_id=story.group.id)
    await story.world.settle()
    (taken,) = [m for m in story.said() if "EMERGENCY" in m["text"]]
    assert "✋ Dr. Ruiz is on it" in taken["text"]
    assert "Dr. Ruiz is on it" in story.manager.said
    (told,) = story.world.texts(story.ana)
    assert told.startswith("👀 A practitioner has now read what you sent.")
    await story.world.after(hours=2)
    assert len([m for m in story.said() if "EMERGENCY" in m["text"]]) == 1


async def test_who_is_not_of_the_team_or_writes_without_a_name_is_not_passed_on(
    story: Story,
) -> None:
    await story.named()
    story.ana.text("hello")
    await story.world.settle()
    story.forget()
    visitor = story.world.person("Cleaner")
    story.group.members.append(visitor.person.id)
    await story.in_group(visitor, "hi Ana", thread=story.thread())
    await story.in_group(story.world.manager, "from nobody", thread=story.thread(), anonymous=True)
    await story.in_group(story.doctor.phone, "/patients", thread=story.thread())
    refused = story.new()
    assert [topic for topic, _ in refused] == ["A.P."] * 3
    assert refused[0][1].startswith("⚠️ Not sent. I pass on only what members of the team write")
    assert refused[1] == refused[0]
    assert refused[2][1].startswith("⚠️ Commands work in your private chat")
    await story.in_group(story.doctor.phone, "lunch?")  # General: nobody's topic
    assert story.new() == []
    assert story.world.texts(story.ana) == []
    await story.world.store.write(_remove, story.doctor.id)
    await story.in_group(story.doctor.phone, "still me", thread=story.thread())
    assert story.new()[-1][1].startswith("⚠️ Not sent.")
    assert story.world.texts(story.ana) == []


async def test_a_deleted_topic_is_made_anew_and_a_new_label_is_its_new_name(story: Story) -> None:
    await story.named()
    story.ana.text("first")
    await story.world.settle()
    old = story.thread()
    story.world.sandbox.groups.delete_topic(story.group, old)
    story.forget()
    story.ana.text("second")
    await story.world.settle()
    assert story.thread() != old
    ((topic, words),) = story.new()
    assert topic == "A.P."
    assert "second" in words
    await story.world.store.write(_relabel, "A.P. 2", 1)
    story.ana.text("third")
    await story.world.settle()
    assert story.names() == ["How this works", "A.P. 2"]
    assert "third" in story.new()[-1][1]


async def test_a_topic_that_telegram_did_not_confirm_is_opened_over_a_crash(story: Story) -> None:
    await story.named()
    story.world.sandbox.faults.bad_gateway(method="createForumTopic", count=1)
    story.ana.text("hello")
    await story.world.settle()
    app = story.world.bot
    await app.bot.shutdown()
    app.store.close()
    await story.world.start_bot()
    await story.world.after(hours=0.5)
    assert story.names() == ["How this works", "A.P."]
    assert [(t, "hello" in w) for t, w in story.new()] == [("A.P.", True)]


async def test_when_the_bot_is_put_out_it_writes_in_private_again_and_managers_know(
    story: Story,
) -> None:
    await story.named()
    story.ana.text("hello")
    await story.world.settle()
    story.forget()
    story.world.sandbox.groups.set_bot(story.group, "kicked", by=story.world.manager.person.id)
    story.ana.text("are you there?")
    await story.world.settle()
    assert story.manager.said.startswith("⚠️ I was taken out of Alba team")
    (relayed,) = story.world.texts(story.doctor.phone)
    assert "are you there?" in relayed
    await story.doctor.taps("💬 Answer")
    await story.doctor.says("Yes!")
    assert "💬 Your clinic:\nYes!" in story.world.texts(story.ana)


async def test_what_could_not_be_said_in_the_group_any_more_is_said_in_private(
    story: Story,
) -> None:
    await story.named()
    # Telegram refuses before any update says that the bot was put out.
    story.group.bot_status = "kicked"
    story.ana.text("are you there?")
    await story.world.settle()
    assert story.manager.said.startswith("⚠️ I was taken out of Alba team")
    (relayed,) = story.world.texts(story.doctor.phone)
    assert "are you there?" in relayed


async def test_what_a_patient_did_not_get_is_told_to_its_writer_although_the_group_is_gone(
    story: Story,
) -> None:
    await story.named()
    story.ana.text("hello")
    await story.world.settle()
    story.forget()
    story.world.sandbox.faults.refuse(
        403, "Forbidden: bot was blocked by the user", chat_id=story.ana.person.id
    )
    story.doctor.phone.text("Hi!", chat_id=story.group.id, thread=story.thread())
    story.world.sandbox.groups.set_bot(story.group, "kicked", by=story.world.manager.person.id)
    await story.world.settle()
    assert "A.P. did not get this" in story.doctor.said


@pytest.mark.parametrize(
    ("lost", "words"),
    [("right", "I may not write or open topics in"), ("topics", "has no topics any more")],
)
async def test_a_group_that_no_longer_allows_it_is_left_with_the_way_back(
    story: Story, lost: str, words: str
) -> None:
    await story.named()
    groups, by = story.world.sandbox.groups, story.world.manager.person.id
    if lost == "right":
        groups.set_bot(story.group, "administrator", by=by, manages_topics=False)
    else:
        groups.turn_topics_off(story.group)
    story.ana.text("hello?")
    await story.world.settle()
    assert words in story.manager.said
    assert "hello?" in story.doctor.said
    rows = await story.world.store.read(outbox.counts)
    assert rows.get("pending", 0) == rows["pending"]
    groups.set_bot(story.group, "administrator", by=by)
    story.group.about["is_forum"] = True
    await story.in_group(story.world.manager, "/here")
    story.forget()
    story.ana.text("and now?")
    await story.world.settle()
    assert [topic for topic, _ in story.new()] == ["A.P."]


async def test_the_group_moves_and_the_conversation_moves_with_it(story: Story) -> None:
    await story.named()
    moved = story.world.sandbox.groups.migrate(story.group)
    moved.bot_status = "administrator"
    story.ana.text("hello")
    await story.world.settle()
    assert [topic["name"] for topic in moved.topics.values()] == ["A.P."]
    assert any("hello" in m.get("text", "") for m in moved.messages.values())


async def test_a_manager_goes_back_to_private_chats_by_a_button(story: Story) -> None:
    assert (await story.manager.says("/here")).startswith("👥 A group for the team")
    await story.named()
    assert "The conversations live in Alba team" in await story.manager.says("/here")
    await story.manager.taps("✖️ Write in private again")
    story.forget()
    story.ana.text("hello")
    await story.world.settle()
    assert story.new() == []
    assert any("hello" in text for text in story.world.texts(story.doctor.phone))


def _remove(tx: Any, chat_id: int) -> None:
    member = staff.at_chat(tx, chat_id)
    assert member is not None
    assert staff.remove(tx, member.id, actor="system", now=1)


def _relabel(tx: Any, label: str, patient_id: int) -> None:
    assert patients.by_id(tx, patient_id)
    tx.run(
        "UPDATE patients SET label = :label WHERE clinic_id = :clinic_id AND id = :id",
        label=label,
        id=patient_id,
    )
