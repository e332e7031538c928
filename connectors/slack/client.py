"""Slack: one message a second and channel; alerts that wait for their turn share a message, and are
found again by its metadata after a lost answer.

Slack has no idempotency key (docs/design/vendors.md Slack 3); the alert's id travels in the
message's metadata, and after an unknown outcome the channel's history is read before it is
posted again. Without the history scope nothing is found there: each try of unknown outcome may
leave one more message, and nothing marks a repeat.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import NamedTuple

import httpx

from connectors.core.crm import Row
from connectors.core.errors import (
    NotInPlan,
    NotSent,
    RecordRejected,
    Unauthorised,
    Unreadable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp
from connectors.core.single_flight import SingleFlightByKey, settle
from connectors.core.splitting import one_by_one
from connectors.slack.conversations import SlackConversations
from connectors.slack.erasing import SlackEraser
from connectors.slack.forms import Done, History, Person, Posted, alerts_of
from connectors.slack.messages import MOST_ALERTS, AlertText, escape, fitting, message_of
from connectors.slack.refusals import classify
from leads.erasure import Erasure

INTERVAL = 1.0


class _Waiting(NamedTuple):
    alert: AlertText
    until: float
    sent: "asyncio.Future[str]"


class SlackClient:
    """Posts alerts to channels ('#name') and people (their e-mail address).

    Alerts that wait for their turn share a message.
    """

    def __init__(
        self,
        base: str,
        token: str,
        budget: SlidingWindowLimiter,
        transport: httpx.AsyncBaseTransport | None = None,
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = VendorHttp(
            "Slack", base, {"authorization": f"Bearer {token}"}, classify, budget, transport
        )
        self._people: dict[str, str] = {}
        self._conversations = SlackConversations(self._http)
        self._lookups = SingleFlightByKey(self._look_up)
        self._histories = SingleFlightByKey(self._read_history)
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._interval = interval
        self._eraser = SlackEraser(self._http, self._conversations, self._channel, clock)

    async def post(
        self, to: str, text: str, alert_id: str, *, button: str = "", look_first: bool, until: float
    ) -> str:
        """Post an alert once, not after `until` (the loop's time); returns the message's ts.

        A `button` offers "I'm on it"; its text is the value that a click sends.

        Raises RecordRejected when Slack knows no such person or channel, NotSent when its turn
        didn't come in time.
        """
        channel = await self._channel(to)
        if look_first and (ts := await self._find(channel, alert_id)):
            return ts
        loop = asyncio.get_running_loop()
        sent: asyncio.Future[str] = loop.create_future()
        queue = self._waiting.get(channel)
        if queue is None:
            queue = self._waiting[channel] = []
            task = loop.create_task(self._drain(channel, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        queue.append(_Waiting(AlertText(alert_id, escape(text), button), until, sent))
        return await sent

    async def erase(self, to: str, alert_id: str, at: float) -> list[Erasure]:
        """Take an alert out of a channel or a person's messages: `at` is when it was sent, or
        earlier.

        What shares its message stays. Harmless twice. What can't be found or deleted, such as
        without the scopes of histories, is a part with the outcome `failed`.
        """
        return await self._eraser.erase(to, alert_id, at)

    async def _drain(self, channel: str, queue: list["_Waiting"]) -> None:
        await asyncio.sleep(0)
        while queue:
            number = fitting([one.alert.text for one in queue[:MOST_ALERTS]])
            some, queue[:] = queue[:number], queue[number:]
            # a caller who gave up looks for its alert first when it tries again
            if awaited := [one for one in some if not one.sent.done()]:
                await self._post(channel, awaited)
                await asyncio.sleep(self._interval)
        del self._waiting[channel]

    async def _post(self, channel: str, waiting: list["_Waiting"]) -> None:
        """Post, and give every caller who waits the outcome, whatever went wrong."""
        now = asyncio.get_running_loop().time()
        live: list[_Waiting] = []
        for one in waiting:
            if one.until < now:
                settle(one.sent, NotSent("the alert's turn didn't come before its deadline"))
            elif not one.sent.done():
                live.append(one)
        try:
            outcomes: list[Row[str]] = await one_by_one(live, partial(self._send, channel))
        except Exception as error:  # noqa: BLE001  raised again by every caller's `post`
            for one in live:
                settle(one.sent, error)
            return
        for one, outcome in zip(live, outcomes, strict=True):
            settle(one.sent, outcome)

    async def _send(self, channel: str, waiting: Sequence["_Waiting"]) -> list[Row[str]]:
        """Post alerts in one message.

        Raises RecordRejected if one of them may be the reason that Slack refuses it.
        """
        alerts: list[AlertText] = []
        until = inf
        for one in waiting:
            alerts.append(one.alert)
            until = min(until, one.until)
        body = message_of(channel, alerts)
        try:
            posted = await self._http.call(
                Posted, "POST", "chat.postMessage", json=body, until=until
            )
        except RecordRejected as error:
            if error.kind != "content":
                return [error] * len(waiting)
            await asyncio.sleep(self._interval)
            raise
        if posted.channel:
            self._conversations.learn(channel, posted.channel)
        return [posted.ts] * len(waiting)

    async def _channel(self, to: str) -> str:
        if "@" not in to:
            return to
        # a hundred alerts to one person are one look-up, not a minute's budget
        if to not in self._people:
            self._people[to] = await self._lookups.get(to)
        return self._people[to]

    async def _look_up(self, email: str) -> str:
        params = {"email": email}
        found = (await self._http.call(Person, "GET", "users.lookupByEmail", params=params)).user
        if found.email not in {"", email.casefold()}:
            raise Unreadable(f"Slack was asked for {email} and answered about {found.email}")
        return found.id

    async def email_of(self, user: str) -> str:
        """A user's address in lower case, '' for a user without a visible one.

        Raises Unreadable for an answer about another user.
        """
        found = (await self._http.call(Person, "GET", "users.info", params={"user": user})).user
        if found.id != user:
            raise Unreadable(f"Slack was asked for the user {user} and answered about {found.id}")
        return found.email

    async def _find(self, channel: str, alert_id: str) -> str:
        return (await self._histories.get(channel)).get(alert_id, "")

    async def _read_history(self, channel: str) -> dict[str, str]:
        """The timestamps of a channel's newest messages, by the ids of the alerts in them.

        Empty for a channel that we may not read.
        """
        try:
            ident = await self._conversations.id_of(channel)
            params = {"channel": ident, "include_all_metadata": "true", "limit": "200"}
            history = await self._http.call(History, "GET", "conversations.history", params=params)
        except (RecordRejected, NotInPlan, Unauthorised):
            return {}
        found: dict[str, str] = {}
        for message in history.messages:
            found.update(alerts_of(message))
        return found

    async def check(self) -> list[str]:
        """A line for each fault that keeps us from posting."""
        try:
            await self._http.call(Done, "POST", "auth.test")
        except VendorError as error:
            wanted = "a bot token that may write to channels and to people"
            return [f"{error}; set LEADGATE_SLACK_TOKEN to {wanted}"]
        return []

    async def close(self) -> None:
        """Stop posting, and close connections."""
        for task in self._tasks:
            task.cancel()
        await self._http.close()
