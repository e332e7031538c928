"""One real audit event: a made-up lead through the real gate and the runner's own encoding."""

import asyncio
import json
from importlib.resources import files

import msgspec

from leads.decision import Decision
from leads.gates.common import Guarded
from leads.keys import derive, event_id, lead_id
from leads.records import Company, CrmLink, Intent, Lead, Person
from leads.rule_file import parse_rules
from leads.rules import Rules
from leads.sealing import Sealing
from streams.runner.audit_events import audits
from streams.runner.model import StageTask
from streams.stages import routing
from streams.testing.lead_keys import MemoryLeadKeys

_AT = 1_780_000_000.0
_SOURCE_ID = "6400000000000000000000d1"


def example_event() -> str:
    """The event, as indented JSON."""
    rules = parse_rules((files("app.rules") / "demo-rules.yaml").read_text())
    stage, lead, seen = routing.make(), _lead(rules), Guarded()
    job = StageTask(
        record=lead,
        at="leadgate.written/4@17",
        partition=4,
        row_key=lead.lead_id,
        step=lead.step,
        cause=lead.cause,
        rules=rules.hash,
        now=_AT + 1.5,
    )
    sealing = Sealing(MemoryLeadKeys())
    asyncio.run(sealing.ensure([lead]))
    job.keep_state(seen, sealing)
    answer = stage.gate.decide(lead, seen, {}, rules, job.now)
    assert isinstance(answer, Decision)
    job.answer = answer
    *_, event = audits(stage, job, sealing)
    assert event.value is not None
    return json.dumps(msgspec.json.decode(event.value), indent=1, ensure_ascii=False)


def _lead(rules: Rules) -> Lead:
    ident, person = lead_id("apollo", _SOURCE_ID), derive("example", "person")
    return Lead(
        lead_id=ident,
        source="apollo",
        source_id=_SOURCE_ID,
        version=derive("example", "version"),
        step=4,
        cause=event_id(ident, "write", derive("example", "cause"), "written"),
        rules=rules.hash,
        captured_at=_AT,
        person_key=person,
        address_key=person,
        imported="poll",
        seniority="vp",
        person=Person(
            email="rosalind@sample.test",
            first_name="Rosalind",
            last_name="Abernathy",
            title="VP Sales",
        ),
        company=Company(
            name="Sample Inc.",
            domain="sample.test",
            industry="internet",
            employees=250,
            country="GB",
        ),
        intents=(Intent(kind="list", value="Webinar", at=_AT),),
        crm=CrmLink(contact_id="501", company_id="77"),
    )
