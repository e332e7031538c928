"""docs/reference/cli.md: the commands."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args

import typer
from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from app.cli import program, shared  # noqa: F401  program adds the commands to shared.app
from reference.markdown import code, page, plain, sentence, table
from reference.wording import default_of, limits_of, type_of

_HEAD = """\
`leadgate COMMAND -h` shows the same, `leadgate --version` the version, and
`leadgate --install-completion` sets up completion for bash, zsh or fish. Data goes to stdout and
messages to stderr; with `--json` data is one JSON value. Exit codes: 0, 1 for a broken promise or
a fault that was found, 2 for a wrong use or setting, 70 for a fault of Leadgate itself, 130 after
Ctrl-C. A worker that must be started again ends with 70, and so does a broker that failed
(docs/operations.md)."""


def make_page() -> str:
    """The page's text."""
    parts = [_section(name, command) for name, command in commands(shared.app)]
    return page("Commands", "`app/cli/`", _HEAD, *parts)


def commands(app: typer.Typer, prefix: str = "leadgate") -> Iterator[tuple[str, CommandInfo]]:
    """Every command by what is typed, groups' commands under their group's name."""
    for command in app.registered_commands:
        assert command.callback is not None
        own = command.name or command.callback.__name__.strip("_").replace("_", "-")
        yield f"{prefix} {own}", command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from commands(group.typer_instance, f"{prefix} {group.name}")


def _section(name: str, command: CommandInfo) -> str:
    assert command.callback is not None
    said = plain(command.help or command.callback.__doc__)
    if not said:
        raise ValueError(f"{name} has no docstring")
    rows = [_row(*one) for one in parameters(command.callback)]
    about = table(("argument or option", "type", "default", "meaning"), rows) if rows else ""
    return "\n\n".join(filter(None, [f"## {code(name)}", said, about]))


def parameters(
    callback: Callable[..., Any],
) -> Iterator[tuple[inspect.Parameter, OptionInfo | ArgumentInfo]]:
    """A command's arguments and options. Raises TypeError for one that isn't annotated as such."""
    for parameter in inspect.signature(callback, eval_str=True).parameters.values():
        found = [a for a in get_args(parameter.annotation) if isinstance(a, _INFO)]
        if not found:
            raise TypeError(f"{parameter.name} is no typer.Option and no typer.Argument")
        yield parameter, found[0]


_INFO = (OptionInfo, ArgumentInfo)


def _row(parameter: inspect.Parameter, info: OptionInfo | ArgumentInfo) -> list[str]:
    kind = get_args(parameter.annotation)[0]
    required = parameter.default is inspect.Parameter.empty
    if isinstance(info, ArgumentInfo):
        name = info.metavar or parameter.name.upper()
    else:
        name = option_name(parameter.name, info)
    if kind is bool:
        return [code(name), "switch", "off", sentence(info.help or "")]
    words = ", ".join(filter(None, [_type(kind), limits_of([_Bounds(info)])]))
    return [
        code(name),
        words,
        "required" if required else default_of(parameter.default),
        sentence(info.help or ""),
    ]


def option_name(parameter: str, info: OptionInfo) -> str:
    """What is typed for an option. In an annotation its first name stands in for a default."""
    names = [info.default, *(info.param_decls or ())]
    given = [name for name in names if isinstance(name, str) and name.startswith("--")]
    return given[0] if given else f"--{parameter.replace('_', '-')}"


def _type(kind: Any) -> str:
    words = type_of(kind)
    return f"{words.removeprefix('list of ')}, may be given again" if "list of" in words else words


class _Bounds:
    """An option's bounds under the names that a field's have."""

    def __init__(self, info: OptionInfo | ArgumentInfo) -> None:
        self.ge, self.le = info.min, info.max
