"""HTTP to Telegram: aiohttp under python-telegram-bot, which always knows what has left.

After a failed request one question decides what may be done next: can Telegram have received it?
The request's body answers it. Telegram acts on a complete body only, so as long as the last piece
was not handed to the connection, the request certainly had no effect, whatever went wrong (name
resolution, connect, TLS, no free connection, a stale connection, an upload cut midway). From that
moment on every failure is ambiguous. The ``__cause__`` of the raised error says which it was:
:class:`NotSentError` or :class:`UnansweredError`.

The address of a request holds the bot's token, and aiohttp's exceptions quote addresses. Therefore
none of them leaves this module, not even as a cause, and nothing here is logged.
"""

import errno
import json
from asyncio import timeout
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.abc import AbstractStreamWriter

# The types of BaseRequest.do_request(), which the library keeps in private modules.
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from scheduler.clock import SystemClock

PIECE: Final = 64 * 1024
TELEGRAM_SAYS: Final = frozenset({400, 401, 403, 404, 409})
"""Statuses whose meaning python-telegram-bot reads well from Telegram's own JSON."""

_MACHINE: Final = SystemClock()


class NotSentError(Exception):
    """The request certainly had no effect.

    ``begun`` tells whether a part of it had left already (an upload cut midway), which makes it
    this message's trouble rather than the network's.
    """

    def __init__(self, fault: str, *, begun: bool) -> None:
        super().__init__(f"not sent: {fault}")
        self.fault = fault
        self.begun = begun


class UnansweredError(Exception):
    """The request left whole and no usable answer came: it may have had its effect."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"no answer: {fault}")
        self.fault = fault


class HttpStatusError(NetworkError):
    """An HTTP status that is the server's word, or a proxy's, rather than the Bot API's.

    A server error, a redirect, 413, a 429 that does not say how long to wait, and any status whose
    body is not Telegram's JSON with a description.
    """

    __slots__ = ("status",)

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status


class TooManyRequestsError(RetryAfter):
    """A 429 that says how long to wait.

    The library's own class warns of a change to its ``retry_after`` whenever one is made.
    """

    def __init__(self, wait: timedelta) -> None:
        self._wait = wait
        super().__init__(wait)

    @property
    def retry_after(self) -> timedelta:
        """How long to wait before anything is sent again."""
        return self._wait


class BadAnswerError(TelegramError):
    """The status was good and the body was not: nobody can tell what became of the request."""


class _Body(aiohttp.Payload):
    """The bytes of a request, in pieces, remembering whether the last one was handed over."""

    def __init__(self, value: bytes, content_type: str, seconds: float | None) -> None:
        super().__init__(value, content_type=content_type)
        self._size = len(value)
        self._seconds = seconds
        self.begun = False
        self.handed_over = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raw: bytes = self._value
        return raw.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write everything within the write timeout (seconds)."""
        body = memoryview(self._value)
        last = max(0, (len(body) - 1) // PIECE * PIECE)
        if not last:
            # One piece does not wait for others before it; the request's own timeout ends it.
            await self._hand_over(writer, body, final=True)
            return
        async with timeout(self._seconds):
            for start in range(0, last, PIECE):
                await self._hand_over(writer, body[start : start + PIECE])
                self.begun = True
            await self._hand_over(writer, body[last:], final=True)

    async def _hand_over(
        self, writer: AbstractStreamWriter, piece: memoryview, *, final: bool = False
    ) -> None:
        transport = getattr(writer, "transport", None)
        if transport is None or transport.is_closing():
            # The server hung up on an idle connection: nothing of this piece can leave any more.
            raise ConnectionResetError(errno.ECONNRESET, "the connection is closed")
        self.handed_over = final
        await writer.write(piece)


class AiohttpRequest(BaseRequest):
    """The request class for :class:`telegram.Bot`: one keep-alive session, JSON or multipart.

    All timeouts are in seconds, None waits for ever. ``connections`` limits the connections open
    side by side. ``now`` is only compared with Telegram's Date header.
    """

    def __init__(
        self,
        *,
        connections: int = 64,
        keep_alive: float = 15.0,
        connect_timeout: float | None = 10.0,
        read_timeout: float | None = 20.0,
        write_timeout: float | None = 20.0,
        media_write_timeout: float | None = 60.0,
        pool_timeout: float | None = 10.0,
        now: Callable[[], int] = _MACHINE.now,
    ) -> None:
        self._connections = connections
        self._keep_alive = keep_alive
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._media_write_timeout = media_write_timeout
        self._pool_timeout = pool_timeout
        self._now = now
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str | None] = {}
        self._clock_skew_ms: int | None = None
        self._date = ""
        self._date_ms: int | None = None

    @property
    def read_timeout(self) -> float | None:
        """The default read timeout in seconds."""
        return self._read_timeout

    @property
    def clock_skew_ms(self) -> int | None:
        """How far the server's clock is ahead of ours in milliseconds, to about a second.

        None before the first answer. From the Date header, which has whole seconds.
        """
        return self._clock_skew_ms

    async def initialize(self) -> None:
        """Open the session."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=self._keep_alive
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the session and its connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one request, once, and return its status and body.

        Raises:
            TimedOut: with :class:`NotSentError` or :class:`UnansweredError` as ``__cause__``.
            NetworkError: likewise, for every failure that is not a timeout.
            HttpStatusError: the status is not Telegram's own word (see there).
            TooManyRequestsError: 429, and for how long.
        """
        if self._session is None:
            raise RuntimeError("initialize() the request first")
        uploads = request_data is not None and request_data.contains_files
        writing = _seconds(
            write_timeout, self._media_write_timeout if uploads else self._write_timeout
        )
        body = None if method == "GET" else await _body(request_data, writing)
        limits = _limits(
            pool=_seconds(pool_timeout, self._pool_timeout),
            connect=_seconds(connect_timeout, self._connect_timeout),
            write=writing,
            read=_seconds(read_timeout, self._read_timeout),
        )
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                timeout=limits,
                # A redirected POST would be sent twice, or turn into a GET.
                allow_redirects=False,
                proxy=self._proxy(url),
            ) as response:
                status, payload = response.status, await response.read()
                self._compare_clocks(response.headers.get("Date"))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = _failure(error, body)
        else:
            _check_status(status, payload)
            return status, payload
        # Outside of the except clause: aiohttp's exception, which quotes the address, stays behind.
        raise failure[0] from failure[1]

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Parse an answer without logging it: it may hold what a patient wrote.

        Raises:
            BadAnswerError: it is not a JSON object, or has no "result" when that is asked for.
        """
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise BadAnswerError("the answer is not a JSON object")
        return _Answer(answer)

    def _compare_clocks(self, date: str | None) -> None:
        if date is None:
            return
        if date != self._date:
            self._date, self._date_ms = date, _epoch_ms(date)
        if self._date_ms is not None:
            # The header drops the fraction of the second: half of one is the best guess.
            self._clock_skew_ms = self._date_ms + 500 - self._now()

    def _proxy(self, url: str) -> str | None:
        """The proxy that the environment names for this address, looked up once per host."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._proxies:
            bypassed = proxy_bypass(parts.netloc)
            self._proxies[host] = None if bypassed else getproxies().get(parts.scheme)
        return self._proxies[host]


class _Answer(dict[str, Any]):
    """An answer of the Bot API: one without "result" is a bad answer, not a KeyError."""

    def __missing__(self, key: str) -> object:
        raise BadAnswerError(f'the answer has no "{key}"')


def _seconds(given: ODVInput[float], default: float | None) -> float | None:
    return default if isinstance(given, DefaultValue) else given


def _epoch_ms(date: str) -> int | None:
    try:
        return round(parsedate_to_datetime(date).timestamp() * 1000)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _limits(
    *, pool: float | None, connect: float | None, write: float | None, read: float | None
) -> aiohttp.ClientTimeout:
    """Map the library's timeouts (seconds) to aiohttp's.

    aiohttp's ``connect`` covers the wait for a free connection as well as making one, and the body
    keeps the write timeout itself. The total ends an answer that comes in drops, each in time.
    """
    waiting = None if pool is None or connect is None else pool + connect
    total = None if waiting is None or write is None or read is None else waiting + write + read
    return aiohttp.ClientTimeout(total=total, connect=waiting, sock_connect=connect, sock_read=read)


async def _body(data: RequestData | None, seconds: float | None) -> _Body:
    if data is None or not data.contains_files:
        parameters = {} if data is None else data.parameters
        return _Body(json.dumps(parameters).encode(), "application/json", seconds)
    form = aiohttp.FormData(quote_fields=False)  # Telegram takes names as they are, in UTF-8
    for name, value in data.json_parameters.items():
        form.add_field(name, value, content_type="text/plain; charset=utf-8")
    for name, (filename, content, content_type) in (data.multipart_data or {}).items():
        # aiohttp wants large files as streams; a file handle it reads in a thread.
        stream = BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=content_type)
    payload = form()
    return _Body(await payload.as_bytes(), payload.content_type, seconds)


def _failure(
    error: Exception, body: _Body | None
) -> tuple[NetworkError, NotSentError | UnansweredError]:
    """Say what went wrong in words that are safe to log: the exception's own may hold the token."""
    fault = type(error).__name__
    code = getattr(error, "errno", None)
    if isinstance(code, int) and code in errno.errorcode:
        fault = f"{fault} {errno.errorcode[code]}"
    if body is None or body.handed_over:
        cause: NotSentError | UnansweredError = UnansweredError(fault)
    else:
        cause = NotSentError(fault, begun=body.begun)
    kind = TimedOut if isinstance(error, TimeoutError) else NetworkError
    return kind(str(cause)), cause


def _check_status(status: int, payload: bytes) -> None:
    """Let pass what the library reads rightly.

    Raises:
        TooManyRequestsError: 429, and for how long.
        HttpStatusError: the status is all there is to go by.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise HttpStatusError(status)
    parameters = answer.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if status == HTTPStatus.TOO_MANY_REQUESTS and isinstance(seconds, int) and seconds > 0:
        raise TooManyRequestsError(timedelta(seconds=seconds))
    if status not in TELEGRAM_SAYS or not isinstance(answer.get("description"), str):
        raise HttpStatusError(status)
