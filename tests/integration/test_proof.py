"""On a real site: what the log doesn't bear out is reported, and a replay changes nothing."""

import asyncio
from typing import Any

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from app.kafka.clients import administering, consuming, ends, producing, read_to
from app.monitoring.lag import committed
from app.operations.replay import commit_offsets
from leads import topics
from leads.records import Audit, ReviewItem, encode
from leads.review_items import MOVED
from streams.runner.outbox import partition_of
from streams.stages.all import make_stages
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1200)]


def stop(site: SiteHarness) -> None:
    """Stop the worker, and take it out of the group."""
    site.kill("worker", 15)
    site.remove_members()


def faults(site: SiteHarness) -> dict[str, list[str]]:
    """What `audit verify` finds, by name."""
    report = site.leadgate("audit", "verify")
    assert report["conserved"] is not bool(report["faults"])
    return {name: list(fault["examples"]) for name, fault in report["faults"].items()}


def latest(site: SiteHarness, topic: str, key: bytes) -> Any:
    """The last record of a key."""

    async def read() -> Any:
        found = None
        async with consuming(site.settings()) as consumer:
            async for record in read_to(consumer, await ends(consumer, [topic])):
                found = record if record.key == key else found
        return found

    return asyncio.run(read())


def put(site: SiteHarness, record: Any, value: bytes | None) -> None:
    """Write a value under the key of a record, where that lies."""

    async def send() -> None:
        async with producing(site.settings()) as producer:
            place = {"key": record.key, "partition": record.partition}
            await producer.send_and_wait(record.topic, value, **place)

    asyncio.run(send())


def test_what_the_log_does_not_bear_out_is_reported_by_name(site: SiteHarness) -> None:
    site.work()
    waits, engaged = site.capture(captured(500, title=None), captured(501, company="borne"))
    site.wait_for(lambda: site.place_of(engaged) in {"engaged", "nurtured"})
    site.wait_settled(2)
    stop(site)
    assert faults(site) == {}
    item = latest(site, topics.REVIEW_QUEUE.full, f"{waits}/intake".encode())
    parked = latest(site, topics.CHANGELOG, f"parked.intake\x00{waits}".encode())
    asked = msgspec.json.decode(item.value, type=ReviewItem)
    put(site, item, encode(msgspec.structs.replace(asked, kind=MOVED)))
    assert faults(site) == {"unshown": [waits]}
    put(site, item, item.value)
    put(site, parked, None)
    assert faults(site) == {"unparked": [waits]}
    put(site, parked, parked.value)
    for kind, found in (("review", {"moved_on": [engaged]}), (MOVED, {})):
        other = msgspec.structs.replace(asked, lead_id=engaged, kind=kind, step=900)
        site.produce(topics.REVIEW_QUEUE, [(f"{engaged}/intake".encode(), encode(other))])
        assert faults(site) == found
    assert faults(site) == {}
    [skipped] = site.capture(captured(502, company="skipped"))
    site.commit_to_the_end(topics.CAPTURED)
    assert faults(site) == {"skipped": [skipped]}
    told = site.ask("audit", "verify")
    assert told.code == 1
    assert skipped in told.out
    assert "BROKEN" in told.out
    site.leadgate("replay", "--from", "0", "--act")
    site.work()
    site.wait_for(lambda: site.place_of(skipped) in {"engaged", "nurtured"})
    site.wait_settled(3)
    stop(site)
    assert faults(site) == {}


def test_records_that_were_deleted_unread_are_reported(site: SiteHarness) -> None:
    [gone] = site.capture(captured(510, company="gone"))
    partition = partition_of(f"apollo:{captured(510).source_id}".encode())
    tp = TopicPartition(topics.CAPTURED.full, partition)

    async def delete() -> int:
        async with consuming(site.settings()) as consumer, administering(site.settings()) as admin:
            end = (await consumer.end_offsets([tp]))[tp]
            await admin.delete_records({tp: RecordsToDelete(before_offset=end)})
            return int(end) - (await committed(site.settings())).get(tp, 0)

    count = asyncio.run(delete())
    report = site.leadgate("audit", "verify")
    assert f"{count} deleted unread" in report["broken"][0]
    assert gone not in site.places()
    asyncio.run(_commit(site, tp))
    assert faults(site) == {}


async def _commit(site: SiteHarness, tp: TopicPartition) -> None:
    async with consuming(site.settings()) as consumer:
        await commit_offsets(site.settings(), await consumer.end_offsets([tp]))


@pytest.mark.parametrize(
    "command",
    [
        ("poll", "--once"),
        ("web", "--port", "1"),
        ("sync-crm",),
        ("replay", "--from", "0"),
        ("audit", "recompute"),
        ("provision",),
    ],
)
def test_another_site_secret_is_refused_in_one_line(
    site: SiteHarness, command: tuple[str, ...]
) -> None:
    other = {"LEADGATE_SITE_SECRET": "another", "LEADGATE_WEB_SECRET": "5e1d09ab7c34f286"}
    told = site.ask(*command, **other)
    assert (told.code, told.out) == (2, "")
    assert len(told.err.splitlines()) == 1
    assert "LEADGATE_SITE_SECRET" in told.err


def test_a_worker_refuses_another_site_secret_and_doctor_tells(site: SiteHarness) -> None:
    other = {"LEADGATE_SITE_SECRET": "another"}
    said = site.refusal("worker", "--data", str(site.data / "other"), **other)
    assert [line for line in said.splitlines() if "LEADGATE_SITE_SECRET" in line]
    found = site.leadgate("doctor", **other)["faults"]
    assert len(found) == 1
    assert "LEADGATE_SITE_SECRET" in found[0]
    assert site.leadgate("doctor")["faults"] == []


def audit_of(site: SiteHarness) -> dict[bytes, bytes]:
    """Every event by its id."""
    return {r.key: r.value for r in site.records(topics.AUDIT)}


def shown(site: SiteHarness) -> dict[str, int]:
    """The step of each review item."""
    return {item["lead_id"]: item["step"] for item in site.leadgate("review", "list")}


def test_a_replay_of_any_topic_calls_nobody_and_changes_nothing(site: SiteHarness) -> None:
    """Leads that a person let go on are not back on the list, and what still waits can be
    decided."""
    site.work()
    untitled = [captured(n, title=None, company=f"again{n}") for n in range(520, 527)]
    others = [captured(n, company=f"again{n}") for n in range(530, 534)]
    refused = captured(540, company="refused")
    site.control("POST", "objects/control/broken_emails", {refused.raw["email"]: True})
    ids = site.capture(*untitled, *others, refused)
    site.wait_for(lambda: [site.place_of(i) for i in ids[:7]] == ["review"] * 7)
    site.wait_for(lambda: site.place_of(ids[-1]) == "fallback")
    for lead in ids[:6]:
        site.leadgate(
            "review", "resolve", lead, "--set", "title=VP Sales", "--actor", "o", "--reason", "r"
        )
    site.wait_for(
        lambda: {site.place_of(i) for i in ids[:6]} <= {"engaged", "nurtured"}
    )
    site.wait_settled(len(ids))
    stop(site)
    writes, audit, items, places = (
        site.control("GET", "state")["writes"],
        audit_of(site),
        shown(site),
        site.places(),
    )
    assert {ids[6], ids[-1]} <= items.keys()
    assert not set(ids[:6]) & items.keys()
    stages = make_stages(site.keys)
    ran = {}
    for topic in sorted({topic.name for stage in stages for topic in stage.inputs}):
        told = site.ask("replay", "--topic", topic, "--from", "0", "--json")
        assert told.code == 0 or "no processed record" in told.err, told.err
        ran[topic] = msgspec.json.decode(told.out)["records"] if told.code == 0 else 0
    for topic in (
        "captured",
        "validated",
        "unique",
        "matched",
        "written",
        "routed",
        "assigned",
        "alerts",
    ):
        assert ran[topic] > 0, ran
    site.work()
    site.wait_settled(len(ids))
    stop(site)
    assert site.control("GET", "state")["writes"] == writes
    assert audit_of(site) == audit
    assert shown(site) == items
    assert site.places() == places
    assert broken_promises(site) == []
    site.control("POST", "objects/control/broken_emails", {})
    site.work()
    site.leadgate(
        "review", "resolve", ids[6], "--set", "title=CEO", "--actor", "o", "--reason", "r"
    )
    site.wait_for(lambda: site.place_of(ids[6]) in {"engaged", "nurtured"})
    stop(site)
    assert ids[6] not in shown(site)


def test_a_replay_keeps_to_its_offsets_and_refuses_others(site: SiteHarness) -> None:
    site.work()
    [lead] = site.capture(captured(550, company="ranged"))
    site.wait_for(lambda: site.place_of(lead) in {"engaged", "nurtured"})
    site.wait_settled(1)
    assert "workers run" in site.refusal("replay", "--from", "0")
    stop(site)
    done = asyncio.run(committed(site.settings()))
    [tp, *_] = [tp for tp, offset in done.items() if tp.topic == topics.MATCHED.full and offset > 0]
    where = ("replay", "--topic", "matched", "--partition", str(tp.partition))
    end = done[tp]
    assert "no stage reads" in site.refusal("replay", "--topic", "review-queue", "--from", "0")
    assert "--partition" in site.refusal("replay", "--topic", "matched", "--from-offset", "0")
    assert "processed up to" in site.refusal(
        *where, "--from-offset", "0", "--to-offset", str(end + 1)
    )
    assert "no record" in site.refusal(*where, "--from-offset", str(end), "--to-offset", str(end))
    report = site.leadgate(*where, "--from-offset", str(end - 1), "--to-offset", str(end))
    assert report["records"] + report["left_out"] == 1  # a copy is left out
    back = asyncio.run(committed(site.settings()))
    assert back == done | {tp: end - 1}
    site.work()
    site.wait_settled(1)
    stop(site)
    assert asyncio.run(committed(site.settings()))[tp] == end


def test_every_event_is_about_a_lead_that_is_somewhere(site: SiteHarness) -> None:
    events = [msgspec.json.decode(value, type=Audit) for value in audit_of(site).values() if value]
    assert {event.lead for event in events if event.place} <= site.places().keys()
