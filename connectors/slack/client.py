"""Slack: one message a second and channel, waiting ones folded, found again by its metadata after a lost answer.

Slack has no idempotency key (facts/salesforce_zoho_slack.md 3); the alert's id travels in the message's metadata, and
after an unknown outcome the channel's history is read before it is posted again. Without the history scope the promise
is: at most one repeat, marked as one.
"""

import asyncio
from functools import partial
from typing import Any, NamedTuple

import httpx

from connectors.errors import RowRejected, Unauthorised, Unavailable, VendorError
from connectors.http import Budget, VendorHttp, retry_after
from connectors.shared import Shared, settle

_PASSING = frozenset({"rate_limited", "ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_KEY = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"})


def classify(response: httpx.Response) -> VendorError | None:
    """Slack says most faults with 200 and ok:false."""
    said = f"Slack {response.request.url.path}: {response.status_code} {response.text[:200]}"
    if response.status_code == 429:
        return Unavailable(said, retry_after(response, 1.0), undone=True)
    if response.status_code >= 500:
        return Unavailable(said, 1.0)
    if response.status_code >= 400:
        return RowRejected(said)
    body = response.json()
    if body.get("ok"):
        return None
    error = str(body.get("error", ""))
    if error in _KEY:
        return Unauthorised(said)
    return Unavailable(said, undone="limited" in error) if error in _PASSING else RowRejected(said)


MOST_FOLDED = 20
INTERVAL = 1.0


#: The button's name, by which a click tells what was clicked.
TAKEN = "leadgate_taken"
_MOST_SECTION = 3000


class _Waiting(NamedTuple):
    alert_id: str
    text: str
    button: str
    until: float
    sent: "asyncio.Future[str]"


def escape(text: str) -> str:
    """A lead's text as text: `<!channel>` pings nobody, and nothing in it becomes a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def blocks_of(alerts: "list[tuple[str, str]]") -> list[dict[str, Any]]:
    """Blocks of alerts, each its text and what its button says ('' for none). 20 alerts make 40 of the 50 allowed."""
    found: list[dict[str, Any]] = []
    for text, button in alerts:
        shown = text if len(text) <= _MOST_SECTION else f"{text[: _MOST_SECTION - 1]}…"
        found.append({"type": "section", "text": {"type": "mrkdwn", "text": shown, "verbatim": True}})
        if button:
            label = {"type": "plain_text", "text": "I'm on it"}
            click = {"type": "button", "action_id": TAKEN, "value": button, "text": label, "style": "primary"}
            found.append({"type": "actions", "elements": [click]})
    return found


class SlackClient:
    """Posts alerts to channels ('#name') and people (their e-mail address); those that wait for their turn are folded."""

    def __init__(
        self, base: str, token: str, budget: Budget, transport: httpx.AsyncBaseTransport | None = None, interval: float = INTERVAL
    ) -> None:
        self._http = VendorHttp(base, {"authorization": f"Bearer {token}"}, classify, budget, transport)
        self._people: dict[str, str] = {}
        self._lookups: dict[str, Shared[str]] = {}
        self._histories: dict[str, Shared[dict[str, str]]] = {}
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._interval = interval

    async def post(self, to: str, text: str, alert_id: str, *, button: str = "", look_first: bool, until: float) -> str:
        """Post once, not after `until` (the loop's time); the message's ts. `button` offers "I'm on it" and is what it says.

        Raises RowRejected when Slack knows no such person or channel, NotSent when its turn didn't come in time.
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
        queue.append(_Waiting(alert_id, escape(text), button, until, sent))
        return await sent

    async def _drain(self, channel: str, queue: list["_Waiting"]) -> None:
        await asyncio.sleep(0)
        while queue:
            some, queue[:] = queue[:MOST_FOLDED], queue[MOST_FOLDED:]
            if awaited := [one for one in some if not one.sent.done()]:  # whoever gave up looks first when it comes again
                await self._tell(channel, awaited)
                await asyncio.sleep(self._interval)
        del self._waiting[channel]

    async def _tell(self, channel: str, alerts: list["_Waiting"]) -> None:
        """Post, and have everyone who waits know how it went, whatever went wrong."""
        outcome: str | Exception
        try:
            outcome = await self._send(channel, alerts)
        except Exception as error:  # noqa: BLE001  told to whoever waits
            outcome = error
        for one in alerts:
            settle(one.sent, outcome)

    async def _send(self, channel: str, alerts: list["_Waiting"]) -> str:
        text = alerts[0].text if len(alerts) == 1 else "\n".join(f"• {one.text}" for one in alerts)
        body = {
            "channel": channel,
            "text": text,
            "blocks": blocks_of([(one.text, one.button) for one in alerts]),
            "unfurl_links": False,
            "metadata": {"event_type": "leadgate_alert", "event_payload": {"alert_ids": [one.alert_id for one in alerts]}},
        }
        response = await self._http.call("POST", "chat.postMessage", json=body, until=min(one.until for one in alerts))
        return str(response.json()["ts"])

    async def _channel(self, to: str) -> str:
        if "@" not in to:
            return to
        if to not in self._people:  # a hundred alerts to one person are one look-up, not a minute's budget
            self._people[to] = await self._lookups.setdefault(to, Shared(partial(self._look_up, to))).get()
        return self._people[to]

    async def _look_up(self, email: str) -> str:
        response = await self._http.call("GET", "users.lookupByEmail", params={"email": email})
        return str(response.json()["user"]["id"])

    async def email_of(self, user: str) -> str:
        """A user's address in lower case, '' for one who shows none."""
        response = await self._http.call("GET", "users.info", params={"user": user})
        return str((response.json()["user"].get("profile") or {}).get("email") or "").casefold()

    async def _find(self, channel: str, alert_id: str) -> str:
        shared = self._histories.setdefault(channel, Shared(partial(self._read_history, channel)))
        return (await shared.get()).get(alert_id, "")

    async def _read_history(self, channel: str) -> dict[str, str]:
        """The timestamps of a channel's newest messages by the alerts in them; none where we may not read it."""
        try:
            params = {"channel": channel, "include_all_metadata": "true", "limit": "200"}
            response = await self._http.call("GET", "conversations.history", params=params)
        except (RowRejected, Unauthorised):
            return {}
        told = ((m, (m.get("metadata") or {}).get("event_payload") or {}) for m in response.json().get("messages", []))
        return {str(alert): str(m["ts"]) for m, payload in told for alert in payload.get("alert_ids", ())}

    async def check(self) -> list[str]:
        """What stands in the way, one line a fault."""
        try:
            await self._http.call("POST", "auth.test")
        except VendorError as error:
            return [f"{error}; set LEADGATE_SLACK_TOKEN to a bot token that may write to channels and to people"]
        return []

    async def close(self) -> None:
        """Let connections go."""
        for task in self._tasks:
            task.cancel()
        await self._http.close()
