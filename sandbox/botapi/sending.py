"""Methods that put a message into a chat."""

from typing import Any

from sandbox.botapi import media
from sandbox.botapi.call import Call, find_chat, reachable
from sandbox.botapi.entities import formatted
from sandbox.botapi.html import utf16_length
from sandbox.botapi.keyboards import check_keyboard
from sandbox.botapi.refusal import bad_request
from sandbox.world import Chat, Message

CHAT_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
MOST_OPTION = 100
STORED = {
    "link_preview_options": "link_preview_options",
    "show_caption_above_media": "show_caption_above_media",
}
UNPLAYED = (
    "business_connection_id",
    "direct_messages_topic_id",
    "suggested_post_parameters",
    "ephemeral_message_parameters",
)
"""Parameters of sending methods that belong to parts of Telegram outside the sandbox."""


def send_message(call: Call) -> Message:
    """Send a text."""
    text, entities = formatted(call.values, "text")
    content: dict[str, Any] = {"text": text}
    if entities:
        content["entities"] = entities
    return deliver(call, content)


def send_media(call: Call) -> Message:
    """Send one photo, document, voice note, video, audio file or sticker."""
    kind = call.method.removeprefix("send").lower()
    return deliver(call, lambda: media.content(call, kind, call.values, call.values.get(kind)))


def send_media_group(call: Call) -> list[Message]:
    """Send an album."""
    items = call.values["media"]
    kinds = {item["type"] for item in items}
    if kinds & {"document", "audio"} and len(kinds) > 1:
        raise bad_request("documents and audio files can't be mixed with other media types")
    if "live_photo" in kinds:
        raise bad_request("the sandbox does not play live photos")
    chat = call.chat()
    contents = [media.content(call, item["type"], item, item["media"]) for item in items]
    common = _common(call, chat)
    call.limit(chat, len(items))
    group = str(call.desk.world.clock.now()) + str(chat.last_id)
    return [
        _post(call, chat, {**content, **common, "media_group_id": group}) for content in contents
    ]


def send_poll(call: Call) -> Message:
    """Send a poll."""
    values = call.values
    given = [one if isinstance(one, dict) else {"text": one} for one in values["options"]]
    if values.get("question_parse_mode") or any(
        option.get("text_parse_mode") or option.get("media") for option in given
    ):
        raise bad_request("the sandbox plays plain polls only")
    if not values["question"].strip():
        raise bad_request("poll question must be non-empty")
    options = [option["text"].strip() for option in given]
    if not all(options):
        raise bad_request("poll options must be non-empty")
    if any(utf16_length(option) > MOST_OPTION for option in options):
        raise bad_request(f"poll options length must not exceed {MOST_OPTION}")
    if len(set(options)) < len(options):
        raise bad_request("POLL_OPTION_DUPLICATE")
    poll = {
        "id": str(call.desk.world.clock.now() * 1000 + len(call.desk.ledger)),
        "question": values["question"],
        "options": [
            {"persistent_id": str(number), "text": text, "voter_count": 0}
            for number, text in enumerate(options)
        ],
        "total_voter_count": 0,
        "is_closed": values.get("is_closed", False),
        "is_anonymous": values.get("is_anonymous", True),
        "type": values.get("type", "regular"),
        "allows_multiple_answers": values.get("allows_multiple_answers", False),
        "allows_revoting": values.get("allows_revoting", True),
        "members_only": False,
    }
    return deliver(call, {"poll": poll})


def deliver(call: Call, content: Any) -> Message:
    """Send what a method made, after everything else of the call was checked.

    Args:
        call: The call with the parameters that all sending methods share.
        content: The message's own fields, or a function that makes them once the chat is known
            to be within reach.
    """
    check_keyboard(call.values.get("reply_markup"))
    chat = call.chat()
    made = content() if callable(content) else content
    common = _common(call, chat)
    call.limit(chat)
    return _post(call, chat, made | common)


def _post(call: Call, chat: Chat, content: dict[str, Any]) -> Message:
    message = call.desk.world.post(chat, call.desk.bot, content)
    call.record(chat, message)
    return message


def _common(call: Call, chat: Chat) -> dict[str, Any]:
    """Return the fields of a message that come from the parameters all sends share."""
    values = call.values
    for name in UNPLAYED:
        if name in values:
            raise bad_request(f'the sandbox does not play the parameter "{name}"')
    common: dict[str, Any] = {
        field: values[name] for name, field in STORED.items() if name in values
    }
    markup = values.get("reply_markup")
    if markup and "inline_keyboard" in markup and any(markup["inline_keyboard"]):
        common["reply_markup"] = {"inline_keyboard": markup["inline_keyboard"]}
    if values.get("protect_content"):
        common["has_protected_content"] = True
    if "message_effect_id" in values:
        if chat.is_group:
            raise bad_request("message effects can be used only in private chats")
        common["effect_id"] = values["message_effect_id"]
    if "message_thread_id" in values:
        common |= _topic(chat, values["message_thread_id"])
    if reply := values.get("reply_parameters"):
        common |= _reply(call, chat, reply)
    return common


def _topic(chat: Chat, thread: int) -> dict[str, Any]:
    if thread not in chat.topics:
        raise bad_request("message thread not found")
    if chat.topics[thread]["is_closed"] and chat.bot_status != "administrator":
        raise bad_request("TOPIC_CLOSED")
    return {"message_thread_id": thread, "is_topic_message": True}


def _reply(call: Call, chat: Chat, reply: dict[str, Any]) -> dict[str, Any]:
    world = call.desk.world
    where = find_chat(world, reply["chat_id"]) if "chat_id" in reply else chat
    if "message_id" not in reply:
        raise bad_request("message identifier is not specified")
    message = where.messages.get(reply["message_id"])
    if message is None:
        if reply.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    quoted = {"reply_to_message": world.quoted(message)}
    if quote := reply.get("quote"):
        text = message.get("text") or message.get("caption") or ""
        if quote not in text:
            raise bad_request("QUOTE_TEXT_INVALID")
        quoted["quote"] = {"text": quote, "position": text.index(quote), "is_manual": True}
    return quoted


def copy_message(call: Call) -> dict[str, int]:
    """Send a message's content again, without a link to the original."""
    original = _original(call)
    content = {
        key: value
        for key, value in original.items()
        if key in media.CONTENT or key in {"text", "entities", "caption", "caption_entities"}
    }
    if not content:
        raise bad_request("message can't be copied")
    if "caption" in call.values and "text" not in content:
        content.pop("caption_entities", None)
        content |= media.caption(call.values)
    message = deliver(call, content)
    return {"message_id": message["message_id"]}


def forward_message(call: Call) -> Message:
    """Forward a message."""
    original = _original(call)
    if original.get("has_protected_content"):
        raise bad_request("message can't be forwarded: it has protected content")
    origin = {
        "type": "user",
        "sender_user": original["from"],
        "date": original["date"],
    }
    content = {
        key: value
        for key, value in original.items()
        if key in media.CONTENT or key in {"text", "entities", "caption", "caption_entities"}
    }
    return deliver(call, content | {"forward_origin": origin})


def _original(call: Call) -> Message:
    source = reachable(call.desk.world, call.values["from_chat_id"])
    message = source.messages.get(call.values["message_id"])
    if message is None:
        words = "copy" if call.method == "copyMessage" else "forward"
        raise bad_request(f"message to {words} not found")
    return message


def send_chat_action(call: Call) -> bool:
    """Show that the bot is typing."""
    if call.values["action"] not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = call.chat()
    call.desk.world.tell("typing", {"chat_id": chat.id, "action": call.values["action"]})
    return True
