"""The keys that leads' personal data is sealed with."""

import typer

from app.cli.output import as_lines, show
from app.cli.shared import Json, add_group, known_site

keys_app = add_group("keys", "The keys that personal data is sealed with.")


@keys_app.command("rewrap")
def keys_rewrap(as_json: Json = False) -> None:
    """Wrap every lead's key with LEADGATE_WRAPPING_SECRET that LEADGATE_OTHER_WRAPPING_SECRET
    wraps.

    Processes may run. Cut off, it goes on where it ended when it is called again. Exits with 1
    while a key is left that it can't wrap.
    """
    from app.commands import keys as key_commands

    ours, _ = known_site()
    report = key_commands.rewrap(ours)
    show(report.plain(), as_json, as_lines(report.lines()))
    raise typer.Exit(bool(report.faults))
