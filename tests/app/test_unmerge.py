"""`leadgate unmerge`: when it waits, what it finishes, and which lead an address means."""

import asyncio
import time
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing, read_topic
from app.operations.replay import commit_offsets
from app.operations.unmerge import LeadUnmerge, UnmergeReport
from app.privacy.lead_keys import open_sealing
from app.setup.provision import provision_topics
from connectors.memory.crm import MemoryCrm
from leads import topics
from leads.records import Audit, Captured, IdentityLink, Lead, encode
from streams.runner.outbox import partition_of
from tests.app.test_audit_reader import write
from tests.leads.test_unmerge import KNOWN, MERGED, event

pytestmark = pytest.mark.kafka
_IDS = {"m": "0000000a-merged", "t": "0000000b-known"}


def named(told: Lead, case: str) -> Lead:
    """A lead of a case of its own: all cases share a broker."""
    ident = f"{case}-{_IDS[told.lead_id]}".ljust(36, "0")[:36]
    person = replace(told.person, email=f"{case}.{told.person.email}")
    keys = {"person_key": f"{case}{told.person_key}", "address_key": f"{case}{told.address_key}"}
    return replace(told, lead_id=ident, source_id=ident, person=person, **keys)


async def a_merge(settings: Settings, case: str) -> tuple[Lead, Lead]:
    """The audit of a lead that was merged into another one; both."""
    await provision_topics(settings)
    merged, known = named(MERGED, case), named(KNOWN, case)
    moved = replace(merged, person_key=known.person_key)
    story = [
        event(merged, "unique", "in_flight"),
        event(moved, "merged", "merged", 3, outcome={"into": known.lead_id}),
        event(known, "engaged", "engaged", 5),
    ]
    await write(settings, [(one, time.time()) for one in story])
    return merged, known


async def unmerge(settings: Settings, lead: str, now: float) -> UnmergeReport:
    """The command, without a CRM that would matter."""
    crm: Any = MemoryCrm(lambda: 1.0)
    return await LeadUnmerge(settings, crm, ("olga", "two people"), now).run(lead, dry_run=False)


async def captured(settings: Settings, lead: str) -> list[Captured]:
    """The records by which a lead came in again."""
    decoder = msgspec.json.Decoder(Captured)
    records = [decoder.decode(r.value) async for r in read_topic(settings, topics.CAPTURED.full)]
    found = [record for record in records if record.source_id == lead]
    return await open_sealing(settings).open_all(found)


async def events(settings: Settings, lead: str) -> list[Audit]:
    """A lead's events that say that a merge was taken back."""
    decoder = msgspec.json.Decoder(Audit)
    found = [decoder.decode(r.value) async for r in read_topic(settings, topics.AUDIT.full)]
    return [one for one in found if one.lead == lead and one.kind == "unmerged"]


def test_it_waits_until_the_links_of_the_merge_are_read(kafka: str, database: SecretStr) -> None:
    settings = Settings.model_construct(
        kafka_bootstrap_servers=kafka, site_secret=SecretStr("s3cret"), database_url=database
    )

    async def check() -> None:
        merged, known = await a_merge(settings, "links")
        key = merged.address_key
        link = IdentityLink(link_id="l", address_key=key, person_key=known.person_key)
        async with producing(settings) as producer:
            place = partition_of(key.encode())
            await producer.send_and_wait(
                topics.LINKS.full, encode(link), key=key.encode(), partition=place
            )
        with pytest.raises(UsageError, match="not carried out yet"):
            await unmerge(settings, merged.lead_id, time.time())
        assert await captured(settings, merged.lead_id) == []
        async with consuming(settings) as reader:
            end = await ends(reader, [topics.LINKS.full])
        await commit_offsets(settings, end)
        report = await unmerge(settings, merged.lead_id, time.time())
        assert "no worker runs" in report.text()
        [record] = await captured(settings, merged.lead_id)
        assert known.lead_id in record.raw["carried_over"]["apart"]

    asyncio.run(check())


def test_a_second_run_does_nothing_but_finish_an_interrupted_one(
    kafka: str, database: SecretStr
) -> None:
    settings = Settings.model_construct(
        kafka_bootstrap_servers=kafka, site_secret=SecretStr("s3cret"), database_url=database
    )

    async def check() -> None:
        merged, known = await a_merge(settings, "twice")
        now = time.time()
        await unmerge(settings, merged.lead_id, now)
        again = await unmerge(settings, merged.lead_id, now + 5)
        assert (again.unmerged_at, again.into) == (now, known.lead_id)
        assert "already" in again.text()
        assert len(await captured(settings, merged.lead_id)) == 1
        for lead in (merged.lead_id, known.lead_id):
            [told] = await events(settings, lead)
            assert (told.actor, told.outcome["reason"]) == ("olga", "two people")
        died, _ = await a_merge(settings, "died")
        [told] = await events(settings, merged.lead_id)
        inputs = {"merge": f"{died.lead_id} merged 3"}
        await write(settings, [(replace(told, id="died", lead=died.lead_id, inputs=inputs), now)])
        await unmerge(settings, died.lead_id, now + 5)
        assert len(await captured(settings, died.lead_id)) == 1

    asyncio.run(check())


def test_of_an_address_the_merged_lead_is_meant(kafka: str, database: SecretStr) -> None:
    settings = Settings.model_construct(
        kafka_bootstrap_servers=kafka, site_secret=SecretStr("s3cret"), database_url=database
    )

    async def check() -> None:
        merged, known = await a_merge(settings, "alike")
        twin = replace(merged, lead_id="alike-0000000c-twin".ljust(36, "0"))
        moved = replace(twin, person_key=known.person_key)
        story = event(moved, "merged", "merged", 3, outcome={"into": known.lead_id})
        await write(settings, [(story, time.time())])
        with pytest.raises(UsageError, match="of which 2 are merged"):
            await unmerge(settings, merged.person.email, time.time())
        report = await unmerge(settings, merged.lead_id, time.time())
        assert report.alike == [twin.lead_id]
        with pytest.raises(UsageError, match="it was not merged: it is engaged"):
            await unmerge(settings, known.person.email, time.time())

    asyncio.run(check())
