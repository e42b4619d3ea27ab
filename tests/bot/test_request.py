"""The HTTP under the bot: what goes over the wire, what is remembered, what stays secret."""

import asyncio
import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO

import aiohttp
import pytest
import telegram
from telegram.error import NetworkError, RetryAfter, TelegramError

from bot.request import AiohttpRequest, HttpStatusError, NotSentError, UnansweredError

TOKEN = "123456:not-a-real-token-but-long-enough-abc"


async def test_parameters_travel_as_json_with_their_types(far_telegram, far_bot):
    await far_bot.send_message(7, "ñ <b>ж</b>", disable_notification=True)
    method, asked = far_telegram.asked[0]
    assert method == "sendMessage"
    assert asked == {"chat_id": 7, "text": "ñ <b>ж</b>", "disable_notification": True}


async def test_files_travel_as_multipart_with_the_words_beside_them(far_telegram, far_bot):
    keyboard = telegram.InlineKeyboardMarkup(
        [[telegram.InlineKeyboardButton("Да", callback_data="y")]]
    )
    picture = telegram.InputFile(BytesIO(b"\x89PNG\r\n"), filename="qr ü.png")
    await far_bot.send_photo(7, picture, caption="здравствуйте", reply_markup=keyboard)
    _, asked = far_telegram.asked[0]
    assert asked["caption"] == "здравствуйте"
    assert asked["chat_id"] == "7"
    assert '"callback_data": "y"' in asked["reply_markup"]
    assert far_telegram.files == {"photo": ("qr ü.png", b"\x89PNG\r\n")}


async def test_a_file_of_megabytes_arrives_whole(far_telegram, far_bot):
    content = bytes(range(256)) * 12_345
    await far_bot.send_document(7, telegram.InputFile(content, filename="plan.bin"))
    assert far_telegram.files["document"] == ("plan.bin", content)


async def test_a_file_can_be_fetched(far_telegram, http):
    far_telegram.says(200, "picture")
    assert await http.retrieve(f"{far_telegram.url}/file/bot{TOKEN}/photos/1.jpg") == b"picture"


async def test_a_redirect_is_not_followed(far_telegram, far_bot):
    far_telegram.says(307, "", Location=f"{far_telegram.url}/elsewhere")
    with pytest.raises(HttpStatusError, match="307"):
        await far_bot.send_message(7, "hello")
    assert far_telegram.requests == 1


async def test_a_flood_wait_is_the_librarys_own_error_and_warns_of_nothing(far_telegram, far_bot):
    far_telegram.refuses(429, "Too Many Requests: retry after 5", retry_after=5)
    with pytest.raises(RetryAfter) as caught:
        await far_bot.send_message(7, "hello")
    assert caught.value.retry_after == timedelta(seconds=5)


async def test_a_connection_is_used_again(far_telegram, far_bot):
    ports = set()

    async def remember(request):
        ports.add(request.transport.get_extra_info("peername"))

    far_telegram.handle_early = remember
    for _ in range(5):
        await far_bot.send_message(7, "hello")
    assert len(ports) == 1


async def test_a_request_that_finds_no_free_connection_in_time_was_not_sent(far_telegram):
    far_telegram.hangs()
    limits = {"read_timeout": 5.0, "pool_timeout": 0.05, "connect_timeout": 0.05}
    async with AiohttpRequest(connections=1, **limits) as request:
        first = telegram.Bot(TOKEN, base_url=f"{far_telegram.url}/bot", request=request)
        waiting = asyncio.ensure_future(first.send_message(7, "takes the only connection"))
        await far_telegram.arrived.wait()
        with pytest.raises(NetworkError) as caught:
            await first.send_message(7, "finds none")
        waiting.cancel()
    assert isinstance(caught.value.__cause__, NotSentError)
    assert not caught.value.__cause__.begun
    assert far_telegram.requests == 1


async def test_a_connection_that_closed_while_idle_was_not_used(far_telegram, far_bot, monkeypatch):
    await far_bot.send_message(7, "opens a connection")
    connected = aiohttp.client_proto.ResponseHandler.is_connected

    def close_behind_its_back(handler: aiohttp.client_proto.ResponseHandler) -> bool:
        usable = connected(handler)
        handler.transport.close()
        return usable

    # The server hangs up between the pool's look at the connection and our first byte.
    monkeypatch.setattr(aiohttp.client_proto.ResponseHandler, "is_connected", close_behind_its_back)
    with pytest.raises(NetworkError) as caught:
        await far_bot.send_message(7, "finds it closed")
    assert isinstance(caught.value.__cause__, NotSentError)
    assert far_telegram.requests == 1


async def test_an_answer_in_drops_does_not_take_for_ever(far_telegram):
    far_telegram.drips(every=0.02)
    # A busy machine takes its time to connect, which is another failure than the one meant here.
    limits = {"pool_timeout": 0.1, "connect_timeout": 1.0, "write_timeout": 0.1}
    async with AiohttpRequest(read_timeout=0.2, **limits) as request:
        drop_bot = telegram.Bot(TOKEN, base_url=f"{far_telegram.url}/bot", request=request)
        with pytest.raises(NetworkError) as caught:
            async with asyncio.timeout(5):  # so that a failure here is no endless wait
                await drop_bot.send_message(7, "hello")
    assert isinstance(caught.value.__cause__, UnansweredError)


async def test_the_servers_clock_is_compared_with_ours(far_telegram):
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    far_telegram.says(200, {"ok": True, "result": True}, Date=format_datetime(noon, usegmt=True))
    ours = round(noon.timestamp() * 1000)
    async with AiohttpRequest(now=lambda: ours - 60_000) as request:
        assert request.clock_skew_ms is None
        await request.post(f"{far_telegram.url}/bot{TOKEN}/getMe")
        assert request.clock_skew_ms == 60_500


async def test_an_unreadable_date_is_passed_over(far_telegram, http):
    far_telegram.says(200, {"ok": True, "result": True}, Date="yesterday, I think")
    await http.post(f"{far_telegram.url}/bot{TOKEN}/getMe")
    assert http.clock_skew_ms is None


@pytest.mark.parametrize(
    "trouble", ["hangs", "hangs_up", "stops_in_the_middle", "refused", "broken"]
)
async def test_no_failure_tells_the_token_or_the_words(
    far_telegram, far_bot, http, caplog, trouble
):
    if trouble == "broken":
        far_telegram.says(200, "<p>Maria is sore</p>")
    elif trouble != "refused":
        getattr(far_telegram, trouble)()
    base = "http://127.0.0.1:1" if trouble == "refused" else far_telegram.url
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TelegramError) as caught:
        await http.post(f"{base}/bot{TOKEN}/sendMessage")
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    seen = caught.value
    while seen is not None:
        told += f"{seen!r} {seen} {seen.args}"
        seen = seen.__cause__ or seen.__context__
    assert "not-a-real-token" not in told
    assert "Maria" not in told


async def test_a_request_that_was_not_opened_says_so():
    with pytest.raises(NetworkError, match="initialize"):
        await AiohttpRequest().post("http://127.0.0.1:1/")


async def test_it_can_be_opened_again_after_it_was_closed(far_telegram, far_bot, http):
    await http.shutdown()
    await http.shutdown()
    await http.initialize()
    assert (await far_bot.send_message(7, "hello")).message_id == 41
