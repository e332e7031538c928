"""The state of a simulated site, rebuilt without its changelog, beside the lost one."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from leads import topics
from leads.records import Audit, ReviewDecision, Signal
from leads.rules import Rules
from streams.rebuild import model
from streams.rebuild.finishing import Finished, Finishing
from streams.rebuild.model import Original, is_decision
from streams.rebuild.ordering import EventStamp, times_of
from streams.rebuild.reading import OUTSIDE, UNREAD, RecordReader, places_of
from streams.rebuild.rebuilding import Rebuilding
from streams.rebuild.rebuilt_rows import RebuiltRows
from streams.runner.captured_records import identify
from streams.runner.model import Stage
from streams.stages.all import make_stages
from streams.testing.log import LogRecord
from streams.testing.store import MemoryStore
from tables import schema
from tables.state import Table
from tests.simulation.site import Site

#: How a place in the log, a time of a call, or what an open attempt keeps is not known again.
UNKNOWN = ("at", "since", "started", "begun", "now")


class Audited:
    """See AuditIndex."""

    def __init__(self, events: list[Audit]) -> None:
        self._causes = {(e.stage, e.lead, e.cause) for e in events if is_decision(e)}
        self._steps: dict[str, int] = {}
        for event in filter(is_decision, events):
            self._steps[event.lead] = max(event.step, self._steps.get(event.lead, -1))

    def has(self, stage: str, lead: str, cause: str) -> bool:
        """See AuditIndex."""
        return (stage, lead, cause) in self._causes

    def last_step(self, lead: str) -> int:
        """See AuditIndex."""
        return self._steps.get(lead, -1)


class Rebuilt(NamedTuple):
    """What came out of it."""

    rows: RebuiltRows
    rebuilding: Rebuilding
    finished: Finished


def rebuild(site: Site, rules: Rules) -> Rebuilt:
    """Rebuild a site that has stopped."""
    stages = {stage.name: stage for stage in make_stages(site.keys)}
    reader = RecordReader(stages.values(), site.sealing, site.keys.signatures)
    events = list(_events(site))
    places, unread = _unread(site, stages, reader)
    rebuilding = Rebuilding(
        model.Site(
            stages=stages,
            rules={one.hash: one for one in site.known},
            current=rules.hash,
            original=_originals(site).get,
            audited=Audited(events),
            places=places,
            rows=RebuiltRows(MemoryStore(), site.sealing),
            sealing=site.sealing,
        )
    )
    times = _times(events)
    found: list[tuple[float, int, Any]] = [
        (times[event.id], event.step * 2 + (event.kind != "reviewed"), event) for event in events
    ]
    for topic in OUTSIDE:
        for raw in _committed(site, topic):
            if (record := reader.read(topic, raw)) is not None:
                found.append((raw.timestamp / 1000, -1, (topic, raw, record)))
    for _, _, one in sorted(found, key=lambda each: each[:2]):
        if isinstance(one, Audit):
            rebuilding.take_event(one)
        else:
            rebuilding.take_record(*one)
    answers = [
        record
        for raw in _committed(site, topics.REVIEW_DECISIONS)
        if isinstance(record := reader.read(topics.REVIEW_DECISIONS, raw), ReviewDecision)
    ]
    finished = Finishing(rebuilding, site.clock.now()).finish(answers, unread)
    return Rebuilt(rebuilding.site.rows, rebuilding, finished)


def _events(site: Site) -> Iterator[Audit]:
    seen = set()
    for record in site.log.all(topics.AUDIT.full):
        event = msgspec.json.decode(record.value or b"", type=Audit)
        if event.id not in seen:
            seen.add(event.id)
            yield site.sealing.open(event)


def _times(events: list[Audit]) -> dict[str, float]:
    of_leads: dict[str, list[EventStamp]] = {}
    for event in events:
        stamp = EventStamp(event.id, event.stage, event.step, event.cause, event.at)
        of_leads.setdefault(event.lead, []).append(stamp)
    return {ident: at for stamps in of_leads.values() for ident, at in times_of(stamps).items()}


def _originals(site: Site) -> dict[str, Original]:
    found: dict[str, Original] = {}
    for raw in site.log.all(topics.CAPTURED.full):
        found.setdefault(identify(raw)[1], Original(raw.value or b"", raw.offset))
    return found


def _committed(site: Site, topic: topics.Topic) -> Iterator[LogRecord]:
    for raw in site.log.all(topic.full):
        if raw.offset < site.log.committed.get((topic.full, raw.partition), 0):
            yield raw


def _unread(
    site: Site, stages: dict[str, Stage], reader: RecordReader
) -> tuple[dict[tuple[str, str, str], str], list[tuple[int, Signal]]]:
    """Where records lie that are not committed, and the signals among them."""
    places: dict[tuple[str, str, str], str] = {}
    signals: list[tuple[int, Signal]] = []
    for topic in UNREAD:
        for raw in site.log.all(topic.full):
            committed = site.log.committed.get((topic.full, raw.partition), 0)
            if raw.offset < committed or (record := reader.read(topic, raw)) is None:
                continue
            places.update(places_of(stages.values(), topic, raw, record))
            if isinstance(record, Signal):
                signals.append((raw.partition, record))
    return places, signals


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
