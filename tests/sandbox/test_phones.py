"""What a person does on a phone, and what the bot is told of it."""

from typing import Any

import pytest

from sandbox.files import picture_size
from sandbox.phones import Phone, PhoneError
from sandbox.server import Sandbox

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "x"}]]}


async def updates(call: Any) -> list[dict[str, Any]]:
    """Return and confirm what the bot is told."""
    found: list[dict[str, Any]] = (await call("getUpdates")).result
    if found:
        await call("getUpdates", offset=found[-1]["update_id"] + 1)
    return found


async def test_a_link_presses_start_with_its_payload(call: Any, sandbox: Sandbox) -> None:
    pablo = sandbox.add_person("Pablo", language_code="es")
    for link in (
        "https://t.me/aftercare_sandbox_bot?start=To-ken_1",
        "t.me/AFTERCARE_sandbox_bot?start=To-ken_1",
        "tg://resolve?domain=aftercare_sandbox_bot&start=To-ken_1",
        "To-ken_1",
    ):
        pablo.open(link)
        (update,) = await updates(call)
        assert update["message"]["text"] == "/start To-ken_1"
        assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
        assert update["message"]["from"]["language_code"] == "es"
    pablo.open()
    (update,) = await updates(call)
    assert update["message"]["text"] == "/start"
    assert (await call("sendMessage", chat_id=pablo.person.id, text="x")).result


@pytest.mark.parametrize(
    "link",
    [
        "https://clinic.example/?start=x",
        "https://t.me/another_bot?start=x",
        "https://t.me/aftercare_sandbox_bot?start=bad%20payload",
        "x" * 65,
    ],
)
async def test_a_link_that_leads_elsewhere_is_not_followed(
    sandbox: Sandbox, anna: Phone, link: str
) -> None:
    with pytest.raises(PhoneError):
        anna.open(link)
    assert len(sandbox.updates) == 0


async def test_nothing_can_be_said_before_start_or_after_a_block(sandbox: Sandbox) -> None:
    phone = sandbox.add_person("New")
    with pytest.raises(PhoneError, match="press Start first"):
        phone.text("hello")
    phone.open()
    phone.block()
    with pytest.raises(PhoneError, match="unblock"):
        phone.text("hello")
    phone.unblock()
    phone.text("hello")


async def test_blocking_tells_the_bot_and_start_ends_the_block(call: Any, anna: Phone) -> None:
    anna.block()
    anna.block()
    (update,) = await updates(call)
    change = update["my_chat_member"]
    assert change["new_chat_member"]["status"] == "kicked"
    assert change["chat"]["id"] == anna.person.id
    anna.open()
    back, start = await updates(call)
    assert back["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert start["message"]["text"] == "/start"


async def test_a_tap_sends_the_buttons_data_with_the_message_under_it(
    call: Any, anna: Phone
) -> None:
    sent = await call("sendMessage", chat_id=anna.person.id, text="x", reply_markup=KEYBOARD)
    message_id = sent.result["message_id"]
    for name in ("Yes", "x"):
        query_id = anna.tap(message_id, name)
        (update,) = await updates(call)
        assert update["callback_query"]["id"] == query_id
        assert update["callback_query"]["data"] == "x"
        assert update["callback_query"]["message"] == sent.result
    with pytest.raises(PhoneError, match="no button 'No' under message"):
        anna.tap(message_id, "No")
    anna.tap(999, "forged", forged=True)
    (update,) = await updates(call)
    assert update["callback_query"]["message"]["date"] == 0
    assert update["callback_query"]["data"] == "forged"


async def test_samples_are_files_that_the_bot_can_fetch(call: Any, anna: Phone) -> None:
    anna.photo(caption="day 7")
    anna.voice()
    anna.sticker()
    anna.document()
    photo, voice, sticker, document = (one["message"] for one in await updates(call))
    assert photo["caption"] == "day 7"
    assert photo["photo"][0]["width"] == 480
    assert voice["voice"]["duration"] == 2
    assert (sticker["sticker"]["width"], sticker["sticker"]["height"]) == (256, 256)
    assert document["document"]["mime_type"] == "application/pdf"
    for about in (photo["photo"][0], voice["voice"], sticker["sticker"], document["document"]):
        assert (await call("getFile", file_id=about["file_id"])).result["file_path"]


async def test_what_is_no_picture_cannot_be_sent_as_a_photo(anna: Phone) -> None:
    with pytest.raises(PhoneError):
        anna.photo(b"not a picture")


async def test_an_edit_and_a_reply_reach_the_bot(call: Any, anna: Phone) -> None:
    said = anna.text("sore")
    anna.edit(said["message_id"], "/stop it")
    answer = anna.text("yes", reply_to=said["message_id"])
    sent, edited, replied = await updates(call)
    assert sent["message"]["text"] == "sore"
    assert edited["edited_message"]["text"] == "/stop it"
    assert edited["edited_message"]["entities"][0]["type"] == "bot_command"
    assert edited["edited_message"]["edit_date"]
    assert replied["message"]["reply_to_message"]["message_id"] == said["message_id"]
    assert anna.transcript()[0]["text"] == "/stop it"
    for wrong in (answer["message_id"], 999):
        with pytest.raises(PhoneError):
            anna.edit(wrong, "yes")


async def test_a_phone_hears_what_the_bot_says_in_order(call: Any, anna: Phone) -> None:
    for text in ("one", "two", "three"):
        await call("sendMessage", chat_id=anna.person.id, text=text)
    assert (await anna.heard("two"))["text"] == "two"
    assert (await anna.heard())["text"] == "three"
    with pytest.raises(TimeoutError, match="did not hear 'one'"):
        await anna.heard("one", within=0.01)


async def test_a_group_shows_the_bot_only_what_is_meant_for_it(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    group = sandbox.groups.create("Team", [anna.person.id])
    added, service = await updates(call)
    assert added["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["is_bot"] is True
    anna.text("private talk", chat_id=group.id)
    anna.text("/inbox", chat_id=group.id)
    anna.text("hello @aftercare_sandbox_bot", chat_id=group.id)
    said = [one["message"]["text"] for one in await updates(call)]
    assert said == ["/inbox", "hello @aftercare_sandbox_bot"]
    sandbox.groups.set_bot(group, "kicked", by=anna.person.id)
    assert (await call("sendMessage", chat_id=group.id, text="x")).refusal == (
        403,
        "Forbidden: bot was kicked from the group chat",
    )


async def test_a_group_that_became_a_supergroup_says_where_it_went(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    group = sandbox.groups.create("Team", [anna.person.id])
    moved = sandbox.groups.migrate(group)
    answer = await call("sendMessage", chat_id=group.id, text="x")
    assert answer.refusal == (
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
    )
    assert answer.body["parameters"] == {"migrate_to_chat_id": moved.id}
    assert (await call("sendMessage", chat_id=moved.id, text="x")).result["chat"]["id"] == moved.id


async def test_a_group_with_topics_takes_messages_by_topic(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    forum = sandbox.groups.create("Patients", [anna.person.id], forum=True)
    refused = await call("createForumTopic", chat_id=forum.id, name="A.P.")
    assert refused.refusal == (400, "Bad Request: not enough rights to create a topic")
    sandbox.groups.set_bot(forum, "administrator", by=anna.person.id)
    topic = (await call("createForumTopic", chat_id=forum.id, name="A.P.")).result
    where = {"chat_id": forum.id, "message_thread_id": topic["message_thread_id"]}
    assert (await call("sendMessage", **where, text="x")).result["is_topic_message"] is True
    await call("closeForumTopic", **where)
    assert (await call("sendMessage", **where, text="x")).result  # an administrator may
    sandbox.groups.set_bot(forum, "member", by=anna.person.id)
    closed = await call("sendMessage", **where, text="x")
    assert closed.refusal == (400, "Bad Request: TOPIC_CLOSED")
    nowhere = await call("sendMessage", chat_id=forum.id, message_thread_id=99, text="x")
    assert nowhere.refusal == (400, "Bad Request: message thread not found")


async def test_a_topic_gets_another_name_from_whoever_may_manage_topics(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    forum = sandbox.groups.create("Patients", [anna.person.id], forum=True)
    sandbox.groups.set_bot(forum, "administrator", by=anna.person.id)
    topic = (await call("createForumTopic", chat_id=forum.id, name="A.P.")).result
    where = {"chat_id": forum.id, "message_thread_id": topic["message_thread_id"]}
    assert (await call("editForumTopic", **where, name="A.P. 2")).result is True
    same = await call("editForumTopic", **where, name="A.P. 2")
    assert same.refusal == (400, "Bad Request: TOPIC_NOT_MODIFIED")
    sandbox.groups.set_bot(forum, "administrator", by=anna.person.id, manages_topics=False)
    refused = await call("editForumTopic", **where, name="B.Q.")
    assert refused.refusal == (400, "Bad Request: not enough rights to edit the topic")
    refused = await call("createForumTopic", chat_id=forum.id, name="B.Q.")
    assert refused.refusal == (400, "Bad Request: not enough rights to create a topic")
    plain = sandbox.groups.create("Plain", [anna.person.id])
    refused = await call("createForumTopic", chat_id=plain.id, name="A.P.")
    assert refused.refusal == (400, "Bad Request: the chat is not a forum")


async def test_what_is_written_in_a_topic_carries_it_and_a_deleted_topic_takes_it_along(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    forum = sandbox.groups.create("Patients", [anna.person.id], forum=True)
    sandbox.groups.set_bot(forum, "administrator", by=anna.person.id)
    topic = (await call("createForumTopic", chat_id=forum.id, name="A.P.")).result
    thread = topic["message_thread_id"]
    await updates(call)
    anna.text("hello", chat_id=forum.id, thread=thread)
    anna.photo(chat_id=forum.id, thread=thread)
    anna.text("who am I?", chat_id=forum.id, thread=thread, anonymous=True)
    said = [one["message"] for one in await updates(call)]
    assert all(message["message_thread_id"] == thread for message in said)
    assert all(message["is_topic_message"] for message in said)
    assert said[0]["reply_to_message"]["forum_topic_created"]["name"] == "A.P."
    assert (said[2]["from"]["is_bot"], said[2]["sender_chat"]["id"]) == (True, forum.id)
    sandbox.groups.delete_topic(forum, thread)
    gone = await call("sendMessage", chat_id=forum.id, message_thread_id=thread, text="x")
    assert gone.refusal == (400, "Bad Request: message thread not found")
    assert not any("hello" in str(message) for message in sandbox.transcript(forum.id))


async def test_a_topic_is_deleted_with_its_messages_by_a_bot_that_may_delete(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    forum = sandbox.groups.create("Patients", [anna.person.id], forum=True)
    sandbox.groups.set_bot(forum, "administrator", by=anna.person.id, deletes_messages=False)
    topic = (await call("createForumTopic", chat_id=forum.id, name="A.P.")).result
    where = {"chat_id": forum.id, "message_thread_id": topic["message_thread_id"]}
    said = anna.text("hello", chat_id=forum.id, thread=topic["message_thread_id"])
    refused = await call("deleteForumTopic", **where)
    assert refused.refusal == (400, "Bad Request: not enough rights to delete the topic")
    refused = await call("deleteMessage", chat_id=forum.id, message_id=said["message_id"])
    assert refused.refusal == (400, "Bad Request: message can't be deleted for everyone")
    sandbox.groups.set_bot(forum, "administrator", by=anna.person.id, manages_topics=False)
    assert (await call("deleteForumTopic", **where)).result is True
    assert not any("hello" in str(message) for message in sandbox.transcript(forum.id))
    again = await call("deleteForumTopic", **where)
    assert again.refusal == (400, "Bad Request: message thread not found")


def test_only_pictures_have_a_size() -> None:
    assert picture_size(b"") is None
    assert picture_size(b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x10\x00\x20") == (
        32,
        16,
    )
    assert picture_size(b"\xff\xd8\xff") is None
    assert picture_size(b"GIF89a\x05\x00\x06\x00") == (5, 6)
