"""The tokens of the API's callers."""

from typing import Annotated

import typer

from app.base.clock import SystemClock
from app.cli.output import notify, show
from app.cli.shared import Json, add_group, settings
from app.console.access.scopes import Scope

token_app = add_group("token", "The tokens of the API's callers.")
_SCOPES = "; ".join(f"{scope}: {scope.allows}" for scope in Scope)
Name = Annotated[str, typer.Argument(help="The caller's name; the audit names it as the actor.")]


@token_app.command("add")
def token_add(
    name: Name,
    scope: Annotated[
        list[Scope], typer.Option("--scope", help=f"May be given several times. {_SCOPES}.")
    ],
    as_json: Json = False,
) -> None:
    """Make a token, and print it: it can't be shown again."""
    from app.console.access.tokens import open_tokens

    text = open_tokens(settings()).add(name, scope, SystemClock().now())
    notify("keep it as a password: it can't be shown again")
    show({"name": name, "token": text}, as_json, text)


@token_app.command("list")
def token_list(as_json: Json = False) -> None:
    """The tokens without their texts."""
    from app.console.access.tokens import open_tokens
    from leads.times import format_time

    plain, lines = [], []
    for token in open_tokens(settings()).all():
        scopes = sorted(token.scopes)
        plain.append({"name": token.name, "scopes": scopes, "made_at": token.made_at})
        lines.append(f"{token.name}  {', '.join(scopes)}  made {format_time(token.made_at)}")
    show(plain, as_json, "\n".join(lines) or "there is no token")


@token_app.command("revoke")
def token_revoke(name: Name, as_json: Json = False) -> None:
    """Refuse a token from the next request on."""
    from app.console.access.tokens import open_tokens

    open_tokens(settings()).revoke(name)
    show({"revoked": name}, as_json, f"the token {name} is refused from now on")
