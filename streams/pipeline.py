"""Everything between a fetched run and the broker's acknowledgements, wired: a worker runs it, and
so does the simulation.

Nothing here knows Faust: the log comes in as a producer, the rows as a store, the vendors as
protocols, time as a clock.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from connectors.core.crm import Crm
from leads import topics
from leads.keys import Keys, derive
from leads.records import Alert, encode
from leads.rules import Rules
from leads.table_rows import Suppression
from streams.effects.context import Apollo, EffectContext, Slack
from streams.effects.executor import EffectExecutor
from streams.ports import Clock, StageMetrics
from streams.runner.outbox import IdleDetector, Outbox
from streams.runner.rules_versions import RulesRegistry
from streams.runner.stage_runner import StageRunner
from streams.runner.suppression import suppression_of
from streams.runner.timers import Timers
from streams.stages.all import make_stages
from tables.state import BatchView, State, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a pipeline depends on.

    `producer` has aiokafka's `create_batch` and `send_batch`. `check` raises when this worker
    must not act any more. `signals_applied` returns once the signals acknowledged before the
    call are in the state of a partition. `share` is this worker's part of the vendors' limits;
    `has_pending_input` says whether leads are known that no stage has begun; `settled_to`
    answers up to which offset a topic's partition is settled, -1 for one that isn't this
    worker's; `reached` is called at each point at which a process may die.
    """

    store: Store
    producer: Any
    crm: Crm
    apollo: Apollo
    slack: Slack
    clock: Clock
    probe: StageMetrics
    check: Callable[[], None]
    signals_applied: Callable[[int], Awaitable[None]]
    share: Callable[[], float]
    has_pending_input: Callable[[], bool]
    settled_to: Callable[[str, int], int]
    reached: Callable[[str], None]


class Pipeline:
    """The stages of one worker.

    `only` names those it runs; none means all. `live` False is shadow.
    """

    def __init__(
        self,
        around: Around,
        name: str,
        keys: Keys,
        rules: Rules,
        book: RulesRegistry,
        *,
        live: bool,
        only: Collection[str] = (),
    ) -> None:
        self._around, self._name, self._rules = around, name, rules
        clock = around.clock
        self.gate = IdleDetector(around.has_pending_input)
        self.outbox = Outbox(around.producer, self.gate, around.check, around.probe.sent)
        self.state = State(around.store, self.outbox)
        outside = EffectContext(
            crm=around.crm,
            apollo=around.apollo,
            slack=around.slack,
            suppressed=self._suppressed,
            signals_applied=around.signals_applied,
            nurture_lists=lambda: rules.entered_lists,
        )
        self.effects = EffectExecutor(
            outside,
            self.gate,
            keys,
            clock,
            check=around.check,
            alarm=self._alarm,
            live=live,
            share=around.share,
            retried=around.probe.retried,
        )
        stages = [stage for stage in make_stages(keys) if not only or stage.name in only]
        self.timers = Timers(stages, self.state, self.outbox, clock, around.probe)
        self.harnesses = [
            StageRunner(
                stage,
                state=self.state,
                outbox=self.outbox,
                gate=self.gate,
                effector=self.effects,
                book=book,
                clock=clock,
                probe=around.probe,
                timers=self.timers,
                settled_to=around.settled_to,
                reached=around.reached,
                live=live,
            )
            for stage in stages
        ]

    def _suppressed(self, partition: int, record: Any) -> str:
        found: Suppression | None = suppression_of(record, BatchView(self.state, partition))
        if found is None:
            return ""
        return f"{found.kind} reported by {found.source}"

    def _alarm(self, vendor: str, text: str) -> None:
        """One alert to ops. One about Slack itself stands in the log only."""
        if vendor == "slack":
            return
        now = self._around.clock.now()
        ident = derive("outage", self._name, vendor, now, text)
        alert = Alert(alert_id=ident, kind="ops", to=self._rules.ops_channel, text=text, at=now)
        self.outbox.put(topics.ALERTS.full, alert.to.encode(), encode(alert))
