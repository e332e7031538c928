"""The workspace: users, channels and direct messages on the store, as the bot sees them.

Source: docs.slack.dev, reference/objects: user and conversation objects.
"""

from typing import Any

from sandbox.slack.calls import SlackRefusal
from sandbox.store import Store, Thing

TEAM, BOT_USER, BOT = "T0001", "U0BOT", "B0001"
USERS, CHANNELS, DIRECT = "slack.users", "slack.channels", "slack.dms"
#: Every workspace has #general; the others are those that the demo's and the tests' rules name.
_FIRST = ("general", "leadgate-ops", "ops", "sales")


def new_channel(ident: str, name: str, *members: str, **more: bool) -> Thing:
    """A channel; the bot is a member if it is named. `is_private` and `is_archived` are False
    unless said."""
    kinds = {"is_private": False, "is_archived": False, **more}
    return {"id": ident, "name": name, "members": list(members), **kinds}


class Workspace:
    """One workspace, in which the bot is a user."""

    def __init__(self, store: Store) -> None:
        self.store = store
        if not store.all(CHANNELS):
            made = (new_channel(f"C{n:04d}", name, BOT_USER) for n, name in enumerate(_FIRST))
            store.put_many(CHANNELS, {channel["id"]: channel for channel in made})

    # Users

    def users(self) -> list[Thing]:
        """All users as the API shows them."""
        return [_user(one) for one in self.store.all(USERS).values()]

    def user(self, ident: str) -> Thing:
        """Raises SlackRefusal."""
        if (found := self.store.get(USERS, ident)) is None:
            raise SlackRefusal("user_not_found")
        return _user(found)

    # Conversations

    def channels(self) -> list[Thing]:
        """The channels that the bot sees: public ones, and private ones that it is in."""
        return [one for one in self.store.all(CHANNELS).values() if _seen(one)]

    def conversation(self, ident: str) -> Thing:
        """A channel or direct message by its id; no method but chat.postMessage takes a name.

        Raises SlackRefusal.
        """
        found = self.store.get(CHANNELS, ident) or self.store.get(DIRECT, ident)
        if found is None or not _seen(found):
            raise SlackRefusal("channel_not_found")
        return found

    def named(self, channel: str) -> Thing:
        """What chat.postMessage may be told: an id, a channel's name, or a user's id, whose direct
        message it opens.

        Raises SlackRefusal.
        """
        if channel in self.store.all(USERS):
            return self.direct(channel)
        name = channel.removeprefix("#")
        by_name = [one for one in self.channels() if one["name"] == name]
        return by_name[0] if by_name else self.conversation(channel)

    def direct(self, user: str) -> Thing:
        """The direct message with a user, opened if need be. Raises SlackRefusal."""
        if self.user(user)["deleted"]:
            raise SlackRefusal("user_disabled")
        ident = self.direct_id([user])
        found = self.store.get(DIRECT, ident)
        return found or self.store.put(
            DIRECT, ident, {"id": ident, "user": user, "members": [BOT_USER, user]}
        )

    def direct_id(self, users: list[str]) -> str:
        """The id that the conversation with these users has, opened or not."""
        return f"D{users[0][1:]}" if len(users) == 1 else "G" + "".join(sorted(set(users)))

    def group(self, users: list[str]) -> Thing:
        """A direct message with several users."""
        names = "--".join(self.user(user)["name"] for user in users)
        made = new_channel(
            self.direct_id(users),
            f"mpdm-{names}-1",
            BOT_USER,
            *users,
            is_private=True,
            is_mpim=True,
        )
        return self.store.put(CHANNELS, made["id"], made)

    def refuse_outsider(self, conversation: Thing) -> None:
        """Raises SlackRefusal for a channel that the bot is not in, or that is archived."""
        if BOT_USER not in conversation["members"]:
            raise SlackRefusal("not_in_channel")
        if conversation.get("is_archived"):
            raise SlackRefusal("is_archived")


def _seen(channel: Thing) -> bool:
    return not channel.get("is_private") or BOT_USER in channel["members"]


def _user(user: Thing) -> Thing:
    profile = user.get("profile") or {}
    name = str(profile.get("email", user["id"])).partition("@")[0]
    about = {"name": name, "team_id": TEAM, "deleted": False, "is_bot": False}
    return {**about, "real_name": name.replace(".", " ").title(), **user}


def shown(conversation: Thing) -> dict[str, Any]:
    """A conversation object."""
    if "user" in conversation:
        known = {name: conversation[name] for name in ("id", "user")}
        return {**known, "is_im": True, "is_channel": False, "is_archived": False}
    known = {n: conversation[n] for n in ("id", "name", "is_private", "is_archived")}
    inside = BOT_USER in conversation["members"]
    kinds = {"is_channel": not conversation["is_private"], "is_im": False, "is_group": False}
    return {
        **known,
        **kinds,
        "is_member": inside,
        "name_normalized": conversation["name"],
        "num_members": len(conversation["members"]),
    }
