"""A contact of Apollo's that must not come again: out of every sequence and list, in the stage
'Do Not Contact'.

Source: Apollo's OpenAPI, which has no call that deletes a contact (docs/design/vendors.md Apollo
1.4).
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial

from connectors.apollo.api import ApolloApi
from connectors.apollo.forms import Contact, Contacts, Done, FoundContact
from connectors.apollo.forms import contact_id as checked_contact
from connectors.apollo.sequences import ApolloSequences
from connectors.core.answers import all_of, read
from connectors.core.erasing import EraseReport
from connectors.core.errors import NotInPlan, RecordRejected
from connectors.core.row_results import is_deleted
from leads.erasure import NOTHING, Erasure

_STAYS = (
    "Apollo's API can't delete a contact: delete it in Apollo. Until then it is in the stage 'Do"
    " Not Contact'"
)
_NO_STAGE = (
    "Apollo's API can't delete a contact, and the account has no stage 'Do Not Contact': delete it"
    " in Apollo"
)
_REMOVE = "labels/remove_entity_ids_from_label_names"


class ApolloEraser:
    """See ApolloClient.erase. `list_names` names lists by their ids."""

    def __init__(
        self,
        api: ApolloApi,
        sequences: ApolloSequences,
        list_names: Callable[[list[str]], Awaitable[tuple[str, ...]]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api, self._sequences, self._list_names = api, sequences, list_names
        self._clock = clock

    async def erase(self, contact_id: str, email: str) -> list[Erasure]:
        """See ApolloClient.erase."""
        report = EraseReport("Apollo", self._clock())
        idents = await self._with_address(email)
        if contact_id and contact_id not in idents:
            idents.append(contact_id)
        for ident in idents:
            await self._stop(ident, report)
        return report.parts

    async def _with_address(self, email: str) -> list[str]:
        """The ids of all contacts with an address, none for ''."""
        if not email:
            return []
        body = {"q_keywords": email, "page": 1, "per_page": 100}
        found = await self._api.call(Contacts, "POST", "contacts/search", json=body, urgent=True)
        idents: list[str] = []
        for hit in all_of("Apollo", found.contacts, partial(read, form=FoundContact)):
            if (hit.email or "").casefold() == email.casefold():
                idents.append(hit.id)
        return idents

    async def _stop(self, ident: str, report: EraseReport) -> None:
        ident = checked_contact(ident)
        try:
            shown = await self._api.call(
                Contact, "GET", "contacts/{}", ident, endpoint="contacts/show", urgent=True
            )
        except RecordRejected as error:
            if not is_deleted(error):
                raise
            report.add("contact", "gone", [ident])
            return
        await self._sequences.stop(ident)
        report.add("sequence", "erased", [ident])
        await self._leave_lists(ident, shown.contact.label_ids or [], report)
        stopped = await self._sequences.stop_stage()
        report.fail("contact", _STAYS if stopped else _NO_STAGE, [ident])

    async def _leave_lists(self, ident: str, labels: list[str], report: EraseReport) -> None:
        """Off every list, so that none that the rules capture brings the contact again."""
        try:
            names = await self._list_names(labels)
            if names:
                body = {"entity_ids": [ident], "label_names": [*names], "modality": "contacts"}
                await self._api.call(Done, "POST", _REMOVE, json=body, urgent=True)
                report.add("list", "erased", labels, NOTHING)
        except (RecordRejected, NotInPlan) as error:
            report.fail("list", str(error), labels)
