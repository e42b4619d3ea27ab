"""Methods that change or take away a message that is there."""

from typing import Any

from sandbox.botapi import media
from sandbox.botapi.call import Call
from sandbox.botapi.entities import formatted
from sandbox.botapi.keyboards import check_keyboard
from sandbox.botapi.refusal import bad_request
from sandbox.world import Chat, Message

DELETABLE_SECONDS = 48 * 3600
"""A bot can delete messages in a private chat or a group for 48 hours."""

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def edit_text(call: Call) -> Message:
    """Change the text of a message."""
    if "rich_message" in call.values:
        raise bad_request("the sandbox does not play rich messages")
    text, entities = formatted(call.values, "text")
    chat, message = _own(call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _change(call, chat, message, {"text": text, "entities": entities or None})


def edit_caption(call: Call) -> Message:
    """Change the caption of a message with a file."""
    made = media.caption(call.values)
    chat, message = _own(call)
    if not message.keys() & media.CONTENT:
        raise bad_request("there is no caption in the message to edit")
    changes = {
        "caption": made.get("caption"),
        "caption_entities": made.get("caption_entities"),
    }
    return _change(call, chat, message, changes)


def edit_media(call: Call) -> Message:
    """Change the file of a message."""
    item = call.values["media"]
    chat, message = _own(call)
    made = media.content(call, item["type"], item, item["media"])
    changes: dict[str, Any] = dict.fromkeys(
        media.CONTENT | {"text", "entities", "caption", "caption_entities"}
    )
    return _change(call, chat, message, changes | made)


def edit_reply_markup(call: Call) -> Message:
    """Change only the buttons under a message."""
    chat, message = _own(call)
    return _change(call, chat, message, {})


def _own(call: Call) -> tuple[Chat, Message]:
    """Return the message of the bot that the call names."""
    values = call.values
    check_keyboard(values.get("reply_markup"))
    if "inline_message_id" in values:
        raise bad_request("the sandbox does not play inline messages")
    if "chat_id" not in values:
        raise bad_request("chat_id is empty")
    if "message_id" not in values:
        raise bad_request("message identifier is not specified")
    chat = call.chat()
    message = chat.messages.get(values["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != call.desk.bot["id"] or "forward_origin" in message:
        raise bad_request("message can't be edited")
    return chat, message


def _change(call: Call, chat: Chat, message: Message, changes: dict[str, Any]) -> Message:
    """Apply the changes; None takes a field away. The keyboard goes unless it is given again."""
    markup = call.values.get("reply_markup")
    keyboard = markup if markup and any(markup.get("inline_keyboard", ())) else None
    changes = changes | {"reply_markup": keyboard}
    if "link_preview_options" in call.values:
        changes["link_preview_options"] = call.values["link_preview_options"]
    if all(message.get(name) == value for name, value in changes.items()):
        raise bad_request(NOT_MODIFIED)
    only_buttons = all(
        message.get(name) == value for name, value in changes.items() if name != "reply_markup"
    )
    for name, value in changes.items():
        if value is None:
            message.pop(name, None)
        else:
            message[name] = value
    call.desk.world.edit(chat, message, dated=not only_buttons)
    call.record(chat, message)
    return message


def delete_message(call: Call) -> bool:
    """Delete one message."""
    chat = call.chat()
    message = chat.messages.get(call.values["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(call, chat, message):
        raise bad_request("message can't be deleted for everyone")
    _delete(call, chat, message)
    return True


def delete_messages(call: Call) -> bool:
    """Delete up to a hundred messages; those that cannot be found are skipped."""
    chat = call.chat()
    for message_id in dict.fromkeys(call.values["message_ids"]):
        message = chat.messages.get(message_id)
        if message is not None and _deletable(call, chat, message):
            _delete(call, chat, message)
    return True


def _deletable(call: Call, chat: Chat, message: Message) -> bool:
    if chat.is_group and message["from"]["id"] != call.desk.bot["id"]:
        return chat.bot_status == "administrator" and chat.bot_deletes_messages
    sent: int = message["date"]
    return call.desk.world.seconds() - sent < DELETABLE_SECONDS


def _delete(call: Call, chat: Chat, message: Message) -> None:
    call.desk.world.delete(chat, message["message_id"])
    call.record(chat, message)
