"""Decisions at the command: what is refused with the reason, what is taken, and by which rules."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing, read_to
from app.review import queue
from app.review.decisions import DecisionReport, DecisionRequest, decide
from app.review.queue import Chosen
from app.rules.store import publish_rules, rules_in_force
from app.setup.provision import provision_topics
from connectors.memory.crm import MemoryCrm
from leads import topics
from leads.keys import Keys, derive
from leads.records import Person, ReviewDecision, ReviewItem, Signal, encode
from leads.rules import Rules
from streams.runner.outbox import partition_of
from tests.app.fixed_clock import Fixed
from tests.leads.test_review_actions import held

pytestmark = pytest.mark.kafka
SECRET = "s3cret"
UNREADABLE = b"{"


def make_crm() -> MemoryCrm:
    """A CRM with an active user and one who has left."""
    return MemoryCrm(Fixed().now, {"ben@acme.test": True, "gone@acme.test": False})


@pytest.fixture
def site(kafka: str, rules: Rules, database: SecretStr) -> Settings:
    """A site whose rules are in force, without a worker."""
    settings = Settings.model_validate(
        {"KAFKA_BOOTSTRAP_SERVERS": kafka, "site_secret": SECRET, "database_url": database}
    )

    async def prepare() -> None:
        await provision_topics(settings)
        await publish_rules(settings, rules)

    asyncio.run(prepare())
    return settings


async def show(settings: Settings, *items: ReviewItem) -> None:
    """Put items among what waits."""
    async with producing(settings) as producer:
        for item in items:
            await producer.send_and_wait(
                topics.REVIEW_QUEUE.full, encode(item), key=item.lead_id.encode()
            )


async def take(
    settings: Settings, item: ReviewItem, action: str, *, dry_run: bool = False, **fields: str
) -> DecisionReport:
    """Decide as a person would."""
    request = DecisionRequest(item, action, "olga", "so", fields)
    return await decide(settings, [request], Fixed(), make_crm, dry_run=dry_run)


async def review_decisions(settings: Settings, lead: str) -> list[ReviewDecision]:
    """What was sent about a lead."""
    async with consuming(settings) as consumer:
        found = [
            r.value
            async for r in read_to(consumer, await ends(consumer, [topics.REVIEW_DECISIONS.full]))
        ]
    return [
        r
        for v in found
        if v != UNREADABLE and (r := msgspec.json.decode(v, type=ReviewDecision)).lead_id == lead
    ]


def test_a_decision_is_taken_once_names_the_rules_in_force_and_says_that_no_worker_runs(
    site: Settings, rules: Rules
) -> None:
    async def check() -> None:
        item = held(lead_id="d1", asked="unrouted", partition=2)
        newer = rules.model_copy(update={"version": 7})
        await publish_rules(site, newer)
        assert (await rules_in_force(site)).hash == newer.hash
        async with producing(site) as producer:
            await producer.send_and_wait(topics.REVIEW_DECISIONS.full, UNREADABLE, partition=2)
        planned = await take(site, item, "redrive", dry_run=True)
        assert "would be decided" in planned.text(dry_run=True)
        assert await review_decisions(site, "d1") == []
        decided = await take(site, item, "redrive")
        assert f"by the rules in force (version 7, {newer.hash})" in decided.text()
        assert "no worker runs: the decision waits" in decided.text()
        [sent] = await review_decisions(site, "d1")
        assert (sent.action, sent.rules, sent.step) == ("redrive", newer.hash, item.step)
        again = await take(site, item, "suppress")
        assert again.refused == {
            "d1": "olga has decided redrive already, which is not carried out yet"
        }
        assert (
            await take(site, held(lead_id="d1", asked="unrouted", partition=2, step=4), "suppress")
        ).taken
        await publish_rules(site, rules)
        assert (await rules_in_force(site)).hash == rules.hash, (
            "an older version can come into force again"
        )

    asyncio.run(check())


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("nobody@nowhere.test", "the CRM has no user nobody@nowhere.test"),
        ("gone@acme.test", "no active user"),
        ("ben@acme.test", ""),
    ],
)
def test_a_lead_is_given_only_to_an_active_user_of_the_crm(
    site: Settings, to: str, said: str
) -> None:
    decided = asyncio.run(take(site, held(lead_id=f"o {to}", asked="unrouted"), "route", to=to))
    assert said in decided.refused.get(f"o {to}", "")
    assert bool(decided.taken) is not bool(said)


def test_nothing_reaches_a_person_who_opted_out(site: Settings) -> None:
    async def check() -> None:
        key = Keys(SECRET).address("no@b.com")
        signal = Signal(
            signal_id="x1",
            kind="unsubscribe",
            at=1.0,
            source="workflow",
            address_key=key,
            person_key=key,
        )
        async with producing(site) as producer:
            place = partition_of(key.encode())
            await producer.send_and_wait(
                topics.SIGNALS.full, encode(signal), key=key.encode(), partition=place
            )
        item = held(lead_id="s1", asked="job_change", person=Person(email="No@b.com"))
        for action in ("approve", "route"):
            decided = await take(site, item, action, to="ben@acme.test")
            assert "unsubscribe was received from workflow" in decided.refused["s1"]
        assert (await take(site, item, "redrive")).taken

    asyncio.run(check())


def refused(work: Callable[[], Coroutine[Any, Any, object]]) -> str:
    """What a command says that refuses."""
    with pytest.raises(UsageError) as caught:
        asyncio.run(work())
    return str(caught.value)


def test_a_lead_that_moved_on_is_refused_and_all_of_a_reason_are_taken_together(
    site: Settings,
) -> None:
    items = [
        held(lead_id=derive("bulk", n), asked="bulk_kind", stage="routing", step=n)
        for n in range(3)
    ]
    items.append(held(lead_id=derive("bulk", 9), asked="bulk_kind", stage="write"))
    asyncio.run(show(site, *items))
    by = ("olga", "so")
    assert "does not wait for a person" in refused(
        lambda: queue.resolve(site, Chosen("nobody"), "redrive", {}, by)
    )
    late = refused(lambda: queue.resolve(site, Chosen(items[2].lead_id, 1), "redrive", {}, by))
    assert "has moved on from step 1: it waits at step 2 as bulk_kind" in late
    assert "no lead waits as nothing_such" in refused(
        lambda: queue.resolve(site, Chosen(reason_kind="nothing_such"), "redrive", {}, by)
    )
    none = asyncio.run(queue.resolve(site, Chosen(reason_kind="bulk_kind"), "approve", {}, by))
    assert (len(none.taken), len(none.refused)) == (0, 4)
    some = asyncio.run(
        queue.resolve(site, Chosen(reason_kind="bulk_kind", stage="routing"), "redrive", {}, by)
    )
    assert {r.lead_id for r in some.taken} == {i.lead_id for i in items[:3]}
    rest = asyncio.run(queue.resolve(site, Chosen(reason_kind="bulk_kind"), "redrive", {}, by))
    assert (len(rest.taken), len(rest.refused)) == (1, 3)
