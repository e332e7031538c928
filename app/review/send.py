"""A person's word to one lead: a decision about one that waits, or a signal to one at rest that no
other of the person heeds."""

from aiokafka import AIOKafkaProducer

from leads import topics
from leads.keys import derive
from leads.records import Audit, Place, ReviewDecision, ReviewItem, Signal, encode
from streams.runner.outbox import partition_of

RESTING = frozenset({Place.ENGAGED, Place.NURTURED})


async def send_review_decision(
    producer: AIOKafkaProducer, item: ReviewItem, ruling: ReviewDecision
) -> None:
    """A person's decision, to the partition of the stage that asked. Durable when it returns."""
    key = ruling.lead_id.encode()
    await producer.send_and_wait(
        topics.REVIEW_DECISIONS.full, encode(ruling), key=key, partition=item.partition
    )


async def send_lead_signal(
    producer: AIOKafkaProducer, at_rest: Audit, kind: str, now: float
) -> None:
    """Tell the lead of `at_rest`, the event by which it rests; said again of the same rest, it is
    the same signal."""
    person = str(at_rest.inputs["record"]["person_key"])
    signal = Signal(
        signal_id=derive(kind, at_rest.lead, at_rest.step),
        kind=kind,
        heard_at=now,
        source="desk",
        address_key=person,
        person_key=person,
        value=at_rest.lead,
    )
    key = person.encode()
    await producer.send_and_wait(
        topics.SIGNALS.full, encode(signal), key=key, partition=partition_of(key)
    )
