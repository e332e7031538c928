"""What a person sends to leads: a decision to one that waits, a signal to one that rests, other
signed orders. No other lead of the same person reacts to the signal for one."""

from aiokafka import AIOKafkaProducer

from leads import topics
from leads.keys import derive
from leads.records import Audit, Place, ReviewDecision, ReviewItem, Signal, encode
from leads.sealing import Sealing
from leads.signatures import Signatures
from streams.runner.outbox import partition_of

RESTING = frozenset({Place.ENGAGED, Place.NURTURED})


async def send_order(
    producer: AIOKafkaProducer,
    signatures: Signatures,
    topic: topics.Topic,
    key: str,
    value: bytes,
    partition: int | None = None,
) -> None:
    """Send a record with the site's signature, to the partition of its key unless another one is
    named. Durable when it returns."""
    name = key.encode()
    await producer.send_and_wait(
        topic.full,
        value,
        key=name,
        partition=partition_of(name) if partition is None else partition,
        headers=signatures.headers(topic.full, name, value),
    )


def decision_on(
    item: ReviewItem, action: str, actor: str, reason: str, now: float
) -> ReviewDecision:
    """A person's decision on what waits, without fields. Made again for the same item, it is the
    same decision."""
    return ReviewDecision(
        decision_id=derive("review-decision", item.lead_id, item.step, action),
        lead_id=item.lead_id,
        stage=item.stage,
        step=item.step,
        action=action,
        actor=actor,
        reason=reason,
        at=now,
    )


async def send_review_decision(
    producer: AIOKafkaProducer,
    signatures: Signatures,
    sealing: Sealing,
    item: ReviewItem,
    review_decision: ReviewDecision,
) -> None:
    """Send a signed decision to the partition of the stage that parked the lead. Durable when it
    returns."""
    await sealing.ensure([review_decision])
    value, key = sealing.encode(review_decision), review_decision.lead_id
    await send_order(producer, signatures, topics.REVIEW_DECISIONS, key, value, item.partition)


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
    await send_order(producer, signatures, topics.SIGNALS, person, encode(signal))
