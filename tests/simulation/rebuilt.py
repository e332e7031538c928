"""The state of a simulated site, rebuilt without its changelog, beside the lost one."""

from collections import Counter
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from app.setup.rebuild_input import RebuildInput, rebuild_in_order
from app.setup.rebuild_store import RebuildStore
from leads import topics
from leads.records import ReviewDecision
from leads.rules import Rules
from streams.rebuild.finishing import Finished, Finishing
from streams.rebuild.model import RebuildContext
from streams.rebuild.reading import OUTSIDE, UNREAD, RecordReader
from streams.rebuild.rebuilding import Rebuilding
from streams.rebuild.rebuilt_rows import RebuiltRows
from streams.stages.all import make_stages
from streams.testing.log import LogRecord
from tables import schema
from tables.state import Table
from tests.simulation.site import Site

#: How a place in the log, a time of a call, or what an open attempt keeps is not known again.
UNKNOWN = ("at", "since", "started", "begun", "now")


class Rebuilt(NamedTuple):
    """What came out of it."""

    rows: RebuiltRows
    rebuilding: Rebuilding
    finished: Finished


def rebuild(site: Site, rules: Rules) -> Rebuilt:
    """Rebuild a site that has stopped."""
    stages = {stage.name: stage for stage in make_stages(site.keys)}
    reader = RecordReader(stages.values(), site.sealing, site.keys.signatures)
    store = RebuildStore()
    found = RebuildInput(store, stages.values(), reader)
    for record in site.log.all(topics.AUDIT.full):
        found.take_event(record.value or b"")
    for topic in dict.fromkeys((*OUTSIDE, *UNREAD)):
        for record in site.log.all(topic.full):
            found.take_record(record, is_committed=_is_committed(site, record))
    rebuilding = Rebuilding(
        RebuildContext(
            stages=stages,
            rules={one.hash: one for one in site.known},
            current=rules.hash,
            original=store.original,
            audited=store,
            places=found.places,
            rows=RebuiltRows(store, site.sealing),
            sealing=site.sealing,
        )
    )
    rebuild_in_order(store, rebuilding, reader, site.sealing)
    answers = [
        answer
        for record in site.log.all(topics.REVIEW_DECISIONS.full)
        if _is_committed(site, record)
        and isinstance(answer := reader.read(topics.REVIEW_DECISIONS, record), ReviewDecision)
    ]
    finished = Finishing(rebuilding, site.clock.now()).finish(answers, found.signals)
    return Rebuilt(rebuilding.context.rows, rebuilding, finished)


def _is_committed(site: Site, record: LogRecord) -> bool:
    return record.offset < site.log.committed.get((record.topic, record.partition), 0)


def lost_rows(site: Site, partition: int) -> dict[bytes, bytes]:
    """What the changelog holds of a partition."""
    rows: dict[bytes, bytes] = {}
    for record in site.log.read(topics.CHANGELOG, partition):
        rows.pop(record.key or b"", None)
        if record.value is not None:
            rows[record.key or b""] = record.value
    return rows


def tables() -> dict[str, Table[Any]]:
    """Every table by name."""
    names = [stage.name for stage in make_stages(None)]  # type: ignore[arg-type]
    of_stages = chain.from_iterable((make(name) for name in names) for make in schema.OF_A_STAGE)
    return {table.name: table for table in (*schema.TABLES, *of_stages)}


class Difference(NamedTuple):
    """A row that isn't the lost one: None for one that is not there."""

    table: str
    partition: int
    key: str
    lost: Any
    rebuilt: Any


def differences(site: Site, rebuilt: Rebuilt) -> tuple[list[Difference], Counter[str]]:
    """The rows that differ, and how many rows each table had."""
    found: list[Difference] = []
    counts: Counter[str] = Counter()
    known = tables()
    for partition in range(topics.PARTITIONS):
        before, after = lost_rows(site, partition), dict(rebuilt.rows.all(partition))
        for key in sorted(before.keys() | after.keys()):
            name, _, own = key.decode().partition("\x00")
            counts[name] += key in before
            old, new = (_read(site, known[name], rows.get(key)) for rows in (before, after))
            if old != new:
                found.append(Difference(name, partition, own, old, new))
    return found, counts


def _read(site: Site, table: Table[Any], value: bytes | None) -> Any:
    if value is None:
        return None
    record = site.sealing.open(table.decode(value))
    plain = msgspec.json.decode(msgspec.json.encode(record))
    if table.name.startswith("attempt."):
        for name in UNKNOWN:
            plain.pop(name, None)
    return plain
