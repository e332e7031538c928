"""CSV import of Apollo's export: columns by header name, both layouts, with low priority.

Rows are sent only while few leads wait in the pipeline, so that fresh leads overtake a bulk import
(docs/architecture.md, Design decisions). A second import of the same file adds nothing: its rows
are the same revisions.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer

from app.base.settings import Settings
from app.ingest.captured_rows import digest, latest_rows
from app.ingest.csv_file import FileForm, Row, read_rows
from app.ingest.import_registry import record_start
from app.kafka.sending import send_all
from app.monitoring.lag import backlog
from app.privacy.captured_messages import captured_messages, record_key
from leads.export_columns import APOLLO_ID
from leads.keys import derive, lead_id
from leads.rawvalues import read_apollo_id
from leads.records import Captured
from leads.sealing import Sealing
from streams.ports import Clock

WINDOW = 500
_CHUNK = 100


@dataclass(slots=True)
class ImportCount:
    """The rows that one run has captured, and those of them that were captured before with the same
    content and so change nothing."""

    captured: int = 0
    unchanged: int = 0


def import_id(path: Path) -> str:
    """The id of a file's import, for the audit and `leadgate undo`; the same for each import of the
    same file."""
    with path.open("rb") as file:
        return f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"


def to_captured(row: Row, name: str, now: float, lane: str, again: str = "") -> Captured:
    """A row as a captured record."""
    source, ident = _source_of(row)
    return Captured(
        source=source,
        source_id=ident,
        captured_at=now,
        raw=dict(row.read),
        format="csv",
        imported=name,
        priority=lane,
        reimport_id=again,
    )


def leads_of(form: FileForm) -> set[str]:
    """The ids of the leads that a file's rows are."""
    return {lead_id(*_source_of(row)) for row in read_rows(form)}


def _source_of(row: Row) -> tuple[str, str]:
    """The source of a row and its id there: of Apollo's contact if the row has its id, else of the
    file.

    The latter id comes from the file's own words, whatever they are read as.
    """
    if ident := read_apollo_id(row.read.get(APOLLO_ID, "").strip().lstrip("'")):
        return "apollo", ident
    return "csv", derive("row", *sorted(row.given.items()))


async def import_csv(
    form: FileForm,
    ident: str,
    settings: Settings,
    producer: AIOKafkaProducer,
    clock: Clock,
    sealing: Sealing,
    *,
    rows: int,
    window: int = WINDOW,
    again: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportCount:
    """Import every row that is no exact copy of an earlier one; returns once all are acknowledged.

    `again` imports known and unchanged rows once more, as after an undo; each run has an id of its
    own. `rows` is how many the file has, by the caller's check of it (see csv_file.check_file);
    `progress` is given the number of rows that are durable.
    """
    reimport_id = f"{ident} {clock.now()}" if again else ""
    lane = "bulk" if rows > window else "fresh"
    known = {} if again else await latest_rows(settings)
    count = ImportCount()
    left = read_rows(form)
    await record_start(settings, producer, ident, clock.now())
    while chunk := list(islice(left, _CHUNK)):
        if lane == "bulk":
            while await backlog(settings) > window:
                await asyncio.sleep(0.5)
        records = [to_captured(row, ident, clock.now(), lane, reimport_id) for row in chunk]
        await send_all(producer, await captured_messages(records, sealing))
        count.captured += len(chunk)
        count.unchanged += sum(known.get(record_key(one)) == digest(one.raw) for one in records)
        progress(count.captured)
    return count
