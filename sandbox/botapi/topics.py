"""Methods about the topics of a group."""

from typing import Any

from sandbox.botapi.call import Call
from sandbox.botapi.refusal import bad_request
from sandbox.world import Chat

Json = dict[str, Any]


def create(call: Call) -> Json:
    """Open a topic in a group that has topics."""
    chat = _manageable(call, "create a topic")
    world = call.desk.world
    name = call.values["name"]
    created = {"name": name, "icon_color": call.values.get("icon_color", 7322096)}
    message = world.post(chat, call.desk.bot, {"forum_topic_created": created})
    thread = message["message_id"]
    chat.topics[thread] = {"message_thread_id": thread, **created, "is_closed": False}
    world.keep_chat(chat)
    call.record(chat, message)
    return {"message_thread_id": thread, **created}


def edit(call: Call) -> bool:
    """Give a topic another name."""
    chat = _manageable(call, "edit the topic")
    topic = _topic(call, chat)
    name = call.values.get("name") or topic["name"]
    if name == topic["name"]:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic["name"] = name
    world = call.desk.world
    where = {"message_thread_id": topic["message_thread_id"], "is_topic_message": True}
    message = world.post(chat, call.desk.bot, {"forum_topic_edited": {"name": name}, **where})
    world.keep_chat(chat)
    call.record(chat, message)
    return True


def close(call: Call) -> bool:
    """Close or open a topic again."""
    chat = _manageable(call, "edit the topic")
    topic = _topic(call, chat)
    closed = call.method == "closeForumTopic"
    if topic["is_closed"] == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic["is_closed"] = closed
    call.desk.world.keep_chat(chat)
    return True


def delete(call: Call) -> bool:
    """Delete a topic with all that was written in it, however long ago."""
    chat = _forum(call)
    topic = _topic(call, chat)
    if chat.bot_status != "administrator" or not chat.bot_deletes_messages:
        raise bad_request("not enough rights to delete the topic")
    world = call.desk.world
    for message in world.delete_topic(chat, topic["message_thread_id"]):
        call.record(chat, message)
    return True


def _manageable(call: Call, wish: str) -> Chat:
    chat = _forum(call)
    if chat.bot_status != "administrator" or not chat.bot_manages_topics:
        raise bad_request(f"not enough rights to {wish}")
    return chat


def _forum(call: Call) -> Chat:
    chat = call.chat()
    if not chat.about.get("is_forum"):
        raise bad_request("the chat is not a forum")
    return chat


def _topic(call: Call, chat: Chat) -> Json:
    topic = chat.topics.get(call.values["message_thread_id"])
    if topic is None:
        raise bad_request("message thread not found")
    return topic
