"""One worker of the simulation: the pipeline that a real worker runs, on the log and the disk in
memory."""

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from connectors.memory.sheets import MemorySheets
from leads import topics
from leads.keys import Keys
from leads.rules import Rules
from leads.sealing import LeadKeys
from streams.pipeline import Pipeline, PipelineDependencies
from streams.ports import Clock, StageMetrics
from streams.runner.rules_versions import RulesRegistry
from streams.runner.stage_runner import fatal_on_error
from streams.testing.consumer import MemoryConsumer
from streams.testing.log import MemoryLog, MemoryProducer
from streams.testing.process import Died, Process
from streams.testing.store import MemoryStore


class Vendors(NamedTuple):
    """What one process calls: doubles with their faults in front, or real clients."""

    crm: Any
    apollo: Any
    slack: Any


class SimulatedWorker:
    """Made at each start of its process; `store` and `log` outlive it."""

    def __init__(
        self,
        process: Process,
        log: MemoryLog,
        store: MemoryStore,
        vendors: Vendors,
        rules: Rules,
        known: Iterable[Rules],
        *,
        keys: Keys,
        clock: Clock,
        draw: random.Random,
        metrics: StageMetrics,
        live: bool,
        repeats: Callable[[str], bool],
        lead_keys: LeadKeys | None,
    ) -> None:
        self.process, self._log, self._store = process, log, store
        self.partitions: set[int] = set()
        dependencies = PipelineDependencies(
            store=store,
            producer=MemoryProducer(log, process, repeats),
            crm=vendors.crm,
            apollo=vendors.apollo,
            slack=vendors.slack,
            sheets=MemorySheets(clock.now),
            clock=clock,
            metrics=metrics,
            check=process.check,
            signals_applied=self._signals_applied,
            share=lambda: max(1, len(self.partitions)) / topics.PARTITIONS,
            has_pending_input=self._has_pending_input,
            settled_to=self._settled_to,
            reached=process.reached,
            lead_keys=lead_keys,
        )
        registry = RulesRegistry(rules)
        for version in known:
            registry.add(version)
        self.pipeline = Pipeline(dependencies, process.name, keys, rules, registry, live=live)
        bodies = fatal_on_error(self.pipeline.runners, self._end)
        stages = [runner.stage for runner in self.pipeline.runners]
        self.consumer = MemoryConsumer(log, process, stages, bodies, draw)
        self._tasks: list[asyncio.Task[None]] = []

    def _end(self, error: BaseException) -> None:
        self.process.end(None if isinstance(error, Died) else error)

    def _settled_to(self, topic: str, partition: int) -> int:
        return self.consumer.settled_up_to(topic, partition)

    def _has_pending_input(self) -> bool:
        return self.consumer.has_pending_input()

    async def _signals_applied(self, partition: int) -> None:
        end = self._log.end(topics.SIGNALS.full, partition)
        await self.consumer.settled_to(topics.SIGNALS.full, partition, end)

    def start(self, partitions: Iterable[int]) -> None:
        """Take up these partitions and work."""
        loop = asyncio.get_running_loop()
        self.assign(partitions)
        self.pipeline.timers.start(self._end)
        self._tasks = [
            loop.create_task(self.consumer.run()),
            loop.create_task(self.consumer.commit()),
        ]

    def assign(self, partitions: Iterable[int]) -> None:
        """Restore the rows of these partitions, and have these alone."""
        self.partitions = set(partitions)
        for partition in self.partitions:
            self._store.restore(self._log, partition)
        self.consumer.assign(sorted(self.partitions))
        self.pipeline.timers.assign(sorted(self.partitions))

    async def revoke(self, partitions: Iterable[int]) -> None:
        """Let these partitions go, once what is at work of them is through."""
        gone = set(partitions)
        await self.consumer.drain(gone)
        self.partitions -= gone
        self.pipeline.timers.assign(sorted(self.partitions))
