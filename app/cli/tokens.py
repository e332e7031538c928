"""The tokens of the API's callers."""

from typing import Annotated

import typer

from app.cli.output import notify, show
from app.cli.shared import Json, add_group, settings
from app.console.api.scopes import ALLOWS, Scope

token_app = add_group("token", "The tokens of the API's callers.")
_SCOPES = "; ".join(f"{scope}: {allows}" for scope, allows in ALLOWS.items())
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
    from app.commands import tokens as token_commands

    text = token_commands.add_token(settings(), name, scope)
    notify("keep it as a password: it can't be shown again")
    show({"name": name, "token": text}, as_json, text)


@token_app.command("list")
def token_list(as_json: Json = False) -> None:
    """The tokens without their texts."""
    from app.commands import tokens as token_commands
    from leads.times import format_time

    plain, lines = [], []
    for token in token_commands.list_tokens(settings()):
        scopes = sorted(token.scopes)
        plain.append({"name": token.name, "scopes": scopes, "made_at": token.made_at})
        lines.append(f"{token.name}  {', '.join(scopes)}  made {format_time(token.made_at)}")
    show(plain, as_json, "\n".join(lines) or "there is no token")


@token_app.command("revoke")
def token_revoke(name: Name, as_json: Json = False) -> None:
    """Refuse a token from the next request on."""
    from app.commands import tokens as token_commands

    token_commands.revoke_token(settings(), name)
    show({"revoked": name}, as_json, f"the token {name} is refused from now on")
