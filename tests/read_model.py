"""The console's read model as tests fill and read it."""

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.console import schema
from app.console.groups import Change, latest
from app.console.projecting import PROJECTED, changes_of
from app.console.store import Partition, ReadModel, Span
from leads import topics
from streams.testing.log import LogRecord, MemoryLog
from tests.simulation.plan import make_plan
from tests.simulation.simulate import be_quiet, simulate
from tests.simulation.site import Site

NOW = 1.0
Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]  # by table and primary key


def records_of(site: Site) -> list[LogRecord]:
    """All that a simulated site's log has held of what the console reads."""
    return [record for name in PROJECTED for record in site.ever(topics.BY_NAME[name])]


def simulated(seeds: Iterable[int]) -> list[LogRecord]:
    """What some simulated sites have written, one site's after the other's, and an import."""
    be_quiet()
    ends: dict[Partition, int] = {}
    found = [LogRecord(topics.CURSORS.full, 0, 0, b"import:a.csv:1", b'{"at":5.0}', 1000)]
    for seed in seeds:
        for record in records_of(simulate(make_plan(seed)).site):
            place = record.topic, record.partition
            found.append(record._replace(offset=ends.get(place, 0)))
            ends[place] = found[-1].offset + 1
    return found


def changes(records: Iterable[LogRecord]) -> list[Change]:
    """What these records say."""
    return [change for record in records for change in changes_of(record)]


def rows_of(model: ReadModel) -> Rows:
    """All rows but the offsets."""
    found: Rows = {}
    with model.engine.connect() as connection:
        for table in schema.DERIVED:
            if table is not schema.OFFSETS:
                keys = [column.name for column in table.primary_key.columns]
                rows = [dict(row._mapping) for row in connection.execute(select(table))]
                found[table.name] = {tuple(row[key] for key in keys): row for row in rows}
    return found


def plain_rows(records: Iterable[LogRecord]) -> Rows:
    """The rows as no database has made them: of each group, the change with the highest rank."""
    found: Rows = {
        table.name: {} for table in schema.DERIVED if table is not schema.OFFSETS
    }
    for group, rows in latest(changes(records)).items():
        table = group.table
        for row in rows.values():
            key = tuple(row[column.name] for column in table.primary_key.columns)
            blank = dict.fromkeys(column.name for column in table.columns)
            found[table.name].setdefault(key, blank).update(row)
    return found


def fill(model: ReadModel, records: Iterable[LogRecord], draw: random.Random) -> None:
    """Read partitions by pieces of any length, in any order, from where the model says that they
    are read to."""
    by_partition: defaultdict[Partition, list[LogRecord]] = defaultdict(list)
    for record in records:
        by_partition[record.topic, record.partition].append(record)
    while open_ones := _unread(model, by_partition):
        known, spans, found = model.offsets(), [], list[Change]()
        for place in draw.sample(sorted(open_ones), draw.randint(1, min(20, len(open_ones)))):
            unread = open_ones[place]
            piece = unread[: draw.randint(1, len(unread))]
            end = unread[-1].offset + 1
            spans.append(Span(*place, known.get(place), piece[-1].offset + 1, end))
            found += changes(piece)
        model.apply(found, spans, NOW)


def _unread(
    model: ReadModel, by_partition: dict[Partition, list[LogRecord]]
) -> dict[Partition, list[LogRecord]]:
    known, unread = model.offsets(), {}
    for place, records in by_partition.items():
        if left := [one for one in records if one.offset >= known.get(place, 0)]:
            unread[place] = left
    return unread


def compacted(records: list[LogRecord]) -> list[LogRecord]:
    """What Kafka leaves of them: of a compacted topic the last record of each key."""
    last: dict[tuple[str, int, bytes | None], int] = {}
    for record in records:
        last[record.topic, record.partition, record.key] = record.offset
    kept = []
    for record in records:
        is_kept = topics.BY_NAME[record.topic].cleanup == "delete"
        if is_kept or last[record.topic, record.partition, record.key] == record.offset:
            kept.append(record)
    return kept


def begins_of(log: MemoryLog) -> dict[Partition, int]:
    """The first offset of each partition."""
    places = [(name, partition) for name in PROJECTED for partition in range(topics.PARTITIONS)]
    return {place: log.begin(*place) for place in places}
