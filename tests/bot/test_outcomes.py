"""What each answer of Telegram and each failure on the way comes to, over real HTTP."""

import socket

import pytest
import telegram
from telegram.error import Conflict, NetworkError, TelegramError, TimedOut

from bot.outcomes import POLICY, judge
from bot.request import AiohttpRequest
from bot.telegram import TelegramChannel
from scheduler.channel import (
    Ambiguous,
    Attachment,
    Delivered,
    Message,
    Migrated,
    Outcome,
    Rejected,
    Retry,
    Unreachable,
)

PERSON = Message(7, "How sore is it?")
GROUP = Message(-700, "How sore is it?")
EDIT = Message(7, "Thank you.", edit_message_id=41)


def _big_file(_name: str, _args: object) -> tuple[str, bytes]:
    return "chart.png", b"\x00" * 16_000_000


def _no_file(name: str, _args: object) -> tuple[str, bytes]:
    raise AssertionError(name)


@pytest.fixture
def channel(far_bot: telegram.Bot) -> TelegramChannel:
    return TelegramChannel(far_bot, _no_file)


@pytest.mark.parametrize(
    ("status", "description", "message", "outcome"),
    [
        (403, "Forbidden: bot was blocked by the user", PERSON, Unreachable("blocked")),
        (403, "Forbidden: user is deactivated", PERSON, Unreachable("deactivated")),
        (
            403,
            "Forbidden: bot can't initiate conversation with a user",
            PERSON,
            Unreachable("never_started"),
        ),
        (403, "Forbidden: bot was kicked from the supergroup chat", GROUP, Unreachable("kicked")),
        (403, "Forbidden: bot is not a member of the channel chat", GROUP, Unreachable("kicked")),
        (403, "Forbidden: the group chat was deleted", GROUP, Unreachable("kicked")),
        (403, "Forbidden: something new", PERSON, Unreachable("blocked")),
        (
            403,
            "Forbidden: bot can't send messages to bots",
            PERSON,
            Rejected("Forbidden: bot can't send messages to bots"),
        ),
        (400, "Bad Request: chat not found", PERSON, Unreachable("chat_not_found")),
        (400, "Bad Request: PEER_ID_INVALID", PERSON, Unreachable("chat_not_found")),
        (400, "Bad Request: INPUT_USER_DEACTIVATED", PERSON, Unreachable("deactivated")),
        (
            400,
            "Bad Request: message is not modified: the new content is exactly the same",
            EDIT,
            Delivered(41),
        ),
        (
            400,
            "Bad Request: message to edit not found",
            EDIT,
            Rejected("Message to edit not found"),
        ),
        (400, "Bad Request: message can't be edited", EDIT, Rejected("Message can't be edited")),
        (400, "Bad Request: message is too long", PERSON, Rejected("Message is too long")),
        (
            400,
            'Bad Request: can\'t parse entities: unsupported start tag "maria" at byte offset 3',
            PERSON,
            Rejected("Can't parse entities: unsupported start tag … at byte offset 3"),
        ),
        (
            400,
            "Bad Request: inline keyboard button URL 'http://maria' is invalid: wrong host",
            PERSON,
            Rejected("Inline keyboard button url … is invalid: wrong host"),
        ),
        (401, "Unauthorized", PERSON, Retry("token not accepted", scope="bot")),
        (404, "Not Found", PERSON, Retry("token not accepted", scope="bot")),
        (409, "Conflict: …", PERSON, Retry("another process uses the token", scope="bot")),
        (413, "Request Entity Too Large", PERSON, Rejected("the file is too big")),
        (429, "Too Many Requests", PERSON, Retry("too many requests", None, "bot")),
        (429, "Too Many Requests", GROUP, Retry("too many requests", None, "chat")),
        (500, "Internal Server Error", PERSON, Ambiguous("HTTP status 500")),
        (502, "Bad Gateway", PERSON, Ambiguous("HTTP status 502")),
        (504, "Gateway Timeout", PERSON, Ambiguous("HTTP status 504")),
    ],
)
async def test_telegrams_refusals_are_told_apart(
    far_telegram, channel, status: int, description: str, message: Message, outcome: Outcome
):
    far_telegram.refuses(status, description)
    assert await channel.deliver(message) == outcome


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (PERSON, Retry("too many requests", 17_000, "bot")),
        (GROUP, Retry("too many requests", 17_000, "chat")),
    ],
)
async def test_a_flood_wait_is_the_groups_in_a_group_and_the_bots_elsewhere(
    far_telegram, channel, message: Message, outcome: Outcome
):
    far_telegram.refuses(429, "Too Many Requests: retry after 17", retry_after=17)
    assert await channel.deliver(message) == outcome


async def test_a_group_that_became_a_supergroup_is_followed(far_telegram, channel):
    far_telegram.refuses(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        migrate_to_chat_id=-1001234567890,
    )
    assert await channel.deliver(GROUP) == Migrated(-1001234567890)


@pytest.mark.parametrize(
    ("status", "page", "outcome"),
    [
        (
            200,
            "<html>Welcome to the café's Wi-Fi</html>",
            Ambiguous("the answer could not be read"),
        ),
        (200, '{"ok": true, "result": {"mess', Ambiguous("the answer could not be read")),
        (200, "[]", Ambiguous("the answer could not be read")),
        (200, '{"ok": true}', Ambiguous("the answer could not be read")),
        (302, "", Ambiguous("HTTP status 302")),
        (400, "<html>Bad Request</html>", Retry("HTTP status 400", scope="bot")),
        (403, "<html>Blocked by your company</html>", Retry("HTTP status 403", scope="bot")),
        (404, "<html>Not Found</html>", Retry("HTTP status 404", scope="bot")),
        (407, "<html>Proxy authentication</html>", Retry("HTTP status 407", scope="bot")),
        (408, "", Ambiguous("HTTP status 408")),
        (413, "<html>Too large</html>", Rejected("the file is too big")),
        (429, "<html>Slow down</html>", Retry("too many requests", None, "bot")),
        (502, "<html>Bad Gateway</html>", Ambiguous("HTTP status 502")),
        (599, "", Ambiguous("HTTP status 599")),
    ],
)
async def test_a_page_that_is_not_telegrams_own_is_not_taken_for_telegrams_word(
    far_telegram, channel, status: int, page: str, outcome: Outcome
):
    far_telegram.says(status, page)
    assert await channel.deliver(PERSON) == outcome


async def test_an_answer_of_an_unknown_shape_is_ambiguous(far_telegram, channel):
    far_telegram.says(200, {"ok": True, "result": {"unheard": "of"}})
    outcome = await channel.deliver(PERSON)
    assert isinstance(outcome, Ambiguous)
    assert outcome.reason.startswith("the answer could not be read")


async def test_no_answer_in_time_is_ambiguous(far_telegram, channel):
    far_telegram.hangs()
    assert await channel.deliver(PERSON) == Ambiguous("no answer: SocketTimeoutError")


@pytest.mark.parametrize("with_reset", [False, True])
async def test_a_connection_dropped_after_the_request_is_ambiguous(
    far_telegram, channel, with_reset: bool
):
    far_telegram.hangs_up(with_reset=with_reset)
    outcome = await channel.deliver(PERSON)
    assert isinstance(outcome, Ambiguous)
    assert far_telegram.requests == 1


async def test_an_answer_cut_short_is_ambiguous(far_telegram, channel):
    far_telegram.stops_in_the_middle()
    assert await channel.deliver(PERSON) == Ambiguous("no answer: ClientPayloadError")


async def _deliver_to(url: str, message: Message = PERSON, make=_no_file) -> Outcome:
    limits = {"connect_timeout": 0.3, "pool_timeout": 0.3, "media_write_timeout": 0.3}
    async with AiohttpRequest(**limits) as request:
        far_bot = telegram.Bot("123456:x", base_url=f"{url}/bot", request=request)
        return await TelegramChannel(far_bot, make).deliver(message)


async def test_a_refused_connection_is_certainly_not_sent():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        outcome = await _deliver_to(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert outcome == Retry("not sent: ClientConnectorError ECONNREFUSED", scope="bot")


async def test_a_name_that_does_not_resolve_is_certainly_not_sent():
    outcome = await _deliver_to("http://no-such-host.invalid")
    assert outcome == Retry("not sent: ClientConnectorDNSError", scope="bot")


async def test_a_failed_tls_handshake_is_certainly_not_sent(far_telegram):
    outcome = await _deliver_to(far_telegram.url.replace("http:", "https:"))
    assert isinstance(outcome, Retry)
    assert outcome.scope == "bot"
    assert outcome.reason.startswith("not sent: ClientConnectorSSLError")
    assert far_telegram.asked == []


async def test_an_upload_that_gets_stuck_midway_is_certainly_not_sent():
    message = Message(7, "", attachment=Attachment("photo", made="chart"))
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # accepts and never reads
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        outcome = await _deliver_to(url, message, _big_file)
    assert outcome == Retry("not sent: TimeoutError", scope="chat")


async def test_an_upload_that_is_cut_midway_is_certainly_not_sent(far_telegram, far_bot):
    async def hang_up_early(request):
        await request.content.read(100_000)
        request.transport.abort()

    far_telegram.handle_early = hang_up_early
    message = Message(7, "", attachment=Attachment("photo", made="chart"))
    outcome = await TelegramChannel(far_bot, _big_file).deliver(message)
    assert isinstance(outcome, Retry)
    assert outcome.scope == "chat"
    assert outcome.reason.startswith("not sent: ")


@pytest.mark.parametrize(
    "error",
    [
        NetworkError("something"),
        TimedOut(),
        TelegramError("something"),
        KeyError("something"),
        RuntimeError("something"),
    ],
)
def test_what_nobody_has_heard_of_is_ambiguous(error: Exception):
    assert isinstance(judge(error, PERSON), Ambiguous)


def test_every_rule_of_the_policy_has_a_name_of_its_own():
    cases = [rule.case for rule in POLICY]
    assert len(set(cases)) == len(cases)


def test_a_conflict_is_certain():
    assert isinstance(judge(Conflict("Conflict: …"), PERSON), Retry)
