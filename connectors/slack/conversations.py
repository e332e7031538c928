"""The ids of conversations.

A message may be posted to a channel's name or to a user, but a history is read by an id alone
(docs/design/vendors.md Slack 3).
"""

from connectors.core.crm import Page
from connectors.core.errors import RecordRejected
from connectors.core.http import VendorHttp
from connectors.core.pagination import follow
from connectors.slack.forms import Channel, Channels, Opened

_USER = ("U", "W")
_MOST = "200"


class SlackConversations:
    """Ids by what messages are posted to, each asked for once."""

    def __init__(self, http: VendorHttp) -> None:
        self._http = http
        self._ids: dict[str, str] = {}

    def learn(self, to: str, ident: str) -> None:
        """Keep the id that the answer to a message names."""
        self._ids[to] = ident

    async def id_of(self, to: str) -> str:
        """The id of a channel, or of the direct message with a user.

        Raises RecordRejected for a channel that we don't see, NotInPlan where a scope is missing.
        """
        if to not in self._ids:
            self._ids[to] = await self._find(to)
        return self._ids[to]

    async def _find(self, to: str) -> str:
        if to.startswith(_USER):
            body = {"users": to}
            opened = await self._http.call(Opened, "POST", "conversations.open", json=body)
            return opened.channel.id
        if not to.startswith("#"):
            return to
        async for page in follow(self._page):
            for channel in page.rows:
                if channel.name == to[1:]:
                    return channel.id
        raise RecordRejected(f"Slack shows no channel {to}")

    async def _page(self, cursor: str) -> Page[Channel]:
        params = {"types": "public_channel,private_channel", "limit": _MOST, "cursor": cursor}
        found = await self._http.call(Channels, "GET", "conversations.list", params=params)
        return Page(rows=found.channels, after=found.next_cursor)
