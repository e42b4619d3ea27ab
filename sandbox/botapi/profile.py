"""Methods about the bot itself, its commands, and what it may know of chats."""

import re
from typing import Any

from sandbox.botapi.call import Call, find_chat
from sandbox.botapi.refusal import bad_request
from sandbox.world import Chat, Person, World

Json = dict[str, Any]

COMMAND = re.compile(r"[a-z0-9_]{1,32}$")
LANGUAGE = re.compile(r"[a-z]{2}$")
MOST_COMMANDS = 100
TEXTS = {
    "MyName": ("name", 64),
    "MyDescription": ("description", 512),
    "MyShortDescription": ("short_description", 120),
}
RIGHTS = (
    "manage_chat",
    "delete_messages",
    "manage_video_chats",
    "restrict_members",
    "promote_members",
    "change_info",
    "invite_users",
    "post_stories",
    "edit_stories",
    "delete_stories",
    "pin_messages",
)
CAN_DOWNLOAD = 20 * 1024 * 1024


def get_me(call: Call) -> Json:
    """Return the bot."""
    return call.desk.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def scope_key(call: Call) -> str:
    """Return the name under which the commands of a scope and language are kept."""
    language: str = call.values.get("language_code", "")
    if language and not LANGUAGE.match(language):
        raise bad_request("LANGUAGE_CODE_INVALID")
    scope = call.values.get("scope") or {"type": "default"}
    parts = [str(scope["type"])]
    if "chat_id" in scope:
        chat = find_chat(call.desk.world, scope["chat_id"])
        parts.append(str(chat.id))
    if "user_id" in scope:
        parts.append(str(scope["user_id"]))
    return ":".join(parts) + "/" + language


def set_my_commands(call: Call) -> bool:
    """Set the commands of one scope and language."""
    commands = call.values["commands"]
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.match(command["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not command["description"].strip():
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    kept = [
        {"command": one["command"].removeprefix("/"), "description": one["description"].strip()}
        for one in commands
    ]
    _keep_commands(call, scope_key(call), kept)
    return True


def delete_my_commands(call: Call) -> bool:
    """Take away the commands of one scope and language."""
    _keep_commands(call, scope_key(call), [])
    return True


def get_my_commands(call: Call) -> list[Json]:
    """Return the commands of exactly one scope and language."""
    commands: list[Json] = _all_commands(call.desk.world).get(scope_key(call), [])
    return commands


def _all_commands(world: World) -> dict[str, list[Json]]:
    known: dict[str, list[Json]] = world.meta.get("commands", {})
    return known


def _keep_commands(call: Call, key: str, commands: list[Json]) -> None:
    world = call.desk.world
    known = dict(_all_commands(world))
    if commands:
        known[key] = commands
    else:
        known.pop(key, None)
    world.remember("commands", known)
    world.tell("commands", {"chat_id": None, "commands": known.get("default/", [])})
    for person in world.people.values():
        world.tell("commands", {"chat_id": person.id, "commands": menu(world, person)})


def menu(world: World, person: Person) -> list[Json]:
    """Return the commands that a person sees in the private chat with the bot.

    The narrowest scope wins, and in it the person's language: the order of
    https://core.telegram.org/bots/api#determining-list-of-commands.
    """
    known = _all_commands(world)
    for scope in (f"chat:{person.id}", "all_private_chats", "default"):
        for language in (person.language_code[:2], ""):
            if commands := known.get(f"{scope}/{language}"):
                return commands
    return []


def set_my_text(call: Call) -> bool:
    """Set the bot's name, description or short description for a language."""
    field, most = TEXTS[call.method.removeprefix("set")]
    text = call.values.get(field, "")
    if len(text) > most:
        raise bad_request(f"{field} is too long")
    language = call.values.get("language_code", "")
    call.desk.world.remember(f"{field}/{language}", text)
    return True


def get_my_text(call: Call) -> Json:
    """Return the bot's name, description or short description for a language."""
    field, _ = TEXTS[call.method.removeprefix("get")]
    meta = call.desk.world.meta
    language = call.values.get("language_code", "")
    default = call.desk.bot["first_name"] if field == "name" else ""
    return {field: meta.get(f"{field}/{language}") or meta.get(f"{field}/") or default}


def get_chat(call: Call) -> Json:
    """Return what the bot may know of a chat."""
    chat = find_chat(call.desk.world, call.values["chat_id"])
    full = chat.about | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if chat.pinned and (message := chat.messages.get(chat.pinned[-1])):
        full["pinned_message"] = message
    return full


def get_chat_member(call: Call) -> Json:
    """Return somebody's place in a chat."""
    world = call.desk.world
    chat = find_chat(world, call.values["chat_id"])
    user_id = call.values["user_id"]
    if user_id == call.desk.bot["id"]:
        return member(chat, call.desk.bot, chat.bot_status)
    person = world.people.get(user_id)
    if person is None:
        raise bad_request("invalid user_id specified")
    inside = user_id in chat.members or chat.id == user_id
    return member(chat, person.user(), "member" if inside else "left")


def member(chat: Chat, user: Json, status: str) -> Json:
    """Return a ChatMember with the rights that come with its status."""
    known: Json = {"status": status, "user": user}
    if status == "kicked":
        known["until_date"] = 0
    if status == "administrator":
        known |= {f"can_{right}": True for right in RIGHTS}
        known |= {"can_be_edited": False, "is_anonymous": False}
        if chat.about.get("is_forum"):
            known["can_manage_topics"] = chat.bot_manages_topics
        known["can_delete_messages"] = chat.bot_deletes_messages
    return known


def pin_chat_message(call: Call) -> bool:
    """Pin a message."""
    chat = call.chat()
    message_id = call.values["message_id"]
    if message_id not in chat.messages:
        raise bad_request("message to pin not found")
    if chat.is_group and chat.bot_status != "administrator":
        raise bad_request("not enough rights to manage pinned messages in the chat")
    chat.pinned = [*(one for one in chat.pinned if one != message_id), message_id]
    call.desk.world.keep_chat(chat)
    return True


def set_message_reaction(call: Call) -> bool:
    """Put the bot's reaction under a message."""
    chat = call.chat()
    message = chat.messages.get(call.values["message_id"])
    if message is None:
        raise bad_request("message to react not found")
    reaction = call.values.get("reaction", [])
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(one["type"] != "emoji" for one in reaction):
        raise bad_request("REACTION_INVALID")
    call.desk.world.tell(
        "reaction",
        {"chat_id": chat.id, "message_id": message["message_id"], "reaction": reaction},
    )
    return True


def get_file(call: Call) -> Json:
    """Return where a file can be downloaded."""
    stored = call.desk.world.files.get(call.values["file_id"])
    if stored is None:
        raise bad_request("invalid file_id")
    if stored.size > CAN_DOWNLOAD:
        raise bad_request("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
        "file_path": stored.path,
    }


def answer_callback_query(call: Call) -> bool:
    """Stop the button's progress sign and show a notice; once for each tap."""
    known = call.desk.answerable(call.values["callback_query_id"])
    if known is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = call.values.get("text", "")
    if text:
        alert = call.values.get("show_alert", False)
        call.desk.world.tell("toast", {"chat_id": known, "text": text, "alert": alert})
    return True
