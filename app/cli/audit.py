"""The audit trail."""

import typer

from app.audit.recompute import recompute
from app.base.settings import load_settings
from app.cli.shared import Json, app, known_site, run, show
from app.commands import leads as lead_commands
from leads.records import to_plain

audit_app = typer.Typer(no_args_is_help=True, help="The audit trail.")
app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Prove from the log alone that every captured lead is in exactly one place."""
    report = run(lead_commands.verify(load_settings()))
    text = "\n".join(
        [
            f"captured {report['captured']}",
            *(f"  {p}: {n}" for p, n in report["places"].items()),
            *report["broken"],
            "conserved" if report["conserved"] else "BROKEN",
        ]
    )
    show(report, as_json, text)
    raise typer.Exit(0 if report["conserved"] else 1)


@audit_app.command("recompute")
def audit_recompute(as_json: Json = False) -> None:
    """Decide everything again from the audit, and compare byte for byte."""
    done = run(recompute(known_site()[0]))
    text = "\n".join(
        [
            *(f"{i}: {why}" for i, why in done.different.items()),
            f"{done.same} of {done.decisions} come out the same",
        ]
    )
    show(to_plain(done), as_json, text)
    raise typer.Exit(1 if done.different else 0)


@audit_app.command("tail")
def audit_tail(as_json: Json = False) -> None:
    """Follow the audit trail until Ctrl-C."""
    run(lead_commands.tail(load_settings(), lambda event, text: show(event, as_json, text)))
