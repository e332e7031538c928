"""Setting a site up and checking it."""

import time
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import as_lines, show
from app.cli.shared import Json, app, known_site, run, settings, site


@app.command()
def init(
    rules: Annotated[Path, typer.Option("--rules", help="The file to write.")] = Path("rules.yaml"),
    as_json: Json = False,
) -> None:
    """Write first rules from what the CRM and Apollo hold.

    Prints how many contacts Apollo has in its stages and lists and with which e-mail statuses, and
    how many of the newest these rules would hold.
    """
    from app.commands import site as site_commands

    account = run(site_commands.init(settings(), rules))
    lines = as_lines([*account, f"{rules} is written; settle its TODOs"])
    show({"rules": str(rules), "account": account}, as_json, lines)


@app.command()
def provision(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make topics, CRM properties and the nurture list, and publish the rules."""
    from app.commands import site as site_commands

    made = run(site_commands.provision(*site(crm=True), dry_run=dry_run))
    plain = {"made": made}
    if dry_run:
        plain = {"would_make": made}
    show(plain, as_json, "\n".join(made) or "everything is there")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check broker, topics, keys, CRM and rules.

    Each fault is a line; notes follow on what is left out or not allowed to this key, and on what
    Apollo's account holds; then, for each topic, how long it is kept and what it holds.
    """
    from dataclasses import asdict

    from app.setup import doctor as doctoring

    found = run(doctoring.doctor(*site(crm=True)))
    lines = found.faults or ["no fault found"]
    notes = [f"note: {note}" for note in found.notes]
    kept = [f"topic {topic.text()}" for topic in found.topics]
    plain = {
        "faults": found.faults,
        "notes": found.notes,
        "topics": [asdict(topic) for topic in found.topics],
    }
    show(plain, as_json, as_lines([*lines, *notes, *kept]))
    raise typer.Exit(bool(found.faults))


@app.command("sync-crm")
def sync_crm(
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin again, even if an earlier run was cut off.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read the people and companies that the CRM already holds; needed once before live effects.

    A run that was cut off goes on where it ended.
    """
    from app.commands import site as site_commands

    snapshot = run(site_commands.sync(*known_site(crm=True), restart=restart))
    show(snapshot.report(), as_json, snapshot.text())


@app.command("rebuild-state")
def rebuild_state(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be rebuilt, and write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compute the state from the audit, where it is lost together with its changelog.

    Makes no effect. Refuses while workers run, and where the changelog holds rows. A run that was
    cut off is begun again.
    """
    from msgspec.structs import asdict

    from app.base.fault_points import hit_fault_point
    from app.setup import rebuild_state as rebuilding

    ours, rules = known_site()
    now = time.time()
    work = rebuilding.rebuild_state(ours, rules, now, dry_run=dry_run, reached=hit_fault_point)
    report = run(work)
    show({**asdict(report), "dry_run": dry_run}, as_json, as_lines(report.lines(dry_run=dry_run)))
