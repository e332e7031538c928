"""What a person may ask of those who hold data about them."""

from typing import Annotated

import typer

from app.cli.output import readable_json, show, show_text
from app.cli.shared import Json, add_group, app, known_site, run

person_app = add_group("person", "What is held of one person.")
_PERSON = typer.Argument(
    metavar="PERSON",
    help="The person's address, or one of its leads: an id, or 8 or more characters of it.",
)


@app.command()
def erase(
    person: Annotated[str, _PERSON],
    actor: Annotated[str, typer.Option("--actor", help="Who orders it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the certificate.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, and do nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even where leads can't be brought to their end.")
    ] = False,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for the workers, twice.")
    ] = 60.0,
    as_json: Json = False,
) -> None:
    """Erase a person: here, in the CRM, Apollo, Slack and the sheets. It can't be taken back. Run
    it again to see the certificate."""
    from app.commands import leads as lead_commands
    from leads.records import to_plain

    ours, _ = known_site()
    work = lead_commands.erasing(ours, actor, reason)
    report = run(work.run(person, dry_run=dry_run, force=force, seconds=wait))
    show(to_plain(report), as_json, report.text())
    raise typer.Exit(bool(report.failed))


@person_app.command("export")
def person_export(
    person: Annotated[str, _PERSON],
    actor: Annotated[str, typer.Option("--actor", help="Who exports it, for the audit.")],
    as_json: Json = False,
) -> None:
    """All that is held of a person: with --json everything, to hand it out, else a summary. The
    audit says who has exported it."""
    from app.commands import leads as lead_commands
    from leads.records import to_plain

    ours, _ = known_site()
    report = run(lead_commands.export_person(ours, person, actor))
    show_text(readable_json(to_plain(report)) if as_json else report.text())
