"""What waits for a person."""

import json
from typing import Annotated

import typer

from app import desk
from app.baduse import BadUseError
from app.cli.shared import Json, app, run, show
from app.settings import load_settings

review_app = typer.Typer(no_args_is_help=True, help="What waits for a person.")
app.add_typer(review_app, name="review")


@review_app.command("list")
def review_list(as_json: Json = False) -> None:
    """What waits, and for what."""
    items = run(desk.held(load_settings()))
    lines = [f"{i['lead_id']}  {i['kind']:6}  {i['stage']:9}  {'; '.join(r['why'] for r in i['reasons'])}" for i in items]
    show(items, as_json, "\n".join(lines) or "nothing waits")


@review_app.command("show")
def review_show(lead: str, as_json: Json = False) -> None:
    """One waiting lead."""
    item = run(desk.held_one(load_settings(), lead))
    show(item, as_json, json.dumps(item, indent=2))


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
        raise BadUseError("give exactly one of --set, --merge, --separate, --route, --redrive, --suppress")
    fields = dict(item.split("=", 1) for item in set_ or []) | ({"to": route} if route else {})
    ruling = run(desk.resolve(load_settings(), lead, chosen[0], fields, actor, reason))
    show(ruling, as_json, f"decided: {chosen[0]} {lead}")
