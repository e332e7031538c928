"""Apollo's own sequences: who is in one, into one and out again, and the mark that keeps everybody's hands off a contact."""

from typing import Any

from connectors.apollo.api import PAGE, ApolloApi
from connectors.errors import RowRejected

#: Why Apollo skips a contact that is to enter a sequence (facts 1.3), in a person's words.
ALREADY = "contacts_already_exists_in_current_campaign"
SKIPPED = {
    "contact_not_found": "Apollo has no such contact",
    "contacts_active_in_other_campaigns": "another Apollo sequence is running for the contact",
    "contacts_finished_in_other_campaigns": "the contact has been through another Apollo sequence, which this one excludes",
    "contacts_without_email": "Apollo has no address of the contact",
    "contacts_unverified_email": "Apollo has not verified the contact's address",
    "contacts_with_job_change": "Apollo thinks that the contact has changed employer",
    "contacts_in_same_company": "a colleague is in the same sequence, which it excludes",
    "contacts_without_ownership_permission": "the key's user may not write to this contact's owner's leads",
    "contacts_in_pending_state": "Apollo is still adding the contact",
    "contacts_with_unverified_user_managed_email": "the contact's address was entered by hand and is not verified",
}
BUSY = frozenset({"contacts_active_in_other_campaigns", "contacts_in_pending_state"})


class ApolloSequences:
    """See ApolloClient."""

    def __init__(self, api: ApolloApi) -> None:
        self._api = api
        self._do_not_contact = ""
        self._mailboxes: dict[str, str] = {}

    async def sequences(self, contact_id: str, email: str) -> list[dict[str, Any]]:
        """The contact's campaign statuses, by id or, without one, by address; none if Apollo has no such contact."""
        if not contact_id:
            response = await self._api.call("POST", "contacts/search", json={"q_keywords": email, "page": 1, "per_page": 10})
            hits = [c for c in response.json().get("contacts", []) if (c.get("email") or "").casefold() == email.casefold()]
            return [s for c in hits for s in c.get("contact_campaign_statuses") or []]
        try:
            response = await self._api.call("GET", f"contacts/{contact_id}", "contacts/show")
        except RowRejected as error:
            if error.kind == "deleted":
                return []
            raise
        found: list[dict[str, Any]] = response.json()["contact"].get("contact_campaign_statuses") or []
        return found

    async def stop(self, contact_id: str) -> None:
        """Out of every Apollo sequence, and the stage 'Do Not Contact' (facts 4): Apollo writes to them no more."""
        statuses = await self.sequences(contact_id, "")
        campaigns = [s["emailer_campaign_id"] for s in statuses if s.get("status") in {"active", "paused"}]
        if campaigns:
            await self.leave(contact_id, campaigns)
        if not self._do_not_contact:
            response = await self._api.call("GET", "contact_stages")
            stages = {s["name"]: s["id"] for s in response.json().get("contact_stages", [])}
            self._do_not_contact = stages.get("Do Not Contact", "")
        if self._do_not_contact:
            params = [("contact_ids[]", contact_id), ("contact_stage_id", self._do_not_contact)]
            await self._api.call("POST", "contacts/update_stages", params=params)

    async def leave(self, contact_id: str, sequences: list[str]) -> None:
        """Out of these sequences before their next step. Harmless twice."""
        params: list[tuple[str, str]] = [("mode", "stop"), ("contact_ids[]", contact_id)]
        params += [("emailer_campaign_ids[]", c) for c in sequences]
        await self._api.call("POST", "emailer_campaigns/remove_or_stop_contact_ids", params=params)

    async def enrol(self, contact_id: str, sequence: str, sender: str) -> bool:
        """Into a sequence, sent from a mailbox; True if the contact was in it already. Harmless twice.

        200 doesn't mean done: those that Apollo skips are listed with a reason (facts 1.3), and raise RowRejected: `busy` if
        another sequence is running or this one is being entered, else `refused`.
        """
        if not contact_id:
            raise RowRejected("the person is no contact in Apollo, so no Apollo sequence can take it", "refused")
        params = [("emailer_campaign_id", sequence), ("contact_ids[]", contact_id)]
        params += [("send_email_from_email_account_id", await self._mailbox(sender))]
        path, endpoint = f"emailer_campaigns/{sequence}/add_contact_ids", "emailer_campaigns/add_contact_ids"
        response = await self._api.call("POST", path, endpoint, params=params)
        reason = (response.json().get("skipped_contact_ids") or {}).get(contact_id)
        if reason is None or reason == ALREADY:
            return reason == ALREADY
        said = SKIPPED.get(reason, f"Apollo skipped the contact: {reason}")
        raise RowRejected(f"{said} ({reason})", "busy" if reason in BUSY else "refused")

    async def _mailbox(self, sender: str) -> str:
        if sender not in self._mailboxes:
            found = (await self._api.call("GET", "email_accounts")).json().get("email_accounts", [])
            self._mailboxes = {str(m["email"]).casefold(): str(m["id"]) for m in found if m.get("active")}
        if sender.casefold() not in self._mailboxes:
            raise RowRejected(f"{sender} is no active mailbox in Apollo: link it there, or name another in the rules", "refused")
        return self._mailboxes[sender.casefold()]

    async def sequence_names(self) -> dict[str, str]:
        """Every sequence's name by its id, archived ones left out."""
        names: dict[str, str] = {}
        page = 1
        while True:
            response = await self._api.call("POST", "emailer_campaigns/search", json={"page": page, "per_page": PAGE})
            body = response.json()
            names.update({str(c["id"]): str(c["name"]) for c in body.get("emailer_campaigns", []) if not c.get("archived")})
            if page >= int((body.get("pagination") or {}).get("total_pages") or 1):
                return names
            page += 1
