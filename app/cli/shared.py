"""What all commands share: the program, the site's settings and rules, and how data and messages
are printed."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from aiokafka.errors import KafkaConnectionError
from rich.console import Console

from app.base.settings import Settings, load_settings
from app.rules.store import load_rules
from app.setup.site_check import require_secret
from leads.rules import Rules

T = TypeVar("T")
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The gate between Apollo.io and a CRM.",
)
errors = Console(stderr=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LeadId = Annotated[str, typer.Argument(metavar="LEAD", help="A lead's id.")]
Data = Annotated[Path, typer.Option("--data", help="Directory for what is kept.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it to its end."""
    return asyncio.run(work)


def site() -> tuple[Settings, Rules]:
    """The settings and rules of a site that has its secret. Raises SettingsError, RulesError."""
    settings = load_settings()
    settings.require("site_secret")
    return settings, load_rules(settings.rules)


def known_site() -> tuple[Settings, Rules]:
    """As `site`, for what makes or compares keys: refused, too, with another secret than the
    site's."""
    settings, rules = site()
    run(require_secret(settings))
    return settings, rules


def known_site_or_away() -> Settings:
    """As `known_site`, for what starts while the broker is away, too: the secret is not compared
    then."""
    settings, _ = site()

    async def compare() -> None:
        with suppress(KafkaConnectionError):
            await require_secret(settings)

    run(compare())
    return settings


def show(value: Any, as_json: bool, text: str) -> None:
    """Data to stdout, for programs or for people."""
    sys.stdout.write((json.dumps(value) if as_json else text) + "\n")


def complain(lines: str) -> None:
    """A fault to stderr."""
    errors.print(lines, style="red", markup=False, soft_wrap=True)
