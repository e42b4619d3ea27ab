"""``aftercare run``: the bot as a process, from a checked start to a graceful end."""

import asyncio
import gc
import signal

import segno
import structlog
from rich.console import Console

from bot import logs
from bot.app import App, TokenRefused, open_store
from bot.link import Link
from bot.settings import Settings
from messages.catalogue import CatalogueInvalid
from scheduler import disk
from scheduler.clock import Clock, SystemClock
from scheduler.database import DatabaseProblem, DriverError, Store
from scheduler.pacer import Limits

log = structlog.get_logger(__name__)
# A second between two messages of a chat is days by a fast clock, which would wait for each.
_BY_THE_LINK = Limits(chat_gap=0, group_gap=0)
_errors = Console(stderr=True, highlight=False)


def run(settings: Settings, link_url: str | None) -> int:
    """Run the bot until SIGTERM or SIGINT; returns the exit code (0: everything settled)."""
    logs.set_up(settings.log_level, settings.log_format)
    try:
        store = open_store(settings)
    except DatabaseProblem as problem:
        _errors.print(f"[bold red]The database cannot be used.[/] {problem}")
        return 1
    try:
        return asyncio.run(_serve(settings, store, link_url))
    except TokenRefused as refused:
        _errors.print(f"[bold red]The bot cannot start.[/] {refused}")
    except OSError as error:
        _errors.print(
            f"[bold red]The bot cannot listen for Telegram's calls[/] ({error.strerror}); "
            "look at WEBHOOK_LISTEN"
        )
    except DriverError as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        _errors.print(
            f"[bold red]The database cannot be used.[/] {settings.database_path}: "
            f"{disk.advice(name)} ({name})"
        )
    except CatalogueInvalid as invalid:
        _errors.print("[bold red]The protocols or texts need a look[/] (`aftercare check`):")
        _errors.print("\n".join(str(issue) for issue in invalid.issues if issue.blocks))
    return 1


async def _serve(settings: Settings, store: Store, link_url: str | None) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    link = Link(link_url) if link_url else None
    linking = asyncio.create_task(link.run()) if link else None
    if linking is not None:
        linking.add_done_callback(lambda _: stop.set())
    clock: Clock = SystemClock()
    stopping = asyncio.create_task(stop.wait())
    if link is not None:
        known = asyncio.create_task(link.clock.known.wait())
        await asyncio.wait({known, stopping}, return_when=asyncio.FIRST_COMPLETED)
        clock = link.clock
    try:
        app = App(
            settings,
            store,
            clock,
            limits=_BY_THE_LINK if link else None,
            on_change=link.changed if link else None,
        )
    except BaseException:
        store.close()
        raise
    try:
        opening = asyncio.create_task(app.open())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            _invite_first_manager(await opening)
            await app.start()
            # The texts stay for as long as the process does: no collection need go through them.
            gc.freeze()
            if link is not None:
                link.show(app.panel, app.owed_next)
            log.info("running", clinic_timezone=settings.clinic_timezone)
            await stopping
        else:
            opening.cancel()
        log.info("stopping")
    finally:
        clean = await app.stop()
        if linking is not None:
            linking.cancel()
    return 0 if clean else 1


def _invite_first_manager(link: str | None) -> None:
    if link is None:
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        "\nThis clinic has no manager yet. Open this link on your phone within two days;\n"
        "whoever opens it first becomes the manager:\n"
    )
    console.print(f"  {link}\n")
    segno.make(link, error="m").terminal(compact=True)
