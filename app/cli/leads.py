"""Leads in, out again, and what became of them."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app.base.errors import UsageError
from app.cli.output import as_lines, notify, show
from app.cli.shared import LEAD_HELP, Json, app, known_site, run, settings, site


@app.command("import")
def import_(
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            help="Apollo's export; with --resubmit a corrected sheet of Leadgate's.",
        ),
    ] = None,
    as_json: Json = False,
    window: Annotated[
        int, typer.Option(help="Leads under way at most while a bulk import runs.")
    ] = 500,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Take in rows that are known and unchanged, as after an undo."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="With --again: even where leads are engaged or people have decided."
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say how the file is read and what each row would become."),
    ] = False,
    encoding: Annotated[
        str,
        typer.Option(help="The file's encoding, where it can't be known: cp1252, cp1250 …"),
    ] = "",
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Wait until the leads have settled, and say where they are."),
    ] = False,
    resubmit: Annotated[
        bool, typer.Option("--resubmit", help="The file is a sheet of what waits, corrected.")
    ] = False,
    actor: Annotated[str, typer.Option("--actor", help="Who corrected it.")] = "",
) -> None:
    """Import a CSV export of Apollo's, or read a corrected sheet back (--resubmit; without a file
    from Google Sheets)."""
    if resubmit:
        _resubmit(file, actor, as_json)
    if file is None:
        raise UsageError("name the file to import: leadgate import FILE")
    from app.commands.imports import FileImport, check_import, preview
    from leads.records import to_plain

    if dry_run:
        _, rules = site()
        seen = preview(check_import(file, encoding, rules), rules)
        show(to_plain(seen), as_json, seen.text())
        return
    ours, rules = known_site()
    work = FileImport(ours, check_import(file, encoding, rules), window)
    try:
        done = run(work.run(again=again, force=force, wait=wait))
    except KeyboardInterrupt:
        notify(work.interrupted())
        raise
    show(to_plain(done), as_json, done.text())


def _resubmit(file: Path | None, actor: str, as_json: bool) -> NoReturn:
    from app.review import queue

    if not actor:
        raise UsageError("say who corrected the sheet: --actor")
    ours, _ = known_site()
    back = run(queue.resubmit(ours, file, actor))
    counted = f"{back['decided']} rows decided, {back['untouched']} untouched"
    show(back, as_json, as_lines([counted, *back["problems"]]))
    raise typer.Exit(bool(back["problems"]))


@app.command()
def undo(
    imported: Annotated[
        str, typer.Option("--import", help="The import's id, as leadgate import printed it.")
    ],
    actor: Annotated[str, typer.Option("--actor", help="Who takes it back.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be set back, and do nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take an import back: its leads end, and contacts get back what nobody has changed since."""
    from app.base.clock import SystemClock
    from app.operations.undo import undo_import
    from leads.records import to_plain

    ours, _ = known_site(crm=True)
    report = run(undo_import(ours, imported, actor, SystemClock(), dry_run=dry_run))
    show(to_plain(report), as_json, report.text())


@app.command()
def unmerge(
    lead: Annotated[
        str,
        typer.Argument(
            metavar="LEAD",
            help="The merged lead's id, the first 8 or more characters of it, or its address.",
        ),
    ],
    actor: Annotated[str, typer.Option("--actor", help="Who takes the merge back.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit.")],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be given back, what not, and do nothing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Part a lead from the one that it was merged into: it comes in again as a person of its
    own."""
    from app.commands import leads as lead_commands
    from leads.records import to_plain

    ours, _ = known_site(crm=True)
    report = run(lead_commands.unmerge(ours, lead, (actor, reason), dry_run=dry_run))
    show(to_plain(report), as_json, report.text(dry_run=dry_run))


@app.command()
def release(
    lead: Annotated[list[str] | None, typer.Option("--lead", help=LEAD_HELP)] = None,
    list_: Annotated[list[str] | None, typer.Option("--list", help="An Apollo list.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every lead that rests in shadow.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be released, and do nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make leads live of which something was decided in shadow: these, those of a list, or all."""
    if not (lead or list_ or everything):
        raise UsageError(
            "say which: --lead, --list or --all; --all --dry-run says how many there are"
        )
    from app.commands import leads as lead_commands
    from app.operations.release import ReleaseScope

    ours, rules = known_site()
    wanted = ReleaseScope(frozenset(lead or ()), frozenset(list_ or ()))
    found = run(lead_commands.release(ours, rules, wanted, dry_run=dry_run))
    show(found.report(), as_json, found.text(dry_run=dry_run))


@app.command()
def why(
    lead: Annotated[
        str,
        typer.Argument(
            metavar="LEAD",
            help="A lead's id, the first 8 or more characters of it, or an e-mail address.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Print a lead's story: each gate, its inputs, the rule that decided and those that did not.

    Of an address with several leads: the newest one's story, and a line for each other.
    """
    from app.commands import leads as lead_commands

    story = run(lead_commands.why(settings(), lead))
    show(story.events, as_json, story.text)


@app.command()
def replay(
    topic: Annotated[str, typer.Option("--topic", help="A topic that a stage reads.")] = "captured",
    partition: Annotated[int | None, typer.Option("--partition", help="0 to 11; else all.")] = None,
    since: Annotated[
        str,
        typer.Option(
            "--from", help="A time (2026-11-24T10:00, or 2h for two hours ago), or an offset."
        ),
    ] = "",
    until: Annotated[str, typer.Option("--to", help="The same, not included.")] = "",
    first: Annotated[
        int | None, typer.Option("--from-offset", min=0, help="An offset; needs --partition.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--to-offset", min=0, help="The same, not included.")
    ] = None,
    act: Annotated[bool, typer.Option("--act", help="Do effects that never happened.")] = False,
    as_json: Json = False,
) -> None:
    """Run the stages again over a part of a topic. Refuses while workers run."""
    from app.operations.replay import replay_range
    from app.operations.replay_range import ReplayScope

    ours, _ = known_site()
    wanted = ReplayScope(
        topic=topic, partition=partition, since=since, until=until, first=first, last=last, act=act
    )
    done = run(replay_range(ours, wanted))
    text = f"{done['records']} records of {done['topic']} run again when a worker starts"
    if done["left_out"]:
        text += f"; {done['left_out']} are left out"
    show(done, as_json, text)
