"""How commands print: data to stdout, messages to stderr. Nothing that they print moves the cursor
or turns the direction of text."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

import typer

from leads.text import visible, visible_lines

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


def as_lines(sentences: Iterable[str]) -> str:
    """A line for each sentence, whatever a vendor's text in it holds."""
    return "\n".join(map(visible, sentences))


def show(value: Any, as_json: bool, text: str) -> None:
    """Data to stdout, for programs or for people."""
    show_text(json.dumps(value) if as_json else text)


def show_text(text: str) -> None:
    """Text to stdout."""
    try:
        sys.stdout.write(f"{visible_lines(text)}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        raise typer.Exit(_PIPE_CLOSED) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from None


def readable_json(value: Any) -> str:
    """JSON as people read it: indented, with letters of all scripts. What `show` would escape is
    escaped as JSON does, so that it stays JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def notify(line: str) -> None:
    """A message to stderr."""
    typer.echo(visible_lines(line), err=True)


def complain(lines: str) -> None:
    """A fault to stderr."""
    typer.secho(visible_lines(lines), fg="red", err=True)


def discard_output() -> None:
    """Discard what is buffered for stdout: it has no reader any more, or can't be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
