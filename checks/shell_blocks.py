"""Commands that the documents show exist, with their options: those of `leadgate`, and make's
targets.

Looked at are fenced and indented blocks of shell lines, and code in the text that begins with
either name.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from app.cli import program, shared  # noqa: F401  program adds the commands to shared.app
from checks.links import documents

_FENCED = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    ((?:make|leadgate)\b.*)$", re.MULTILINE)
_IN_TEXT = re.compile(r"`((?:make|leadgate) [^`]+)`")
_CALL = re.compile(r"(?:^|[\s(/])(make|leadgate) +([^|;&>#\n]*)")
_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
_VARIABLE = re.compile(r"^(\w+) [?:]=", re.MULTILINE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_VALUE = re.compile(r"([A-Z]+=)\S*")
_WORD = re.compile(r"--[a-z][a-z-]*|[A-Z]+=|[\w.:/-]+|\S")


def faults(root: Path) -> Iterator[str]:
    """One line for each command, option, target or variable of make that doesn't exist."""
    makefile = (root / "Makefile").read_text()
    known = {*_TARGET.findall(makefile), *(f"{v}=" for v in _VARIABLE.findall(makefile))}
    for path in documents(root):
        for program_name, arguments in calls(path.read_text()):
            words = _WORD.findall(_VALUE.sub(r"\1", _QUOTED.sub("x", arguments)))
            unknown = unknown_to_make(words, known)
            if program_name == "leadgate":
                unknown = unknown_to_leadgate(words)
            for word in unknown:
                call = f"{program_name} {arguments.strip()}"
                yield f"{path.relative_to(root)}: `{call}` has no {word}"


def calls(page: str) -> Iterator[tuple[str, str]]:
    """Each call of make or leadgate on a page: its name and the rest of its line."""
    page = page.replace("\\\n", " ")
    for form in (_FENCED, _INDENTED, _IN_TEXT):
        for block in form.findall(page):
            lines = (line for line in block.split("\n") if not line.lstrip().startswith("#"))
            yield from _CALL.findall("\n".join(lines))


def unknown_to_make(words: list[str], known: set[str]) -> list[str]:
    """Targets and variables that the Makefile doesn't have."""
    named = (word for word in words if re.fullmatch(r"[a-z-]+|[A-Z]+=", word))
    return [word for word in named if word not in known and word != "x"]


def unknown_to_leadgate(words: list[str]) -> list[str]:
    """The command, or those options, that the program doesn't have."""
    command: Any = typer.main.get_command(shared.app)
    rest = list(words)
    while rest and hasattr(command, "commands") and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    if hasattr(command, "commands") and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        return [rest[0]]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    return [word for word in rest if word.startswith("--") and word not in {*known, "--help"}]
