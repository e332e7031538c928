"""How commands print: data to stdout, messages to stderr."""

import json
import os
import sys
from typing import Any

import typer

#: As of a program that a closed pipe ends.
_PIPE_CLOSED = 141


def prepare_streams() -> None:
    """Let every character be printed in every locale, and closed streams swallow what they get."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def show(value: Any, as_json: bool, text: str) -> None:
    """Data to stdout, for programs or for people."""
    if as_json:
        text = json.dumps(value)
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        raise typer.Exit(_PIPE_CLOSED) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from None


def notify(line: str) -> None:
    """A message to stderr."""
    typer.echo(line, err=True)


def complain(lines: str) -> None:
    """A fault to stderr."""
    typer.secho(lines, fg="red", err=True)


def discard_output() -> None:
    """Discard what is buffered for stdout: it has no reader any more, or can't be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
