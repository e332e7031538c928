"""What waits for people, as a sheet: rows projected from the topic `review-queue` by one writer,
the poller, and read back by command.

A row is one wait of one lead (its `record_id` names lead and step), so that a lead that waits
again is a new row and none is there twice. `decision` and the cells of a person's fields are for
people to fill in.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer

from app.kafka.clients import ends, read_to
from connectors.core.errors import VendorError
from leads import topics
from leads.records import ReviewItem
from leads.review_items import ReviewItems

log = structlog.get_logger(__name__)
#: Columns that a person may correct, by what the lead's field is called.
FIELDS = (
    "email",
    "email_status",
    "first_name",
    "last_name",
    "title",
    "phone",
    "company.name",
    "company.domain",
)
COLUMNS = ("record_id", "since", "kind", "stage", "reasons", *FIELDS, "decision")
_SHOWN = frozenset({"review", "fallback"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, str]


class Sheet(Protocol):
    """Where the rows are shown."""

    async def show(self, rows: list[Row]) -> None:
        """Have exactly these rows open. Called again with the same rows it changes nothing."""
        ...


class ReviewSheetProjector:
    """Follows the topic, and shows what waits on each sheet; does nothing while nothing has
    changed."""

    def __init__(self, sheets: Iterable[Sheet]) -> None:
        self._sheets = list(sheets)
        self._items = ReviewItems()
        self._position: dict[object, int] = {}
        self._shown: list[Row] | None = None

    async def refresh(self, consumer: AIOKafkaConsumer) -> None:
        """Show every wait that the topic holds now."""
        until = await ends(consumer, [topics.REVIEW_QUEUE.full])
        async for record in read_to(consumer, until, self._position):
            self._items.note(msgspec.json.decode(record.value, type=ReviewItem))
        self._position = dict(until)
        rows = [row_of(item) for item in self._items.waiting() if item.kind in _SHOWN]
        if rows != self._shown:
            done = [await self._show(sheet, rows) for sheet in self._sheets]
            self._shown = rows if all(done) else None

    async def _show(self, sheet: Sheet, rows: list[Row]) -> bool:
        """A sheet that can't be written stops no poll: it is said, and tried again at the next
        one."""
        try:
            await sheet.show(rows)
        except VendorError as error:
            log.error("the sheet of what waits is not up to date", why=str(error))
            return False
        return True


class CsvSheet:
    """A file, written anew and put in place at once: correct a copy of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def show(self, rows: list[Row]) -> None:
        """See Sheet. Cells that a spreadsheet would take for a formula begin with an apostrophe."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(
                {name: escape_formula(value) for name, value in row.items()} for row in rows
            )
        fresh.replace(self._path)


def row_of(item: ReviewItem) -> Row:
    """A wait's row; `decision` is empty."""
    at = datetime.fromtimestamp(item.since, UTC).isoformat(timespec="seconds")
    why = "; ".join(f"{r.rule}: {r.why}" for r in item.reasons)
    told = {
        "record_id": f"{item.lead_id}:{item.step}",
        "since": at,
        "kind": item.kind,
        "stage": item.stage,
        "reasons": why,
    }
    return told | {name: value_of(item, name) for name in FIELDS} | {"decision": ""}


def value_of(item: ReviewItem, name: str) -> str:
    """A field of the lead as it waits."""
    return str(
        getattr(
            item.company if name.startswith("company.") else item.person,
            name.removeprefix("company."),
        )
    )


def escape_formula(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unescape_formula(text: str) -> str:
    """The cell as it was."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def read_csv(path: Path) -> list[Row]:
    """The rows of a corrected copy. Raises ValueError if it is no such sheet."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [
            {n: unescape_formula(v or "") for n, v in row.items() if n}
            for row in csv.DictReader(file)
        ]
    check_columns(rows[0] if rows else dict.fromkeys(COLUMNS, ""), str(path))
    return rows


def check_columns(row: Mapping[str, str], name: str) -> None:
    """Raise ValueError with the columns that are missing."""
    missing = [column for column in ("record_id", "decision") if column not in row]
    if missing:
        raise ValueError(f"{name}: no column {', '.join(missing)}; is it a sheet of Leadgate's?")
