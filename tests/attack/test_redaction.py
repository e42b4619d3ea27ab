"""Logs and errors say what happened and where, and never whose or in which words."""

import asyncio
import io
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import logs
from bot.commands import COMMANDS
from tests.attack import secrets_of_ana as marked
from tests.attack.clinic import Clinic, buttons
from tests.conftest import KEY

FORMS = ["console", "json"]


class Log:
    """What the process would have written to standard error."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def set_up(self, form: str) -> None:
        logs.set_up("DEBUG", form)
        for handler in logging.getLogger().handlers:
            assert isinstance(handler, logging.StreamHandler)
            handler.setStream(self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def log() -> Iterator[Log]:
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configured = structlog.get_config()
    yield Log()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


async def test_no_handler_logs_a_name_a_text_a_token_or_a_key(log: Log, make_world: Any) -> None:
    log.set_up("json")
    world = make_world()
    await world.open()
    clinic = Clinic(world)
    await clinic.open()
    for name in ("ruiz", "manager", "ana"):
        phone = clinic.hands[name].phone
        for command in COMMANDS:
            phone.text(f"/{command.name} {marked.LABEL}")
            await world.settle()
            for data, _ in list(buttons(phone.transcript()[-1]))[:3]:
                phone.tap(phone.transcript()[-1]["message_id"], data, forged=True)
            await world.settle()
            phone.text(f"{marked.WORDS} in the middle of it")
            phone.photo(caption=marked.WORDS)
            await world.settle()
    sends = {"method": "sendMessage"}
    world.sandbox.faults.refuse(400, f"Bad Request: {marked.WORDS}", count=3, **sends)
    world.sandbox.faults.drop_after(count=2, **sends)
    await world.after(days=2)
    tokens = [row["token_hash"] for row in clinic.facts()["invitations"]]
    # An update that the library cannot read: its error quotes what it stumbled over.
    world.sandbox.updates.push("message", {"date": marked.WORDS, "chat": {"id": marked.WORDS}})
    await world.after(hours=1)
    written = log.text
    assert "update_failed" in written, "something was logged at all"
    for secret in (*marked.ALL, "Beatrix", "Dr. ruiz", world.sandbox.token, KEY, *tokens):
        assert secret not in written, written[max(0, written.find(secret) - 300) :][:600]


@pytest.mark.parametrize("form", FORMS)
def test_an_exception_is_logged_by_its_kind_and_place_alone(log: Log, form: str) -> None:
    log.set_up(form)
    try:
        {}[marked.WORDS]
    except KeyError:
        structlog.get_logger("bot").exception("update_failed", inbox_id=7)
        logging.getLogger("somebody.else").exception("It went wrong")
    assert log.text.count("KeyError at test_redaction.py:") == 2
    assert marked.WORDS not in log.text


@pytest.mark.parametrize("form", FORMS)
def test_several_faults_at_once_are_each_logged_by_kind_and_place(log: Log, form: str) -> None:
    log.set_up(form)

    async def fails(fault: Exception) -> None:
        raise fault

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            for fault in (ValueError(marked.WORDS), OSError(marked.WORDS)):
                group.create_task(fails(fault))

    try:
        asyncio.run(both())
    except ExceptionGroup:
        structlog.get_logger("bot").exception("tick_failed")
    assert "ValueError at test_redaction.py:" in log.text
    assert "OSError at test_redaction.py:" in log.text
    assert marked.WORDS not in log.text


@pytest.mark.parametrize("form", FORMS)
async def test_a_task_that_nobody_waited_for_is_logged_without_its_words(
    log: Log, form: str
) -> None:
    log.set_up(form)

    async def fails() -> None:
        raise ValueError(marked.WORDS)

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    assert "Task exception was never retrieved" in log.text
    assert "ValueError at" in log.text
    assert marked.WORDS not in log.text


@pytest.mark.parametrize("form", FORMS)
def test_what_ends_the_process_or_a_thread_is_told_without_its_words(log: Log, form: str) -> None:
    log.set_up(form)
    try:
        int(marked.WORDS)
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    def fails() -> None:
        raise LookupError(marked.WORDS)

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()

    class Fragile:
        def __del__(self) -> None:
            raise TypeError(marked.WORDS)

    Fragile()
    assert "ValueError at" in log.text
    assert "LookupError at" in log.text
    assert "TypeError at" in log.text
    assert marked.WORDS not in log.text
