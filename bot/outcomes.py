"""The outcome policy: what each answer of Telegram and each failure on the way means.

:data:`POLICY` is read from the top, the first rule that fits decides. The order matters: in
python-telegram-bot a BadRequest and a TimedOut *are* NetworkErrors. What is certain (Telegram
said no, or the request never left) may be retried or ends; what is ambiguous is left to the kind
of the message. Nothing here reads the network, so each rule is a line of a table in the tests.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from bot.request import (
    HttpStatusError,
    NotSentError,
    TooManyRequestsError,
    UnansweredError,
)
from scheduler.channel import (
    Ambiguous,
    Delivered,
    Message,
    Migrated,
    NoTopic,
    Outcome,
    Rejected,
    Retry,
    Unreachable,
)

REASON_LENGTH: Final = 120

_Test = Callable[[Any], bool]
_Make = Callable[[Any, Message], Outcome]
_Scope = Literal["chat", "bot"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy.

    ``case`` names it in words, ``error`` is the class it is about, ``when`` narrows it down, and
    ``outcome`` is what follows, or makes what follows from the error and the message.
    """

    case: str
    error: type[TelegramError]
    outcome: Outcome | _Make
    when: _Test = lambda _: True


def judge(error: Exception, message: Message) -> Outcome:
    """Say what became of ``message``, whose delivery ended in ``error``."""
    for rule in POLICY:
        if isinstance(error, rule.error) and rule.when(error):
            return rule.outcome(error, message) if callable(rule.outcome) else rule.outcome
    # Telegram accepted something, and what it answered is not what its documentation says.
    return Ambiguous(f"the answer could not be read: {type(error).__name__}")


def _says(*phrases: str) -> _Test:
    """Telegram has no error codes below the HTTP status: its words are all there is to go by."""
    wanted = tuple(phrase.casefold() for phrase in phrases)

    def test(error: TelegramError) -> bool:
        words = error.message.casefold()
        return any(phrase in words for phrase in wanted)

    return test


def _status(*statuses: int) -> _Test:
    return lambda error: error.status in statuses


def _because(cause: type[Exception], **facts: object) -> _Test:
    def test(error: Exception) -> bool:
        reason = error.__cause__
        return isinstance(reason, cause) and all(
            getattr(reason, name) == value for name, value in facts.items()
        )

    return test


def _migrated(error: ChatMigrated, _: Message) -> Outcome:
    return Migrated(error.new_chat_id)


def _already_so(_: BadRequest, message: Message) -> Outcome:
    if message.edit_message_id is None:
        return Rejected("message is not modified")
    return Delivered(message.edit_message_id)


def _too_many(error: TelegramError, message: Message) -> Outcome:
    # Telegram does not say whose limit was hit. In a group (a negative id) it is nearly always
    # the group's own 20 a minute, which must not hold up an alert to anybody else; a patient's
    # chat gets so few messages that it is the bot's. Taking the bot's for a group's costs one
    # more 429, from the next chat, which then stops the bot.
    scope: _Scope = "chat" if message.chat_id < 0 else "bot"
    after_ms = None
    if isinstance(error, TooManyRequestsError):
        after_ms = round(error.retry_after.total_seconds() * 1000)
    return Retry("too many requests", after_ms, scope)


def _refused(error: TelegramError, _: Message) -> Outcome:
    return Rejected(_without_quotes(error.message))


def _without_quotes(words: str) -> str:
    """Telegram quotes what it does not like, and that may be a patient's words."""
    kept = re.sub(r"\"[^\"]*\"|(?<!\w)'[^']*'", "…", words)
    return kept if len(kept) <= REASON_LENGTH else f"{kept[: REASON_LENGTH - 1]}…"


def _not_sent(scope: _Scope) -> _Make:
    def make(error: NetworkError, _: Message) -> Outcome:
        return Retry(str(error.__cause__), scope=scope)

    return make


def _no_answer(error: TelegramError, _: Message) -> Outcome:
    return Ambiguous(str(error.__cause__))


def _http(error: HttpStatusError, _: Message) -> Outcome:
    return Ambiguous(f"HTTP status {error.status}")


def _turned_away(error: HttpStatusError, _: Message) -> Outcome:
    return Retry(f"HTTP status {error.status}", scope="bot")


_TURNED_AWAY: Final = tuple(
    status.value
    for status in HTTPStatus
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    and status != HTTPStatus.REQUEST_TIMEOUT
)

POLICY: Final[tuple[Rule, ...]] = (
    # Telegram's own words: certain, all of them.
    Rule("too many requests", TooManyRequestsError, _too_many),
    Rule("the group became a supergroup", ChatMigrated, _migrated),
    Rule(
        "the person is deactivated",
        Forbidden,
        Unreachable("deactivated"),
        _says("user is deactivated", "USER_DEACTIVATED"),
    ),
    Rule(
        "the person never pressed start",
        Forbidden,
        Unreachable("never_started"),
        _says("can't initiate conversation"),
    ),
    Rule(
        "the bot is no longer in the group",
        Forbidden,
        Unreachable("kicked"),
        _says("was kicked", "not a member", "group chat was deleted", "chat was deactivated"),
    ),
    Rule(
        "the chat is a bot's", Forbidden, _refused, _says("messages to bots", "messages to the bot")
    ),
    Rule("the person blocked the bot, or any other 403", Forbidden, Unreachable("blocked")),
    # 401 and 404: the token. It may be being replaced this minute, so nothing is given up for it.
    Rule("the token is not accepted", InvalidToken, Retry("token not accepted", scope="bot")),
    Rule(
        "another process uses the token",
        Conflict,
        Retry("another process uses the token", scope="bot"),
    ),
    Rule(
        "there is no such chat",
        BadRequest,
        Unreachable("chat_not_found"),
        _says("chat not found", "PEER_ID_INVALID", "user not found"),
    ),
    Rule(
        "the person is deactivated (as a bad request)",
        BadRequest,
        Unreachable("deactivated"),
        _says("USER_DEACTIVATED", "user is deactivated"),
    ),
    Rule(
        "the topic was deleted or closed",
        BadRequest,
        NoTopic(),
        _says("message thread not found", "TOPIC_DELETED", "TOPIC_ID_INVALID", "TOPIC_CLOSED"),
    ),
    Rule("an edit that changes nothing", BadRequest, _already_so, _says("message is not modified")),
    Rule("any other bad request", BadRequest, _refused),
    # The HTTP server's word, or that of something in between.
    Rule("too many requests, for how long is not said", HttpStatusError, _too_many, _status(429)),
    Rule("the upload is too big", HttpStatusError, Rejected("the file is too big"), _status(413)),
    Rule(
        "turned away before Telegram acted (4xx but 408)",
        HttpStatusError,
        _turned_away,
        _status(*_TURNED_AWAY),
    ),
    Rule("a server error, a redirect, anything else", HttpStatusError, _http),
    # Nobody's word: what the connection tells.
    Rule(
        "the network is down: nothing left",
        NetworkError,
        _not_sent("bot"),
        _because(NotSentError, begun=False),
    ),
    Rule(
        "an upload was cut midway",
        NetworkError,
        _not_sent("chat"),
        _because(NotSentError, begun=True),
    ),
    Rule("the answer was lost", NetworkError, _no_answer, _because(UnansweredError)),
    Rule(
        "the answer is broken, or anything unheard of",
        TelegramError,
        Ambiguous("the answer could not be read"),
    ),
)
"""The policy itself, in the order in which it is read."""
