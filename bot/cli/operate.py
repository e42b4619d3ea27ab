"""``aftercare backup``, ``restore``, ``doctor`` and ``outbox``: for whoever looks after the bot."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.cli import content
from bot.keys import EnvFile
from bot.request import AiohttpRequest
from bot.settings import ENV_FILE, KeyUnreadable, Settings, SettingsInvalid, load_settings
from messages import check
from messages.catalogue import SHIPPED
from messages.render import moment, moment_long
from scheduler import backup as backups
from scheduler import doctor as examination
from scheduler import erasure, overview
from scheduler import outbox as rows
from scheduler.clock import SystemClock
from scheduler.database import DatabaseProblem
from scheduler.doctor import Finding, megabytes
from scheduler.overview import Line
from scheduler.reading import reading

STATES: Final = ("pending", "sending", *rows.SETTLED)
_OUT: Final = Console(highlight=False)
_SIGNS: Final = {"well": ("✓", "green"), "look": ("!", "bold yellow"), "bad": ("✗", "bold red")}
_STATE_STYLES: Final = {
    "sent": "green",
    "pending": "cyan",
    "sending": "bold cyan",
    "uncertain": "bold yellow",
    "refused": "red",
}


def backup(file: Path) -> int:
    """Copy the database to ``file``, beside a running bot or without one; exit code."""
    settings = _settings()
    try:
        made = backups.back_up(settings.database_path, _key(settings), file, settings.vault_path)
    except DatabaseProblem as problem:
        raise content.failure("No backup was made.", str(problem)) from None
    _OUT.print(
        Text.assemble(
            ("✓ ", "green"),
            f"{made.path}: {megabytes(made.size)}, {made.rows} rows of the outbox, read whole.\n"
            "It is encrypted with the database's key and sealed with the patients' own keys, "
            f"which lie in {settings.vault_path}. Keep copies of both apart from the backups.",
        ),
        soft_wrap=True,
    )
    return 0


def restore(file: Path, *, yes: bool) -> int:
    """Put a backup in the database's place, in review mode; exit code."""
    settings = _settings()
    database = settings.database_path
    if not yes:
        _OUT.print(
            f"The database {database} is replaced by {file}.\nWhat is there now is kept beside it. "
            "What was said and changed since the backup is not in it.",
            soft_wrap=True,
        )
        if not typer.confirm("Restore?"):
            _OUT.print("Nothing was changed.")
            return 1
    try:
        done = backups.restore(
            file, database, _key(settings), settings.vault_path, now=SystemClock().now()
        )
    except DatabaseProblem as problem:
        raise content.failure("Nothing was restored.", str(problem)) from None
    _OUT.print(Text.assemble(("✓ ", "green"), f"{file} was restored."), soft_wrap=True)
    if done.last_tick is not None:
        zone = settings.clinic_timezone
        _OUT.print(f"  It shows the clinic as of {moment_long(done.last_tick, zone, 'en')}.")
    if done.kept is not None:
        _OUT.print(f"  The former database was kept as {done.kept}.", soft_wrap=True)
    if done.erased:
        _OUT.print(
            f"  {done.erased} {'patient is' if done.erased == 1 else 'patients are'} not in it: "
            "they were erased since the backup was made, and their keys destroyed."
        )
    if done.waiting:
        _OUT.print(
            f"  {done.waiting} {'row' if done.waiting == 1 else 'rows'} came due since then and "
            "may have been sent already: a manager decides in the chat with /review.",
            soft_wrap=True,
        )
    else:
        _OUT.print("  No row came due since then.")
    _OUT.print("  Next: `aftercare run`, then `aftercare doctor`.")
    return 0


def doctor(*, full: bool, as_json: bool) -> int:
    """Examine the bot's surroundings and its database; 0 where all is well, else 1."""
    settings = _settings()
    patient = examination.Patient(
        database=settings.database_path,
        key=_key(settings),
        key_at=_key_file(settings),
        backups=settings.backup_dir,
        zone=settings.clinic_timezone,
        polls=settings.webhook_url is None,
        vault=settings.vault_path,
        vault_copy=settings.vault_copy,
    )
    findings = examination.examine(patient, full=full, now=SystemClock().now())
    findings += asyncio.run(_telegram(settings))
    findings.append(_texts(settings))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        _show(findings)
    return 0 if all(finding.verdict == "well" for finding in findings) else 1


async def _telegram(settings: Settings) -> list[Finding]:
    """Ask Telegram who the bot is: reached, token accepted, clocks agreed."""
    request = AiohttpRequest(now=SystemClock().now)
    token = settings.bot_token.get_secret_value()
    bot = Bot(token, base_url=f"{settings.bot_api_url}/bot", request=request)
    try:
        # Without initialize(), which would ask as well and hide the answer.
        await request.initialize()
        me = await bot.get_me()
    except InvalidToken:
        told = Finding(
            "Telegram",
            "bad",
            "does not accept BOT_TOKEN",
            "copy it again from @BotFather; a new one there makes the old one void",
        )
    except TelegramError as error:
        told = Finding(
            "Telegram",
            "look",
            f"was not reached ({type(error).__name__}: {error.message})",
            "look at the network, a proxy, BOT_API_URL; messages wait and go out later",
        )
    else:
        told = Finding("Telegram", "well", f"reached; the token is @{me.username}'s")
    finally:
        await request.shutdown()
    if request.clock_skew_ms is None:
        return [told]
    return [told, examination.skew(request.clock_skew_ms)]


def _texts(settings: Settings) -> Finding:
    own = settings.protocols_dir
    issues = check.check(*((SHIPPED,) if own is None else (SHIPPED, own)))
    if not issues:
        return Finding("Texts", "well", "no issues in the protocols and texts")
    where = "" if own is None else f" {own}"
    return Finding("Texts", "look", f"{len(issues)} issues", f"`aftercare check{where}` lists them")


def _show(findings: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for finding in findings:
        sign, style = _SIGNS[finding.verdict]
        words = Text(finding.found)
        if finding.advice:
            words.append(f"\n→ {finding.advice}", style="dim" if style == "green" else style)
        table.add_row(Text(sign, style=style), finding.name, words)
    _OUT.print(table)
    unwell = sum(finding.verdict != "well" for finding in findings)
    _OUT.print(
        Text("\nAll is well.", style="bold green")
        if not unwell
        else Text(f"\n{unwell} of {len(findings)} need a look.", style="bold yellow")
    )


def outbox(*, states: list[str], label: str | None, limit: int, as_json: bool) -> int:
    """List rows of the outbox, without anybody's words; exit code."""
    unknown = [state for state in states if state not in STATES]
    if unknown:
        raise content.failure(
            f'There is no state "{unknown[0]}".', f"Choose among {', '.join(STATES)}."
        )
    settings = _settings()
    try:
        with reading(settings.database_path, _key(settings)) as tx:
            lines = overview.found(tx, states=states, label=label, limit=limit)
    except DatabaseProblem as problem:
        raise content.failure("The outbox cannot be read.", str(problem)) from None
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
        return 0
    if not lines:
        _OUT.print("No such row.")
        return 0
    _OUT.print(_table(lines, settings.clinic_timezone))
    if len(lines) == limit:
        _OUT.print(Text(f"The first {limit}; --limit shows more.", style="dim"))
    return 0


def records() -> int:
    """Print what law makes the clinic keep of people who were erased; exit code."""
    settings = _settings()
    try:
        with reading(settings.database_path, _key(settings)) as tx:
            kept = erasure.records(tx)
    except DatabaseProblem as problem:
        raise content.failure("The records cannot be read.", str(problem)) from None
    shown = [{name: row[name] for name in ("label", "at", "kept_until", "record")} for row in kept]
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    return 0


def _table(lines: list[Line], zone: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("No.", justify="right", no_wrap=True)
    for heading in ("State", "Moment"):
        table.add_column(heading, no_wrap=True)
    for heading in ("For", "What", "Why"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        at = line.settled_at or line.ready_at
        why = line.reason or ""
        if line.possible_duplicate:
            why = f"{why} (perhaps twice)".strip()
        table.add_row(
            str(line.id),
            Text(line.state, style=_STATE_STYLES.get(line.state, "dim")),
            moment(at, zone, "en"),
            Text(line.who),
            line.what,
            Text(why, style="dim"),
        )
    return table


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsInvalid as invalid:
        raise content.failure("The settings need a look:", *invalid.faults) from None


def _key(settings: Settings) -> str:
    try:
        return settings.read_key().get_secret_value()
    except KeyUnreadable as problem:
        raise content.failure("The database's key cannot be read.", str(problem)) from None


def _key_file(settings: Settings) -> Path | None:
    """Return the file that the key lies in; None where it is in the keyring or the environment."""
    if settings.database_key_file is not None:
        return settings.database_key_file
    return ENV_FILE if isinstance(settings.key_place, EnvFile) else None
