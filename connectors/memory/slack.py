"""Slack in memory: the double of connectors.slack.client for tests and simulations.

Nothing is stored on disk, nothing fails.

A failure, an answer lost after the message was posted among them, is injected by a wrapper
around this object.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from connectors.core.erasing import EraseReport
from connectors.core.errors import NotSent, RecordRejected
from leads.erasure import Erasure


class Message(NamedTuple):
    """One posted message.

    `to` is the channel or the address that was named, `channel` what Slack calls it.
    """

    ts: str
    to: str
    channel: str
    text: str
    alert_id: str
    button: str
    at: float


class MemorySlack:
    """See streams.effects.context.Slack.

    Each alert is a message of its own; a channel's whole history is searched.

    `users` are addresses by user ids; without them every address has a user, whose id is the
    address. `reads_history` False is a bot without the history scope: a look finds nothing.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        users: Mapping[str, str] | None = None,
        *,
        reads_history: bool = True,
    ) -> None:
        self._clock, self._users, self._reads_history = clock, users, reads_history
        self.messages: list[Message] = []

    async def post(
        self, to: str, text: str, alert_id: str, *, button: str = "", look_first: bool, until: float
    ) -> str:
        """See the Protocol.

        Raises RecordRejected for an address that no user has, NotSent after `until`.
        """
        channel = self._channel(to)
        if look_first and (ts := self._find(channel, alert_id)):
            return ts
        if asyncio.get_running_loop().time() > until:
            raise NotSent("chat.postMessage: its deadline passed before it left")
        now = self._clock()
        ts = f"{now:.0f}.{len(self.messages):06d}"
        self.messages.append(Message(ts, to, channel, text, alert_id, button, now))
        return ts

    async def erase(self, to: str, alert_id: str, at: float) -> list[Erasure]:
        """See the Protocol."""
        del at
        report = EraseReport("Slack", self._clock())
        if not self._reads_history:
            report.fail("message", "the bot may not read histories")
            return report.parts
        channel = self._channel(to)
        gone = [m for m in self.posted(alert_id) if m.channel == channel]
        self.messages[:] = [m for m in self.messages if m not in gone]
        report.add("message", "erased" if gone else "gone", [m.ts for m in gone])
        return report.parts

    async def email_of(self, user: str) -> str:
        """See the Protocol. Raises RecordRejected for an id that no user has."""
        if self._users is None:
            return user.casefold()
        if user not in self._users:
            raise RecordRejected(f"Slack knows no user {user}")
        return self._users[user].casefold()

    def posted(self, alert_id: str) -> list[Message]:
        """Every message that bears an alert's id: more than one is a repeat."""
        return [m for m in self.messages if m.alert_id == alert_id]

    def _channel(self, to: str) -> str:
        if "@" not in to or self._users is None:
            return to
        for ident, email in self._users.items():
            if email.casefold() == to.casefold():
                return ident
        raise RecordRejected(f"Slack knows no user {to}")

    def _find(self, channel: str, alert_id: str) -> str:
        if self._reads_history:
            for message in self.posted(alert_id):
                if message.channel == channel:
                    return message.ts
        return ""
