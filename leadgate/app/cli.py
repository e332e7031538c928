"""The command line. Data goes to stdout, messages to stderr; exit codes: 0, 1 a broken promise, 2 a bad use."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from leadgate.app import commands
from leadgate.app.broker import Broker, MissingError
from leadgate.app.importer import ImportFileError
from leadgate.app.recomputing import recompute
from leadgate.app.replaying import ReplayRefusedError
from leadgate.app.rulesfile import load_rules
from leadgate.app.settings import CrmName, Settings, SettingsError, load_settings
from leadgate.app.telemetry import SystemClock, set_up_logging
from leadgate.leads.records import to_plain
from leadgate.leads.rules import Rules, RulesError

T = TypeVar("T")
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The gate between Apollo.io and a CRM."
)
audit_app = typer.Typer(no_args_is_help=True, help="The audit trail.")
review_app = typer.Typer(no_args_is_help=True, help="What waits for a person.")
app.add_typer(audit_app, name="audit")
app.add_typer(review_app, name="review")
errors = Console(stderr=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Data = Annotated[Path, typer.Option("--data", help="Directory for what is kept.")]


def main() -> None:
    """Entry point of `leadgate`."""
    set_up_logging(os.environ.get("LEADGATE_LOG", "INFO"))
    try:
        app()
    except (SettingsError, RulesError, MissingError, ImportFileError, ReplayRefusedError, commands.BadUseError) as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _site() -> tuple[Settings, Rules]:
    settings = load_settings()
    settings.require("site_secret")
    return settings, load_rules(settings.rules)


def _print(value: Any, as_json: bool, text: str) -> None:
    sys.stdout.write((json.dumps(value) if as_json else text) + "\n")


@app.command()
def broker(data: Data, port: Annotated[int, typer.Option("--port")] = 9092) -> None:
    """Run the local Kafka broker until Ctrl-C."""
    one = Broker(data, port)
    one.start()
    errors.print(f"broker ready: KAFKA_BOOTSTRAP_SERVERS={one.address}")
    try:
        assert one.process is not None
        one.process.wait()
    except KeyboardInterrupt:
        one.stop()


@app.command()
def sandbox(
    port: Annotated[int, typer.Option("--port")],
    data: Annotated[Path | None, typer.Option("--data")] = None,
    leads: Annotated[int, typer.Option("--leads")] = 400,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    latency: Annotated[float, typer.Option("--latency", help="Seconds each answer takes.")] = 0.0,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    hubspot_limit: Annotated[int, typer.Option("--hubspot-limit", help="HubSpot's calls per 10 s.")] = 100,
    crm: Annotated[CrmName, typer.Option("--crm", help="The CRM that the week lies in.")] = CrmName.HUBSPOT,
) -> None:
    """Run the stand-ins of Apollo, the CRMs and Slack until Ctrl-C."""
    from leadgate.connectors.sandbox.server import serve  # noqa: PLC0415  a worker doesn't load a web server

    serve(data, port, leads, seed, host=host, crm=crm, latency=latency, hubspot_limit=hubspot_limit)


@app.command()
def provision(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Make topics, CRM properties and the nurture list, and publish the rules."""
    made = _run(commands.provision(*_site(), dry_run=dry_run))
    _print({"would_make" if dry_run else "made": made}, as_json, "\n".join(made) or "everything is there")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check broker, topics, keys, CRM and rules: one line a fault, then what is left out or not allowed to this key."""
    found = _run(commands.doctor(*_site()))
    lines = [*(found.faults or ["no fault found"]), *(f"note: {note}" for note in found.notes)]
    _print({"faults": found.faults, "notes": found.notes}, as_json, "\n".join(lines))
    raise typer.Exit(1 if found.faults else 0)


@app.command("sync-crm")
def sync_crm(
    anew: Annotated[bool, typer.Option("--anew", help="begin again, even if a reading was cut off")] = False,
    as_json: Json = False,
) -> None:
    """Read whom the CRM already holds; needed once before live effects. A reading that was cut off goes on."""
    snapshot = _run(commands.sync(*_site(), anew=anew))
    _print(snapshot.report(), as_json, snapshot.text())


@app.command()
def worker(data: Data) -> None:
    """Run every stage until SIGTERM."""
    from leadgate.app.worker import run_worker  # noqa: PLC0415  Faust takes a second to import

    settings, rules = _site()
    clock = SystemClock()
    faults = _run(commands.wait_until_sound(settings, rules))
    if faults:
        errors.print("\n".join(faults), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2)
    raise typer.Exit(run_worker(settings, rules, data, clock))


@app.command()
def poll(
    once: Annotated[bool, typer.Option("--once")] = False,
    since: Annotated[
        float | None, typer.Option("--since", help="First poll: from this time (seconds since 1970) instead of now.")
    ] = None,
) -> None:
    """Poll Apollo and the CRM into Kafka."""
    _run(commands.poll(*_site(), once=once, since=since))


@app.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(help="Apollo's export; with --resubmit a corrected sheet of Leadgate's.")] = None,
    as_json: Json = False,
    window: Annotated[int, typer.Option(help="Leads under way at most while a bulk import runs.")] = 500,
    again: Annotated[bool, typer.Option("--again", help="Take in rows that are known and unchanged, as after an undo.")] = False,
    resubmit: Annotated[bool, typer.Option("--resubmit", help="The file is a sheet of what waits, corrected.")] = False,
    actor: Annotated[str, typer.Option("--actor", help="Who corrected it.")] = "",
) -> None:
    """Import a CSV export of Apollo's, or read a corrected sheet back (--resubmit; without a file from Google Sheets)."""
    settings, _ = _site()
    if resubmit:
        if not actor:
            raise commands.BadUseError("say who corrected the sheet: --actor")
        back = _run(commands.resubmit(settings, file, actor))
        lines = [f"{back['decided']} rows decided, {back['untouched']} untouched", *back["problems"]]
        _print(back, as_json, "\n".join(lines))
        raise typer.Exit(1 if back["problems"] else 0)
    if file is None:
        raise commands.BadUseError("name the file to import")
    done = _run(commands.import_file(settings, file, window, again=again))
    _print(done, as_json, f"{done['rows']} rows as import {done['import']}")


@app.command()
def undo(
    imported: Annotated[str, typer.Option("--import", help="The import's id, as leadgate import printed it.")],
    actor: Annotated[str, typer.Option("--actor", help="Who takes it back.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be set back, and do nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Take an import back: its leads end, and contacts get back what nobody has changed since."""
    settings, _ = _site()
    report = _run(commands.undo(settings, imported, actor, dry_run=dry_run))
    _print(to_plain(report), as_json, report.text())


@app.command()
def release(
    lead: Annotated[list[str] | None, typer.Option("--lead", help="A lead's id.")] = None,
    list_: Annotated[list[str] | None, typer.Option("--list", help="An Apollo list.")] = None,
    as_json: Json = False,
) -> None:
    """Make leads live that passed the gates in shadow: these, those of a list, or all."""
    settings, _ = _site()
    done = _run(commands.release(settings, lead or [], list_ or []))
    _print(done, as_json, f"{done['released']} leads released; {done['not_at_rest']} in shadow are not at rest yet")


@app.command()
def why(lead: str, as_json: Json = False) -> None:
    """Tell a lead's story: each gate, its inputs, the rule that decided and those that did not."""
    story = _run(commands.why(load_settings(), lead))
    _print(story.events, as_json, story.text)


@audit_app.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Prove from the log alone that every captured lead is in exactly one place."""
    report = _run(commands.verify(load_settings()))
    text = "\n".join(
        [
            f"captured {report['captured']}",
            *(f"  {p}: {n}" for p, n in report["places"].items()),
            *report["broken"],
            "conserved" if report["conserved"] else "BROKEN",
        ]
    )
    _print(report, as_json, text)
    raise typer.Exit(0 if report["conserved"] else 1)


@audit_app.command("recompute")
def audit_recompute(as_json: Json = False) -> None:
    """Decide everything again from the audit, and compare byte for byte."""
    done = _run(recompute(_site()[0]))
    text = "\n".join(
        [*(f"{i}: {why}" for i, why in done.different.items()), f"{done.same} of {done.decisions} come out the same"]
    )
    _print(to_plain(done), as_json, text)
    raise typer.Exit(1 if done.different else 0)


@audit_app.command("tail")
def audit_tail(as_json: Json = False) -> None:
    """Follow the audit trail until Ctrl-C."""
    _run(commands.tail(load_settings(), lambda event, text: _print(event, as_json, text)))


@review_app.command("list")
def review_list(as_json: Json = False) -> None:
    """What waits, and for what."""
    items = _run(commands.held(load_settings()))
    lines = [f"{i['lead_id']}  {i['kind']:6}  {i['stage']:9}  {'; '.join(r['why'] for r in i['reasons'])}" for i in items]
    _print(items, as_json, "\n".join(lines) or "nothing waits")


@review_app.command("show")
def review_show(lead: str, as_json: Json = False) -> None:
    """One waiting lead."""
    item = _run(commands.held_one(load_settings(), lead))
    _print(item, as_json, json.dumps(item, indent=2))


@review_app.command("resolve")
def review_resolve(
    lead: str,
    actor: Annotated[str, typer.Option("--actor", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="field=value")] = None,
    merge: bool = False,
    separate: bool = False,
    route: Annotated[str, typer.Option("--route", help="The rep's e-mail address.")] = "",
    redrive: bool = False,
    suppress: bool = False,
    as_json: Json = False,
) -> None:
    """Decide about a waiting lead."""
    chosen = [
        n
        for n, on in (
            ("set", set_),
            ("merge", merge),
            ("separate", separate),
            ("route", route),
            ("redrive", redrive),
            ("suppress", suppress),
        )
        if on
    ]
    if len(chosen) != 1:
        raise commands.BadUseError("give exactly one of --set, --merge, --separate, --route, --redrive, --suppress")
    fields = dict(item.split("=", 1) for item in set_ or []) | ({"to": route} if route else {})
    ruling = _run(commands.resolve(load_settings(), lead, chosen[0], fields, actor, reason))
    _print(ruling, as_json, f"decided: {chosen[0]} {lead}")


@app.command()
def replay(
    since: Annotated[str, typer.Option("--from", help="An offset, or a time (ISO 8601).")],
    until: Annotated[str | None, typer.Option("--to")] = None,
    act: Annotated[bool, typer.Option("--act", help="Do effects that never happened.")] = False,
    as_json: Json = False,
) -> None:
    """Run the stages again over the log of captured records. Refuses while workers run."""
    settings, rules = _site()
    done = _run(commands.replay(settings, rules, since, until, act=act))
    _print(done, as_json, f"{done['records']} captured records run again")


@app.command()
def init(rules: Annotated[Path, typer.Option("--rules")] = Path("rules.yaml"), as_json: Json = False) -> None:
    """Write first rules from what the CRM and Apollo hold."""
    path = _run(commands.init(load_settings(), rules))
    _print({"rules": str(path)}, as_json, f"{path} is written; settle its TODOs")


@app.command()
def web(
    port: Annotated[int, typer.Option("--port")] = 8080,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Take webhooks of Zapier and Apollo until Ctrl-C: POST /capture/zapier, /capture/apollo."""
    from leadgate.app.web.server import serve  # noqa: PLC0415  a worker doesn't load a web server

    settings, _ = _site()
    settings.require("web_secret")
    serve(settings, SystemClock(), host, port)


@app.command()
def demo(
    leads: Annotated[int, typer.Option("--leads")] = 400,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    data: Annotated[Path | None, typer.Option("--data", help="Directory for what is kept; one for each CRM.")] = None,
    until_done: Annotated[bool, typer.Option("--until-done")] = False,
    as_json: Json = False,
) -> None:
    """Broker, sandbox, worker and poller on this machine: a week's leads pass the gates into LEADGATE_CRM."""
    from leadgate.app.demo import run_demo  # noqa: PLC0415  only here

    crm = load_settings().crm
    data = data or Path(".data") / ("demo" if crm is CrmName.HUBSPOT else f"demo-{crm}")
    summary = run_demo(leads=leads, seed=seed, data=data.resolve(), crm=crm, until_done=until_done, quiet=as_json)
    _print(summary.report, as_json, summary.text)
    raise typer.Exit(0 if summary.sound else 1)


if __name__ == "__main__":
    main()
