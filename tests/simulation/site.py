"""A whole site in one event loop: the log, two workers and their disks, the vendors, and what a
plan makes happen to them."""

import asyncio
import random
from itertools import product
from typing import Any

import msgspec

from connectors.memory.apollo import MemoryApollo
from connectors.memory.crm import MemoryCrm
from connectors.memory.slack import MemorySlack
from leads import topics
from leads.keys import Keys
from leads.records import Audit, Captured, CrmRecord, encode
from leads.retention import Deletion, PartitionLog, next_deletion
from leads.rules import Rules
from leads.sealing import Sealing
from leads.signatures import Headers
from streams.runner.outbox import partition_of
from streams.testing.lead_keys import MemoryLeadKeys
from streams.testing.log import LogRecord, MemoryLog
from streams.testing.loop import VirtualClock, VirtualLoop
from streams.testing.process import Fate, Process
from streams.testing.store import MemoryStore
from streams.testing.vendors import Acted, Faulty, Trouble
from streams.testing.worker import SimulatedWorker, Vendors
from tests.simulation.people import OUTSIDE_SEQUENCE, USERS
from tests.simulation.plan import Plan
from tests.simulation.troubles import Troubles

SECRET = "simulation"
WORKERS = ("a", "b")
SESSION = 10.0
ALL = frozenset(range(topics.PARTITIONS))


class Coverage:
    """What has occurred in a run: also the workers' metrics."""

    def __init__(self) -> None:
        self.outcomes: set[str] = set()
        self.deaths: set[str] = set()

    def passed(self, stage: str, records: int) -> None:
        """See ports.StageMetrics."""

    def decided(self, stage: str, kinds: list[str]) -> None:
        """See ports.StageMetrics."""
        self.outcomes.update(f"{stage} {kind}" for kind in kinds)

    def arrived(self, place: str, seconds: float) -> None:
        """See ports.StageMetrics."""

    def put_off(self, stage: str, count_delta: int) -> None:
        """See ports.StageMetrics."""

    def set_put_off(self, stage: str, count: int) -> None:
        """See ports.StageMetrics."""

    def quarantined(self, stage: str) -> None:
        """See ports.StageMetrics."""

    def refused(self, stage: str) -> None:
        """See ports.StageMetrics."""
        self.outcomes.add(f"{stage} refused")

    def sent(self, topic: str, records: int) -> None:
        """See ports.StageMetrics."""

    def retried(self, act: str) -> None:
        """See ports.StageMetrics."""


class Site:
    """Made inside its loop."""

    def __init__(self, plan: Plan, rules: Rules, loop: VirtualLoop) -> None:
        self.plan, self.rules, self.loop = plan, rules, loop
        self.draw = random.Random(plan.chance)
        self.clock = VirtualClock(loop)
        self.keys, self.lead_keys = Keys(SECRET), MemoryLeadKeys()
        self.sealing = Sealing(self.lead_keys)
        self.log = MemoryLog(self.clock.now)
        self.coverage, self.troubles = Coverage(), Troubles()
        self.journal: list[Acted] = []
        self.deletions: dict[tuple[str, int], Deletion] = {}
        self.deleted: list[LogRecord] = []
        self.fatal: list[str] = []
        self.live = True
        self.known = [rules]
        self._make_vendors()
        self.disks = {name: MemoryStore() for name in WORKERS}
        self.workers: dict[str, SimulatedWorker] = {}
        self._steps_left = dict.fromkeys(WORKERS, 0)
        self._appends_left = dict.fromkeys(WORKERS, 0)
        self._rebalancing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        # those that start workers or move partitions
        self._repairs: set[asyncio.Task[None]] = set()
        self.closing = False

    def _make_vendors(self) -> None:
        world, now = self.plan.world, self.clock.now
        self.crm = MemoryCrm(now, dict(USERS))
        self.apollo, self.slack = MemoryApollo(now), MemorySlack(now)
        self.apollo.organizations = world.organizations
        for lead in world.leads:
            self.apollo.add_contact(lead.source_id, lead.raw["email"])
            if lead.source_id in world.in_sequence:
                self.apollo.add_status(lead.source_id, OUTSIDE_SEQUENCE)
        for email, owner in world.owned.items():
            self._hold(email, self.crm.add_contact(email, owner))
        for email, main in world.known_as.items():
            self._hold(main, self.crm.add_contact(main, others=(email,)))

    def opened_event(self, value: bytes | None) -> dict[str, Any]:
        """An audit event with its person, as JSON's own types."""
        event = self.sealing.open(msgspec.json.decode(value or b"", type=Audit))
        plain: dict[str, Any] = msgspec.json.decode(encode(event))
        plain.setdefault("person", {})  # of a lead whose key is destroyed
        return plain

    def doubles(self) -> dict[str, Any]:
        """What stands for each vendor."""
        return {"crm": self.crm, "apollo": self.apollo, "slack": self.slack}

    def _hold(self, email: str, crm_id: str) -> None:
        """What sync-crm writes of a person that the CRM has already."""
        key = self.keys.address(email)
        record = CrmRecord(kind="contact", key=key, person_key=key, crm_id=crm_id)
        self.send(topics.CRM_RECORDS, key, encode(record))

    def capture(self, record: Captured) -> None:
        """Capture a record as a source does: sealed."""
        self.lead_keys.make([record.data_subject])
        key = f"{record.source}:{record.source_id}"
        self.send(topics.CAPTURED, key, self.sealing.encode(record))

    def send(self, topic: topics.Topic, key: str, value: bytes, partition: int = -1) -> None:
        """Write a record from outside, as a poller or a command does: signed."""
        headers = self.keys.signatures.headers(topic.full, key.encode(), value)
        self.write(topic, key, value, partition, headers)

    def write(
        self, topic: topics.Topic, key: str, value: bytes, partition: int, headers: Headers
    ) -> str:
        """Write a record as whoever reaches the broker may; its place in the log. Partition -1 is
        the key's own."""
        place = partition if partition >= 0 else partition_of(key.encode())
        offset = self.log.append(topic.full, place, [(key.encode(), value)], [headers])
        return f"{topic.full}/{place}@{offset}"

    def retain(self, seconds: float, *, dies: bool) -> None:
        """Delete what is committed and so old, as a worker does; or only store how far."""
        older_than = self.clock.now() - seconds
        for topic, partition in product(topics.SHORTENED, ALL):
            place = topic.full, partition
            found = self._partition_log(place, older_than)
            self.deletions[place] = next_deletion(
                topic.full, partition, self.deletions.get(place), found, older_than
            )
            if not dies:
                self.deleted += self.log.delete_before(*place, found.deletable)

    def _partition_log(self, place: tuple[str, int], older_than: float) -> PartitionLog:
        young = self.log.end(*place)
        for record in self.log.read(*place):
            if record.timestamp >= older_than * 1000:
                young = record.offset
                break
        committed = self.log.committed.get(place, -1)
        return PartitionLog(begin=self.log.begin(*place), committed=committed, young=young)

    def ever(self, topic: topics.Topic) -> list[LogRecord]:
        """Every record that a topic has held: what people have read in it before it was deleted."""
        deleted = [record for record in self.deleted if record.topic == topic.full]
        return deleted + self.log.all(topic.full)

    # Workers

    def begin(self) -> None:
        """Start both workers, with a share of the partitions that may be none."""
        mine = {p for p in ALL if self.draw.random() < self.draw.choice((0.5, 1.0))}
        self._start("a", mine)
        self._start("b", ALL - mine)

    def _start(self, name: str, partitions: Any) -> None:
        process = Process(name, self._fate, lambda error: self._ended(name, error), SESSION * 0.8)

        def trouble(vendor: str, method: str) -> Trouble:
            return self.troubles.meet(vendor, method, self.loop.time())

        def faulty(vendor: str, double: Any) -> Faulty:
            return Faulty(vendor, double, process, trouble, self.journal.append)

        vendors = Vendors(*(faulty(name, double) for name, double in self.doubles().items()))
        self.workers[name] = worker = SimulatedWorker(
            process,
            self.log,
            self.disks[name],
            vendors,
            self.rules,
            self.known,
            keys=self.keys,
            clock=VirtualClock(self.loop, 0.3 if name == "b" else 0.0),
            draw=self.draw,
            metrics=self.coverage,
            live=self.live,
            repeats=lambda _: self._repeats(name),
            lead_keys=self.lead_keys,
        )
        worker.start(partitions)

    def _fate(self, name: str, point: str) -> Fate:
        if self._steps_left[name] > 0:
            self._steps_left[name] -= 1
            if self._steps_left[name] == 0:
                self.coverage.deaths.add(point)
                return Fate.DIE
        return Fate.LIVE

    def _repeats(self, name: str) -> bool:
        self._appends_left[name] -= 1
        return self._appends_left[name] == 0

    def _ended(self, name: str, error: BaseException | None) -> None:
        if error is not None and "stood still" not in str(error):
            self.fatal.append(
                f"{self.loop.time():.1f} s: worker {name} ended: {type(error).__name__}: {error}"
            )
        if not self.closing:
            self._repair(self._replace(name))

    def spawn(self, coroutine: Any) -> None:
        """Let something happen beside."""
        self._begin(coroutine, self._tasks)

    def _repair(self, coroutine: Any) -> None:
        self._begin(coroutine, self._repairs)

    def _begin(self, coroutine: Any, tasks: set[asyncio.Task[None]]) -> None:
        task = self.loop.create_task(coroutine)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _replace(self, name: str) -> None:
        """A dead worker comes back with its partitions; or the other one gets them, and it comes
        back with none."""
        gone = self.workers[name]
        if self.draw.random() < 0.6:
            await asyncio.sleep(self.draw.uniform(0.5, 3.0))
            async with self._rebalancing:
                if self.workers[name] is gone:
                    self._start(name, gone.partitions)
            return
        await asyncio.sleep(SESSION)
        await self._take_over(name)
        async with self._rebalancing:
            if self.workers[name].process.dead:
                self._start(name, self.workers[name].partitions)

    async def _take_over(self, name: str) -> None:
        """The group gives a silent worker's partitions to the other one, if that one lives."""
        other = self.workers[WORKERS[1 - WORKERS.index(name)]]
        async with self._rebalancing:
            if other.process.dead or other.process.frozen:
                return
            mine = await self._release(other)
            lost, self.workers[name].partitions = self.workers[name].partitions, set()
            if not other.process.dead:
                other.assign(mine | lost)
            else:
                self.workers[name].partitions, other.partitions = lost, mine

    async def _release(self, worker: SimulatedWorker) -> set[int]:
        """Have a worker let its partitions go; one that doesn't in time is thrown out of the
        group."""
        mine = set(worker.partitions)
        try:
            async with asyncio.timeout(30.0):
                await worker.revoke(mine)
        except TimeoutError:
            worker.partitions = mine
            worker.process.end(None)
        return mine

    async def move(self) -> None:
        """The group divides the partitions again."""
        async with self._rebalancing:
            workers = [self.workers[name] for name in WORKERS]
            if any(w.process.dead or w.process.frozen for w in workers):
                return
            for worker in workers:
                worker.partitions = await self._release(worker)
            if any(w.process.dead for w in workers):
                for worker in workers:
                    if not worker.process.dead:
                        worker.assign(worker.partitions)
                return
            mine = {p for p in ALL if self.draw.random() < 0.5}
            workers[0].assign(mine)
            workers[1].assign(ALL - mine)

    def kill(self, name: str, steps: int) -> None:
        """Have a worker die at so many steps from now."""
        self._steps_left[name] = steps

    def repeat(self, name: str, appends: int) -> None:
        """Have a later batch of a worker reach the log twice."""
        self._appends_left[name] = appends

    def freeze(self, name: str, seconds: float) -> None:
        """Have a worker stand still; its partitions are given away if it does so for longer than
        its session."""
        worker = self.workers[name]
        if worker.process.dead or worker.process.frozen:
            return
        worker.process.freeze(seconds)
        if seconds > SESSION:
            self._repair(self._after_session(worker))

    async def _after_session(self, worker: SimulatedWorker) -> None:
        await asyncio.sleep(SESSION)
        if self.workers[worker.process.name] is worker:
            await self._take_over(worker.process.name)

    def lose(self, name: str) -> None:
        """A worker's directory is gone, and the worker with it."""
        self.disks[name].lose()
        self.workers[name].process.end(None)

    def restart(self) -> None:
        """End every worker; they come back with the rules and the setting of effects as they are by
        then."""
        for worker in self.workers.values():
            worker.process.end(None)

    def switch(self, *, live: bool) -> None:
        """Start the workers again with effects live, or in shadow."""
        self.live = live
        self.restart()

    def stop(self) -> None:
        """End every worker for good, and all that would start one again."""
        self.closing = True
        for task in self._repairs:
            task.cancel()
        self.restart()
