"""Apollo over HTTP: what the poller, the enrichment and the sequence guard ask of it.

Sources: facts/apollo.md (1.3 endpoints, 3 limits, 4 signals) and Apollo's OpenAPI. 401 answers are plain text; a
missing contact is a 422; unknown filters are ignored with 200, so every answer is checked again here.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Self

import httpx

from leadgate.connectors.errors import RowRejected, Unauthorised, Unavailable, VendorError
from leadgate.connectors.http import Budget, VendorHttp, retry_after
from leadgate.connectors.probing import Probe, closed

PAGE = 100
_MESSAGES = "emailer_messages/search"
LAST_PAGE = 500  # 50,000 entries: Apollo shows no more (facts 1.2)


#: Why Apollo skips a contact that is to enter a sequence (facts 1.3), in a person's words.
_ALREADY = "contacts_already_exists_in_current_campaign"
_SKIPPED = {
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
_BUSY = frozenset({"contacts_active_in_other_campaigns", "contacts_in_pending_state"})


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer of Apollo's."""
    status = response.status_code
    if status < 300:
        return None
    said = f"Apollo {response.request.method} {response.request.url.path}: {status} {response.text[:200]}"
    if status in {401, 403}:
        return Unauthorised(said)
    if status == 429:
        return Unavailable(said, retry_after(response, 60.0))
    if status >= 500 or status == 408:
        return Unavailable(said, retry_after(response, 1.0))
    return RowRejected(said, "deleted" if "does not exist" in response.text or "deleted" in response.text else "rejected")


def left(headers: Mapping[str, str]) -> int | None:
    """Calls left in the tightest window that the answer speaks of, None if it speaks of none."""
    names = ("x-minute-requests-left", "x-hourly-requests-left", "x-24-hour-requests-left", "x-daily-requests-left")
    counts = [int(v) for name in names if (v := headers.get(name, "")).isdigit()]
    return min(counts) if counts else None


class CustomField(NamedTuple):
    """A field that an account has added: facts/apollo.md 2.1, examples/get_typed_custom_fields.json."""

    id: str
    name: str
    modality: str
    options: dict[str, str]

    @classmethod
    def of(cls, item: dict[str, Any]) -> Self:
        """Out of Apollo's object."""
        given = item.get("picklist_values") or item.get("picklist_options") or []
        options = {str(o["id"]): str(o.get("name") or "") for o in given if isinstance(o, dict) and "id" in o}
        return cls(str(item["id"]), str(item.get("name") or item["id"]), str(item.get("modality") or ""), options)

    def label(self, value: Any) -> Any:
        """A value with its options' labels; an option that is no more stays an id."""
        if isinstance(value, list):
            return [self.label(part) for part in value]
        return self.options.get(value, value) if isinstance(value, str) else value


class ApolloClient:
    """Apollo's calls, each one endpoint."""

    def __init__(self, base: str, key: str, limit: int, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._limit = limit
        self._budgets: dict[str, Budget] = {}
        self._share = 1.0
        self._client = VendorHttp(base, {"x-api-key": key}, classify, Budget(limit, 60.0), transport)
        self._labels: dict[str, str] = {}
        self._fields: dict[str, CustomField] = {}
        self._fields_closed = False
        self._do_not_contact = ""
        self._mailboxes: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self.calls_left: int | None = None

    def share(self, part: float) -> None:
        """Take this part of every endpoint's limit."""
        self._share = part
        for budget in self._budgets.values():
            budget.share = part

    async def _call(self, method: str, path: str, endpoint: str = "", **more: Any) -> httpx.Response:
        """One call on its endpoint's own budget: Apollo's windows are per team and endpoint (facts 3)."""
        name = endpoint or path
        if name not in self._budgets:
            self._budgets[name] = Budget(self._limit, 60.0, self._share)
        return await self._client.call(method, path, budget=self._budgets[name], **more)

    async def contacts_page(self, page: int, *, ascending: bool = False) -> tuple[list[dict[str, Any]], int]:
        """One page of contacts by `contact_updated_at`, newest first, and the number of pages."""
        body = {"sort_by_field": "contact_updated_at", "sort_ascending": ascending, "page": page, "per_page": PAGE}
        response = await self._call("POST", "contacts/search", json=body)
        self.calls_left = left(response.headers)
        found = response.json()
        return found.get("contacts", []), int(found.get("pagination", {}).get("total_pages", 0))

    async def label_names(self, ids: list[str]) -> tuple[str, ...]:
        """The names of lists; they are read again when an id is unknown."""
        if any(i not in self._labels for i in ids):
            await self.lists()
        return tuple(self._labels[i] for i in ids if i in self._labels)

    async def lists(self) -> list[str]:
        """The names of all lists."""
        response = await self._call("GET", "labels")
        self._labels = {item["id"]: item["name"] for item in response.json()}
        return sorted(self._labels.values())

    async def custom_fields(self) -> dict[str, CustomField]:
        """The account's own fields by id, with their options' labels. GET /fields has names and no options."""
        response = await self._call("GET", "typed_custom_fields")
        found = [CustomField.of(item) for item in response.json().get("typed_custom_fields", [])]
        self._fields = {f.id: f for f in found}
        return self._fields

    async def name_fields(self, values: dict[str, Any]) -> dict[str, Any]:
        """A contact's `typed_custom_fields` by the fields' names, option ids as labels; read again when an id is unknown.

        A key that may not read the definitions gets nothing here: rules can still name fields by id.
        """
        if any(i not in self._fields for i in values) and not self._fields_closed:
            try:
                await self.custom_fields()
            except (Unauthorised, RowRejected):
                self._fields_closed = True
        return {f.name: f.label(value) for i, value in values.items() if (f := self._fields.get(i)) is not None}

    async def check(self) -> list[str]:
        """What stands in the way, one line a fault. It reads the lists: every key that can poll may do that."""
        try:
            await self.lists()
        except VendorError as error:
            return [f"{error}; set LEADGATE_APOLLO_KEY to a key that may read contacts and lists"]
        return []

    async def limits(self, *, enrich: bool, sequences: bool, owners: bool) -> list[str]:
        """Endpoints that this key may not call, each with what it disables; those of features that aren't used aren't asked.

        Keys are scoped by endpoint (facts 1.1). A call without what it needs is a 422 to a key that may make it.
        """

        def ask(method: str, path: str, endpoint: str = "", **more: Any) -> Callable[[], Awaitable[Any]]:
            return lambda: self._call(method, path, endpoint, **more)

        one = {"page": "1", "per_page": "1"}
        nobody, stop = "0" * 24, "emailer_campaigns/remove_or_stop_contact_ids"
        used = [
            Probe("contacts/search", "nothing is captured", ask("POST", "contacts/search", json=one)),
            Probe("contacts/show", "sequences are unknown, and leads wait", ask("GET", f"contacts/{nobody}", "contacts/show")),
            Probe("labels", "lists have no names: no capture or intent by list", ask("GET", "labels")),
            Probe(
                "emailer_messages/search",
                "Apollo's bounces, replies and opt-outs aren't heard",
                ask("GET", _MESSAGES, params=one),
            ),
            Probe(stop, "nobody is taken out of an Apollo sequence", ask("POST", stop)),
            Probe("contact_stages", "no contact is marked 'Do Not Contact'", ask("GET", "contact_stages")),
            Probe("typed_custom_fields", "custom fields have no names", ask("GET", "typed_custom_fields")),
        ]
        if enrich:
            used.append(Probe("organizations/enrich", "companies aren't completed", ask("GET", "organizations/enrich")))
        if sequences:
            add = "emailer_campaigns/add_contact_ids"
            used += [
                Probe(add, "nobody enters an Apollo sequence", ask("POST", f"emailer_campaigns/{nobody}/add_contact_ids", add)),
                Probe("email_accounts", "no mailbox is found to send from", ask("GET", "email_accounts")),
            ]
        if owners:
            used += [
                Probe("users/search", "Apollo isn't told of owners", ask("GET", "users/search", params=one)),
                Probe("contacts/update_owners", "Apollo isn't told of owners", ask("POST", "contacts/update_owners")),
            ]
        return await closed(used)

    async def sequences(self, contact_id: str, email: str) -> list[dict[str, Any]]:
        """The contact's campaign statuses, by id or, without one, by address; none if Apollo has no such contact."""
        if not contact_id:
            response = await self._call("POST", "contacts/search", json={"q_keywords": email, "page": 1, "per_page": 10})
            hits = [c for c in response.json().get("contacts", []) if (c.get("email") or "").casefold() == email.casefold()]
            return [s for c in hits for s in c.get("contact_campaign_statuses") or []]
        try:
            response = await self._call("GET", f"contacts/{contact_id}", "contacts/show")
        except RowRejected as error:
            if error.kind == "deleted":
                return []
            raise
        found: list[dict[str, Any]] = response.json()["contact"].get("contact_campaign_statuses") or []
        return found

    async def enrich(self, domain: str) -> dict[str, Any]:
        """A company's record by domain (one credit), {} if Apollo has none."""
        response = await self._call("GET", "organizations/enrich", params={"domain": domain})
        found: dict[str, Any] = response.json().get("organization") or {}
        return found

    async def messages(self, stats: tuple[str, ...], since: str, page: int) -> list[dict[str, Any]]:
        """One page of sent messages in one of the states (bounced, unsubscribed, spam_blocked, replied); `since` is a day.

        There are no totals: a short page is the last (facts 1.2).
        """
        params = [("emailer_message_stats[]", stat) for stat in stats]
        params += [("emailer_message_date_range_mode", "completed_at"), ("emailer_message_date_range[min]", since)]
        params += [("page", str(page)), ("per_page", str(PAGE))]
        response = await self._call("GET", "emailer_messages/search", params=params)
        found: list[dict[str, Any]] = response.json().get("emailer_messages", [])
        return found

    async def stop(self, contact_id: str) -> None:
        """Out of every Apollo sequence, and the stage 'Do Not Contact' (facts 4): Apollo writes to them no more."""
        statuses = await self.sequences(contact_id, "")
        campaigns = [s["emailer_campaign_id"] for s in statuses if s.get("status") in {"active", "paused"}]
        if campaigns:
            await self.leave(contact_id, campaigns)
        if not self._do_not_contact:
            response = await self._call("GET", "contact_stages")
            stages = {s["name"]: s["id"] for s in response.json().get("contact_stages", [])}
            self._do_not_contact = stages.get("Do Not Contact", "")
        if self._do_not_contact:
            params = [("contact_ids[]", contact_id), ("contact_stage_id", self._do_not_contact)]
            await self._call("POST", "contacts/update_stages", params=params)

    async def leave(self, contact_id: str, sequences: list[str]) -> None:
        """Out of these sequences before their next step. Harmless twice."""
        params: list[tuple[str, str]] = [("mode", "stop"), ("contact_ids[]", contact_id)]
        params += [("emailer_campaign_ids[]", c) for c in sequences]
        await self._call("POST", "emailer_campaigns/remove_or_stop_contact_ids", params=params)

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
        response = await self._call("POST", path, endpoint, params=params)
        reason = (response.json().get("skipped_contact_ids") or {}).get(contact_id)
        if reason is None or reason == _ALREADY:
            return reason == _ALREADY
        said = _SKIPPED.get(reason, f"Apollo skipped the contact: {reason}")
        raise RowRejected(f"{said} ({reason})", "busy" if reason in _BUSY else "refused")

    async def _mailbox(self, sender: str) -> str:
        if sender not in self._mailboxes:
            found = (await self._call("GET", "email_accounts")).json().get("email_accounts", [])
            self._mailboxes = {str(m["email"]).casefold(): str(m["id"]) for m in found if m.get("active")}
        if sender.casefold() not in self._mailboxes:
            raise RowRejected(f"{sender} is no active mailbox in Apollo: link it there, or name another in the rules", "refused")
        return self._mailboxes[sender.casefold()]

    async def set_owner(self, contact_id: str, email: str) -> None:
        """Make a user of Apollo's the contact's owner there. Raises RowRejected for somebody who is none."""
        if email.casefold() not in self._users:
            found = (await self._call("GET", "users/search", params={"page": "1", "per_page": "100"})).json().get("users", [])
            self._users = {str(u.get("email") or "").casefold(): str(u["id"]) for u in found}
        if email.casefold() not in self._users:
            raise RowRejected(f"{email} is no user of Apollo's", "no_owner")
        params = [("contact_ids[]", contact_id), ("owner_id", self._users[email.casefold()])]
        await self._call("POST", "contacts/update_owners", params=params)

    async def sequence_names(self) -> dict[str, str]:
        """Every sequence's name by its id, archived ones left out."""
        names: dict[str, str] = {}
        page = 1
        while True:
            response = await self._call("POST", "emailer_campaigns/search", json={"page": page, "per_page": PAGE})
            body = response.json()
            names.update({str(c["id"]): str(c["name"]) for c in body.get("emailer_campaigns", []) if not c.get("archived")})
            if page >= int((body.get("pagination") or {}).get("total_pages") or 1):
                return names
            page += 1

    async def close(self) -> None:
        """Let connections go."""
        await self._client.close()
