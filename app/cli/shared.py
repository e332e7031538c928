"""What all commands share: the program, their common options, and the site they work on."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.local.interrupts import interrupts_deferred

if TYPE_CHECKING:
    from app.base.settings import Settings
    from leads.rules import Rules

T = TypeVar("T")
HELP_NAMES = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, context_settings=HELP_NAMES)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LEAD_HELP = "A lead's id, or the first 8 or more characters of it."
LeadId = Annotated[str, typer.Argument(metavar="LEAD", help=LEAD_HELP)]
Data = Annotated[
    Path, typer.Option("--data", file_okay=False, help="Directory for what is stored.")
]
Port = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port to listen on.")]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]


def add_group(name: str, about: str) -> typer.Typer:
    """A group of commands under `name`."""
    group = typer.Typer(no_args_is_help=True, help=about, context_settings=HELP_NAMES)
    app.add_typer(group, name=name)
    return group


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; returns its result.

    Ctrl-C cancels it. While its connections close Ctrl-C waits: raised in their midst it would be
    logged as their fault.
    """
    runner = asyncio.Runner()
    try:
        return runner.run(_without_errors_after_cancel(work))
    finally:
        with interrupts_deferred():
            runner.close()


async def _without_errors_after_cancel(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. After a cancellation, errors of its connections' callbacks are not
    logged: they only say that the connection was interrupted."""
    task = asyncio.current_task()
    assert task is not None

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not (task.cancelling() or task.cancelled()):
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(handle)
    return await work


def end_on_signals() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def set_up_logs() -> None:
    """Send log lines to stderr as the settings say. Raises SettingsError."""
    from app.base.settings import load_log_settings, secrets_in
    from app.monitoring.logs import set_up_logging

    lines = load_log_settings()
    set_up_logging(lines.log, lines.log_format, secrets_in(os.environ))


def settings() -> "Settings":
    """The settings, with logging set up by them. Raises SettingsError."""
    from app.base.settings import load_settings

    set_up_logs()
    return load_settings()


def site(*fields: str, crm: bool = False) -> "tuple[Settings, Rules]":
    """The settings and rules of a site that has its secret, and these further settings; with `crm`
    those that the CRM needs, too. Raises SettingsError that names all missing ones, RulesError."""
    from app.rules.store import load_rules

    ours = settings()
    ours.require("site_secret", *fields, *(ours.crm_fields() if crm else ()))
    return ours, load_rules(ours.rules)


def known_site(*, crm: bool = False, waits: bool = False) -> "tuple[Settings, Rules]":
    """As `site`, for what makes or compares keys: refused, too, with another secret than the
    site's. What `waits` runs until it is ended, and waits for the database of the keys."""
    from app.privacy.lead_keys import wait_without_end
    from app.setup.site_check import require_secret

    ours, rules = site(crm=crm)
    if waits:
        wait_without_end(ours)
    run(require_secret(ours))
    return ours, rules


def known_site_or_away(*fields: str) -> "Settings":
    """As `known_site`, for what starts while the broker or the database of the keys is away, too:
    the secret is not compared then. Afterwards it waits for the database without end."""
    from aiokafka.errors import KafkaConnectionError

    from app.privacy.lead_keys import open_lead_keys, wait_without_end
    from app.setup.site_check import require_secret
    from leads.sealing import KeysUnavailableError

    ours, _ = site(*fields)
    open_lead_keys(ours).patience = 0.0

    async def compare() -> None:
        with suppress(KafkaConnectionError, KeysUnavailableError):
            await require_secret(ours)

    run(compare())
    wait_without_end(ours)
    return ours
