"""The review sheets in memory: the double of app.review.erasing for tests and simulations."""

from collections.abc import Callable, Collection

from connectors.core.erasing import EraseReport
from leads.erasure import Erasure


class MemorySheets:
    """See streams.effects.context.ReviewSheets. `rows` are pairs of a lead's id and the key of its
    address."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.rows: list[tuple[str, str]] = []

    async def erase(
        self, lead_ids: Collection[str], address_keys: Collection[str]
    ) -> list[Erasure]:
        """See the Protocol."""
        gone = [row for row in self.rows if row[0] in lead_ids or row[1] in address_keys]
        self.rows[:] = [row for row in self.rows if row not in gone]
        report = EraseReport("the review sheet", self._clock())
        report.add("row", "erased" if gone else "gone", [lead for lead, _ in gone])
        return report.parts
