"""CSV import of Apollo's export: columns by header name, both layouts, with low priority.

Rows are sent only while few leads wait in the pipeline, so that fresh leads overtake a bulk import
(docs/architecture.md, Design decisions). A second import of the same file adds nothing: its rows
are the same revisions.
"""

import asyncio
import csv
import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer

from app.base.errors import UsageError
from app.base.settings import Settings
from app.ingest.import_registry import record_start
from app.kafka.sending import Message, send_all
from app.monitoring.lag import backlog
from leads import topics
from leads.encodings import EncodingError, require_utf8
from leads.keys import derive
from leads.rawvalues import read_apollo_id
from leads.records import Captured, encode
from streams.ports import Clock

WINDOW = 500
_CHUNK = 100
_NEEDED = ("First Name", "Last Name", "Title", "Email")


class ImportFileError(UsageError):
    """The file can't be read as an export of Apollo's; the text says where and why."""


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows by column name.

    Raises ImportFileError when the file is not UTF-8, the columns that every export has aren't
    there, or it is no CSV.
    """
    _require_utf8(path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        try:
            there = reader.fieldnames or []
            missing = [name for name in _NEEDED if name not in there]
            if "Company Name" not in there and "Company" not in there:
                missing.append("Company Name")
            if missing:
                raise ImportFileError(
                    f"{path}: no column {', '.join(missing)}; is it an Apollo contact export?"
                )
            for row in reader:
                yield {name: value for name, value in row.items() if name and value}
        except csv.Error as error:
            raise ImportFileError(f"{path}: not CSV ({error}, line {reader.line_num})") from None


def _require_utf8(path: Path) -> None:
    with path.open("rb") as lines:
        try:
            require_utf8(lines, str(path))
        except EncodingError as error:
            raise ImportFileError(str(error)) from None


def count_rows(path: Path) -> int:
    """The number of rows, for a progress bar."""
    return sum(1 for _ in read_rows(path))


def import_id(path: Path) -> str:
    """The id of a file's import, for the audit and `leadgate undo`; the same for each import of the
    same file."""
    with path.open("rb") as file:
        return f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"


def to_captured(row: dict[str, str], name: str, now: float, lane: str, again: str = "") -> Captured:
    """A row as a captured record: of Apollo's contact if the row has its id, else of the file."""
    source, ident = "apollo", read_apollo_id(row.get("Apollo Contact Id", "").strip().lstrip("'"))
    if not ident:
        source, ident = "csv", derive("row", *sorted(row.items()))
    return Captured(
        source=source,
        source_id=ident,
        captured_at=now,
        raw=dict(row),
        format="csv",
        imported=name,
        priority=lane,
        reimport_id=again,
    )


async def import_csv(
    path: Path,
    ident: str,
    settings: Settings,
    producer: AIOKafkaProducer,
    clock: Clock,
    *,
    window: int = WINDOW,
    again: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Import every row; returns the number of rows, once all are acknowledged.

    `again` imports known and unchanged rows once more, as after an undo; each run has an id of its
    own.
    """
    reimport_id = f"{ident} {clock.now()}" if again else ""
    total = 0
    rows = read_rows(path)
    await record_start(settings, producer, ident, clock.now())
    lane = "bulk" if count_rows(path) > window else "fresh"
    while chunk := list(islice(rows, _CHUNK)):
        if lane == "bulk":
            while await backlog(settings) > window:
                await asyncio.sleep(0.5)
        messages = []
        for row in chunk:
            messages.append(_message(to_captured(row, ident, clock.now(), lane, reimport_id)))
        await send_all(producer, messages)
        total += len(chunk)
        progress(total)
    return total


def _message(record: Captured) -> Message:
    key = f"{record.source}:{record.source_id}".encode()
    return Message(topics.CAPTURED.full, key, encode(record))
