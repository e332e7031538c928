"""Proof of conservation (promise P1), from the log alone.

What is committed is read first, then one cut of all ends: of audit, state and review items
before those of the topics that stages read. So whatever is decided by the cut has the record
that led to it at or past a committed offset, and a lead of which the topics disagree without
such a record is a fault, not a moment between two writes.
"""

from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer

from app.audit.ledger import Ledger
from app.audit.placement import PlacementLedger
from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import Offsets, consuming, ends, read_to
from app.monitoring.lag import STAGE_TOPICS, committed
from leads import topics


class AuditTail:
    """Keeps up with the audit, to show where leads are without reading it all each time."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._ledger = Ledger()
        self._position: Offsets = {}

    async def account(self) -> PlacementLedger:
        """Where every lead is, by the events up to now."""
        cut = await ends(self._consumer, [topics.AUDIT.full])
        async for record in read_to(self._consumer, cut, self._position):
            if record.value:
                self._ledger.note_event(record.value)
        self._position = dict(cut)
        return self._ledger.account()


async def verify_placement(settings: Settings) -> PlacementLedger:
    """Read, settle, and look for what does not fit.

    While workers run a log can be compacted past the cut, which hides rows; so a fault counts
    when it is found twice.
    """
    account = await _look(settings)
    return account.confirmed_by(await _look(settings)) if account.faults else account


async def _look(settings: Settings) -> PlacementLedger:
    done = await committed(settings)
    async with consuming(settings) as consumer:
        first = await _all_ends(
            consumer, [topics.AUDIT.full, topics.CHANGELOG, topics.REVIEW_QUEUE.full]
        )
        read = await _all_ends(consumer, STAGE_TOPICS)
        kept = [tp for tp in read if topics.BY_NAME[tp.topic].cleanup == "delete"]
        begin = await consumer.beginning_offsets(kept)
        ledger = Ledger(done)
        captured = _of(read, topics.CAPTURED.full)
        async for record in read_to(
            consumer, {tp: end for tp, end in read.items() if tp not in captured}, done
        ):
            ledger.note_pending(record)
        async for record in read_to(consumer, captured):
            ledger.note_captured(record)
        async for record in read_to(consumer, _of(first, topics.CHANGELOG)):
            ledger.note_row(record.key, record.value)
        async for record in read_to(consumer, _of(first, topics.REVIEW_QUEUE.full)):
            if record.value:
                ledger.note_item(record.value)
        async for record in read_to(consumer, _of(first, topics.AUDIT.full)):
            if record.value:
                ledger.note_event(record.value)
    return ledger.judge(begin, read)


async def _all_ends(consumer: AIOKafkaConsumer, names: Collection[str]) -> Offsets:
    """The ends of these topics. Raises UsageError for one that is not there: an account of a part
    of the log would accuse leads whose records are merely unread."""
    found = await ends(consumer, names)
    if missing := sorted(set(names) - {tp.topic for tp in found}):
        raise UsageError(
            f"the broker has no topic {', '.join(missing)}: run `leadgate provision` first"
        )
    return found


def _of(offsets: Offsets, topic: str) -> Offsets:
    return {tp: offset for tp, offset in offsets.items() if tp.topic == topic}
