"""A contact of HubSpot deleted for privacy, or into the recycle bin, after our tasks and notes
about it.

Source: docs/design/vendors.md HubSpot 1.9. Tasks and notes go first: they are found through the
contact, and HubSpot leaves them on people's task pages without it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

from connectors.core.crm import Row
from connectors.core.erasing import EraseReport
from connectors.core.errors import RecordRejected, VendorError
from connectors.core.row_results import is_deleted
from connectors.hubspot import records
from connectors.hubspot.batches import MOST, read_by, read_inputs
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.engagements import HubSpotTasks
from connectors.hubspot.forms import Done, HubSpotObject
from leads.erasure import Erasure, Retention

_CONTACT = "/crm/objects/{v}/contacts/{}"
_GDPR_DELETE = "/crm/objects/{v}/contacts/gdpr-delete"
_PURGED = Retention(
    "HubSpot purges what is left within 30 days; counts without a name stay in its reports, and an"
    " anonymous mark that keeps the address from being added by hand or by an import",
    30.0,
)
_IN_BIN = Retention("it can be restored from HubSpot's recycle bin for 90 days", 90.0)
_WAS_IN_BIN = Retention(
    "the contact was deleted before: it can be restored from HubSpot's recycle bin for 90"
    " days, and only a person can delete it there for good",
    90.0,
)


class HubSpotEraser:
    """See crm.ContactEraser. `clock` gives the time from which HubSpot's retention counts."""

    def __init__(
        self,
        http: HubSpotHttp,
        people: HubSpotContacts,
        tasks: HubSpotTasks,
        clock: Callable[[], float],
    ) -> None:
        self._http, self._people, self._tasks, self._clock = http, people, tasks, clock

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        report = EraseReport("HubSpot", self._clock())
        there, gone = await self._find(contact_id, key)
        for kind, what in (("tasks", "task"), ("notes", "note")):

            async def find(kind: str = kind) -> list[str]:
                return await self._tasks.made_by_us(kind, there)

            async def delete(ids: Sequence[str], kind: str = kind) -> list[Row[str]]:
                return await self._archive(kind, ids)

            await report.erase(what, find, delete, _IN_BIN)
        for ident in there:
            await self._delete(ident, report, permanent=permanent)
        for ident in gone:
            if permanent:
                await self._delete_from_bin(ident)
            await self._look_in_bin(ident, report)
        return report.parts

    async def _find(self, contact_id: str, key: str) -> tuple[list[str], list[str]]:
        """The person's contacts, and the ids of those that are gone. A merged contact is the one
        into which it was merged."""
        there: list[str] = []
        gone: list[str] = []
        if contact_id:
            held = (await self._people.held([contact_id], []))[contact_id]
            if isinstance(held, HubSpotObject):
                there.append(held.id)
            elif is_deleted(held):
                gone.append(contact_id)
            else:
                raise held
        if key:
            found, failed = await read_by(self._http, "contacts", records.KEY, [key], [])
            for error in failed.values():
                raise error
            there += [one.id for one in found]
        return [*dict.fromkeys(there)], gone

    async def _archive(self, kind: str, ids: Sequence[str]) -> list[Row[str]]:
        """Delete tasks or notes; one that isn't there is no error of HubSpot's."""
        for start in range(0, len(ids), MOST):
            await self._http.archive(kind, read_inputs(ids[start : start + MOST]))
        return [*ids]

    async def _delete(self, ident: str, report: EraseReport, *, permanent: bool) -> None:
        try:
            if permanent:
                body = {"objectId": ident}
                await self._http.send(Done, "POST", _GDPR_DELETE, body=body)
            else:
                await self._http.send(Done, "DELETE", _CONTACT, ident, body=None)
        except RecordRejected as error:
            report.settle("contact", [ident], [_refusal(error)], _WAS_IN_BIN)
            return
        report.add("contact", "erased", [ident], _PURGED if permanent else _IN_BIN)

    async def _delete_from_bin(self, ident: str) -> None:
        """Ask for the deletion of a contact that may be in the recycle bin: HubSpot doesn't say
        whether it takes that, so the bin is looked at afterwards."""
        with suppress(RecordRejected):
            await self._http.send(Done, "POST", _GDPR_DELETE, body={"objectId": ident})

    async def _look_in_bin(self, ident: str, report: EraseReport) -> None:
        """Note a contact that isn't there, and whether the recycle bin shows it."""
        try:
            await self._http.get(Done, _CONTACT, ident, archived="true")
        except RecordRejected:
            report.add("contact", "gone", [ident])
        else:
            report.add("contact", "gone", [ident], _WAS_IN_BIN)


def _refusal(error: RecordRejected) -> VendorError:
    """A refusal of a deletion; for a contact that is missing, that of one that is deleted."""
    if error.kind == "missing":
        return RecordRejected(str(error), "deleted")
    return error
