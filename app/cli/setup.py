"""Setting a site up, and looking whether it is sound."""

from pathlib import Path
from typing import Annotated

import typer

from app.base.settings import load_settings
from app.cli.shared import Json, app, known_site, run, show, site
from app.commands import site as site_commands
from app.setup import doctor as doctoring


@app.command()
def init(
    rules: Annotated[Path, typer.Option("--rules", help="The file to write.")] = Path("rules.yaml"),
    as_json: Json = False,
) -> None:
    """Write first rules from what the CRM and Apollo hold."""
    path = run(site_commands.init(load_settings(), rules))
    show({"rules": str(path)}, as_json, f"{path} is written; settle its TODOs")


@app.command()
def provision(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make topics, CRM properties and the nurture list, and publish the rules."""
    made = run(site_commands.provision(*site(), dry_run=dry_run))
    show(
        {"would_make" if dry_run else "made": made},
        as_json,
        "\n".join(made) or "everything is there",
    )


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check broker, topics, keys, CRM and rules: one line a fault, then what is left out or not
    allowed to this key."""
    found = run(doctoring.doctor(*site()))
    lines = [*(found.faults or ["no fault found"]), *(f"note: {note}" for note in found.notes)]
    show({"faults": found.faults, "notes": found.notes}, as_json, "\n".join(lines))
    raise typer.Exit(1 if found.faults else 0)


@app.command("sync-crm")
def sync_crm(
    restart: Annotated[
        bool, typer.Option("--restart", help="begin again, even if a reading was cut off")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read the people and companies that the CRM already holds; needed once before live effects.

    A reading that was cut off goes on.
    """
    snapshot = run(site_commands.sync(*known_site(), restart=restart))
    show(snapshot.report(), as_json, snapshot.text())
