"""The console's read model, and the API over it."""

from app.cli.output import show
from app.cli.shared import Host, Json, Port, add_group, known_site, known_site_or_away, run

console_app = add_group("console", "The console's read model, and the API over it.")


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


@console_app.command("serve")
def console_serve(port: Port = 8090, host: Host = "127.0.0.1") -> None:
    """Serve the pages and the API, /api/v1, until Ctrl-C."""
    from app.base.clock import SystemClock
    from app.cli.http_server import serve
    from app.console.serving.server import make_console
    from app.privacy.lead_keys import open_sealing

    settings = known_site_or_away()
    serve(make_console(settings, open_sealing(settings), SystemClock()), "console", host, port)
