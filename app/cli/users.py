"""The people who sign in to the console."""

from typing import Annotated

import typer

from app.base.clock import SystemClock
from app.cli.console import console_app
from app.cli.output import notify, show
from app.cli.shared import HELP_NAMES, Json, settings
from app.console.access.roles import Role

user_app = typer.Typer(
    no_args_is_help=True,
    help="The people who sign in to the console.",
    context_settings=HELP_NAMES,
)
console_app.add_typer(user_app, name="user")
_ROLES = "; ".join(f"{role}: {role.allows}" for role in Role)
Email = Annotated[
    str, typer.Argument(help="The person's e-mail address; the audit names it as the actor.")
]
Address = Annotated[
    str, typer.Option("--address", help="Where people open the console; links begin with it.")
]
RoleOption = Annotated[Role, typer.Option("--role", help=f"{_ROLES}.")]
_HERE = "http://127.0.0.1:8090"
_ONCE = "the link works once, and for a day"


@user_app.command("add")
def user_add(
    email: Email, role: RoleOption, address: Address = _HERE, as_json: Json = False
) -> None:
    """Add a person, and print the link that sets the password."""
    from app.console.access.users import open_users

    text = open_users(settings()).add(email, role, SystemClock().now())
    link = _link(address, text)
    notify(_ONCE)
    show({"email": email, "role": role, "link": link}, as_json, link)


@user_app.command("link")
def user_link(email: Email, address: Address = _HERE, as_json: Json = False) -> None:
    """Print a new link, for a person who has lost the password."""
    from app.console.access.users import open_users

    text = open_users(settings()).renew_link(email, SystemClock().now())
    link = _link(address, text)
    notify(_ONCE)
    show({"email": email, "link": link}, as_json, link)


@user_app.command("role")
def user_role(email: Email, role: RoleOption, as_json: Json = False) -> None:
    """Give a person another role, from the next request on."""
    from app.console.access.users import open_users

    open_users(settings()).change_role(email, role)
    show({"email": email, "role": role}, as_json, f"{email} is a {role} from now on")


@user_app.command("list")
def user_list(as_json: Json = False) -> None:
    """The people, without their passwords."""
    from app.console.access.users import open_users
    from leads.times import format_time

    plain, lines = [], []
    for user in open_users(settings()).all():
        known = {"email": user.email, "role": user.role, "made_at": user.made_at}
        plain.append(known | {"has_password": user.has_password})
        without = "" if user.has_password else "  has set no password"
        lines.append(f"{user.email}  {user.role}  added {format_time(user.made_at)}{without}")
    show(plain, as_json, "\n".join(lines) or "there is no user; leadgate console user add")


@user_app.command("remove")
def user_remove(email: Email, as_json: Json = False) -> None:
    """Delete a person, and end what the person has open."""
    from app.console.access.users import open_users

    open_users(settings()).remove(email)
    show({"removed": email}, as_json, f"{email} is signed out, and can't sign in any more")


def _link(address: str, text: str) -> str:
    from app.console.access.users import LINK_PATH

    return f"{address.rstrip('/')}{LINK_PATH}{text}"
