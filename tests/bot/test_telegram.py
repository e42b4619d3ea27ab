"""The channel: which request a message becomes, and what Telegram's answer says about it."""

import json

import pytest
import telegram

from bot.telegram import TelegramChannel
from scheduler.channel import Attachment, Button, Delivered, Message, Rejected, Retry

PHOTO = [
    {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 90},
    {"file_id": "large", "file_unique_id": "l", "width": 720, "height": 720},
]
DOCUMENT = {"file_id": "paper", "file_unique_id": "p"}


def _make(name: str, args: object) -> tuple[str, bytes]:
    if name == "broken":
        raise KeyError("points")
    return f"{name}.png", json.dumps(args).encode()


@pytest.fixture
def channel(far_bot: telegram.Bot) -> TelegramChannel:
    return TelegramChannel(far_bot, _make)


async def test_words_are_sent_as_html_without_a_preview(far_telegram, channel):
    assert await channel.deliver(Message(7, "<b>Hello</b> https://example.org")) == Delivered(41)
    assert far_telegram.asked == [
        (
            "sendMessage",
            {
                "chat_id": 7,
                "text": "<b>Hello</b> https://example.org",
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            },
        )
    ]


async def test_a_bot_that_pays_says_so_with_what_is_new(far_telegram, far_bot):
    channel = TelegramChannel(far_bot, _make, paid=True)
    await channel.deliver(Message(7, "Hello"))
    await channel.deliver(Message(7, "", attachment=Attachment("sticker", file_id="s")))
    await channel.deliver(Message(7, "Hello again", edit_message_id=41))
    assert [asked.get("allow_paid_broadcast") for _, asked in far_telegram.asked] == [
        True,
        True,
        None,
    ]


async def test_buttons_a_reply_and_silence_are_passed_on(far_telegram, channel):
    rows = (
        (Button("0", data="a:1"), Button("1", data="a:2")),
        (Button("Site", url="https://x.org"),),
    )
    await channel.deliver(Message(7, "How sore?", buttons=rows, reply_to=40, silent=True))
    _, asked = far_telegram.asked[0]
    assert asked["reply_markup"]["inline_keyboard"] == [
        [{"text": "0", "callback_data": "a:1"}, {"text": "1", "callback_data": "a:2"}],
        [{"text": "Site", "url": "https://x.org"}],
    ]
    assert asked["reply_parameters"] == {"message_id": 40, "allow_sending_without_reply": True}
    assert asked["disable_notification"] is True


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("photo", "sendPhoto"),
        ("document", "sendDocument"),
        ("voice", "sendVoice"),
        ("video", "sendVideo"),
        ("audio", "sendAudio"),
    ],
)
async def test_a_file_that_telegram_has_goes_by_its_id_with_the_words_as_caption(
    far_telegram, channel, kind, method
):
    message = Message(7, "<i>Look</i>", attachment=Attachment(kind, file_id="known"))
    assert await channel.deliver(message) == Delivered(41)
    assert far_telegram.asked == [
        (
            method,
            {"chat_id": 7, kind: "known", "caption": "<i>Look</i>", "parse_mode": "HTML"},
        )
    ]


async def test_a_sticker_goes_alone_or_not_at_all(far_telegram, channel):
    sticker = Attachment("sticker", file_id="known")
    refused = await channel.deliver(Message(7, "hello", attachment=sticker))
    assert refused == Rejected("a sticker cannot carry words")
    assert far_telegram.asked == []
    await channel.deliver(Message(7, "", attachment=sticker))
    assert far_telegram.asked == [("sendSticker", {"chat_id": 7, "sticker": "known"})]


async def test_a_drawn_picture_is_uploaded_and_its_id_handed_back(far_telegram, channel):
    far_telegram.accepts(photo=PHOTO)
    message = Message(7, "Scan", attachment=Attachment("photo", made="qr", args={"link": "x"}))
    assert await channel.deliver(message) == Delivered(41, "large")
    assert far_telegram.files == {"photo": ("qr.png", b'{"link": "x"}')}
    assert far_telegram.asked[0][1]["caption"] == "Scan"


async def test_a_drawn_document_is_uploaded_and_its_id_handed_back(far_telegram, channel):
    far_telegram.accepts(document=DOCUMENT)
    message = Message(7, "", attachment=Attachment("document", made="calendar"))
    assert await channel.deliver(message) == Delivered(41, "paper")
    assert far_telegram.files == {"document": ("calendar.png", b"{}")}
    assert "caption" not in far_telegram.asked[0][1]


@pytest.mark.parametrize("attachment", [Attachment("photo", made="broken"), Attachment("photo")])
async def test_a_file_that_cannot_be_made_is_certainly_not_sent(far_telegram, channel, attachment):
    outcome = await channel.deliver(Message(7, "Look", attachment=attachment))
    assert isinstance(outcome, Rejected)
    assert far_telegram.asked == []


async def test_an_edit_changes_words_and_buttons(far_telegram, channel):
    message = Message(7, "Thanks", buttons=((Button("Undo", data="u"),),), edit_message_id=40)
    assert await channel.deliver(message) == Delivered(40)
    method, asked = far_telegram.asked[0]
    assert method == "editMessageText"
    assert (asked["message_id"], asked["text"], asked["parse_mode"]) == (40, "Thanks", "HTML")
    assert asked["link_preview_options"] == {"is_disabled": True}
    assert asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "u"


async def test_an_edit_of_a_message_with_a_file_changes_its_caption(far_telegram, channel):
    edit = Message(7, "Seen", attachment=Attachment("photo", made="qr"), edit_message_id=40)
    assert await channel.deliver(edit) == Delivered(40)
    assert [method for method, _ in far_telegram.asked] == ["editMessageCaption"]
    assert far_telegram.asked[0][1]["caption"] == "Seen"
    assert far_telegram.files == {}


async def test_an_edit_finds_out_that_the_words_are_a_caption(far_telegram, channel):
    far_telegram.refuses(400, "Bad Request: there is no text in the message to edit")
    outcome = await channel.deliver(Message(7, "Seen", edit_message_id=40))
    assert [method for method, _ in far_telegram.asked] == ["editMessageText", "editMessageCaption"]
    assert outcome == Rejected("There is no text in the message to edit")


async def test_what_became_of_an_edit_is_judged_too(far_telegram, channel):
    far_telegram.refuses(429, "Too Many Requests: retry after 3", retry_after=3)
    outcome = await channel.deliver(Message(7, "Seen", edit_message_id=40))
    assert outcome == Retry("too many requests", 3000, "bot")


async def test_a_deletion_is_one_request_and_gone_is_gone(far_telegram, channel):
    assert await channel.deliver(Message(7, "", delete_message_id=40)) == Delivered(40)
    assert far_telegram.asked == [("deleteMessage", {"chat_id": 7, "message_id": 40})]


async def test_a_topic_is_deleted_in_one_request_and_gone_is_gone(far_telegram, channel):
    message = Message(-100, "", thread_id=5, delete_topic=True)
    far_telegram.says(200, {"ok": True, "result": True})
    assert await channel.deliver(message) == Delivered(5)
    asked = ("deleteForumTopic", {"chat_id": -100, "message_thread_id": 5})
    assert far_telegram.asked == [asked]
    far_telegram.refuses(400, "Bad Request: message thread not found")
    assert await channel.deliver(message) == Delivered(5)
    far_telegram.refuses(400, "Bad Request: not enough rights to delete the topic")
    assert await channel.deliver(message) == Rejected("Not enough rights to delete the topic")
