"""The same stages as anybody would write them on Faust: one agent a stage, one event a record, a
table, `await send`.

The same gates read the same rows and send the same records. It keeps none of our promises (no
acknowledgement awaited, no attempt written before a call, no replay recognised, nothing parked),
so it does less for each lead.
"""

import asyncio
import signal
from pathlib import Path
from typing import Any

import faust
import msgspec
import uvloop

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.privacy.lead_keys import open_sealing
from bench.peers.effects import DirectEffects
from leads import topics
from leads.decision import Decision, NeedsEffects
from leads.keys import Keys
from leads.rules import Rules
from leads.sealing import Sealing
from streams.ports import Clock
from streams.runner import audit_events
from streams.runner.model import Stage, StageTask
from streams.runner.outputs import outputs
from streams.stages.all import make_stages
from tables.state import BatchView


def run_plain(settings: Settings, rules: Rules, data: Path) -> int:
    """Run until SIGTERM."""
    uvloop.run(_run(settings, rules, data))
    return 0


class PlainTable:
    """A Faust table as a stage's view reads it: the partition is that of the event at hand."""

    def __init__(self, app: faust.App, sealing: Sealing) -> None:
        self.sealing = sealing
        changelog = app.topic(topics.CHANGELOG, key_serializer="raw", value_serializer="raw")
        self._table: Any = app.Table(
            "state",
            key_type=bytes,
            value_type=bytes,
            partitions=topics.PARTITIONS,
            changelog_topic=changelog,
        )

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value."""
        del partition
        value: bytes | None = self._table.get(key)
        return value

    def write(self, view: BatchView) -> None:
        """Faust writes row and changelog, and awaits neither."""
        for key, value in view.take():
            if value is not None:
                self._table[key] = value


async def _run(settings: Settings, rules: Rules, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        topics.APP_ID,
        broker=f"kafka://{settings.kafka_bootstrap_servers}",
        store="rocksdb://",
        datadir=str(data / "state"),
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=topics.PARTITIONS,
        table_standby_replicas=0,
        web_enabled=False,
    )
    table = PlainTable(app, open_sealing(settings))
    by_name = {
        t.full: app.topic(t.full, key_serializer="raw", value_serializer="raw")
        for t in topics.TOPICS
    }
    clock = SystemClock()
    effects = DirectEffects(clock)
    for stage in make_stages(Keys("bench")):
        source = app.topic(
            *[t.full for t in stage.inputs], key_serializer="raw", value_serializer="raw"
        )
        agent = _agent(stage, table, by_name, rules, effects, clock)
        app.agent(source, name=f"plain.{stage.name}", isolated_partitions=True)(agent)
    await app.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await app.stop()


def _agent(
    stage: Stage,
    table: PlainTable,
    by_name: dict[str, Any],
    rules: Rules,
    effects: DirectEffects,
    clock: Clock,
) -> Any:
    decoders = {t.full: msgspec.json.Decoder(r) for t, r in stage.inputs.items()}

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            record = table.sealing.open(decoders[message.topic].decode(message.value))
            view = BatchView(table, message.partition)
            subject, step, cause = audit_events.subject_of(record, message)
            seen = stage.load_state(record, view)
            job = StageTask(
                record, "", message.partition, subject, step, cause, rules.hash, clock.now(), seen
            )
            while isinstance(
                answer := stage.gate.decide(record, seen, job.results, rules, job.now), NeedsEffects
            ):
                for name, act in answer.effects.items():
                    job.results[name] = await effects.perform(act, record)
            job.answer = answer
            _put(stage, job, answer, view)
            table.write(view)
            for outgoing in (
                *audit_events.audits(stage, job, table.sealing),
                *outputs(stage, job, table.sealing),
            ):
                await by_name[outgoing.topic.full].send(key=outgoing.key, value=outgoing.value)

    return agent


def _put(stage: Stage, job: StageTask, answer: Decision, view: BatchView) -> None:
    """The stage's own rows, and one that says where the lead is."""
    for put in answer.puts:
        view.put(stage.tables[put.table], put.key, put.value)
    view.changes[f"{stage.name}:{job.row_key}".encode()] = (
        view.sealing.encode(answer.lead) if answer.lead else b"{}"
    )
