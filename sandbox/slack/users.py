"""users.info, users.list, users.lookupByEmail, auth.test.

Source: docs.slack.dev, reference/methods of each.
"""

from sandbox.slack.calls import Answer, Call, Method, SlackRefusal
from sandbox.slack.workspace import BOT, BOT_USER, TEAM, Workspace

_READ = ("users:read",)


class Users:
    """The workspace's people."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "auth.test": Method(self.test),
            "users.info": Method(self.info, _READ, json=False),
            "users.list": Method(self.list_all, _READ, json=False),
            "users.lookupByEmail": Method(self.look_up, ("users:read.email",), json=False),
        }

    def test(self, _call: Call) -> Answer:
        """auth.test."""
        who = {"user": "leadgate", "user_id": BOT_USER, "bot_id": BOT}
        where = {"url": "https://sandbox.slack.com/", "team": "Sandbox", "team_id": TEAM}
        return {"ok": True, **where, **who, "is_enterprise_install": False}

    def info(self, call: Call) -> Answer:
        """users.info."""
        return {"ok": True, "user": self._workspace.user(call.need("user"))}

    def list_all(self, call: Call) -> Answer:
        """users.list: all of them if no limit is given."""
        people = self._workspace.users()
        page, cursor = call.page(people, default=max(1, min(999, len(people))))
        return {"ok": True, "members": page, "response_metadata": {"next_cursor": cursor}}

    def look_up(self, call: Call) -> Answer:
        """users.lookupByEmail."""
        email = call.need("email").casefold()
        for user in self._workspace.users():
            if str(user["profile"].get("email", "")).casefold() == email and not user["deleted"]:
                return {"ok": True, "user": user}
        raise SlackRefusal("users_not_found")
