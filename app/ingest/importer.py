"""CSV import of Apollo's export: by header name, both layouts, in the slow lane.

The file is the queue: rows are admitted only while the pipeline has room, so that fresh leads
pass a bulk import (docs/architecture.md, Design decisions). A second import of the same file adds
nothing: its rows are the same revisions.
"""

import asyncio
import csv
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from aiokafka import AIOKafkaProducer

from app.base.settings import Settings
from app.ingest.import_registry import record_start
from app.monitoring.lag import backlog
from leads import topics
from leads.keys import derive
from leads.rawvalues import read_apollo_id
from leads.records import Captured, encode
from streams.ports import Clock

WINDOW = 500
_CHUNK = 100
_NEEDED = ("First Name", "Last Name", "Title", "Email")


class ImportFileError(ValueError):
    """The file is no export of Apollo's; the text says which columns are missing."""


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows by column name.

    Raises ImportFileError when the columns that every export has aren't there.
    """
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        there = reader.fieldnames or []
        missing = [name for name in _NEEDED if name not in there]
        if missing or not {"Company Name", "Company"} & set(there):
            missing += [] if {"Company Name", "Company"} & set(there) else ["Company Name"]
            raise ImportFileError(
                f"{path}: no column {', '.join(missing)}; is it an Apollo contact export?"
            )
        for row in reader:
            yield {name: value for name, value in row.items() if name and value}


def count_rows(path: Path) -> int:
    """How many rows there are, for a progress bar."""
    return sum(1 for _ in read_rows(path))


def import_id(path: Path) -> str:
    """Names what a file brings in, for the audit and `leadgate undo`: the same file has the same
    id, however often it runs."""
    with path.open("rb") as file:
        return f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"


def to_captured(row: dict[str, str], name: str, now: float, lane: str, again: str = "") -> Captured:
    """A row as a captured record: Apollo's own contact where it names one, else a record of the
    file."""
    apollo_id = read_apollo_id(row.get("Apollo Contact Id", "").strip().lstrip("'"))
    source, ident = (
        ("apollo", apollo_id) if apollo_id else ("csv", derive("row", *sorted(row.items())))
    )
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
    """Import every row; the number of rows. Returns when all are acknowledged.

    `again` takes known and unchanged rows in once more, as after an undo: each run of it is
    one wish.
    """
    wish = f"{ident} {clock.now()}" if again else ""
    total = 0
    rows = read_rows(path)
    await record_start(settings, producer, ident, clock.now())
    lane = "bulk" if count_rows(path) > window else "fresh"
    while chunk := [row for _, row in zip(range(_CHUNK), rows, strict=False)]:
        if lane == "bulk":
            while await backlog(settings) > window:
                await asyncio.sleep(0.5)
        records = [to_captured(row, ident, clock.now(), lane, wish) for row in chunk]
        sent = [
            await producer.send(
                topics.CAPTURED.full, encode(r), key=f"{r.source}:{r.source_id}".encode()
            )
            for r in records
        ]
        for future in sent:
            await future
        total += len(chunk)
        progress(total)
    return total
