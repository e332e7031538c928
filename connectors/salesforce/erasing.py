"""A person of Salesforce deleted, after our tasks and notes about it.

Source: docs/design/vendors.md Salesforce 1.8. A deletion goes into the recycle bin. Only SOAP and
Apex can empty that (`emptyRecycleBin`), so a person does it, or 15 days pass.
"""

from collections.abc import Callable
from functools import partial

from connectors.core.erasing import EraseReport
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.people import SalesforcePeople
from connectors.salesforce.tasks import SalesforceTasks
from leads.erasure import Erasure, Retention

_IN_BIN = Retention(
    "Salesforce's recycle bin keeps what was deleted for 15 days, unless an administrator empties"
    " it before",
    15.0,
)


class SalesforceEraser:
    """See crm.ContactEraser. `clock` gives the time from which the recycle bin's days count."""

    def __init__(
        self,
        http: SalesforceHttp,
        people: SalesforcePeople,
        tasks: SalesforceTasks,
        clock: Callable[[], float],
    ) -> None:
        self._http, self._people, self._tasks, self._clock = http, people, tasks, clock

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        """There is no other deletion than into the recycle bin."""
        del permanent
        report = EraseReport("Salesforce", self._clock())
        there = await self._people.records_of(contact_id, key)
        for what, find in (("task", self._tasks.our_tasks), ("note", self._tasks.our_notes)):
            await report.erase(what, partial(find, there), self._http.delete, _IN_BIN)
        if there:
            report.settle("contact", there, await self._http.delete(there), _IN_BIN)
        if contact_id and contact_id not in there:
            report.add("contact", "gone", [contact_id], _IN_BIN)
        return report.parts
