"""The demo's console: two processes, and a person who signs in by a link."""

from app.base.clock import SystemClock
from app.console.access.roles import Role
from app.console.access.users import LINK_PATH, open_users
from app.local.broker import free_port
from app.local.demo_site import Site

#: Who reviews in the demo; a link sets the password.
REVIEWER = "you@acme.test"


def start_console(site: Site) -> str:
    """Start the projector and the console of a site that is provisioned; a link that signs a
    reviewer in once."""
    port = free_port()
    site.spawn("projector", "console", "project")
    site.spawn("console", "console", "serve", "--port", str(port))
    address = f"http://127.0.0.1:{port}"
    site.wait_for_server("console", f"{address}/livez")
    users, now = open_users(site.settings()), SystemClock().now()
    if REVIEWER in {user.email for user in users.all()}:
        text = users.renew_link(REVIEWER, now)
    else:
        text = users.add(REVIEWER, Role.REVIEWER, now)
    return f"{address}{LINK_PATH}{text}"
