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
from leads.sealing import LeadKeys, Sealing
from leads.table_rows import Suppression
from streams.effects.context import Apollo, EffectContext, ReviewSheets, Slack
from streams.effects.executor import EffectExecutor
from streams.ports import Clock, StageMetrics
from streams.runner.outbox import IdleDetector, Outbox
from streams.runner.rules_versions import RulesRegistry
from streams.runner.stage_runner import StageRunner
from streams.runner.suppression import suppression_of
from streams.runner.timers import Timers
from streams.stages.all import make_stages
from tables.state import BatchView, State, Store

_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineDependencies:
    """What a pipeline depends on.

    `producer` has aiokafka's `create_batch` and `send_batch`. `check` raises when this worker
    must not act any more. `signals_applied` returns once the signals acknowledged before the
    call are in the state of a partition. `share` is this worker's part of the vendors' limits;
    `has_pending_input` says whether leads are known that no stage has begun; `settled_to`
    answers up to which offset a topic's partition is settled, -1 for one that isn't this
    worker's; `reached` is called at each point at which a process may die; `lead_keys` are what
    personal data is sealed with, None leaves it unsealed.
    """

    store: Store
    producer: Any
    crm: Crm
    apollo: Apollo
    slack: Slack
    sheets: ReviewSheets
    clock: Clock
    metrics: StageMetrics
    check: Callable[[], None]
    signals_applied: Callable[[int], Awaitable[None]]
    share: Callable[[], float]
    has_pending_input: Callable[[], bool]
    settled_to: Callable[[str, int], int]
    reached: Callable[[str], None]
    lead_keys: LeadKeys | None


class Pipeline:
    """The stages of one worker.

    `only` names those it runs; none means all. `live` False is shadow.
    """

    def __init__(
        self,
        dependencies: PipelineDependencies,
        name: str,
        keys: Keys,
        rules: Rules,
        registry: RulesRegistry,
        *,
        live: bool,
        only: Collection[str] = (),
    ) -> None:
        self._dependencies, self._name, self._rules = dependencies, name, rules
        clock = dependencies.clock
        self.idle = IdleDetector(dependencies.has_pending_input)
        self.outbox = Outbox(
            dependencies.producer,
            self.idle,
            keys.signatures,
            dependencies.check,
            dependencies.metrics.sent,
        )
        self.state = State(dependencies.store, self.outbox, Sealing(dependencies.lead_keys))
        outside = EffectContext(
            crm=dependencies.crm,
            apollo=dependencies.apollo,
            slack=dependencies.slack,
            sheets=dependencies.sheets,
            suppressed=self._suppressed,
            signals_applied=dependencies.signals_applied,
            nurture_lists=lambda: rules.entered_lists,
        )
        self.effects = EffectExecutor(
            outside,
            self.idle,
            keys,
            clock,
            check=dependencies.check,
            alarm=self._alarm,
            live=live,
            share=dependencies.share,
            retried=dependencies.metrics.retried,
        )
        stages = [stage for stage in make_stages(keys) if not only or stage.name in only]
        self.timers = Timers(stages, self.state, self.outbox, clock, dependencies.metrics)
        self.runners = [
            StageRunner(
                stage,
                state=self.state,
                outbox=self.outbox,
                idle=self.idle,
                effector=self.effects,
                registry=registry,
                clock=clock,
                metrics=dependencies.metrics,
                timers=self.timers,
                signatures=keys.signatures,
                settled_to=dependencies.settled_to,
                reached=dependencies.reached,
                live=live,
            )
            for stage in stages
        ]

    def _suppressed(self, partition: int, record: Any) -> str:
        found: Suppression | None = suppression_of(record, BatchView(self.state, partition))
        if found is None:
            return ""
        return f"{found.kind} reported by {found.source}"

    def alarm(self, text: str) -> None:
        """One alert to ops; the same text once a day, from however many workers."""
        now = self._dependencies.clock.now()
        self._send_alert(derive("worker", text, int(now // _DAY)), text, now)

    def _alarm(self, vendor: str, text: str) -> None:
        """One alert to ops. One about Slack itself stands in the log only."""
        if vendor == "slack":
            return
        now = self._dependencies.clock.now()
        ident = derive("outage", self._name, vendor, now, text)
        self._send_alert(ident, text, now)

    def _send_alert(self, ident: str, text: str, now: float) -> None:
        alert = Alert(alert_id=ident, kind="ops", to=self._rules.ops_channel, text=text, at=now)
        self.outbox.put(topics.ALERTS.full, alert.to.encode(), encode(alert))
