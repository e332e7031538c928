"""One stage on the kit: a runner with a gate of the test's own, on a log, a store and a clock in
memory."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult
from leads.rules import Rules
from leads.sealing import Sealing
from leads.signatures import Headers, Signatures
from streams.runner.model import Stage
from streams.runner.outbox import IdleDetector, Outbox
from streams.runner.rules_versions import RulesRegistry
from streams.runner.stage_runner import StageRunner
from streams.runner.timers import Timers
from streams.testing.consumer import MemoryRun
from streams.testing.lead_keys import MemoryLeadKeys
from streams.testing.log import LogRecord, MemoryLog, MemoryProducer
from streams.testing.loop import VirtualClock, VirtualLoop, run
from streams.testing.process import Fate, Process
from streams.testing.store import MemoryStore
from tables.state import State
from tests.simulation.site import Coverage

T = TypeVar("T")


class Effector:
    """Answers every effect with what the test has put there, in turn; then with a good result."""

    def __init__(self) -> None:
        self.answers: list[EffectResult] = []
        self.asked: list[str] = []

    async def perform(self, effect: Any, **_: Any) -> EffectResult:
        """See ports.Effector."""
        self.asked.append(effect.name)
        return self.answers.pop(0) if self.answers else EffectResult(ok=True)

    def seconds_until_settled(self, begun: float) -> float:
        """See ports.Effector."""
        del begun
        return 0.0

    async def wait_for_signals(self, partition: int) -> None:
        """See ports.Effector."""


class FixedGate:
    """A gate whose answers the test gives: a function of the record, what is seen, and the results
    so far."""

    logic = 1

    def __init__(
        self,
        name: str,
        answer: Callable[[Any, Any, dict[str, EffectResult]], Decision | NeedsEffects],
    ) -> None:
        self.name, self._answer = name, answer

    def decide(
        self, record: Any, seen: Any, done: dict[str, EffectResult], rules: Rules, now: float
    ) -> Decision | NeedsEffects:
        """See decision.Gate."""
        del rules, now
        return self._answer(record, seen, done)


class Bench:
    """Everything around one stage, made inside the loop."""

    def __init__(self, loop: VirtualLoop, stage: Stage, rules: Rules) -> None:
        self.clock = VirtualClock(loop)
        self.log = MemoryLog(self.clock.now)
        self.process = Process("a", lambda *_: Fate.LIVE, lambda _: None)
        self.producer = MemoryProducer(self.log, self.process)
        idle = IdleDetector()
        self.signatures = Signatures("kit")
        self.outbox = Outbox(self.producer, idle, self.signatures, self.process.check)
        self.state = State(MemoryStore(), self.outbox, Sealing(MemoryLeadKeys()))
        self.effector, self.metrics, self.stage = Effector(), Coverage(), stage
        self.timers = Timers([stage], self.state, self.outbox, self.clock, self.metrics)
        self.runner = StageRunner(
            stage,
            state=self.state,
            outbox=self.outbox,
            idle=idle,
            effector=self.effector,
            registry=RulesRegistry(rules),
            clock=self.clock,
            metrics=self.metrics,
            timers=self.timers,
            signatures=self.signatures,
            settled_to=lambda *_: 0,
        )

    async def feed(self, topic: str, *values: bytes, partition: int = 0) -> list[LogRecord]:
        """Write records, signed, and have the stage process them as one run."""
        headers = [self.signatures.headers(topic, b"k", value) for value in values]
        return await self.feed_as(topic, values, headers, partition)

    async def feed_as(
        self, topic: str, values: Sequence[bytes], headers: Iterable[Headers], partition: int = 0
    ) -> list[LogRecord]:
        """The same with given headers, as whoever reaches the broker may write them."""
        first = self.log.append(topic, partition, [(b"k", value) for value in values], headers)
        records = self.log.read(topic, partition, first)
        await self.process_again(records)
        return records

    async def process_again(self, records: list[LogRecord]) -> None:
        """The same records once more, as after a restart."""
        batch: Any = MemoryRun(records, 1, lambda _: None)
        await self.runner.process(batch)


def on_kit(body: Callable[[VirtualLoop], Awaitable[T]]) -> T:
    """Run a test's body in simulated time."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)

    async def main() -> T:
        return await body(loop)

    try:
        return run(loop, main())
    finally:
        asyncio.set_event_loop(None)
