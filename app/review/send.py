"""What a person sends to one lead: a decision if it waits, a signal if it rests. No other lead of
the same person reacts to that signal."""

from aiokafka import AIOKafkaProducer

from leads import topics
from leads.keys import derive
from leads.records import Audit, Place, ReviewDecision, ReviewItem, Signal, encode
from leads.sealing import Sealing
from leads.signatures import Signatures
from streams.runner.outbox import partition_of

RESTING = frozenset({Place.ENGAGED, Place.NURTURED})


async def send_review_decision(
    producer: AIOKafkaProducer,
    signatures: Signatures,
    sealing: Sealing,
    item: ReviewItem,
    review_decision: ReviewDecision,
) -> None:
    """Send a signed decision to the partition of the stage that parked the lead. Durable when it
    returns."""
    topic, key = topics.REVIEW_DECISIONS.full, review_decision.lead_id.encode()
    await sealing.ensure([review_decision])
    value = sealing.encode(review_decision)
    await producer.send_and_wait(
        topic,
        value,
        key=key,
        partition=item.partition,
        headers=signatures.headers(topic, key, value),
    )


async def send_lead_signal(
    producer: AIOKafkaProducer, signatures: Signatures, at_rest: Audit, kind: str, now: float
) -> None:
    """Send a signed signal to the lead of `at_rest`, which is the event by which it rests. Sent
    again for the same event, it is the same signal. Durable when it returns."""
    person = str(at_rest.inputs["record"]["person_key"])
    signal = Signal(
        signal_id=derive(kind, at_rest.lead, at_rest.step),
        kind=kind,
        at=now,
        source="desk",
        address_key=person,
        person_key=person,
        value=at_rest.lead,
    )
    topic, key, value = topics.SIGNALS.full, person.encode(), encode(signal)
    await producer.send_and_wait(
        topic,
        value,
        key=key,
        partition=partition_of(key),
        headers=signatures.headers(topic, key, value),
    )
