"""What waits for a person."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.base.errors import UsageError
from app.cli.output import show
from app.cli.shared import LEAD_HELP, Json, LeadId, add_group, run, settings

if TYPE_CHECKING:
    from app.review.decisions import DecisionReport

review_app = add_group("review", "What waits for a person.")


@review_app.command("list")
def review_list(as_json: Json = False) -> None:
    """What waits, who it is, and for what."""
    from app.review import queue
    from leads.explain import review_line
    from leads.records import to_plain

    items = run(queue.waiting_items(settings()))
    lines = "\n".join(map(review_line, items)) or "nothing waits"
    show(list(map(to_plain, items)), as_json, lines)


@review_app.command("show")
def review_show(lead: LeadId, as_json: Json = False) -> None:
    """One waiting lead, and what each answer will do."""
    from app.review import queue
    from leads.explain import describe_answers, describe_item
    from leads.records import to_plain

    item = run(queue.get_item(settings(), lead))
    show(to_plain(item), as_json, f"{describe_item(item)}\n{describe_answers(item)}")


@review_app.command("resolve")
def review_resolve(
    actor: Annotated[str, typer.Option("--actor", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit.")],
    lead: Annotated[
        str, typer.Argument(help=f"{LEAD_HELP} Without it --reason-kind names many.")
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
    from app.review import queue

    flags = {"merge": merge, "separate": separate, "redrive": redrive, "approve": approve}
    action = _chosen_action(flags | {"set": set_, "route": route, "suppress": suppress})
    if bool(lead) == bool(reason_kind):
        raise UsageError("name one lead, or a --reason-kind for all that wait for it")
    fields = _fields(set_ or [])
    if route:
        fields["to"] = route
    chosen = queue.Chosen(lead, step, reason_kind, stage)
    decided = run(
        queue.resolve(settings(), chosen, action, fields, (actor, reason), dry_run=dry_run)
    )
    if not decided.taken:
        raise UsageError(decided.text())
    show(_plain(decided, dry_run), as_json, decided.text(dry_run=dry_run))


def _chosen_action(given: dict[str, Any]) -> str:
    """The one decision that the options name. Raises UsageError for none or several."""
    from leads.review_actions import ACTIONS

    actions = [name for name in ACTIONS if given[name]]
    if len(actions) != 1:
        raise UsageError(f"give exactly one of --{', --'.join(ACTIONS)}")
    return actions[0]


def _fields(given: list[str]) -> dict[str, str]:
    """`field=value` each. Raises UsageError for one without '='."""
    fields = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--set {item}: write field=value")
        fields[name] = value
    return fields


def _plain(decided: "DecisionReport", dry_run: bool) -> dict[str, Any]:
    """The outcome as JSON."""
    from leads.records import to_plain

    return {
        "decided": list(map(to_plain, decided.taken)),
        "refused": decided.refused,
        "workers": decided.workers,
        "dry_run": dry_run,
    }
