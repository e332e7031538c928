"""chat.postMessage, chat.update, chat.delete, chat.getPermalink.

Sources: docs.slack.dev, reference/methods of each; "Truncating really long messages" (40,000
characters); "Using message metadata"; "Rate limits" (one message a second and channel).
"""

import re
import time
from typing import Any

from sandbox.slack.blocks import check_blocks
from sandbox.slack.calls import Answer, Call, Method, SlackRefusal
from sandbox.slack.workspace import BOT, BOT_USER, TEAM, Workspace
from sandbox.store import Thing

MESSAGES = "slack.messages"
MOST_TEXT, MOST_UPDATED = 40_000, 4_000
#: The size of metadata is documented without a number.
_MOST_METADATA = 8_000
_BURST, _SECONDS = 15, 10.0
_EVENT = re.compile(r"[\w-]+")
_WRITE = ("chat:write",)


class Chat:
    """The bot's messages."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._store = workspace, workspace.store
        self._paces: dict[str, list[float]] = {}

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "chat.postMessage": Method(self.post, _WRITE),
            "chat.update": Method(self.update, _WRITE),
            "chat.delete": Method(self.delete, _WRITE),
            "chat.getPermalink": Method(self.permalink, json=False),
        }

    def post(self, call: Call) -> Answer:
        """chat.postMessage."""
        conversation = self._workspace.named(call.need("channel"))
        self._workspace.refuse_outsider(conversation)
        content = _content(call)
        metadata, warnings = _metadata(call)
        if len(content["text"]) > MOST_TEXT:
            content["text"] = content["text"][:MOST_TEXT]
            warnings.append("message_truncated")
        channel, more = conversation["id"], self._thread(call, conversation["id"])
        self._take_turn(channel)
        ts = f"{time.time():.6f}"
        while self._store.get(MESSAGES, f"{channel}:{ts}") is not None:
            ts = f"{float(ts) + 0.000001:.6f}"
        whose = {"type": "message", "user": BOT_USER, "bot_id": BOT, "team": TEAM}
        message = {"ts": ts, "channel": channel, **whose, **content, **more, "metadata": metadata}
        self._store.put(MESSAGES, f"{channel}:{ts}", message)
        answer = {"ok": True, "channel": channel, "ts": ts, "message": message}
        return {**answer, **_warned(warnings)}

    def _thread(self, call: Call, channel: str) -> dict[str, str]:
        """The thread of a reply; what is no message can't be replied to."""
        if not (parent := call.text("thread_ts")):
            return {}
        if self._store.get(MESSAGES, f"{channel}:{parent}") is None:
            raise SlackRefusal("cannot_reply_to_message")
        return {"thread_ts": parent}

    def _take_turn(self, channel: str) -> None:
        """One message a second and channel, short bursts forgiven."""
        now = time.monotonic()
        recent = [at for at in self._paces.get(channel, []) if at > now - _SECONDS]
        if len(recent) >= _BURST:
            raise SlackRefusal("ratelimited")
        self._paces[channel] = [*recent, now]

    def _own(self, call: Call, error: str) -> Thing:
        """A message of the bot's, by the conversation's id and ts."""
        conversation = self._workspace.conversation(call.need("channel"))
        message = self._store.get(MESSAGES, f"{conversation['id']}:{call.need('ts')}")
        if message is None:
            raise SlackRefusal("message_not_found")
        if message["user"] != BOT_USER:
            raise SlackRefusal(error)
        return message

    def update(self, call: Call) -> Answer:
        """chat.update. Text without blocks removes the blocks; metadata stays unless it is given,
        and {} removes it."""
        message = self._own(call, "cant_update_message")
        content = _content(call)
        if len(content["text"]) > MOST_UPDATED:
            raise SlackRefusal("msg_too_long")
        if not content["text"]:
            content["text"] = message["text"]
        metadata, warnings = _metadata(call)
        if "metadata" not in call.args:
            metadata = message["metadata"]
        message = {**message, **content, "metadata": metadata}
        message["edited"] = {"user": BOT_USER, "ts": f"{time.time():.6f}"}
        self._store.put(MESSAGES, f"{message['channel']}:{message['ts']}", message)
        known = {name: message[name] for name in ("channel", "ts", "text")}
        return {"ok": True, **known, "message": message, **_warned(warnings)}

    def delete(self, call: Call) -> Answer:
        """chat.delete."""
        message = self._own(call, "cant_delete_message")
        self._store.drop(MESSAGES, f"{message['channel']}:{message['ts']}")
        return {"ok": True, "channel": message["channel"], "ts": message["ts"]}

    def permalink(self, call: Call) -> Answer:
        """chat.getPermalink."""
        channel = self._workspace.conversation(call.need("channel"))["id"]
        ts = call.need("message_ts")
        if self._store.get(MESSAGES, f"{channel}:{ts}") is None:
            raise SlackRefusal("message_not_found")
        link = f"https://sandbox.slack.com/archives/{channel}/p{ts.replace('.', '')}"
        return {"ok": True, "channel": channel, "permalink": link}


def _content(call: Call) -> dict[str, Any]:
    """Text and blocks, one of them at least."""
    given = call.decoded("blocks", "invalid_blocks_format")
    blocks = check_blocks(given) if given is not None else []
    text = call.text("text")
    if not text and not blocks:
        raise SlackRefusal("no_text")
    return {"text": text, "blocks": blocks}


def _metadata(call: Call) -> tuple[Any, list[str]]:
    """Metadata, None for none, and warnings: one of another schema is left out."""
    given = call.decoded("metadata", "invalid_metadata_format")
    if given is None or given == {}:
        return None, []
    if not isinstance(given, dict):
        raise SlackRefusal("invalid_metadata_format")
    if len(str(given)) > _MOST_METADATA:
        raise SlackRefusal("metadata_too_large")
    named = isinstance(event := given.get("event_type"), str) and _EVENT.fullmatch(event)
    if not named or not isinstance(given.get("event_payload"), dict):
        return None, ["invalid_metadata_schema"]
    return given, []


def _warned(warnings: list[str]) -> dict[str, Any]:
    if not warnings:
        return {}
    return {"warning": ",".join(warnings), "response_metadata": {"warnings": warnings}}
