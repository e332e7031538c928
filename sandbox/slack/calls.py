"""A call of Slack's Web API: its arguments, from a form, a query or JSON; pages; refusals.

Source: "Using the Slack Web API" (calling methods, evaluating responses) and "Pagination".
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

Answer = dict[str, Any]
#: `limit` must be an integer under 1000 (conversations.list, users.list).
MOST_ITEMS = 999


class SlackRefusal(Exception):  # noqa: N818  an answer, not a fault of the sandbox's
    """ok:false with one of the method's error codes."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Answer = {"ok": False, "error": error, **more}


def refused_arguments(*messages: str) -> SlackRefusal:
    """invalid_arguments, and what is wrong with them."""
    told = [f"[ERROR] {message}" for message in messages]
    return SlackRefusal("invalid_arguments", response_metadata={"messages": told})


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments by name: texts of a form, or any JSON."""

    args: dict[str, Any]

    def text(self, name: str) -> str:
        """An argument as text, '' if it is absent."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def need(self, name: str) -> str:
        """Raises SlackRefusal for an argument that is absent."""
        if not (value := self.text(name)):
            raise refused_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A truth value as forms and JSON write it."""
        text = self.text(name).lower()
        return text in {"true", "1"} if text else default

    def decoded(self, name: str, error: str) -> Any:
        """An argument that a form holds as JSON. Raises SlackRefusal with `error`."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackRefusal(error) from None

    def page(self, items: list[Any], default: int = 100) -> tuple[list[Any], str]:
        """A page of items by `cursor` and `limit`, and the next page's cursor, '' for none.

        Raises SlackRefusal for a cursor or a limit that is none.
        """
        limit = self.text("limit") or str(default)
        if not limit.isdigit() or not 0 < int(limit) <= MOST_ITEMS:
            raise SlackRefusal("invalid_limit")
        start = _start(self.text("cursor"))
        if start > len(items):
            raise SlackRefusal("invalid_cursor")
        end = start + int(limit)
        return items[start:end], _cursor(end) if end < len(items) else ""


def _cursor(start: int) -> str:
    return b64encode(f"next:{start}".encode()).decode()


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        kind, _, number = b64decode(cursor, validate=True).decode().partition(":")
        if kind == "next":
            return int(number)
    except ValueError:
        pass
    raise SlackRefusal("invalid_cursor")


def arguments(kind: str, query: list[tuple[str, str]], body: bytes, *, json_too: bool) -> Call:
    """The arguments of a request by its content type; JSON only where the method takes it.

    Raises SlackRefusal.
    """
    args: dict[str, Any] = dict(query)
    if not body:
        return Call(args)
    if not kind:
        raise SlackRefusal("missing_post_type")
    if kind.startswith("application/json"):
        return Call(args | _json(body)) if json_too else Call(args)
    if kind.startswith("application/x-www-form-urlencoded"):
        return Call(args | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)))
    raise SlackRefusal("invalid_post_type")


def _json(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        raise SlackRefusal("invalid_json") from None
    if not isinstance(read, dict):
        raise SlackRefusal("json_not_object")
    return read


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Method:
    """A method: any one of its scopes is enough; `json` tells whether it takes a JSON body."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    json: bool = True
