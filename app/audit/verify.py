"""Proof of conservation (promise P1), from the log alone.

The committed offsets are read first, then the end offsets: those of audit, state and review items
before those of the topics that stages read. So a lead whose decision is being written meanwhile has
the record that led to it at or after a committed offset. If the topics disagree about a lead
without such a record, that is a fault, not a moment between two writes.
"""

from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer

from app.audit.ledger import Ledger
from app.audit.placement import PlacementLedger
from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import Offsets, consuming, ends, read_to
from app.monitoring.lag import committed
from app.retention.deletions import read_deletions
from leads import topics


class AuditTail:
    """Follows the audit, to count leads by place without reading all of it each time."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._ledger = Ledger()
        self._position: Offsets = {}

    async def account(self) -> PlacementLedger:
        """The place of every lead, by the events up to now."""
        cut = await ends(self._consumer, [topics.AUDIT.full])
        async for record in read_to(self._consumer, cut, self._position):
            if record.value:
                self._ledger.note_event(record.value)
        self._position = dict(cut)
        return self._ledger.account()


async def verify_placement(settings: Settings) -> PlacementLedger:
    """Read the log, and find every lead's place and every contradiction.

    While workers run, a log can be compacted past its cut, which hides rows; so only a fault that
    two readings find counts.
    """
    account = await _verify_once(settings)
    if account.faults:
        return account.confirmed_by(await _verify_once(settings))
    return account


async def _verify_once(settings: Settings) -> PlacementLedger:
    done = await committed(settings)
    async with consuming(settings) as consumer:
        first = await _all_ends(
            consumer, [topics.AUDIT.full, topics.CHANGELOG, topics.REVIEW_QUEUE.full]
        )
        read = await _all_ends(consumer, topics.STAGE_TOPICS)
        deleting = [tp for tp in read if topics.BY_NAME[tp.topic].cleanup == "delete"]
        begin = await consumer.beginning_offsets(deleting)
        # a worker stores what it deletes before it does: read later, it covers these beginnings
        deletions = await read_deletions(consumer)
        ledger = Ledger(done)
        captured = _of(read, topics.CAPTURED.full)
        others = dict(read)
        for tp in captured:
            del others[tp]
        async for record in read_to(consumer, others, done):
            ledger.note_pending(record)
        async for record in read_to(consumer, captured):
            ledger.note_captured(record)
        async for record in read_to(consumer, _of(first, topics.CHANGELOG)):
            ledger.note_row(record.partition, record.key, record.value)
        async for record in read_to(consumer, _of(first, topics.REVIEW_QUEUE.full)):
            if record.value:
                ledger.note_item(record.value)
        async for record in read_to(consumer, _of(first, topics.AUDIT.full)):
            if record.value:
                ledger.note_event(record.value)
    return ledger.judge(begin, read, deletions)


async def _all_ends(consumer: AIOKafkaConsumer, names: Collection[str]) -> Offsets:
    """The end offsets of these topics.

    Raises UsageError for a missing topic: by a part of the log, leads would be reported as lost
    whose records were only not read.
    """
    found = await ends(consumer, names)
    if missing := sorted(set(names) - {tp.topic for tp in found}):
        raise UsageError(
            f"the broker has no topic {', '.join(missing)}: run `leadgate provision` first"
        )
    return found


def _of(offsets: Offsets, topic: str) -> Offsets:
    """The offsets of one topic's partitions."""
    return {tp: offset for tp, offset in offsets.items() if tp.topic == topic}
