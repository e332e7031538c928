"""The review sheet: rows made from the topic `review-queue` by one writer, the poller, and read
back by a command.

A row is one wait of one lead; its `record_id` has the lead's id and its step. So a lead that waits
again gets a new row, and no wait has two. People fill in `decision` and correct the person's and
the company's fields.
"""

import csv
import fcntl
import io
import os
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer

from app.files.encodings import encoding_of
from app.files.formulas import escape_formulas, unescape_formulas
from app.kafka.clients import ends, read_to
from connectors.core.errors import VendorError
from connectors.core.private_files import open_private, write_private
from leads import topics
from leads.erasure import Erasure, ErasureOutcome
from leads.records import ReviewItem
from leads.review_items import ReviewItems
from leads.sealing import Sealing
from leads.times import format_time

log = structlog.get_logger(__name__)
#: The columns that a person may correct, named as the lead's fields.
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
_WRITTEN_AGAIN = "the poller writes it again, without leads that no longer wait"
_COPIES = "copies that people have made of the file aren't reached"
Row = dict[str, str]


class PersonRows(NamedTuple):
    """Which rows are a person's: those of its leads, and those with an address of its keys.

    `key_of` makes an address's key.
    """

    lead_ids: Collection[str]
    address_keys: Collection[str]
    key_of: Callable[[str], str]

    def has(self, row: Mapping[str, str]) -> bool:
        """Whether a row is the person's."""
        lead, _, _ = row.get("record_id", "").rpartition(":")
        return lead in self.lead_ids or self.key_of(row.get("email", "")) in self.address_keys


class Sheet(Protocol):
    """A place where the rows are shown."""

    async def show(self, rows: list[Row]) -> None:
        """Show exactly these rows as open. A second call with the same rows changes nothing."""
        ...

    async def erase(self, person: PersonRows) -> Erasure:
        """Clear a person's rows, open or settled, and no others. A second call changes nothing.

        Raises VendorError.
        """
        ...


class ReviewSheetProjector:
    """Follows the topic, and shows the waiting leads on each sheet when they have changed."""

    def __init__(self, sheets: Iterable[Sheet], sealing: Sealing) -> None:
        self._sheets, self._sealing = list(sheets), sealing
        self._items = ReviewItems()
        self._position: dict[object, int] = {}
        self._shown: list[Row] | None = None

    async def refresh(self, consumer: AIOKafkaConsumer) -> None:
        """Show all leads that wait by the topic now."""
        until = await ends(consumer, [topics.REVIEW_QUEUE.full])
        async for record in read_to(consumer, until, self._position):
            self._items.note(msgspec.json.decode(record.value, type=ReviewItem))
        self._position = dict(until)
        shown = [item for item in self._items.waiting() if item.kind in _SHOWN]
        rows = list(map(row_of, await self._sealing.open_all(shown)))
        if rows != self._shown:
            written = [await self._show(sheet, rows) for sheet in self._sheets]
            self._shown = rows if all(written) else None

    async def _show(self, sheet: Sheet, rows: list[Row]) -> bool:
        """Whether the sheet was written. One that can't be written is logged, and written at the
        next poll."""
        try:
            await sheet.show(rows)
        except VendorError as error:
            log.error("the review sheet is not up to date", why=str(error))
            return False
        return True


class CsvSheet:
    """A file that is replaced as a whole at each change, and that its owner alone can read; people
    correct a copy of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def show(self, rows: list[Row]) -> None:
        """See Sheet. What a spreadsheet would take for a formula begins with an apostrophe. Raises
        OSError for a link, another user's file, or a disk that can't be written."""
        with self._locked():
            self._write(rows)

    async def erase(self, person: PersonRows) -> Erasure:
        """See Sheet. A file that isn't on this machine is the poller's elsewhere. Raises OSError as
        `show`, and ValueError for a file that is no sheet of ours."""
        if not self._path.exists():
            return self._erasure("gone", (), "the file isn't on this machine; " + _WRITTEN_AGAIN)
        with self._locked():
            rows = read_csv(self._path)
            theirs = [row["record_id"] for row in rows if person.has(row)]
            if theirs:
                self._write([row for row in rows if not person.has(row)])
        return self._erasure("erased" if theirs else "gone", theirs, _COPIES)

    def _erasure(self, outcome: ErasureOutcome, ids: Iterable[str], remains: str) -> Erasure:
        name = self._path.name
        return Erasure(system=name, what="row", outcome=outcome, ids=tuple(ids), remains=remains)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep the other processes from replacing the file between our reading and writing it."""
        lock = open_private(self._path.with_name(f".{self._path.name}.lock"), os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, rows: Iterable[Row]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, COLUMNS)
        writer.writeheader()
        writer.writerows(map(_escape_row, rows))
        write_private(self._path, text.getvalue())


def row_of(item: ReviewItem) -> Row:
    """The row of a waiting lead; `decision` is empty."""
    row = {
        "record_id": f"{item.lead_id}:{item.step}",
        "since": format_time(item.since),
        "kind": item.kind,
        "stage": item.stage,
        "reasons": "; ".join(f"{reason.rule}: {reason.why}" for reason in item.reasons),
    }
    for name in FIELDS:
        row[name] = value_of(item, name)
    row["decision"] = ""
    return row


def value_of(item: ReviewItem, name: str) -> str:
    """The lead's value of a column."""
    part, _, field = name.rpartition(".")
    if part == "company":
        return str(getattr(item.company, field))
    return str(getattr(item.person, field))


def _escape_row(row: Row) -> Row:
    return {name: escape_formulas(value) for name, value in row.items()}


def _unescape_row(row: Mapping[str | None, str | None]) -> Row:
    """A row of csv.DictReader; cells without a column are dropped, missing ones are empty."""
    return {name: unescape_formulas(value or "") for name, value in row.items() if name}


def read_csv(path: Path) -> list[Row]:
    """The rows of a corrected copy.

    Raises EncodingError if it is not known how the file's bytes are letters, ValueError if it is no
    review sheet.
    """
    with path.open(newline="", encoding=encoding_of(path)) as file:
        rows = list(map(_unescape_row, csv.DictReader(file)))
    check_columns(next(iter(rows), COLUMNS), str(path))
    return rows


def check_columns(columns: Container[str], name: str) -> None:
    """Raise ValueError with the columns that are missing."""
    missing = [column for column in ("record_id", "decision") if column not in columns]
    if missing:
        raise ValueError(f"{name}: no column {', '.join(missing)}; is it a sheet of Leadgate's?")
