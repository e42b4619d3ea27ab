"""python-telegram-bot as a second witness: what the sandbox answers is what Telegram's would be."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import telegram
from telegram.constants import ParseMode

from sandbox import samples
from sandbox.phones import Phone
from sandbox.server import Sandbox


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[telegram.Bot]:
    api = sandbox.api_url
    bot = telegram.Bot(sandbox.token, base_url=f"{api}/bot", base_file_url=f"{api}/file/bot")
    async with bot:
        yield bot


def keyboard(data: str) -> telegram.InlineKeyboardMarkup:
    return telegram.InlineKeyboardMarkup(
        [[telegram.InlineKeyboardButton("Yes", callback_data=data)]]
    )


async def test_a_conversation(bot: telegram.Bot, anna: Phone) -> None:
    assert bot.username == "aftercare_sandbox_bot"
    anna.open("abc")
    (start,) = await bot.get_updates(timeout=1)
    assert start.message is not None
    assert start.effective_user is not None
    assert start.message.text == "/start abc"
    sent = await bot.send_message(
        start.effective_user.id,
        "<b>Sore</b> &amp; bruised? 😀 <i>Tell</i>",
        parse_mode=ParseMode.HTML,
        reply_markup=keyboard("y"),
    )
    assert sent.text_html == "<b>Sore</b> &amp; bruised? 😀 <i>Tell</i>"
    anna.tap(sent.message_id, "Yes")
    (tap,) = await bot.get_updates(offset=start.update_id + 1)
    assert tap.callback_query is not None
    assert await tap.callback_query.answer("Noted")
    edited = await tap.callback_query.edit_message_text("Thank you")
    assert isinstance(edited, telegram.Message)
    assert [one.get("text") for one in anna.transcript()] == ["/start abc", "Thank you"]


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document"])
async def test_files_both_ways(bot: telegram.Bot, anna: Phone, kind: str) -> None:
    content = getattr(samples, kind)()
    sent = await getattr(bot, f"send_{kind}")(anna.person.id, content)
    attachment: Any = sent.effective_attachment
    about = attachment[-1] if kind == "photo" else attachment
    assert await (await about.get_file()).download_as_bytearray() == content
    anna.send_file(kind)
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.effective_attachment is not None


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("nobody", telegram.error.BadRequest, "Chat not found"),
        ("blocked", telegram.error.Forbidden, "Forbidden: bot was blocked by the user"),
        ("html", telegram.error.BadRequest, "Can't parse entities: can't find end tag"),
        ("data", telegram.error.BadRequest, "Button_data_invalid"),
        ("long", telegram.error.BadRequest, "Message is too long"),
    ],
)
async def test_refusals_are_the_errors_that_the_library_knows(
    bot: telegram.Bot,
    anna: Phone,
    what: str,
    error: type[telegram.error.TelegramError],
    words: str,
) -> None:
    chat_id, text, markup = anna.person.id, "x", None
    match what:
        case "nobody":
            chat_id = 5
        case "blocked":
            anna.block()
        case "html":
            text = "<b>x"
        case "data":
            markup = keyboard("x" * 65)
        case "long":
            text = "x" * 4097
    with pytest.raises(error) as refused:
        await bot.send_message(chat_id, text, parse_mode="HTML", reply_markup=markup)
    assert str(refused.value).lower().startswith(words.lower())


async def test_flood_control_is_a_retry_after(
    bot: telegram.Bot, sandbox: Sandbox, anna: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    sandbox.faults.too_many(7)
    with pytest.raises(telegram.error.RetryAfter) as refused:
        await bot.send_message(anna.person.id, "x")
    assert refused.value.retry_after == timedelta(seconds=7)


async def test_commands_names_albums_polls_and_chats(bot: telegram.Bot, anna: Phone) -> None:
    commands = [telegram.BotCommand("plan", "What is coming")]
    scope = telegram.BotCommandScopeChat(anna.person.id)
    assert await bot.set_my_commands(commands, scope=scope, language_code="en")
    assert list(await bot.get_my_commands(scope=scope, language_code="en")) == commands
    assert await bot.get_my_commands() == ()
    assert await bot.set_my_description("Aftercare")
    assert await bot.set_my_short_description("Aftercare", language_code="en")
    assert (await bot.get_my_description()).description == "Aftercare"
    assert await bot.set_my_name("Clinic")
    assert (await bot.get_my_name()).name == "Clinic"
    picture = samples.photo()
    media = [telegram.InputMediaPhoto(picture, caption="<b>one</b>", parse_mode="HTML")] * 2
    album = await bot.send_media_group(anna.person.id, media)
    assert [one.caption for one in album] == ["one", "one"]
    poll = await bot.send_poll(anna.person.id, "Sore?", ["Yes", "No"])
    assert poll.poll is not None
    assert poll.poll.options[0].text == "Yes"
    chat = await bot.get_chat(anna.person.id)
    assert chat.first_name == "Anna"
    assert (await bot.get_chat_member(anna.person.id, anna.person.id)).status == "member"
    assert await bot.pin_chat_message(anna.person.id, album[0].message_id)
    assert await bot.set_message_reaction(anna.person.id, album[0].message_id, "👍")
    assert await bot.delete_messages(anna.person.id, [one.message_id for one in album])
    assert (await bot.get_webhook_info()).url == ""
