"""The console's read model."""

from app.cli.output import show
from app.cli.shared import Json, add_group, known_site, run

console_app = add_group("console", "The console's read model.")


@console_app.command("project")
def console_project() -> None:
    """Keep the read model up to the log until SIGTERM."""
    from app.commands import console as console_commands

    run(console_commands.project(known_site()[0]))


@console_app.command("rebuild")
def console_rebuild(as_json: Json = False) -> None:
    """Drop the read model, and fill it again from the log.

    Projectors may run: they go on with it. Cut off, `leadgate console project` goes on where it
    ended.
    """
    from dataclasses import asdict

    from app.commands import console as console_commands

    report = run(console_commands.rebuild(known_site()[0]))
    text = f"{report.records} records were read in {report.seconds:.1f} s"
    show(asdict(report), as_json, text)
