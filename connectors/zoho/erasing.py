"""A person of Zoho deleted, after our tasks and notes about it.

Source: docs/design/vendors.md Zoho 2.6. A deletion goes into the recycle bin, which another scope
and a person's decision empty.
"""

from collections.abc import Callable, Sequence
from functools import partial

from connectors.core.crm import Row
from connectors.core.erasing import EraseReport
from connectors.core.errors import RecordRejected, RecordRetryable
from connectors.zoho import records
from connectors.zoho.client import ZohoHttp
from connectors.zoho.contacts import ZohoContacts
from connectors.zoho.refusals import deleted
from connectors.zoho.tasks import ZohoTasks
from leads.erasure import Erasure, Retention

_IN_BIN = Retention(
    "Zoho's recycle bin keeps what was deleted for 60 days, unless an administrator deletes it"
    " there before",
    60.0,
)


class ZohoEraser:
    """See crm.ContactEraser. `clock` gives the time from which the recycle bin's days count."""

    def __init__(
        self,
        http: ZohoHttp,
        people: ZohoContacts,
        tasks: ZohoTasks,
        clock: Callable[[], float],
    ) -> None:
        self._http, self._people, self._tasks, self._clock = http, people, tasks, clock

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        """There is no other deletion than into the recycle bin."""
        del permanent
        report = EraseReport("Zoho", self._clock())
        there = await self._people.idents_of(contact_id, key)
        # a lead that was converted is in no query
        idents = [*dict.fromkeys(filter(None, (contact_id, *there)))]
        for module, what in (("Tasks", "task"), ("Notes", "note")):
            find = partial(self._tasks.made_by_us, module, idents)
            await report.erase(what, find, partial(self._http.delete, module), _IN_BIN)
        for module, numbers in records.by_module(idents).items():
            rows = await self._http.delete(module, numbers)
            for number, row in zip(numbers, rows, strict=True):
                ident = records.ident_of(module, number)
                report.settle("contact", [ident], [_outcome(ident, row, there)], _IN_BIN)
        return report.parts


def _outcome(ident: str, row: Row[str], there: Sequence[str]) -> Row[str]:
    """A deletion's outcome. Zoho words the refusal of an id that is gone as that of any other: one
    that no query has shown is gone, unless it is a lead that was converted."""
    if isinstance(row, RecordRetryable) and ident not in there:
        said = f"the lead {ident} was converted: delete it in Zoho ({row})"
        return RecordRejected(said)
    if isinstance(row, RecordRejected) and ident not in there:
        return deleted(ident)
    return row
