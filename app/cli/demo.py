"""The demo, which says what it does before anything slow is loaded."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.base.crm_name import CrmName
from app.cli.output import notify, show
from app.cli.shared import Json, app, end_on_signals, settings

_FIRST_LINE = (
    "Leadgate demo: {leads} generated leads pass the gates on this machine; nothing leaves it."
    " Ctrl-C stops everything."
)


@app.command()
def demo(
    leads: Annotated[int, typer.Option("--leads", min=1, help="How many leads the week has.")] = (
        400
    ),
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other leads.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", file_okay=False, help="Directory for what is stored; one for each CRM."
        ),
    ] = None,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End once every lead is settled.")
    ] = False,
    env: Annotated[
        bool,
        typer.Option("--env", help="Print the running demo's settings as shell exports, and end."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Broker, sandbox, worker and poller on this machine: a week's leads pass the gates into
    LEADGATE_CRM."""
    if env:
        _print_settings(data, as_json)
        return
    if not as_json:
        notify(_FIRST_LINE.format(leads=leads))
    from app.local.demo import run_demo

    crm = settings().crm
    data = data or Path(".data") / _directory(crm)
    end_on_signals()
    summary = run_demo(
        leads=leads, seed=seed, data=data.resolve(), crm=crm, until_done=until_done, quiet=as_json
    )
    show(summary.report, as_json, summary.text)
    raise typer.Exit(not summary.sound)


def _directory(crm: CrmName) -> str:
    if crm is CrmName.HUBSPOT:
        return "demo"
    return f"demo-{crm}"


def _print_settings(data: Path | None, as_json: bool) -> None:
    from app.local.running_demo import read_variables, to_exports

    variables = read_variables(data and data.resolve())
    show(variables, as_json, to_exports(variables))
    if not as_json and sys.stdout.isatty():
        notify('# in a shell: eval "$(leadgate demo --env)"')
