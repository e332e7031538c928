"""A person's rows of the Google sheet, emptied in place.

A row stays as a mark: its `record_id`, by which the poller knows that it was shown, and the status
`erased`. So the table has no gap, behind which the poller's next append would go and move the rows
below it, and no row is shown a second time.

The Sheets API addresses cells by their numbers alone. People may sort rows, or put some between,
while we write: the tab is read again, what became of another row is put back, and rows of the
person that have moved are found.
"""

from collections.abc import Iterator, Mapping, Sequence

from app.review.sheets import PersonRows
from connectors.core.errors import Unavailable
from connectors.google.sheets import GoogleTab

ERASED = "erased"
_ROUNDS = 3
Cells = list[str]


class SheetTable:
    """What a tab held at one moment, by the numbers of its rows; the header is row 1."""

    def __init__(self, there: Sequence[Cells]) -> None:
        self.header = there[0] if there else []
        self._rows = list(enumerate(there[1:], 2))

    def values(self, cells: Cells) -> Mapping[str, str]:
        """A row by its columns."""
        return dict(zip(self.header, cells, strict=False))

    def of(self, person: PersonRows) -> dict[int, Cells]:
        """The rows of a person that aren't empty yet, by their numbers."""
        found: dict[int, Cells] = {}
        for number, cells in self._rows:
            if person.has(self.values(cells)) and cells != self.emptied(cells):
                found[number] = cells
        return found

    def by_record(self) -> dict[str, Cells]:
        """The rows that people can see, by their record ids."""
        found: dict[str, Cells] = {}
        for _, cells in self._rows:
            row = self.values(cells)
            if row.get("record_id") and row.get("status") != ERASED:
                found[row["record_id"]] = cells
        return found

    def numbers_of_erased(self) -> Iterator[tuple[str, int]]:
        """The record ids of emptied rows, each with its row's number."""
        for number, cells in self._rows:
            row = self.values(cells)
            if row.get("status") == ERASED:
                yield row.get("record_id", ""), number

    def emptied(self, cells: Cells) -> Cells:
        """A row of which the mark alone is left, without empty cells at its end, as Google shows
        it."""
        kept = {"record_id": self.values(cells).get("record_id", ""), "status": ERASED}
        return [kept.get(name, "") for name in self.header]


async def empty_rows(tab: GoogleTab, person: PersonRows) -> list[str]:
    """Empty a person's rows; answers their record ids.

    Raises VendorError: Unavailable if people move the rows all the time.
    """
    emptied: dict[str, None] = {}
    for _ in range(_ROUNDS):
        before = SheetTable(await tab.rows())
        theirs = before.of(person)
        if not theirs:
            return list(emptied)
        for cells in theirs.values():
            emptied[before.values(cells).get("record_id", "")] = None
        written: dict[str, str] = {}
        for number, cells in theirs.items():
            width = max(len(cells), len(before.header))
            written |= _changes(number, cells, before.emptied(cells), width)
        await tab.set(written)
        await _put_back(tab, before, emptied)
    raise Unavailable("the rows of the Google sheet move while they are emptied", 60.0)


async def _put_back(tab: GoogleTab, before: SheetTable, emptied: Mapping[str, None]) -> None:
    """Write the cells of rows again that were emptied since they had come to the place of one of
    the person's."""
    shown = before.by_record()
    lost: dict[str, str] = {}
    for ident, number in SheetTable(await tab.rows()).numbers_of_erased():
        if ident in shown and ident not in emptied:
            lost |= _changes(number, [], shown[ident], len(shown[ident]))
    if lost:
        await tab.set(lost)


def _changes(number: int, old: Cells, new: Cells, width: int) -> dict[str, str]:
    """The cells of a row that change, by their addresses; a tab has fewer than 27 columns."""
    changed: dict[str, str] = {}
    for place in range(width):
        value = new[place] if place < len(new) else ""
        if value != (old[place] if place < len(old) else ""):
            changed[f"{chr(ord('A') + place)}{number}"] = value
    return changed
