"""An alert taken out of Slack: its message deleted, or, if others share it, updated without it.

Source: docs/design/vendors.md Slack 3. A bot may delete and update its own messages with the scope
that posts them; to find one it needs the scopes of histories.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from connectors.core.crm import Page
from connectors.core.erasing import EraseReport
from connectors.core.errors import NotInPlan, RecordRejected, RecordRetryable
from connectors.core.http import VendorHttp
from connectors.core.pagination import follow
from connectors.slack.conversations import SlackConversations
from connectors.slack.forms import Done, MessagePage, alerts_of
from connectors.slack.messages import without_alert
from leads.erasure import NOTHING, Erasure

_MOST = "200"
#: Seconds that an alert's message may bear a time before that of the alert: two clocks.
_EARLIER = 3600.0


class SlackEraser:
    """See SlackClient.erase. `channel_of` finds the user of an address."""

    def __init__(
        self,
        http: VendorHttp,
        conversations: SlackConversations,
        channel_of: Callable[[str], Awaitable[str]],
        clock: Callable[[], float],
    ) -> None:
        self._http, self._conversations, self._channel_of = http, conversations, channel_of
        self._clock = clock
        # an update replaces what another erasure in the same message has just written
        self._one_at_a_time = asyncio.Lock()

    async def erase(self, to: str, alert_id: str, at: float) -> list[Erasure]:
        """See SlackClient.erase."""
        report = EraseReport("Slack", self._clock())
        try:
            channel = await self._conversations.id_of(await self._channel_of(to))
            async with self._one_at_a_time:
                await self._erase_all(channel, alert_id, at, report)
        except (RecordRejected, NotInPlan) as error:
            report.fail("message", f"an alert of ours can't be found or deleted: {error}")
        if not report.parts:
            report.add("message", "gone")
        return report.parts

    async def _erase_all(self, channel: str, alert_id: str, at: float, report: EraseReport) -> None:
        """Every message with the alert: one that came twice is two."""
        for message in await self._find(channel, alert_id, at):
            [ts] = {ts for alert, ts in alerts_of(message) if alert == alert_id}
            try:
                await self._take_out(channel, ts, message, alert_id)
            except RecordRejected as error:
                report.settle("message", [ts], [error], NOTHING)
            else:
                report.add("message", "erased", [ts])

    async def _find(self, channel: str, alert_id: str, at: float) -> list[Any]:
        """The messages with an alert, none of them older than the alert."""

        async def read(cursor: str) -> Page[Any]:
            params = {
                "channel": channel,
                "include_all_metadata": "true",
                "limit": _MOST,
                "cursor": cursor,
                "oldest": f"{max(0.0, at - _EARLIER):.6f}",
            }
            found = await self._http.call(
                MessagePage, "GET", "conversations.history", params=params
            )
            return Page(rows=found.messages, after=found.next_cursor)

        messages: list[Any] = []
        async for page in follow(read):
            for message in page.rows:
                if any(alert == alert_id for alert, _ in alerts_of(message)):
                    messages.append(message)
        return messages

    async def _take_out(self, channel: str, ts: str, message: Any, alert_id: str) -> None:
        """Delete a message that holds nothing else, update any other.

        Raises RecordRetryable for a message that another process has updated meanwhile.
        """
        where = {"channel": channel, "ts": ts}
        alerts = [alert for alert, _ in alerts_of(message)]
        if alerts == [alert_id]:
            await self._http.call(Done, "POST", "chat.delete", json=where)
            return
        rest = without_alert(message, alerts, alert_id)
        if rest is None:
            raise RecordRetryable(f"Slack's message {ts} isn't as we have posted it")
        await self._http.call(Done, "POST", "chat.update", json={**where, **rest})
