"""conversations.list, info, members, join, open, history, replies.

Source: docs.slack.dev, reference/methods of each. All but `open` take a conversation's id, never
its name.
"""

import re
from typing import Any

from sandbox.slack.calls import Answer, Call, Method, SlackRefusal
from sandbox.slack.chat import MESSAGES
from sandbox.slack.workspace import BOT_USER, CHANNELS, DIRECT, Workspace, shown
from sandbox.store import Thing

_KINDS = ("channels", "groups", "im", "mpim")
_READ = tuple(f"{kind}:read" for kind in _KINDS)
_HISTORY = tuple(f"{kind}:history" for kind in _KINDS)
_TYPES = frozenset({"public_channel", "private_channel", "mpim", "im"})
_MOST_USERS = 8
_TS = re.compile(r"\d+(\.\d+)?")


class Conversations:
    """Channels and direct messages as the bot sees them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._store = workspace, workspace.store

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "conversations.list": Method(self.list_all, _READ),
            "conversations.info": Method(self.info, _READ, json=False),
            "conversations.members": Method(self.members, _READ, json=False),
            "conversations.join": Method(self.join, ("channels:join",)),
            "conversations.open": Method(self.open_direct, ("im:write", "mpim:write")),
            "conversations.history": Method(self.history, _HISTORY),
            "conversations.replies": Method(self.replies, _HISTORY),
        }

    def list_all(self, call: Call) -> Answer:
        """conversations.list."""
        types = set((call.text("types") or "public_channel").replace(" ", "").split(","))
        if types - _TYPES:
            raise SlackRefusal("invalid_types")
        found = [one for one in self._workspace.channels() if _type(one) in types]
        if "im" in types:
            found += list(self._store.all(DIRECT).values())
        if call.flag("exclude_archived"):
            found = [one for one in found if not one.get("is_archived")]
        page, cursor = call.page(found)
        return {"ok": True, "channels": [shown(one) for one in page], **_next(cursor)}

    def info(self, call: Call) -> Answer:
        """conversations.info."""
        channel = shown(self._workspace.conversation(call.need("channel")))
        if not call.flag("include_num_members"):
            channel.pop("num_members", None)
        return {"ok": True, "channel": channel}

    def members(self, call: Call) -> Answer:
        """conversations.members."""
        conversation = self._workspace.conversation(call.need("channel"))
        page, cursor = call.page(conversation["members"])
        return {"ok": True, "members": page, **_next(cursor)}

    def join(self, call: Call) -> Answer:
        """conversations.join; who is there already is warned."""
        channel = self._workspace.conversation(call.need("channel"))
        if "user" in channel or channel["is_private"]:
            raise SlackRefusal("method_not_supported_for_channel_type")
        if channel["is_archived"]:
            raise SlackRefusal("is_archived")
        if BOT_USER in channel["members"]:
            warned = {"response_metadata": {"warnings": ["already_in_channel"]}}
            return {
                "ok": True,
                "channel": shown(channel),
                "warning": "already_in_channel",
                **warned,
            }
        joined = {**channel, "members": [*channel["members"], BOT_USER]}
        self._store.put(CHANNELS, channel["id"], joined)
        return {"ok": True, "channel": shown(joined)}

    def open_direct(self, call: Call) -> Answer:
        """conversations.open by the id of a direct message, or by one user or up to eight."""
        if ident := call.text("channel"):
            if "user" not in (found := self._workspace.conversation(ident)) and not _is_mpim(found):
                raise SlackRefusal("method_not_supported_for_channel_type")
            return self._opened(call, ident, there=True)
        users = [one for one in call.text("users").replace(" ", "").split(",") if one]
        if not users:
            raise SlackRefusal("users_list_not_supplied")
        if len(users) > _MOST_USERS:
            raise SlackRefusal("too_many_users")
        for user in users:
            self._workspace.user(user)
        ident = self._workspace.direct_id(users)
        there = bool(self._store.get(DIRECT, ident) or self._store.get(CHANNELS, ident))
        if call.flag("prevent_creation") and not there:
            raise SlackRefusal("channel_not_found")
        if len(users) == 1:
            self._workspace.direct(users[0])
        elif not there:
            self._workspace.group(users)
        return self._opened(call, ident, there=there)

    def _opened(self, call: Call, ident: str, *, there: bool) -> Answer:
        whole = shown(self._workspace.conversation(ident))
        channel = whole if call.flag("return_im") else {"id": ident}
        before = {"no_op": True, "already_open": True} if there else {}
        return {"ok": True, **before, "channel": channel}

    def history(self, call: Call) -> Answer:
        """conversations.history: the newest first, replies left out."""
        conversation = self._readable(call)
        newest = sorted(
            (m for m in self._messages(conversation) if m.get("thread_ts") in {None, m["ts"]}),
            key=lambda m: float(m["ts"]),
            reverse=True,
        )
        return self._answer(call, [m for m in newest if _between(call, m["ts"])])

    def replies(self, call: Call) -> Answer:
        """conversations.replies: a message and all replies to it, the oldest first."""
        conversation, ts = self._readable(call), call.need("ts")
        there = self._messages(conversation)
        parents = [m for m in there if m["ts"] == ts]
        if not parents:
            raise SlackRefusal("thread_not_found")
        thread = parents[0].get("thread_ts") or ts
        found = [m for m in there if thread in {m["ts"], m.get("thread_ts")}]
        return self._answer(call, sorted(found, key=lambda m: float(m["ts"])))

    def _readable(self, call: Call) -> Thing:
        conversation = self._workspace.conversation(call.need("channel"))
        if BOT_USER not in conversation["members"]:
            raise SlackRefusal("not_in_channel")
        return conversation

    def _messages(self, conversation: Thing) -> list[Thing]:
        return [m for m in self._store.all(MESSAGES).values() if m["channel"] == conversation["id"]]

    def _answer(self, call: Call, messages: list[Thing]) -> Answer:
        page, cursor = call.page(messages)
        hidden = {"channel"} | (set() if call.flag("include_all_metadata") else {"metadata"})
        told = [{k: v for k, v in m.items() if k not in hidden} for m in page]
        return {"ok": True, "messages": told, "has_more": bool(cursor), **_next(cursor)}


def _between(call: Call, ts: str) -> bool:
    """Whether a message lies in the asked range of time. Raises SlackRefusal."""
    for name in ("oldest", "latest"):
        bound = call.text(name)
        if bound and not _TS.fullmatch(bound):
            raise SlackRefusal(f"invalid_ts_{name}")
        if not bound or (bound == ts and call.flag("inclusive")):
            continue
        if (float(ts) <= float(bound)) if name == "oldest" else (float(ts) >= float(bound)):
            return False
    return True


def _is_mpim(conversation: Thing) -> bool:
    return bool(conversation.get("is_mpim"))


def _type(channel: Thing) -> str:
    if _is_mpim(channel):
        return "mpim"
    return "private_channel" if channel["is_private"] else "public_channel"


def _next(cursor: str) -> dict[str, Any]:
    return {"response_metadata": {"next_cursor": cursor}}
