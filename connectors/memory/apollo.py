"""Apollo in memory: the double of connectors.apollo.client for tests and simulations.

Nothing is stored on disk, nothing fails.

Contacts are held in Apollo's own shape. A failure is injected by a wrapper around this object,
never here.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.apollo.api import PAGE
from connectors.apollo.contact_search import (
    ContactFilter,
    ContactList,
    ContactSearch,
    ContactsPage,
    ContactStage,
)
from connectors.apollo.pace import DayPace
from connectors.apollo.sequences import ALREADY, BUSY, SKIPPED
from connectors.core.erasing import EraseReport
from connectors.core.errors import RecordRejected
from leads.erasure import Erasure

DO_NOT_CONTACT = "Do Not Contact"
_RUNNING = frozenset({"active", "paused"})
_STATS = {"bounced": "bounce", "spam_blocked": "spam_blocked", "replied": "replied"}
_HIDDEN = "unsubscribed"  # Apollo filters by it and shows it in no message


class Did(NamedTuple):
    """One call that changed something.

    `kind`: enrol, leave, stop or owner.
    """

    kind: str
    contact_id: str
    target: str  # the sequence, the owner's address; '' for stop
    at: float


class MemoryApollo:
    """See streams.effects.context.Apollo, and connectors.apollo.client for what the poller asks.

    `users` and `mailboxes` are addresses in lower case, `sequences` ids; without them any of
    them exists.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        users: frozenset[str] | None = None,
        mailboxes: frozenset[str] | None = None,
        sequences: frozenset[str] | None = None,
    ) -> None:
        self._clock = clock
        self._users, self._mailboxes, self._sequences = users, mailboxes, sequences
        self.contacts: dict[str, dict[str, Any]] = {}
        self.organizations: dict[str, dict[str, Any]] = {}
        self.labels: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.sent: list[dict[str, Any]] = []
        # by contact id: the reason with which Apollo skips the next enrolments
        self.skips: dict[str, str] = {}
        self.did: list[Did] = []
        self.enriched: list[str] = []  # domains asked for, one credit each

    def add_contact(self, ident: str, email: str, **more: Any) -> dict[str, Any]:
        """Store a contact, changed now; returns the stored object."""
        contact: dict[str, Any] = {
            "id": ident,
            "email": email,
            "owner_id": "",
            "contact_stage_id": "",
            "label_ids": [],
            "contact_campaign_statuses": [],
            **more,
        }
        self.contacts[ident] = contact
        self._touch(contact)
        return contact

    def add_status(self, contact_id: str, sequence: str, status: str = "active") -> None:
        """A user of Apollo puts a contact into a sequence by hand, or changes its status
        there."""
        contact = self.contacts[contact_id]
        rest = [
            s for s in contact["contact_campaign_statuses"] if s["emailer_campaign_id"] != sequence
        ]
        one = {"emailer_campaign_id": sequence, "status": status, "added_at": stamp(self._clock())}
        contact["contact_campaign_statuses"] = [*rest, one]
        self._touch(contact)

    def running(self, contact_id: str) -> list[str]:
        """The sequences that may write to the contact."""
        statuses = self.contacts[contact_id]["contact_campaign_statuses"]
        return [s["emailer_campaign_id"] for s in statuses if s["status"] in _RUNNING]

    def pace(self, name: str) -> DayPace:
        """See ApolloClient.pace. No endpoint is limited."""
        del name
        return DayPace(self._clock)

    # What effects ask

    async def enrich(self, domain: str) -> dict[str, Any]:
        """See the Protocol."""
        self.enriched.append(domain)
        return dict(self.organizations.get(domain, {}))

    async def sequences(self, contact_id: str, email: str) -> list[dict[str, Any]]:
        """See the Protocol.

        By id or, without one, by address; none for a contact that is not there.
        """
        statuses: list[dict[str, Any]] = []
        for contact in self._matching(contact_id, email):
            statuses += map(dict, contact["contact_campaign_statuses"])
        return statuses

    def _matching(self, contact_id: str, email: str) -> Iterator[dict[str, Any]]:
        if contact_id:
            if contact_id in self.contacts:
                yield self.contacts[contact_id]
            return
        for contact in self.contacts.values():
            if contact["email"].casefold() == email.casefold():
                yield contact

    async def enrol(self, contact_id: str, sequence: str, sender: str) -> bool:
        """See the Protocol. Raises RecordRejected, kind 'busy' or 'refused', as the client does."""
        if not contact_id:
            raise RecordRejected(
                "the person is no contact in Apollo, so no Apollo sequence can take it", "refused"
            )
        if self._mailboxes is not None and sender.casefold() not in self._mailboxes:
            raise RecordRejected(f"{sender} is no active mailbox in Apollo", "refused")
        reason = self._skips(contact_id, sequence)
        if reason == ALREADY:
            return True
        if reason:
            said = SKIPPED.get(reason, f"Apollo skipped the contact: {reason}")
            raise RecordRejected(f"{said} ({reason})", "busy" if reason in BUSY else "refused")
        self.add_status(contact_id, sequence)
        self._note("enrol", contact_id, sequence)
        return False

    def _skips(self, contact_id: str, sequence: str) -> str:
        contact = self.contacts.get(contact_id)
        if contact is None or (self._sequences is not None and sequence not in self._sequences):
            return "contact_not_found"
        if contact_id in self.skips:
            return self.skips[contact_id]
        if any(s["emailer_campaign_id"] == sequence for s in contact["contact_campaign_statuses"]):
            return ALREADY
        if self.running(contact_id):
            return "contacts_active_in_other_campaigns"
        if not contact["email"]:
            return "contacts_without_email"
        return ""

    async def leave(self, contact_id: str, sequences: list[str]) -> None:
        """See the Protocol."""
        contact = self.contacts.get(contact_id)
        if contact is not None:
            for status in contact["contact_campaign_statuses"]:
                if status["emailer_campaign_id"] in sequences:
                    status.update(status="finished", inactive_reason="manually finished")
            self._touch(contact)
        for sequence in sequences:
            self._note("leave", contact_id, sequence)

    async def stop(self, contact_id: str) -> None:
        """See the Protocol. The stage says 'Do Not Contact' afterwards."""
        contact = self.contacts.get(contact_id)
        if contact is not None:
            for sequence in self.running(contact_id):
                self.add_status(contact_id, sequence, "finished")
            contact["contact_stage_id"] = DO_NOT_CONTACT
            self._touch(contact)
        self._note("stop", contact_id, "")

    async def set_owner(self, contact_id: str, email: str) -> None:
        """See the Protocol. Raises RecordRejected 'no_owner' for an address that no user has."""
        if self._users is not None and email.casefold() not in self._users:
            raise RecordRejected(f"{email} is no user of Apollo's", "no_owner")
        if (contact := self.contacts.get(contact_id)) is not None:
            contact["owner_id"] = email.casefold()
            self._touch(contact)
        self._note("owner", contact_id, email)

    async def erase(self, contact_id: str, email: str) -> list[Erasure]:
        """See the Protocol."""
        report = EraseReport("Apollo", self._clock())
        there = {contact["id"]: contact for contact in self._with_address(email)}
        if contact_id in self.contacts:
            there[contact_id] = self.contacts[contact_id]
        for ident, contact in there.items():
            await self.stop(ident)
            contact["label_ids"] = []
            report.add("sequence", "erased", [ident])
            report.fail("contact", "Apollo's API can't delete a contact", [ident])
        if contact_id and contact_id not in there:
            report.add("contact", "gone", [contact_id])
        return report.parts

    def _with_address(self, email: str) -> Iterator[dict[str, Any]]:
        return self._matching("", email) if email else iter(())

    def _touch(self, contact: dict[str, Any]) -> None:
        contact["updated_at"] = stamp(self._clock())

    def _note(self, kind: str, contact_id: str, target: str) -> None:
        self.did.append(Did(kind, contact_id, target, self._clock()))

    # What the poller asks

    async def contacts_page(self, search: ContactSearch) -> ContactsPage:
        """One page by `updated_at`, and how many contacts there are."""
        found = [one for one in self.contacts.values() if _is_among(one, search.among)]
        found.sort(key=lambda c: (c["updated_at"], c["id"]), reverse=not search.oldest_first)
        some = found[(search.page - 1) * search.size : search.page * search.size]
        return ContactsPage(list(map(dict, some)), len(found))

    async def contact_stages(self) -> list[ContactStage]:
        """The stages that contacts are in."""
        names = {contact["contact_stage_id"] for contact in self.contacts.values()} - {""}
        return [ContactStage(name, name) for name in sorted(names)]

    async def contact_lists(self) -> list[ContactList]:
        """All lists."""
        return [ContactList(ident, name) for ident, name in self.labels.items()]

    async def label_names(self, ids: list[str]) -> tuple[str, ...]:
        """The names of lists that are there."""
        return tuple(self.labels[i] for i in ids if i in self.labels)

    async def name_fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Custom fields by their names."""
        named: dict[str, Any] = {}
        for ident, value in values.items():
            if ident in self.fields:
                named[self.fields[ident]] = value
        return named

    async def messages(self, stats: tuple[str, ...], since: str, page: int) -> list[dict[str, Any]]:
        """One page of sent messages in one of the states; `since` is a day."""
        wanted = [_STATS.get(stat, stat) for stat in stats]
        found: list[dict[str, Any]] = []
        for message in self.sent:
            if any(map(message.get, wanted)) and str(message["completed_at"])[:10] >= since:
                found.append(message)
        return list(map(_shown, found[(page - 1) * PAGE : page * PAGE]))


def _is_among(contact: dict[str, Any], among: ContactFilter) -> bool:
    return (not among.stages or contact["contact_stage_id"] in among.stages) and (
        not among.labels or not set(among.labels).isdisjoint(contact["label_ids"])
    )


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    shown = dict(message)
    shown.pop(_HIDDEN, None)
    return shown


def stamp(at: float) -> str:
    """A time as Apollo writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
