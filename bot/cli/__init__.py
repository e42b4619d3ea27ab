"""The command line: ``aftercare …`` (``python -m bot …`` is the same program)."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import content, triaging
from bot.settings import SettingsInvalid, load_settings, write_env

app = typer.Typer(
    name="aftercare",
    help="Aftercare messages for mesotherapy clinics on Telegram.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


key = typer.Typer(help="The database's key.", no_args_is_help=True)
app.add_typer(key, name="key")


@key.command()
def rotate(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Encrypt everything with a new key, after a verified backup; the bot must be stopped."""
    # Imported here: the other commands answer sooner without the database.
    from bot.cli import rotating  # noqa: PLC0415

    raise typer.Exit(rotating.rotate(yes=yes))


@app.command()
def run(
    link: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the bot on Telegram by long polling, until it is stopped (Ctrl-C or SIGTERM)."""
    try:
        settings = load_settings()
    except SettingsInvalid as invalid:
        raise content.failure("The settings need a look:", *invalid.faults) from None
    # Imported here: the other commands answer sooner without Telegram and the database.
    from bot.cli import serve  # noqa: PLC0415

    raise typer.Exit(serve.run(settings, link))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The page's port; 0 takes any free one.")] = 8080,
    speed: Annotated[float, typer.Option(help="Simulated seconds per second at the start.")] = 1.0,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    directory: Annotated[Path, typer.Option(help="Where the sandbox keeps its world.")] = Path(
        "data/sandbox"
    ),
) -> None:
    """Run the bot without Telegram: a stand-in on this machine, and a page of phones."""
    # Imported here: only this command needs it, and the bot on Telegram starts without it.
    from bot.cli import demo  # noqa: PLC0415

    raise typer.Exit(demo.run(port=port, speed=speed, browser=browser, directory=directory))


@app.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(help="Your own protocols and texts; default: the shipped ones.")
    ] = None,
) -> None:
    """Check protocols and texts: every issue at once, one a line; exit code 1 if there is any."""
    raise typer.Exit(content.check(directory))


@app.command()
def preview(
    treatment: str,
    language: Annotated[str, typer.Option(help="The patient's language.")] = "en",
    session: Annotated[
        str | None, typer.Option(help="Local time of the session: 2026-05-04T10:00.")
    ] = None,
    next_: Annotated[
        str | None, typer.Option("--next", help="Local time of the next session.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name; default: the clinic's.")] = None,
    area: Annotated[str | None, typer.Option(help="The treated area; default: the first.")] = None,
    lipolytic: Annotated[bool, typer.Option(help="A fat-dissolving session.")] = False,
    filler: Annotated[bool, typer.Option(help="With hyaluronic filler.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """Show every message that a patient of TREATMENT would get, with its local time."""
    asked = content.Asked(
        treatment=treatment,
        language=language,
        session=session,
        next_session=next_,
        timezone=timezone,
        area=area,
        lipolytic=lipolytic,
        filler=filler,
    )
    raise typer.Exit(content.preview(asked, as_json=as_json))


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where the copy goes; a new file.")]) -> None:
    """Copy the database, encrypted and verified, also while the bot runs."""
    # Imported here, as above: the other commands answer sooner without the database.
    from bot.cli import operate  # noqa: PLC0415

    raise typer.Exit(operate.backup(file))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup of this clinic.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a backup in the database's place; what came due since then waits for a manager."""
    # Imported here, as above.
    from bot.cli import operate  # noqa: PLC0415

    raise typer.Exit(operate.restore(file, yes=yes))


@app.command()
def doctor(
    full: Annotated[bool, typer.Option("--full", help="Read every page of the database.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """Look whether all is well and say what to do if not; exit code 1 if anything needs a look."""
    # Imported here, as above.
    from bot.cli import operate  # noqa: PLC0415

    raise typer.Exit(operate.doctor(full=full, as_json=as_json))


@app.command()
def outbox(
    state: Annotated[
        list[str] | None, typer.Option(help="Only rows in this state; may be given again.")
    ] = None,
    patient: Annotated[str | None, typer.Option(help="Only rows about this label.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """List what is owed and what became of it: states, times and reasons, never words."""
    # Imported here, as above.
    from bot.cli import operate  # noqa: PLC0415

    raise typer.Exit(
        operate.outbox(states=state or [], label=patient, limit=limit, as_json=as_json)
    )


@app.command()
def records() -> None:
    """Print, as JSON, what law makes the clinic keep of people who were erased, and until when."""
    # Imported here, as above.
    from bot.cli import operate  # noqa: PLC0415

    raise typer.Exit(operate.records())


@app.command()
def triage(
    directory: Annotated[
        Path | None,
        typer.Argument(help="Your own words and protocols; default: PROTOCOLS_DIR, if set."),
    ] = None,
) -> None:
    """Show what messages would set off: JSON lines in, a JSON line for each out.

    {"language": "en", "text": "no fever but it's oozing", "context": {"hours": 30}}
    """
    raise typer.Exit(triaging.triage(sys.stdin.buffer, content.reader(directory)))


@app.command()
def init() -> None:
    """Write a .env file with a fresh database key; an existing one is never overwritten."""
    try:
        write_env()
    except FileExistsError as error:
        raise content.failure(str(error)) from None
    typer.echo(
        "Wrote .env with a fresh DATABASE_KEY. Next: put in BOT_TOKEN and the clinic's lines,\n"
        "keep a copy of the key apart from the database, then run `aftercare run`."
    )


def main() -> None:
    """Run the command line."""
    app()
