"""The same gates as anybody would write them on Faust: one agent a stage, one event a lead, a table, `await send`.

It keeps no promise of ours (no replay, no awaited acknowledgement, no effect rows): it does less for each lead.
"""

import asyncio
import signal
from pathlib import Path
from typing import Any

import faust
import msgspec
import uvloop

from bench.vendors import instant
from leadgate.app.settings import Settings
from leadgate.app.telemetry import SystemClock
from leadgate.connectors.contract import OwnerWrite
from leadgate.leads import names
from leadgate.leads.decision import Decision, Need, Result
from leadgate.leads.keys import Keys
from leadgate.leads.records import Audit, Captured, Lead, encode
from leadgate.leads.rules import Rules
from leadgate.streams.effects import contact_write
from leadgate.streams.stages.all import make_stages


def run_plain(settings: Settings, rules: Rules, data: Path) -> int:
    """Run until SIGTERM."""
    uvloop.run(_run(settings, rules, data))
    return 0


async def _run(settings: Settings, rules: Rules, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        names.APP_ID,
        broker=f"kafka://{settings.kafka_bootstrap_servers}",
        store="rocksdb://",
        datadir=str(data / "state"),
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=names.PARTITIONS,
        table_standby_replicas=0,
        web_enabled=False,
    )
    table = app.Table(
        "state",
        key_type=bytes,
        value_type=bytes,
        partitions=names.PARTITIONS,
        changelog_topic=app.topic(names.CHANGELOG, key_serializer="raw", value_serializer="raw"),
    )
    topics = {
        t.full: app.topic(t.full, key_serializer="raw", value_serializer="raw")
        for t in (*names.LEAD_TOPICS, names.AUDIT, names.CLOCKS, names.LINKS, names.ALERTS)
    }
    vendors = instant()
    for stage in make_stages(Keys("bench"))[:7]:
        lead_topic, record = next((t, r) for t, r in stage.inputs.items() if r in {Lead, Captured})
        app.agent(topics[lead_topic.full], name=f"plain.{stage.name}", isolated_partitions=True)(
            _agent(stage, record, table, topics, rules, vendors)
        )
    await app.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await app.stop()


def _agent(stage: Any, record: Any, table: Any, topics: dict[str, Any], rules: Rules, vendors: Any) -> Any:
    decoder = msgspec.json.Decoder(record)
    clock = SystemClock()

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            lead = decoder.decode(event.message.value)
            seen = stage.seen()
            done: dict[str, Result] = {}
            while isinstance(answer := stage.gate.decide(lead, seen, done, rules, clock.now()), Need):
                for name, act in answer.acts.items():
                    done[name] = await _do(act, lead, vendors, clock)
            await _send(stage, answer, lead, table, topics)

    return agent


async def _do(act: Any, lead: Any, vendors: Any, clock: Any) -> Result:
    crm = vendors.crm
    if act.name == "crm.upsert":
        [row] = await crm.upsert([contact_write(lead)])
        return Result(ok=True, value={"contact_id": row.contact.id, "owner_id": row.contact.owner_id, "existed": row.existed})
    if act.name == "crm.assign":
        await crm.assign([OwnerWrite(**act.args)])
        return Result(ok=True)
    if act.name == "crm.read_owner":
        [shown] = await crm.read_owners([act.args["contact_id"]])
        return Result(ok=True, value={"owner_id": shown.owner_id, "email": shown.email, "active": True, "at": clock.now()})
    if act.name == "apollo.enrich":
        return Result(ok=True, value=await vendors.apollo.enrich(act.args["domain"]) | {"employees": 400})
    return Result(ok=True)


async def _send(stage: Any, answer: Decision, lead: Any, table: Any, topics: dict[str, Any]) -> None:
    subject = getattr(lead, "lead_id", "") or lead.source_id
    table[f"{stage.name}:{subject}".encode()] = encode(lead)
    out = answer.lead
    if out is not None:
        audit = Audit(
            id=f"{out.lead_id}{stage.name}",
            lead=out.lead_id,
            stage=stage.name,
            kind=answer.kind,
            step=out.step,
            place=str(answer.place),
            at=0.0,
            actor="plain",
            cause=out.cause,
            rules=out.rules,
            inputs={"record": lead},
            trace=answer.trace,
            person=out.person,
        )
        await topics[names.AUDIT.full].send(key=audit.id.encode(), value=encode(audit))
    for output in answer.outputs:
        if output.topic in topics:
            await topics[output.topic].send(key=output.key.encode(), value=encode(output.record))
