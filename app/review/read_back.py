"""A corrected sheet read back: each changed row becomes a person's decision about the lead that
waits."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.review.sheets import FIELDS, Row, value_of
from leads.records import ReviewItem

_PLAIN = frozenset({"merge", "separate", "redrive", "approve", "suppress"})


@dataclass(frozen=True, slots=True)
class SheetDiff:
    """What a row asks for."""

    item: ReviewItem
    action: str
    fields: dict[str, str]


@dataclass(slots=True)
class Reading:
    """What a sheet asks for, rows that ask for nothing, and a line for each that can't be done."""

    wanted: list[SheetDiff] = field(default_factory=list)
    untouched: int = 0
    problems: list[str] = field(default_factory=list)


def read(rows: Iterable[Row], held: Iterable[ReviewItem]) -> Reading:
    """Compare rows with what waits now.

    A row of a lead that has moved on does nothing: it comes too late.
    """
    waiting = {f"{item.lead_id}:{item.step}": item for item in held}
    reading = Reading()
    for number, row in enumerate(rows, 2):  # line 1 is the header
        if (item := waiting.get(row["record_id"])) is None:
            reading.problems += (
                [f"row {number}: lead {row['record_id']} waits no longer at that step"]
                if _asks(row)
                else []
            )
            continue
        try:
            wanted = _wanted(row, item)
        except ValueError as error:
            reading.problems.append(f"row {number}: {error}")
            continue
        if wanted is None:
            reading.untouched += 1
        else:
            reading.wanted.append(wanted)
    return reading


def _asks(row: Row) -> bool:
    return bool(row.get("decision", "").strip())


def _wanted(row: Row, item: ReviewItem) -> SheetDiff | None:
    changed = {
        n: row[n].strip() for n in FIELDS if n in row and row[n].strip() != value_of(item, n)
    }
    action, _, to = row["decision"].strip().partition(" ")
    if action and changed:
        raise ValueError(
            f"has both a decision ({action}) and corrections ({', '.join(changed)}): one at a time"
        )
    if not action:
        return SheetDiff(item, "set", changed) if changed else None
    if action == "route" and "@" in to:
        return SheetDiff(item, action, {"to": to.strip()})
    if action in _PLAIN and not to:
        return SheetDiff(item, action, {})
    raise ValueError(
        f"no such decision {row['decision']!r}: merge, separate, redrive, approve, suppress, or"
        " route and an address"
    )
