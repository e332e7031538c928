"""What waits for a person."""

import json
from typing import Annotated, Any

import typer

from app.base.errors import UsageError
from app.base.settings import load_settings
from app.cli.shared import Json, LeadId, app, run, show
from app.review import queue
from leads.records import to_plain
from leads.review_actions import ACTIONS

review_app = typer.Typer(no_args_is_help=True, help="What waits for a person.")
app.add_typer(review_app, name="review")


@review_app.command("list")
def review_list(as_json: Json = False) -> None:
    """What waits, and for what."""
    items = run(queue.list_items(load_settings()))
    lines = [_line(item) for item in items]
    show(items, as_json, "\n".join(lines) or "nothing waits")


def _line(item: dict[str, Any]) -> str:
    why = "; ".join(reason["why"] for reason in item["reasons"])
    return (
        f"{item['lead_id']}  {item['kind']:6}  {item['stage']:9}  {item.get('reason_kind', ''):16} "
        f" {why}"
    )


@review_app.command("show")
def review_show(lead: LeadId, as_json: Json = False) -> None:
    """One waiting lead."""
    item = run(queue.get_item(load_settings(), lead))
    show(item, as_json, json.dumps(item, indent=2))


@review_app.command("resolve")
def review_resolve(
    actor: Annotated[str, typer.Option("--actor", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit.")],
    lead: Annotated[
        str, typer.Argument(help="A lead's id; without it --reason-kind names many.")
    ] = "",
    step: Annotated[
        int | None,
        typer.Option(
            "--step", help="The step that you looked at: refused if the lead has moved on."
        ),
    ] = None,
    reason_kind: Annotated[
        str, typer.Option("--reason-kind", help="All leads that wait as this, such as unrouted.")
    ] = "",
    stage: Annotated[
        str, typer.Option("--stage", help="With --reason-kind: of this stage only.")
    ] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="field=value: correct it, and judge it again.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="It is the person that it resembles.")
    ] = False,
    separate: Annotated[
        bool, typer.Option("--separate", help="It is another person, or an unrelated company.")
    ] = False,
    route: Annotated[
        str,
        typer.Option(
            "--route", help="The rep's e-mail address: it goes there, whatever its score."
        ),
    ] = "",
    redrive: Annotated[
        bool, typer.Option("--redrive", help="Look again, by the rules in force now.")
    ] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Let it go on against the rule that stopped it.")
    ] = False,
    suppress: Annotated[
        bool, typer.Option("--suppress", help="Never write to this person.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would be decided and what refused, and do nothing."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Decide about a waiting lead, or about all that wait for one reason.

    What can't be carried out is refused.
    """
    given = {
        "set": bool(set_),
        "merge": merge,
        "separate": separate,
        "route": bool(route),
        "redrive": redrive,
        "approve": approve,
        "suppress": suppress,
    }
    actions = [name for name in ACTIONS if given[name]]
    if len(actions) != 1:
        raise UsageError(f"give exactly one of {', '.join(f'--{name}' for name in ACTIONS)}")
    if bool(lead) == bool(reason_kind):
        raise UsageError("name one lead, or a --reason-kind for all that wait for it")
    fields = _fields(set_ or []) | ({"to": route} if route else {})
    chosen = queue.Chosen(lead, step, reason_kind, stage)
    decided = run(
        queue.resolve(load_settings(), chosen, actions[0], fields, (actor, reason), dry_run=dry_run)
    )
    plain = {
        "decided": [to_plain(review_decision) for review_decision in decided.taken],
        "refused": decided.refused,
        "workers": decided.workers,
        "dry_run": dry_run,
    }
    show(plain, as_json, decided.text(dry_run=dry_run))


def _fields(given: list[str]) -> dict[str, str]:
    """`field=value` each. Raises UsageError for one without '='."""
    for item in given:
        if "=" not in item:
            raise UsageError(f"--set {item}: write field=value")
    return dict(item.split("=", 1) for item in given)
