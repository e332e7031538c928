"""What the auditor judges by: the records of the log, the group's offsets, and what the vendors'
stand-ins hold.

Read from Kafka and from the sandbox's controls alone. Nothing of the product is imported, so
that a mistake in its records, its ids or its way of reading can't hide itself.
"""

import asyncio
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.limits import HUNG

GROUP = "leadgate"
PREFIX = "leadgate."
#: Topics that the workers' group reads to their ends; whatever is uncommitted in them is
#: unfinished.
CONSUMED = tuple(
    PREFIX + name
    for name in (
        "captured validated links unique matched written routed assigned clocks signals"
        " routed-signals sla-ticks sla-outcomes review-decisions crm.records alerts"
    ).split()
)
#: Topics whose records the auditor judges by; of the others the offsets are enough.
READ = tuple(
    PREFIX + name
    for name in (
        "captured",
        "audit",
        "review-queue",
        "alerts",
        "clocks",
        "signals",
        "review-decisions",
    )
)
_PATIENCE = 60.0  # seconds that a broker that has just come back is waited for


class Spot(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the log. `value` is its JSON; None for a deletion and for what is no JSON."""

    topic: str
    partition: int
    offset: int
    at: float  # seconds since 1970, the broker's stamp
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Death:
    """A process that ended without being killed.

    `excused` says why that was to be expected, '' if it wasn't.
    """

    name: str
    code: int
    said: str
    excused: str = ""


@dataclass(slots=True)
class Crm:
    """What the CRM, Slack and Apollo hold, as the sandbox's controls tell it."""

    people: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    enrolments: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Evidence:
    """All of it.

    `touched` are leads that a person decided about: the generator's truth doesn't speak of them
    any more.
    """

    entries: list[Entry] = field(default_factory=list)
    ends: dict[Spot, int] = field(default_factory=dict)
    begins: dict[Spot, int] = field(default_factory=dict)
    committed: dict[Spot, int] = field(default_factory=dict)
    crm: Crm = field(default_factory=Crm)
    deaths: list[Death] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def lag(self) -> dict[Spot, int]:
        """Uncommitted records, of the partitions that have any."""
        behind = {
            spot: end - max(self.committed.get(spot, 0), self.begins.get(spot, 0))
            for spot, end in self.ends.items()
            if spot.topic in CONSUMED
        }
        return {spot: count for spot, count in behind.items() if count}


_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "leadgate")


def lead_of(source: str, source_id: str) -> str:
    """The lead id that the documentation promises for a record of a source."""
    return str(uuid.uuid5(_SPACE, f"lead\x1f{source}\x1f{source_id}"))


class LogReader:
    """Reads the log on from where it stopped, into one growing `Evidence`."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._position: dict[TopicPartition, int] = {}
        self.evidence = Evidence()

    def read(self) -> Evidence:
        """Read up to the present ends.

        A broker that is coming back is waited for; raises KafkaError after a minute.
        """
        return asyncio.run(self._read_patiently())

    async def _read_patiently(self) -> Evidence:
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._read_offsets()
                    await self._read_log()
            except (KafkaError, TimeoutError, OSError):
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.5)
            else:
                return self.evidence

    async def _read_offsets(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, request_timeout_ms=10_000)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(GROUP)
        finally:
            await admin.close()
        self.evidence.committed = {
            Spot(tp.topic, tp.partition): meta.offset
            for tp, meta in found.items()
            if meta.offset >= 0
        }

    async def _read_log(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            max_poll_records=5000,
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        try:
            ends = await _ends(consumer, {*CONSUMED, *READ})
            begins = await consumer.beginning_offsets(list(ends))
            self.evidence.ends = {Spot(tp.topic, tp.partition): end for tp, end in ends.items()}
            self.evidence.begins = {
                Spot(tp.topic, tp.partition): begin for tp, begin in begins.items()
            }
            starts = {tp: max(begins[tp], self._position.get(tp, 0)) for tp in ends}
            todo = {tp for tp in ends if tp.topic in READ and starts[tp] < ends[tp]}
            consumer.assign(list(todo))
            for tp in todo:
                consumer.seek(tp, starts[tp])
            await self._take(consumer, todo, ends)
        finally:
            await consumer.stop()

    async def _take(
        self, consumer: Any, todo: set[TopicPartition], ends: dict[TopicPartition, int]
    ) -> None:
        while todo:
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                self.evidence.entries += [_entry(r) for r in batch if self._is_new(r)]
            for tp in list(todo):
                if (position := await consumer.position(tp)) >= ends[tp]:
                    self._position[tp] = position
                    todo.discard(tp)
                    consumer.pause(tp)

    def _is_new(self, record: Any) -> bool:
        """Note how far a partition is read, so that a reading that was broken off takes nothing in
        twice."""
        tp = TopicPartition(record.topic, record.partition)
        if record.offset < self._position.get(tp, 0):
            return False
        self._position[tp] = record.offset + 1
        return True


async def _ends(consumer: Any, topics: Iterable[str]) -> dict[TopicPartition, int]:
    spots = []
    await consumer.topics()
    for topic in topics:
        await consumer._client._wait_on_metadata(topic)
        spots += [
            TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic) or ())
        ]
    found: dict[TopicPartition, int] = await consumer.end_offsets(spots)
    return found


def _entry(record: Any) -> Entry:
    try:
        value = json.loads(record.value) if record.value else None
    except (ValueError, RecursionError):
        value = None
    key = (record.key or b"").decode(errors="replace")
    return Entry(record.topic, record.partition, record.offset, record.timestamp / 1000, key, value)


def read_crm(base: str) -> Crm:
    """What the sandbox holds."""
    with httpx.Client(base_url=f"{base}/_control", timeout=HUNG) as control:

        def ask(path: str) -> list[dict[str, Any]]:
            answer: list[dict[str, Any]] = control.get(path).raise_for_status().json()
            return answer

        truth = control.get("truth").raise_for_status().json() or {"groups": []}
        return Crm(
            people=ask("crm/people"),
            users=ask("crm/users"),
            tasks=ask("crm/tasks"),
            enrolments=ask("crm/enrolments"),
            messages=ask("objects/slack.messages"),
            contacts=ask("objects/apollo.contacts"),
            groups=truth["groups"],
        )
