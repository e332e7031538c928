"""All commands, and the one place where a command's failure is printed."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from app.cli import (
    audit,
    console,
    demo,
    keys,
    leads,
    privacy,
    processes,
    review,
    setup,
    tokens,
    users,
)
from app.cli.error_messages import describe
from app.cli.output import complain, discard_output, prepare_streams
from app.cli.shared import app

# each adds its commands to the program
__all__ = [
    "audit",
    "console",
    "demo",
    "keys",
    "leads",
    "privacy",
    "processes",
    "review",
    "run_command",
    "setup",
    "tokens",
    "users",
]

_INTERRUPTED = 130


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"leadgate {version('leadgate')}")
        raise typer.Exit


@app.callback()
def leadgate(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """The gate between Apollo.io and a CRM."""


def run_command() -> None:
    """Run the command that the arguments name, and end the process with its exit code."""
    prepare_streams()
    try:
        try:
            app(prog_name="leadgate")
        finally:
            sys.stdout.flush()  # a full disk shows here at the latest
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:  # noqa: BLE001  no user meets a traceback
        fault = describe(error)
        discard_output()
        complain(fault.message)
        sys.exit(fault.exit_code)
