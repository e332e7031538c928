"""Apollo over HTTP: the calls of the poller, the enrichment and the sequence guard.

Sources: Apollo's OpenAPI and docs/design/vendors.md Apollo 1.3 (endpoints), Apollo 3 (limits),
Apollo 4 (signals). 401 answers are plain text; a missing contact is a 422; unknown filters are
ignored with 200, so every answer is checked again here.
"""

from functools import partial
from typing import Any

import httpx
import structlog

from connectors.apollo.api import PAGE, ApolloApi
from connectors.apollo.contact_search import ContactList, ContactSearch, ContactsPage, total_of
from connectors.apollo.erasing import ApolloEraser
from connectors.apollo.fields import ApolloFields
from connectors.apollo.forms import (
    Contacts,
    Done,
    Label,
    Message,
    Messages,
    Organization,
    User,
    Users,
)
from connectors.apollo.forms import contact_id as checked_contact
from connectors.apollo.pace import SEARCH
from connectors.apollo.permission_checks import limits
from connectors.apollo.sequences import ApolloSequences
from connectors.core.answers import checked, read, sound, words
from connectors.core.errors import RecordRejected, VendorError
from leads.erasure import Erasure

log = structlog.get_logger(__name__)


class ApolloClient:
    """Apollo's calls, one for each endpoint."""

    def __init__(
        self, base: str, key: str, limit: int, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`limit` is the most calls of an endpoint in a minute."""
        self._api = ApolloApi(base, key, limit, transport)
        self._fields, self._sequences = ApolloFields(self._api), ApolloSequences(self._api)
        self.share, self.close, self.pace = self._api.share, self._api.close, self._api.pace
        self.custom_fields = self._fields.custom_fields
        self.name_fields = self._fields.name_fields
        self.sequences = self._sequences.sequences
        self.sequence_names = self._sequences.sequence_names
        self.enrol = self._sequences.enrol
        self.leave = self._sequences.leave
        self.stop = self._sequences.stop
        self.contact_stages = self._sequences.contact_stages
        self._labels: dict[str, str] = {}
        self._gone: set[str] = set()
        self._users: dict[str, str] = {}
        self._eraser = ApolloEraser(self._api, self._sequences, self.label_names)

    async def contacts_page(self, search: ContactSearch) -> ContactsPage:
        """One page of contacts, and how many there are."""
        found = await self._api.call(Contacts, "POST", SEARCH, json=search.body())
        return ContactsPage(sound("Apollo", found.contacts, _object), total_of(found, search.size))

    async def label_names(self, ids: list[str]) -> tuple[str, ...]:
        """The names of lists. All lists are read again for an id that is not known yet."""
        if fresh := set(ids) - set(self._labels) - self._gone:
            await self.lists()
            self._gone |= fresh - set(self._labels)  # a contact can keep a list that was deleted
        return tuple(self._labels[i] for i in ids if i in self._labels)

    async def lists(self) -> list[str]:
        """The names of all lists."""
        return sorted(label.name for label in await self._read_labels())

    async def contact_lists(self) -> list[ContactList]:
        """The lists of contacts."""
        found = []
        for label in await self._read_labels():
            if label.modality in {None, "contacts"}:
                found.append(ContactList(label.id, label.name, label.cached_count))
        return found

    async def _read_labels(self) -> list[Label]:
        found = await self._api.call(list[Any], "GET", "labels")
        labels = sound("Apollo", found, partial(read, form=Label))
        self._labels = {label.id: label.name for label in labels}
        return labels

    async def check(self) -> list[str]:
        """A line for each fault that keeps us from reading.

        It reads the lists: every key that can poll may do that.
        """
        try:
            await self.lists()
        except VendorError as error:
            return [f"{error}; set LEADGATE_APOLLO_KEY to a key that may read contacts and lists"]
        return []

    async def enrich(self, domain: str) -> dict[str, Any]:
        """A company's record by domain (one credit), {} if Apollo has none."""
        found = await self._api.call(
            Organization, "GET", "organizations/enrich", params={"domain": domain}
        )
        return found.organization or {}

    async def messages(self, stats: tuple[str, ...], since: str, page: int) -> list[dict[str, Any]]:
        """One page of sent messages in one of the states (bounced, unsubscribed, spam_blocked,
        replied); `since` is a day.

        There are no totals: a short page is the last (docs/design/vendors.md Apollo 1.2).
        """
        params = [
            *(("emailer_message_stats[]", stat) for stat in stats),
            ("emailer_message_date_range_mode", "completed_at"),
            ("emailer_message_date_range[min]", since),
            ("page", str(page)),
            ("per_page", str(PAGE)),
        ]
        found = await self._api.call(Messages, "GET", "emailer_messages/search", params=params)
        return list(map(_message, found.emailer_messages))

    async def set_owner(self, contact_id: str, email: str) -> None:
        """Make a user of Apollo's the contact's owner there.

        Raises RecordRejected for an address that no user has.
        """
        if email.casefold() not in self._users:
            found = await self._api.call(
                Users, "GET", "users/search", params={"page": "1", "per_page": "100"}
            )
            users = sound("Apollo", found.users, partial(read, form=User))
            self._users = {u.email.casefold(): u.id for u in users if u.email}
        if email.casefold() not in self._users:
            raise RecordRejected(f"{email} is no user of Apollo's", "no_owner")
        params = [
            ("contact_ids[]", checked_contact(contact_id)),
            ("owner_id", self._users[email.casefold()]),
        ]
        await self._api.call(Done, "POST", "contacts/update_owners", params=params)

    async def erase(self, contact_id: str, email: str) -> list[Erasure]:
        """Stop every sequence of the contacts with this id and this address, take them off all
        lists, and put them into the stage 'Do Not Contact'; '' for an unknown id or address.

        Harmless twice. The contact itself stays, a part with the outcome `failed`: Apollo documents
        no deletion.
        """
        return await self._eraser.erase(contact_id, email)

    async def limits(self, *, enrich: bool, sequences: bool, owners: bool) -> list[str]:
        """See permission_checks.limits."""
        return await limits(self._api, enrich=enrich, sequences=sequences, owners=owners)


def _message(item: Any) -> dict[str, Any]:
    """A message; an empty object for an unreadable one, since the number of messages shows whether
    the page is the last."""
    try:
        return checked(item, Message)
    except ValueError as error:
        log.error("row set aside", vendor="Apollo", row=words(item, "id"), why=str(error))
        return {}


def _object(item: Any) -> dict[str, Any]:
    """A contact, as the object that it is; its fields are checked where they are read.

    Raises ValueError.
    """
    if not isinstance(item, dict):
        raise ValueError(f"no object but {str(item)[:60]!r}")
    return item
