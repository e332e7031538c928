"""Apollo's own sequences: who is in one, entering and leaving one, and the stage 'Do Not
Contact'."""

from functools import partial
from typing import Any

from connectors.apollo.api import LAST_PAGE, PAGE, ApolloApi
from connectors.apollo.contact_search import ContactStage
from connectors.apollo.forms import (
    Added,
    Contact,
    Contacts,
    Done,
    Hit,
    Mailbox,
    Mailboxes,
    Sequence,
    Sequences,
    Stages,
    sequence_id,
    status_of,
)
from connectors.apollo.forms import contact_id as checked_contact
from connectors.core.answers import all_of, read, sound, words
from connectors.core.errors import RecordRejected, RecordRetryable
from connectors.core.pagination import numbered
from connectors.core.stopping import do_all

#: Why Apollo skips a contact that is to enter a sequence (docs/design/vendors.md Apollo 1.3), in
#: plain words.
ALREADY = "contacts_already_exists_in_current_campaign"
SKIPPED = {
    "contact_not_found": "Apollo has no such contact",
    "contacts_active_in_other_campaigns": "another Apollo sequence is running for the contact",
    "contacts_finished_in_other_campaigns": (
        "the contact has been through another Apollo sequence, which this one excludes"
    ),
    "contacts_without_email": "Apollo has no address of the contact",
    "contacts_unverified_email": "Apollo has not verified the contact's address",
    "contacts_with_job_change": "Apollo thinks that the contact has changed employer",
    "contacts_in_same_company": "a colleague is in the same sequence, which it excludes",
    "contacts_without_ownership_permission": (
        "the key's user may not write to this contact's owner's leads"
    ),
    "contacts_in_pending_state": "Apollo is still adding the contact",
    "contacts_with_unverified_user_managed_email": (
        "the contact's address was entered by hand and is not verified"
    ),
}
BUSY = frozenset({"contacts_active_in_other_campaigns", "contacts_in_pending_state"})


class ApolloSequences:
    """See ApolloClient."""

    def __init__(self, api: ApolloApi) -> None:
        self._api = api
        self._do_not_contact = ""
        self._mailboxes: dict[str, str] = {}

    async def sequences(
        self, contact_id: str, email: str, *, urgent: bool = False
    ) -> list[dict[str, Any]]:
        """The campaign statuses of a contact, found by id or, without one, by address; none if
        Apollo has no such contact."""
        if not contact_id:
            return await self._by_email(email)
        ident = checked_contact(contact_id)
        try:
            shown = await self._api.call(
                Contact, "GET", "contacts/{}", ident, endpoint="contacts/show", urgent=urgent
            )
        except RecordRejected as error:
            if error.kind == "deleted":
                return []
            raise
        return all_of("Apollo", shown.contact.contact_campaign_statuses or (), status_of)

    async def _by_email(self, email: str) -> list[dict[str, Any]]:
        body = {"q_keywords": email, "page": 1, "per_page": 10}
        found = await self._api.call(Contacts, "POST", "contacts/search", json=body)
        statuses: list[dict[str, Any]] = []
        for hit in all_of("Apollo", found.contacts, partial(read, form=Hit)):
            if (hit.email or "").casefold() == email.casefold():
                statuses += all_of("Apollo", hit.contact_campaign_statuses or (), status_of)
        return statuses

    async def stop(self, contact_id: str) -> None:
        """Take a contact out of every Apollo sequence, and set the stage 'Do Not Contact'
        (docs/design/vendors.md Apollo 4), after which Apollo sends nothing more.

        Each is tried even if the other fails, and both are harmless twice.
        """
        checked_contact(contact_id)
        await do_all([partial(self._leave_all, contact_id), partial(self._mark, contact_id)])

    async def _leave_all(self, contact_id: str) -> None:
        statuses = await self.sequences(contact_id, "", urgent=True)
        campaigns = [
            s["emailer_campaign_id"] for s in statuses if s.get("status") in {"active", "paused"}
        ]
        if campaigns:
            await self.leave(contact_id, campaigns)

    async def _mark(self, contact_id: str) -> None:
        if stage := await self.stop_stage():
            params = [("contact_ids[]", contact_id), ("contact_stage_id", stage)]
            await self._api.call(Done, "POST", "contacts/update_stages", params=params, urgent=True)

    async def stop_stage(self) -> str:
        """The id of the stage 'Do Not Contact', '' for an account without it."""
        if not self._do_not_contact:
            for stage in await self.contact_stages(urgent=True):
                if stage.name == "Do Not Contact":
                    self._do_not_contact = stage.id
        return self._do_not_contact

    async def contact_stages(self, *, urgent: bool = False) -> list[ContactStage]:
        """The stages of contacts."""
        body = await self._api.call(Stages, "GET", "contact_stages", urgent=urgent)
        return sound("Apollo", body.contact_stages, partial(read, form=ContactStage))

    async def leave(self, contact_id: str, sequences: list[str]) -> None:
        """Take a contact out of these sequences before their next step. Harmless twice."""
        params = [
            ("mode", "stop"),
            ("contact_ids[]", checked_contact(contact_id)),
            *(("emailer_campaign_ids[]", sequence) for sequence in sequences),
        ]
        await self._api.call(
            Done, "POST", "emailer_campaigns/remove_or_stop_contact_ids", params=params, urgent=True
        )

    async def enrol(self, contact_id: str, sequence: str, sender: str) -> bool:
        """Enter a sequence that sends from a mailbox; True if the contact was in it already.

        Harmless twice.

        200 doesn't mean done: Apollo lists the contacts that it skips, with a reason
        (docs/design/vendors.md Apollo 1.3). Raises RecordRejected for them: `busy` if another
        sequence is running or this one is being entered, else `refused`. Raises RecordRetryable
        for an answer that doesn't name the contact.
        """
        if not contact_id:
            raise RecordRejected(
                "the person is no contact in Apollo, so no Apollo sequence can take it", "refused"
            )
        campaign = sequence_id(sequence)
        params = [
            ("emailer_campaign_id", campaign),
            ("contact_ids[]", checked_contact(contact_id)),
            ("send_email_from_email_account_id", await self._mailbox(sender)),
        ]
        path, endpoint = "emailer_campaigns/{}/add_contact_ids", "emailer_campaigns/add_contact_ids"
        done = await self._api.call(Added, "POST", path, campaign, endpoint=endpoint, params=params)
        reason = (done.skipped_contact_ids or {}).get(contact_id)
        if reason is None and not any(words(one, "id") == contact_id for one in done.contacts):
            raise RecordRetryable(f"Apollo answered nothing about contact {contact_id}")
        if reason is None or reason == ALREADY:
            return reason == ALREADY
        text = SKIPPED.get(reason, f"Apollo skipped the contact: {reason}")
        raise RecordRejected(f"{text} ({reason})", "busy" if reason in BUSY else "refused")

    async def _mailbox(self, sender: str) -> str:
        if sender not in self._mailboxes:
            body = await self._api.call(Mailboxes, "GET", "email_accounts")
            found = sound("Apollo", body.email_accounts, partial(read, form=Mailbox))
            self._mailboxes = {m.email.casefold(): m.id for m in found if m.active}
        if sender.casefold() not in self._mailboxes:
            raise RecordRejected(
                f"{sender} is no active mailbox in Apollo: link it there, or name another in the"
                " rules",
                "refused",
            )
        return self._mailboxes[sender.casefold()]

    async def sequence_names(self) -> dict[str, str]:
        """The names of all sequences by their ids, without archived ones."""
        names: dict[str, str] = {}
        async for sequences in numbered(self._page):
            for sequence in sequences:
                if not sequence.archived:
                    names[sequence.id] = sequence.name
        return names

    async def _page(self, number: int) -> tuple[list[Sequence], bool]:
        """A page of sequences, and whether there is another."""
        asked = {"page": number, "per_page": PAGE}
        body = await self._api.call(Sequences, "POST", "emailer_campaigns/search", json=asked)
        found = sound("Apollo", body.emailer_campaigns, partial(read, form=Sequence))
        if body.pagination is None or not body.emailer_campaigns:
            return found, False
        return found, number < min(body.pagination.total_pages, LAST_PAGE)
