"""Slack's answers, as its documents describe them (docs/design/vendors.md Slack 3).

Fields that aren't named aren't read.
"""

from typing import Any

import msgspec

from connectors.core.answers import Name, member, words


class Done(msgspec.Struct, frozen=True):
    """An object of which nothing is read."""


class Posted(msgspec.Struct, frozen=True):
    """A message that was posted, and the conversation's id."""

    ts: Name
    channel: str = ""


class Channel(msgspec.Struct, frozen=True):
    """A conversation; a direct message has no name."""

    id: Name
    name: str = ""


class Opened(msgspec.Struct, frozen=True):
    """A direct message that was opened."""

    channel: Channel


class _More(msgspec.Struct, frozen=True):
    next_cursor: str = ""


class Channels(msgspec.Struct, frozen=True):
    """A page of conversations."""

    channels: list[Channel]
    response_metadata: _More | None = None

    @property
    def next_cursor(self) -> str:
        """'' after the last page."""
        return self.response_metadata.next_cursor if self.response_metadata else ""


class _Profile(msgspec.Struct, frozen=True):
    email: str | None = None


class _User(msgspec.Struct, frozen=True):
    id: Name
    profile: _Profile | None = None

    @property
    def email(self) -> str:
        """The address in lower case, '' for a user without a visible one."""
        return ((self.profile and self.profile.email) or "").casefold()


class Person(msgspec.Struct, frozen=True):
    """A user who was looked up."""

    user: _User


class History(msgspec.Struct, frozen=True):
    """A channel's newest messages."""

    messages: list[Any]


class MessagePage(msgspec.Struct, frozen=True):
    """A page of a channel's messages, the newest first."""

    messages: list[Any]
    response_metadata: _More | None = None

    @property
    def next_cursor(self) -> str:
        """'' after the last page."""
        return self.response_metadata.next_cursor if self.response_metadata else ""


def alerts_of(message: Any) -> list[tuple[str, str]]:
    """The ids of the alerts in any message, each with the message's ts; none in one that isn't
    ours."""
    ids, ts = member(message, "metadata", "event_payload", "alert_ids"), words(message, "ts")
    if not isinstance(ids, list) or not ts:
        return []
    return [(one, ts) for one in ids if isinstance(one, str)]
