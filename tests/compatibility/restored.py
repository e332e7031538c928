"""A site that begins from the log which another commit has left: a new worker with an empty disk,
and vendors that hold what they held then."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from connectors.memory.apollo import MemoryApollo
from connectors.memory.crm import MemoryCrm
from connectors.memory.slack import MemorySlack
from leads import topics
from leads.keys import Keys, derive
from leads.records import ReviewDecision, ReviewItem, encode
from leads.rules import Rules
from streams.runner.outbox import partition_of
from streams.testing.lead_keys import MemoryLeadKeys
from streams.testing.log import MemoryLog
from streams.testing.loop import EPOCH, VirtualClock, VirtualLoop, run
from streams.testing.process import Fate, Process
from streams.testing.store import MemoryStore
from streams.testing.worker import SimulatedWorker, Vendors
from tests.compatibility.state import Partition, SiteState, places_of
from tests.simulation.people import USERS
from tests.simulation.site import ALL, Coverage

T = TypeVar("T")


class RestoredSite:
    """Made inside its loop; the worker runs from the start."""

    def __init__(self, state: SiteState, loop: VirtualLoop) -> None:
        self.clock = VirtualClock(loop, state.at - EPOCH)
        self.keys, self.log = Keys(state.secret), MemoryLog(self.clock.now)
        self.lead_keys = MemoryLeadKeys()
        for partition in state.partitions:
            _fill(self.log, partition)
        self.crm = _crm(self.clock, state)
        self.ended: list[BaseException | None] = []
        rules = Rules.model_validate_json(state.rules)
        # a worker finds the versions of older releases under the keys of their topic: with a new
        # field these rules have another hash
        vars(rules)["hash"] = state.rules_hash
        self.worker = SimulatedWorker(
            Process("new", lambda *_: Fate.LIVE, self.ended.append),
            self.log,
            MemoryStore(),
            Vendors(self.crm, MemoryApollo(self.clock.now), MemorySlack(self.clock.now)),
            rules,
            (),
            keys=self.keys,
            clock=self.clock,
            draw=random.Random(1),
            metrics=Coverage(),
            live=True,
            repeats=lambda _: False,
            lead_keys=self.lead_keys,
        )
        self.worker.start(ALL)

    def places(self) -> dict[str, str]:
        """Where each lead is, by the audit."""
        return places_of(self.log.all(topics.AUDIT.full))

    def waiting(self) -> dict[str, ReviewItem]:
        """What people are shown, by lead id."""
        latest: dict[str, ReviewItem] = {}
        for record in self.log.all(topics.REVIEW_QUEUE.full):
            if record.value:
                item = msgspec.json.decode(record.value, type=ReviewItem)
                if item.step >= latest.get(item.lead_id, item).step:
                    latest[item.lead_id] = item
        return {lead: item for lead, item in latest.items() if item.kind != "moved"}

    def decide(self, item: ReviewItem, action: str, fields: dict[str, str]) -> None:
        """A person's decision on what an item asks."""
        decision = ReviewDecision(
            decision_id=derive("decision", item.lead_id, item.step),
            lead_id=item.lead_id,
            stage=item.stage,
            step=item.step,
            action=action,
            actor="olga",
            reason="looked at it",
            at=self.clock.now(),
            fields=fields,
        )
        self.send(topics.REVIEW_DECISIONS, item.lead_id, encode(decision), item.partition)

    def send(self, topic: topics.Topic, key: str, value: bytes, partition: int = -1) -> None:
        """Write a record from outside, signed."""
        place = partition if partition >= 0 else partition_of(key.encode())
        headers = self.keys.signatures.headers(topic.full, key.encode(), value)
        self.log.append(topic.full, place, [(key.encode(), value)], [headers])


def on_restored(state: SiteState, body: Callable[[RestoredSite], Awaitable[T]]) -> T:
    """Run a test's body beside a restored site, in simulated time."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)

    async def main() -> T:
        return await body(RestoredSite(state, loop))

    try:
        return run(loop, main())
    finally:
        asyncio.set_event_loop(None)


def _fill(log: MemoryLog, partition: Partition) -> None:
    """Put the records at their offsets; what the group has read in between is empty."""
    topic, number = partition.topic, partition.number
    for offset, key, value in partition.records:
        _pad(log, topic, number, offset)
        log.append(topic, number, [(key.encode(), value.encode())])
    if topic != topics.CHANGELOG:
        _pad(log, topic, number, partition.end)
        log.committed[topic, number] = partition.committed


def _pad(log: MemoryLog, topic: str, number: int, offset: int) -> None:
    missing = offset - log.end(topic, number)
    log.append(topic, number, [(b"", None)] * missing)


def _crm(clock: VirtualClock, state: SiteState) -> MemoryCrm:
    crm = MemoryCrm(clock.now, dict(USERS))
    for ident, email, owner in state.contacts:
        assert crm.add_contact(email, owner) == ident
    return crm
