"""Leadgate's seven lead stages as one function: a record in; rows, audit events and outputs out.

The decisions, their rows and their records come from the code that a worker runs
(`streams.runner.deciding`). What a worker adds around it stays away: the `started` row before a
call, calls in batches, replay by cause, waiting for signals, timers, dead letters.
"""

from typing import Protocol, cast

import msgspec

from app.base.clock import SystemClock
from bench.peers.effects import BlockingEffects
from leads import topics
from leads.decision import NeedsEffects
from leads.keys import Keys
from leads.records import Lead, Record
from leads.rules import Rules
from leads.sealing import Sealing
from streams.runner import audit_events
from streams.runner.deciding import Deciding
from streams.runner.model import Stage, StageTask
from streams.runner.outgoing import OutgoingRecord
from streams.runner.rules_versions import RulesRegistry
from streams.stages.all import make_stages
from tables.schema import COMPANIES, COMPLETE, PEOPLE
from tables.state import BatchView, State

#: Every topic on which the benchmark's leads travel: a stage each.
LEAD_TOPICS = tuple(topic.full for topic in topics.LEAD_TOPICS)
_SNAPSHOT_MARKS = frozenset((PEOPLE.key(COMPLETE), COMPANIES.key(COMPLETE)))


class SourceRecord(msgspec.Struct, frozen=True, gc=False):
    """A consumed record, as `audit_events.subject_of` reads it."""

    topic: str
    partition: int
    offset: int
    value: bytes


class Rows(Protocol):
    """A peer's state: stored values by key, in one partition."""

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        ...


class _AfterSnapshot:
    """Rows in which the CRM's snapshot counts as complete. The benchmark's is empty, and a peer
    whose state is scoped to a message key has no place for a mark of a whole partition."""

    def __init__(self, rows: Rows, sealing: Sealing) -> None:
        self._rows, self.sealing = rows, sealing

    def get(self, partition: int, key: bytes) -> bytes | None:
        return b"{}" if key in _SNAPSHOT_MARKS else self._rows.get(partition, key)


class GateRunner:
    """Runs each record through the gate of its topic's stage, effects included. Whoever captures
    the leads makes their keys."""

    def __init__(self, rules: Rules, site_secret: str, sealing: Sealing) -> None:
        self._registry, self._clock, self._sealing = RulesRegistry(rules), SystemClock(), sealing
        self.effects = BlockingEffects(self._clock)
        self._stages: dict[str, _StageParts] = {}
        for stage in make_stages(Keys(site_secret)):
            parts = _StageParts(stage, Deciding(stage, self._registry))
            for topic, record in stage.inputs.items():
                if topic.full in LEAD_TOPICS:
                    parts.decoders[topic.full] = msgspec.json.Decoder(record)
                    self._stages[topic.full] = parts

    def view(self, rows: Rows, partition: int) -> BatchView:
        """A stage's view of a peer's rows. A view only ever calls `get` of what it reads."""
        return BatchView(cast("State", _AfterSnapshot(rows, self._sealing)), partition)

    def process(self, source: SourceRecord, view: BatchView) -> list[OutgoingRecord]:
        """Decide on one record: its rows lie in `view` then; its audit events and outputs are
        returned, in this order.

        A record whose lead has come at least as far in this stage answers nothing: it is a
        duplicate. Raises RuntimeError when the gate fails.
        """
        parts = self._stages[source.topic]
        record = self._sealing.open(parts.decoders[source.topic].decode(source.value))
        subject, step, cause = audit_events.subject_of(record, source)
        attempt = view.get(parts.stage.attempts, subject)
        if attempt is not None and attempt.step >= step:
            return []
        now = self._clock.now()
        job = StageTask(
            record,
            f"{source.topic}/{source.partition}@{source.offset}",
            source.partition,
            subject,
            step,
            cause,
            record.rules if isinstance(record, Lead) else self._registry.current,
            now,
            since=now,
        )
        self._decide(parts.deciding, job, view)
        return job.audits + job.outputs

    def _decide(self, deciding: Deciding, job: StageTask, view: BatchView) -> None:
        deciding.decide(job, view)
        while isinstance(job.answer, NeedsEffects):
            for name, effect in job.answer.effects.items():
                job.results[name] = self.effects.perform(effect, job.record)
            deciding.decide(job, view)
        if job.failed:
            raise RuntimeError(job.failed)


class _StageParts:
    """A stage, what asks its gate, and a decoder for each topic that it reads."""

    def __init__(self, stage: Stage, deciding: Deciding) -> None:
        self.stage, self.deciding = stage, deciding
        self.decoders: dict[str, msgspec.json.Decoder[Record]] = {}
