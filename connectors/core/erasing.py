"""What is erased of a person in a CRM: the part that is the same in every CRM."""

from collections.abc import Awaitable, Callable, Sequence

from connectors.core.crm import Row
from connectors.core.errors import NotInPlan, RecordRejected, VendorError
from connectors.core.row_results import is_deleted
from leads.erasure import NOTHING, Erasure, ErasureOutcome, Retention

Find = Callable[[], Awaitable[Sequence[str]]]
Delete = Callable[[Sequence[str]], Awaitable[Sequence[Row[str]]]]


class EraseReport:
    """Collects what became of a person's things in one system.

    `now` is the time of the erasure, from which the system's own retention counts.
    """

    def __init__(self, system: str, now: float) -> None:
        self._system, self._now = system, now
        self.parts: list[Erasure] = []

    def add(
        self,
        what: str,
        outcome: ErasureOutcome,
        ids: Sequence[str] = (),
        keeps: Retention = NOTHING,
    ) -> None:
        """Note what became of some things, and what the system keeps of them."""
        part = Erasure(
            system=self._system,
            what=what,
            outcome=outcome,
            ids=tuple(ids),
            remains=keeps.says,
            until=keeps.until(self._now),
        )
        self.parts.append(part)

    def fail(self, what: str, why: str, ids: Sequence[str] = ()) -> None:
        """Note that things are still there, and why."""
        self.add(what, "failed", ids, Retention(why, 0.0))

    def settle(
        self, what: str, ids: Sequence[str], rows: Sequence[Row[str]], keeps: Retention
    ) -> None:
        """Note the outcome of each deletion; one of something that is gone is no failure.

        Raises the VendorError of a row that may succeed later.
        """
        erased: list[str] = []
        gone: list[str] = []
        for ident, row in zip(ids, rows, strict=True):
            if is_deleted(row):
                gone.append(ident)
            elif isinstance(row, RecordRejected):
                self.fail(what, str(row), [ident])
            elif isinstance(row, VendorError):
                raise row
            else:
                erased.append(ident)
        if erased:
            self.add(what, "erased", erased, keeps)
        if gone:
            self.add(what, "gone", gone, keeps)

    async def erase(self, what: str, find: Find, delete: Delete, keeps: Retention) -> None:
        """Find and delete things of ours about the person: tasks or notes.

        Those that this key may not find or delete don't keep the contact from being erased.
        """
        try:
            if ids := await find():
                self.settle(what, ids, await delete(ids), keeps)
        except (RecordRejected, NotInPlan) as error:
            self.fail(what, str(error))
