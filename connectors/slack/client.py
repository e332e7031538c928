"""Slack: one message a second and channel, waiting ones folded, found again by its metadata after a
lost answer.

Slack has no idempotency key (docs/design/vendors.md Slack 3); the alert's id travels in the
message's metadata, and after an unknown outcome the channel's history is read before it is
posted again. Without the history scope the promise is: at most one repeat, marked as one.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import httpx

from connectors.core.answers import foreign, member, words
from connectors.core.crm import Row
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    NotSent,
    RecordRejected,
    Unauthorised,
    Unavailable,
    Unreadable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp, retry_after
from connectors.core.single_flight import SingleFlight, settle
from connectors.core.splitting import one_by_one
from connectors.slack.forms import Done, History, Person, Posted, alerts_of

_PASSING = frozenset(
    {
        "rate_limited",
        "ratelimited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
    }
)
_KEY = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
)
#: Words for what the token or the plan leaves out; other methods work.
_CLOSED = frozenset(
    {
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "restricted_action",
        "method_deprecated",
    }
)
_TEAM = {
    "message_limit_exceeded": "Slack takes no more messages of this workspace for now",
    "org_login_required": "the workspace is being moved to an organisation: no app may write",
    "team_access_not_granted": "the organisation has not granted the app access to the workspace",
}
#: Words for what one message says: of several that were folded, one may be the reason.
_CONTENT = frozenset(
    "msg_too_long msg_blocks_too_long invalid_blocks invalid_blocks_format no_text"
    " metadata_too_large".split()
)


def classify(response: httpx.Response) -> VendorError | None:
    """Slack says most faults with 200 and ok:false."""
    said = f"Slack {response.request.url.path}: {response.status_code} {response.text[:200]}"
    if response.status_code == 429:
        return Unavailable(said, retry_after(response, 1.0), undone=True)
    if response.status_code >= 500 or 300 <= response.status_code < 400:
        return Unavailable(said, 1.0)
    body = foreign(response.content)
    error = words(body, "error")
    if response.status_code < 400 and member(body, "ok") is True:
        return None
    if not error:
        return Unreadable(said) if response.status_code < 400 else RecordRejected(said)
    if error in _KEY:
        return Unauthorised(said)
    if error in _CLOSED:
        return NotInPlan(said)
    if error in _TEAM:
        return AccountLimited(f"{_TEAM[error]} ({said})")
    if error in _PASSING:
        return Unavailable(said, undone="limited" in error)
    return RecordRejected(said, "content" if error in _CONTENT else "rejected")


MOST_FOLDED = 20
#: Characters of all blocks' texts. Slack documents no sum and refuses some messages from about
#: 11,000 on, 13,200 at the latest, as msg_blocks_too_long (bolt-js 2509, 2867).
MOST_CHARACTERS = 9_000
_MOST_FALLBACK = 3_900  # of `text`, which notifications show; 4,000 are documented
INTERVAL = 1.0


#: The button's name, by which a click tells what was clicked.
TAKEN = "leadgate_taken"
_MOST_SECTION = 3000
_HALF_ENTITY = re.compile(r"&[a-z]{0,4}$")


class _Waiting(NamedTuple):
    alert_id: str
    text: str
    button: str
    until: float
    sent: "asyncio.Future[str]"


def escape(text: str) -> str:
    """A lead's text as text: `<!channel>` pings nobody, and nothing in it becomes a link or a
    mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, no escaped one of them cut in two; the end says that it
    was cut."""
    return text if len(text) <= most else f"{_HALF_ENTITY.sub('', text[: most - 1])}…"


def blocks_of(alerts: "list[tuple[str, str]]") -> list[dict[str, Any]]:
    """Blocks of alerts, each its text and what its button says ('' for none). 20 alerts make 40 of
    the 50 allowed."""
    found: list[dict[str, Any]] = []
    for text, button in alerts:
        found.append(
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": cut(text, _MOST_SECTION), "verbatim": True},
            }
        )
        if button:
            label = {"type": "plain_text", "text": "I'm on it"}
            click = {
                "type": "button",
                "action_id": TAKEN,
                "value": button,
                "text": label,
                "style": "primary",
            }
            found.append({"type": "actions", "elements": [click]})
    return found


class SlackClient:
    """Posts alerts to channels ('#name') and people (their e-mail address); those that wait for
    their turn are folded."""

    def __init__(
        self,
        base: str,
        token: str,
        budget: SlidingWindowLimiter,
        transport: httpx.AsyncBaseTransport | None = None,
        interval: float = INTERVAL,
    ) -> None:
        self._http = VendorHttp(
            "Slack", base, {"authorization": f"Bearer {token}"}, classify, budget, transport
        )
        self._people: dict[str, str] = {}
        self._lookups: dict[str, SingleFlight[str]] = {}
        self._histories: dict[str, SingleFlight[dict[str, str]]] = {}
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._interval = interval

    async def post(
        self, to: str, text: str, alert_id: str, *, button: str = "", look_first: bool, until: float
    ) -> str:
        """Post once, not after `until` (the loop's time); the message's ts.

        `button` offers "I'm on it" and is what it says.

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
        queue.append(_Waiting(alert_id, escape(text), button, until, sent))
        return await sent

    async def _drain(self, channel: str, queue: list["_Waiting"]) -> None:
        await asyncio.sleep(0)
        while queue:
            number = _fitting(queue)
            some, queue[:] = queue[:number], queue[number:]
            # whoever gave up looks first when it comes again
            if awaited := [one for one in some if not one.sent.done()]:
                await self._tell(channel, awaited)
                await asyncio.sleep(self._interval)
        del self._waiting[channel]

    async def _tell(self, channel: str, alerts: list["_Waiting"]) -> None:
        """Post, and have everyone who waits know how it went, whatever went wrong."""
        now = asyncio.get_running_loop().time()
        for one in alerts:
            if one.until < now:
                settle(one.sent, NotSent("the alert's turn didn't come before its deadline"))
        live = [one for one in alerts if not one.sent.done()]
        try:
            outcomes: list[Row[str]] = await one_by_one(live, partial(self._send, channel))
        except Exception as error:  # noqa: BLE001  told to whoever waits
            for one in live:
                settle(one.sent, error)
            return
        for one, outcome in zip(live, outcomes, strict=True):
            settle(one.sent, outcome)

    async def _send(self, channel: str, alerts: Sequence["_Waiting"]) -> list[Row[str]]:
        """Post alerts in one message.

        Raises RecordRejected if one of them may be the reason that Slack refuses it.
        """
        text = alerts[0].text if len(alerts) == 1 else "\n".join(f"• {one.text}" for one in alerts)
        body = {
            "channel": channel,
            "text": cut(text, _MOST_FALLBACK),
            "blocks": blocks_of([(one.text, one.button) for one in alerts]),
            "unfurl_links": False,
            "metadata": {
                "event_type": "leadgate_alert",
                "event_payload": {"alert_ids": [one.alert_id for one in alerts]},
            },
        }
        until = min(one.until for one in alerts)
        try:
            posted = await self._http.call(
                Posted, "POST", "chat.postMessage", json=body, until=until
            )
        except RecordRejected as error:
            if error.kind != "content":
                return [error] * len(alerts)
            await asyncio.sleep(self._interval)
            raise
        return [posted.ts] * len(alerts)

    async def _channel(self, to: str) -> str:
        if "@" not in to:
            return to
        # a hundred alerts to one person are one look-up, not a minute's budget
        if to not in self._people:
            self._people[to] = await self._lookups.setdefault(
                to, SingleFlight(partial(self._look_up, to))
            ).get()
        return self._people[to]

    async def _look_up(self, email: str) -> str:
        found = (
            await self._http.call(Person, "GET", "users.lookupByEmail", params={"email": email})
        ).user
        if found.email not in {"", email.casefold()}:
            raise Unreadable(f"Slack was asked for {email} and answered about {found.email}")
        return found.id

    async def email_of(self, user: str) -> str:
        """A user's address in lower case, '' for one who shows none."""
        found = (await self._http.call(Person, "GET", "users.info", params={"user": user})).user
        if found.id != user:
            raise Unreadable(f"Slack was asked for the user {user} and answered about {found.id}")
        return found.email

    async def _find(self, channel: str, alert_id: str) -> str:
        shared = self._histories.setdefault(
            channel, SingleFlight(partial(self._read_history, channel))
        )
        return (await shared.get()).get(alert_id, "")

    async def _read_history(self, channel: str) -> dict[str, str]:
        """The timestamps of a channel's newest messages by the alerts in them; none where we may
        not read it."""
        try:
            params = {"channel": channel, "include_all_metadata": "true", "limit": "200"}
            history = await self._http.call(History, "GET", "conversations.history", params=params)
        except (RecordRejected, NotInPlan, Unauthorised):
            return {}
        return {alert: ts for message in history.messages for alert, ts in alerts_of(message)}

    async def check(self) -> list[str]:
        """What stands in the way, one line a fault."""
        try:
            await self._http.call(Done, "POST", "auth.test")
        except VendorError as error:
            wanted = "a bot token that may write to channels and to people"
            return [f"{error}; set LEADGATE_SLACK_TOKEN to {wanted}"]
        return []

    async def close(self) -> None:
        """Let connections go."""
        for task in self._tasks:
            task.cancel()
        await self._http.close()


def _fitting(queue: Sequence[_Waiting]) -> int:
    """How many of those that wait go into one message."""
    characters = 0
    for number, one in enumerate(queue[:MOST_FOLDED]):
        characters += min(len(one.text), _MOST_SECTION)
        if number and characters > MOST_CHARACTERS:
            return number
    return min(len(queue), MOST_FOLDED)
