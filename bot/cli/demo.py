"""``aftercare sandbox``: the stand-in for Telegram, the page of phones, and the real bot."""

import asyncio
import os
import secrets
import signal
import sys
import webbrowser
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

from dotenv import dotenv_values
from rich.console import Console

from bot.settings import ENV_FILE
from sandbox import scene
from sandbox.clock import SandboxClock
from sandbox.server import Sandbox
from scheduler.clock import SystemClock

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)
_CLINIC = {
    "CLINIC_NAME": "Alba Clinic",
    "CLINIC_TIMEZONE": "Europe/Madrid",
    "CLINIC_LANGUAGE": "en",
    "CLINIC_PHONE": "+34 911 234 567",
    "EMERGENCY_NUMBER": "112",
    # Open every day: whoever tries it out on a Saturday is to see an alert reach the practitioner.
    "CLINIC_HOURS": "Mo-Su 08:00-20:00",
    "LOG_LEVEL": "WARNING",
}
# Never taken from an operator's settings: the sandbox has a bot and a database of its own.
_ITS_OWN = (
    "BOT_TOKEN",
    "BOT_API_URL",
    "DATABASE_URL",
    "DATABASE_KEY",
    "DATABASE_KEY_FILE",
    "DATABASE_KEYRING",
    "KEY_VAULT",
    "VAULT_COPY",
    "BACKUP_DIR",
    "STAFF_GROUP",
    "WEBHOOK_URL",
)


def run(*, port: int, speed: float, browser: bool, directory: Path) -> int:
    """Run the sandbox until Ctrl-C; returns the exit code."""
    try:
        return asyncio.run(_serve(port=port, speed=speed, browser=browser, directory=directory))
    except OSError as error:
        _err.print(
            f"[bold red]The page cannot listen on port {port}[/] ({error.strerror}); "
            "try another one: aftercare sandbox --port 8090"
        )
        return 1


async def _serve(*, port: int, speed: float, browser: bool, directory: Path) -> int:
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    environment = _environment(directory)
    zone = environment["CLINIC_TIMEZONE"]
    try:
        begins = scene.begins(SystemClock().now(), zone)
    except (ZoneInfoNotFoundError, ValueError):
        _err.print(f"[bold red]CLINIC_TIMEZONE[/] is not a time zone of the IANA database: {zone}")
        return 1
    sandbox = Sandbox(
        directory=directory / "telegram",
        zone=zone,
        clinic=environment["CLINIC_NAME"],
        begins=begins,
    )
    await sandbox.start(port)
    if speed != 1.0 and isinstance(sandbox.clock, SandboxClock):
        sandbox.clock.set_speed(speed)
    _out.print(
        f"\n[bold]Your phones:[/] {sandbox.url}\n"
        "A practitioner, two patients and a manager. Ctrl-C stops; the next start goes on from "
        "here.\n"
    )
    try:
        await sandbox.run_bot(
            (sys.executable, "-m", "bot", "run", "--link", sandbox.link_url),
            {
                **environment,
                "BOT_TOKEN": sandbox.token,
                "BOT_API_URL": sandbox.api_url,
            },
        )
        opening = asyncio.create_task(sandbox.open_scene())
        if browser:
            webbrowser.open(sandbox.url)
        await stop.wait()
        opening.cancel()
    finally:
        await sandbox.stop()
    return 0


def _environment(directory: Path) -> dict[str, str]:
    """Return the bot's environment: the operator's clinic if there is one, else a made-up one."""
    # What is left empty, as `aftercare init` writes it, is not set.
    own = {name: value for name, value in (dotenv_values(ENV_FILE) | os.environ).items() if value}
    environment = {**_CLINIC, **own}
    for name in _ITS_OWN:
        environment.pop(name, None)
    return {
        **environment,
        "DATABASE_URL": f"sqlite:///{directory / 'aftercare.db'}",
        "DATABASE_KEY": _key(directory),
        "MANAGER_IDS": str(scene.MANAGER_ID),
    }


def _key(directory: Path) -> str:
    """Return the sandbox's own key; it guards made-up patients, so it may lie beside them."""
    file = directory / "key"
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32), encoding="ascii")
    return file.read_text(encoding="ascii").strip()
