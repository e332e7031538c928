"""Reads a corrected sheet: each changed row becomes a person's decision about a waiting lead."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.review.sheets import FIELDS, Row, value_of
from leads.records import ReviewItem

_PLAIN = frozenset({"merge", "separate", "redrive", "approve", "suppress"})


@dataclass(frozen=True, slots=True)
class SheetDiff:
    """The decision that a row asks for."""

    item: ReviewItem
    action: str
    fields: dict[str, str]


@dataclass(slots=True)
class Reading:
    """The decisions that a sheet asks for, the number of rows that ask for none, and a sentence for
    each row that can't be carried out."""

    wanted: list[SheetDiff] = field(default_factory=list)
    untouched: int = 0
    problems: list[str] = field(default_factory=list)


def read(rows: Iterable[Row], held: Iterable[ReviewItem]) -> Reading:
    """Compare the rows with the items of the leads that wait now (`held`).

    A row of a lead that has moved on has no effect: it comes too late.
    """
    waiting = {f"{item.lead_id}:{item.step}": item for item in held}
    reading = Reading()
    for number, row in enumerate(rows, 2):  # line 1 is the header
        if (item := waiting.get(row["record_id"])) is None:
            if _has_decision(row):
                reading.problems.append(
                    f"row {number}: lead {row['record_id']} waits no longer at that step"
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


def _has_decision(row: Row) -> bool:
    return bool(row.get("decision", "").strip())


def _wanted(row: Row, item: ReviewItem) -> SheetDiff | None:
    changed = _corrections(row, item)
    action, _, to = row["decision"].strip().partition(" ")
    if action and changed:
        raise ValueError(
            f"has both a decision ({action}) and corrections ({', '.join(changed)}): one at a time"
        )
    if changed:
        return SheetDiff(item, "set", changed)
    if not action:
        return None
    if action == "route" and "@" in to:
        return SheetDiff(item, action, {"to": to.strip()})
    if action in _PLAIN and not to:
        return SheetDiff(item, action, {})
    raise ValueError(
        f"no such decision {row['decision']!r}: merge, separate, redrive, approve, suppress, or"
        " route and an address"
    )


def _corrections(row: Row, item: ReviewItem) -> dict[str, str]:
    """The fields that a person has changed, with their new values."""
    changed = {}
    for name in FIELDS:
        if name in row and (value := row[name].strip()) != value_of(item, name):
            changed[name] = value
    return changed
