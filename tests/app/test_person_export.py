"""`leadgate person export`: read from a broker, opened, and told in the audit."""

import asyncio
import json
import time

import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from app.audit.reader import events_of
from app.base.errors import UsageError
from app.base.settings import Settings
from app.cli.output import readable_json
from app.commands import leads as lead_commands
from app.kafka.clients import producing
from app.privacy.captured_messages import captured_messages
from app.privacy.lead_keys import open_sealing
from app.setup.provision import provision_topics
from leads import topics
from leads.keys import lead_id
from leads.records import Alert, Captured, Lead, PersonalRecord, ReviewItem, encode, to_plain
from streams.runner.outbox import partition_of
from tests.app.test_audit_reader import write
from tests.leads.test_unmerge import KNOWN, event

pytestmark = pytest.mark.kafka


def a_site(kafka: str, database: SecretStr) -> Settings:
    """The settings of a site with keys of its own on the broker of all tests."""
    return Settings.model_construct(
        kafka_bootstrap_servers=kafka, database_url=database, site_secret=SecretStr("s" * 32)
    )


def named(case: str, name: str) -> tuple[Lead, Captured]:
    """A lead of a case of its own, and its captured record: all cases share a broker."""
    source_id = f"{case}-{name}"
    person = replace(KNOWN.person, email=f"{name}@{case}.com", first_name=f"Zoë {name}")
    lead = replace(
        KNOWN,
        lead_id=lead_id("csv", source_id),
        source_id=source_id,
        person=person,
        person_key=f"key-{case}-{name}",
        address_key=f"key-{case}-{name}",
    )
    record = Captured(
        source="csv", source_id=source_id, captured_at=5.0, raw={"Email": person.email}
    )
    return lead, record


async def send(settings: Settings, topic: topics.Topic, key: str, record: PersonalRecord) -> None:
    """A record as it was written before there were keys: other tests read all that lies there."""
    async with producing(settings) as producer:
        await producer.send_and_wait(
            topic.full,
            encode(record),
            key=key.encode(),
            partition=partition_of(key.encode()),
        )


async def a_person(settings: Settings, lead: Lead, record: Captured) -> None:
    """All that is held of one; the captured record is sealed."""
    await provision_topics(settings)
    [message] = await captured_messages([record], open_sealing(settings))
    item = ReviewItem(
        lead_id=lead.lead_id,
        kind="review",
        stage="write",
        partition=0,
        step=2,
        since=6.0,
        person=lead.person,
    )
    alert = Alert(
        alert_id=lead.lead_id,
        kind="notice",
        to="#c",
        text=f"call {lead.person.first_name}",
        at=7.0,
        lead_id=lead.lead_id,
    )
    async with producing(settings) as producer:
        await producer.send_and_wait(
            message.topic, message.value, key=message.key, partition=partition_of(message.key)
        )
    story = (
        event(lead, "captured", "in_flight", 1, at=5.0),
        event(lead, "unsure", "review", 2, at=6.0),
    )
    await write(settings, [(told, time.time()) for told in story])
    await send(settings, topics.REVIEW_QUEUE, f"{lead.lead_id} write", item)
    await send(settings, topics.ALERTS, alert.to, alert)


def test_all_that_is_held_is_exported_and_the_audit_says_by_whom(
    kafka: str, database: SecretStr
) -> None:
    settings = a_site(kafka, database)

    async def check() -> None:
        (lead, record), (other, others) = named("held", "zoe"), named("held", "bertram")
        await a_person(settings, lead, record)
        await a_person(settings, other, others)
        before = time.time()
        export = await lead_commands.export_person(settings, lead.person.email, "olga")
        text = readable_json(to_plain(export))
        assert json.loads(text) == to_plain(export)
        assert "Zoë zoe" in text
        assert "bertram" not in text
        [told] = export.leads
        assert told.captured[0]["raw"] == {"Email": lead.person.email}
        assert told.alerts[0]["text"] == "call Zoë zoe"
        assert told.waits[0]["person"]["first_name"] == "Zoë zoe"
        assert [one.place for one in told.events] == ["in_flight", "review"]
        last = (await events_of(settings, lead.lead_id))[-1]
        assert (last.kind, last.actor, last.place) == ("person_exported", "olga", "")
        assert (last.step, last.outcome) == (2, {"captured": 1, "events": 2})
        assert last.inputs == {"leads": [lead.lead_id]}
        assert last.at >= before
        again = await lead_commands.export_person(settings, lead.lead_id, "pia")
        assert [one.actor for one in again.leads[0].events][-1] == "olga"
        assert again.leads[0].place == "review"

    asyncio.run(check())


def test_nothing_is_exported_of_somebody_unknown_or_erased(kafka: str, database: SecretStr) -> None:
    settings = a_site(kafka, database)

    async def check() -> None:
        lead, record = named("erased", "ada")
        await a_person(settings, lead, record)
        with pytest.raises(UsageError, match="no lead has the address"):
            await lead_commands.export_person(settings, "nobody@erased.com", "olga")
        erased = replace(event(lead, "person_erased", "", 3), at=60.0, person=None)
        outcome = {"leads": [lead.lead_id], "address_keys": [], "parts": []}
        await write(settings, [(replace(erased, outcome=outcome), time.time())])
        with pytest.raises(UsageError, match="was erased on 1970-01-01 00:01:00 UTC"):
            await lead_commands.export_person(settings, lead.lead_id, "olga")
        kinds = {one.kind for one in await events_of(settings, lead.lead_id)}
        assert "person_exported" not in kinds

    asyncio.run(check())
