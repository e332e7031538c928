"""The audit trail."""

import typer

from app.cli.output import show
from app.cli.shared import Json, add_group, known_site, run, settings

audit_app = add_group("audit", "The audit trail.")


@audit_app.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Prove from the log alone that every captured lead is in exactly one place."""
    from app.commands import leads as lead_commands

    report = run(lead_commands.verify(settings()))
    lines = [f"captured {report['captured']}"]
    for place, count in report["places"].items():
        lines.append(f"  {place}: {count}")
    for topic, count in report["deleted"].items():
        lines.append(f"deleted as the rules say: {count} records of {topic}")
    lines += report["broken"]
    lines.append("conserved" if report["conserved"] else "BROKEN")
    show(report, as_json, "\n".join(lines))
    raise typer.Exit(not report["conserved"])


@audit_app.command("recompute")
def audit_recompute(as_json: Json = False) -> None:
    """Decide everything again from the audit, and compare byte for byte."""
    from app.audit.recompute import recompute
    from leads.records import to_plain

    done = run(recompute(known_site()[0]))
    lines = [f"{event}: {why}" for event, why in done.different.items()]
    lines += [
        f"{count} decisions of {logic} are left out: another version of its logic made them"
        for logic, count in sorted(done.other_logic.items())
    ]
    if done.deleted:
        lines.append(f"{done.deleted} are left out: their captured records are deleted by now")
    if done.erased:
        lines.append(f"{done.erased} are left out: they rest on people who are erased by now")
    lines.append(f"{done.same} of {done.decisions} come out the same")
    show(to_plain(done), as_json, "\n".join(lines))
    raise typer.Exit(bool(done.different))


@audit_app.command("tail")
def audit_tail(as_json: Json = False) -> None:
    """Follow the audit trail until Ctrl-C."""
    from app.commands import leads as lead_commands

    run(lead_commands.tail(settings(), lambda event, text: show(event, as_json, text)))
