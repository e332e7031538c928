"""HubSpot's own sequences: entered in an owner's name, from the owner's inbox; left by a list,
since the API has no call for it.

Sources: docs/design/vendors.md HubSpot 1.8 (endpoints, one sequence at a time, refusals). The JSON
of a refusal is unconfirmed: it is recognised by the words that HubSpot's knowledge base gives.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connectors.core.crm import CrmRequirements, EnrolWrite, Owner
from connectors.core.errors import RecordRejected
from connectors.core.row_results import raise_first
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import Done, Enrolment
from connectors.hubspot.lists import HubSpotLists
from connectors.hubspot.owners import HubSpotOwners

_STATE = "hs_sequences_is_enrolled"
_SEQUENCE = "/automation/sequences/{v}/{}"
_ENROLMENTS = "/automation/sequences/{v}/enrollments"
ENROLMENT = "/automation/sequences/{v}/enrollments/contact/{}"
#: Of a refusal that passes: another sequence runs, or the inbox has sent what it may in a day.
_PASSING = ("already_enrolled", "already enrolled", "limit")


class HubSpotSequences:
    """See crm.Crm; `read` is the contract's own."""

    def __init__(
        self,
        http: HubSpotHttp,
        owners: HubSpotOwners,
        lists: HubSpotLists,
        read: Callable[[Sequence[str], Sequence[str]], Awaitable[list[dict[str, Any] | None]]],
    ) -> None:
        self._http, self._owners, self._lists, self._read = http, owners, lists, read

    async def unmet(self, wants: CrmRequirements) -> list[str]:
        """A line for each wanted sequence that isn't there, as one of the senders sees it (or
        anybody, if none of them is active)."""
        if not wants.sequences:
            return []
        user = _active_user(await self._owners.owners(), wants.senders)
        if user is None:
            return ["HubSpot has no active user: nobody can enter its sequences"]
        lines = []
        for name in wants.sequences:
            try:
                await self._http.get(Done, _SEQUENCE, name, userId=user.user_id)
            except RecordRejected as error:
                lines.append(f"HubSpot has no sequence {name} that {user.email} sees ({error})")
        return lines

    async def enrol(self, write: EnrolWrite) -> bool:
        """Looks first: a lost answer's enrolment is found again, and nobody is taken out of another
        sequence.

        Raises RecordRejected: `busy` for a contact that is in another one, `refused` for an owner
        who can't send.
        """
        if await self._is_in(write.contact_id):
            now_in = await self._http.get(Enrolment, ENROLMENT, write.contact_id)
            if str(now_in.sequenceId or "") == write.sequence:
                return True
            name = now_in.sequenceName or now_in.sequenceId
            raise RecordRejected(
                f"the contact is in HubSpot's sequence {name}, and can be in one only", "busy"
            )
        owner = await self._owners.owner(write.owner_id)
        if owner is None or not owner.user_id:
            raise RecordRejected(f"owner {write.owner_id} is no active user of HubSpot", "refused")
        # The workflow that takes people out starts when they enter its list, so they must not be on
        # it already.
        await self._lists.take_off(write.leave, write.contact_id)
        body = {
            "contactId": write.contact_id,
            "sequenceId": write.sequence,
            "senderEmail": write.inbox,
        }
        try:
            await self._http.send(Done, "POST", _ENROLMENTS, body=body, userId=owner.user_id)
        except RecordRejected as error:
            raise RecordRejected(str(error), _kind_of(error)) from error
        return False

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        if not await self._is_in(contact_id):
            return True
        raise_first(await self._lists.enter(leave, [contact_id]))
        return not await self._is_in(contact_id)

    async def _is_in(self, contact_id: str) -> bool:
        """Whether any sequence is running for a contact; nothing runs for one that is gone."""
        [held] = await self._read([contact_id], [_STATE])
        return held is not None and str(held[_STATE]).casefold() == "true"


def _active_user(owners: Sequence[Owner], senders: Sequence[str]) -> Owner | None:
    """An active user, if possible one of the senders."""
    addresses = {*map(str.casefold, senders)}
    active = [owner for owner in owners if owner.active and owner.user_id]
    return min(active, key=lambda owner: owner.email not in addresses, default=None)


def _kind_of(refusal: RecordRejected) -> str:
    """Whether the contact is gone, is in another sequence for now, or is refused for good."""
    said = str(refusal).casefold()
    if refusal.kind == "missing" and "contact not found" in said:
        return "deleted"
    return "busy" if any(word in said for word in _PASSING) else "refused"
