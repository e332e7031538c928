"""The engines of the benchmark do the same work: `GateRunner` decides as a worker does."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Iterable

import msgspec

from app.rules.store import load_rules
from bench.peers.gate_runner import LEAD_TOPICS, GateRunner, SourceRecord
from bench.site import RULES, captured
from bench.vendors import instant
from leads import topics
from leads.keys import Keys
from leads.records import Audit, CrmRecord, encode
from leads.sealing import UNSEALED
from streams.runner.outbox import partition_of
from streams.runner.outgoing import OutgoingRecord
from streams.testing.log import MemoryLog
from streams.testing.loop import VirtualClock, VirtualLoop
from streams.testing.process import Fate, Process
from streams.testing.store import MemoryStore
from streams.testing.worker import SimulatedWorker, Vendors
from tests.limits import HUNG
from tests.simulation.site import Coverage
from tests.streams.kit import on_kit

LEADS, EVENTS_A_LEAD = 25, 10
SECRET = "bench"


def test_a_worker_and_the_gate_runner_decide_alike() -> None:
    records = [encode(captured(i)) for i in range(LEADS)]
    decided = on_gate_runner(records)
    assert len(decided) == LEADS * EVENTS_A_LEAD
    assert outcomes(decided) == outcomes(on_kit(lambda loop: on_worker(loop, records)))


def test_a_record_that_comes_again_is_dropped() -> None:
    runner, rows = GateRunner(load_rules(RULES), SECRET, UNSEALED), DictRows()
    found = run_one(runner, rows, SourceRecord(topics.CAPTURED.full, 0, 0, encode(captured(1))))
    [value] = [sent.value for sent in found if sent.topic is topics.VALIDATED]
    assert value is not None
    assert run_one(runner, rows, SourceRecord(topics.VALIDATED.full, 0, 0, value))
    assert run_one(runner, rows, SourceRecord(topics.VALIDATED.full, 0, 1, value)) == []


class DictRows(dict[bytes, bytes | None]):
    """Rows of all partitions."""

    def get(self, partition: int, key: bytes) -> bytes | None:  # type: ignore[override]
        del partition
        return super().get(key)


def run_one(runner: GateRunner, rows: DictRows, source: SourceRecord) -> list[OutgoingRecord]:
    view = runner.view(rows, source.partition)
    sent = runner.process(source, view)
    rows.update(view.take())
    return sent


def on_gate_runner(records: Iterable[bytes]) -> list[bytes]:
    """The audit events of these captured records, each passed through all stages."""
    runner = GateRunner(load_rules(RULES), SECRET, UNSEALED)
    rows, offsets = DictRows(), Counter[str]()
    waiting = deque((topics.CAPTURED.full, record) for record in records)
    events: list[bytes] = []
    while waiting:
        topic, value = waiting.popleft()
        for sent in run_one(runner, rows, SourceRecord(topic, 0, offsets[topic], value)):
            if sent.topic is topics.AUDIT:
                events.append(sent.value or b"")
            elif sent.topic.full in LEAD_TOPICS:
                waiting.append((sent.topic.full, sent.value or b""))
        offsets[topic] += 1
    return events


async def on_worker(loop: VirtualLoop, records: Iterable[bytes]) -> list[bytes]:
    """The audit events that a worker writes about them."""
    clock = VirtualClock(loop)
    log, rules, vendors = MemoryLog(clock.now), load_rules(RULES), instant()
    for partition in range(topics.PARTITIONS):
        mark = encode(CrmRecord(kind="complete", key=""))
        log.append(topics.CRM_RECORDS.full, partition, [(b"complete", mark)])
    for i, record in enumerate(records):
        key = f"apollo:{i}".encode()
        log.append(topics.CAPTURED.full, partition_of(key), [(key, record)])
    ended: list[BaseException | None] = []
    worker = SimulatedWorker(
        Process("a", lambda *_: Fate.LIVE, ended.append),
        log,
        MemoryStore(),
        Vendors(vendors.crm, vendors.apollo, vendors.slack),
        rules,
        [rules],
        keys=Keys(SECRET),
        clock=clock,
        draw=random.Random(1),
        metrics=Coverage(),
        live=True,
        repeats=lambda _: False,
        lead_keys=None,
    )
    worker.start(range(topics.PARTITIONS))
    async with asyncio.timeout(HUNG):
        while len(log.all(topics.AUDIT.full)) < LEADS * EVENTS_A_LEAD and not ended:
            await asyncio.sleep(0.1)
    assert not ended
    return [record.value or b"" for record in log.all(topics.AUDIT.full)]


def outcomes(events: Iterable[bytes]) -> Counter[tuple[str, ...]]:
    """What was decided of each lead, by which stage and rules, and what became of it.

    Texts aren't compared: they name contacts by the CRM's ids, which go by the order of the calls.
    """
    return Counter(_outcome(msgspec.json.decode(event, type=Audit)) for event in events)


def _outcome(event: Audit) -> tuple[str, ...]:
    rules = [f"{reason.rule} {reason.decisive}" for reason in event.trace]
    return (event.lead, event.stage, event.kind, str(event.step), event.place, *rules)
