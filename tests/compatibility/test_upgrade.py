"""A new worker goes on from the state and the log of earlier commits."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leads import topics
from leads.keys import Keys, derive
from leads.records import Audit, CrmRecord, Lead, Place, ReviewItem, Signal, encode
from streams.stages.all import make_stages
from tables.schema import OF_A_STAGE, TABLES
from tests.compatibility.filled import complete, lost
from tests.compatibility.restored import RestoredSite, on_restored
from tests.compatibility.state import FOLDER, SiteState, load
from tests.simulation.people import REPS
from tests.simulation.simulate import be_quiet

STATES = sorted(FOLDER.glob("*.json.gz"))
WAITS = frozenset({"review", "held", "fallback"})
ARRIVED = frozenset({"engaged", "nurtured"})
#: Topics with one kind of record, all of it Leadgate's own.
ONE_RECORD: dict[str, type[Any]] = {
    topics.AUDIT.full: Audit,
    topics.REVIEW_QUEUE.full: ReviewItem,
    topics.CRM_RECORDS.full: CrmRecord,
    topics.FALLBACK.full: Lead,
}
#: What a person decides, by what was asked; by all else it is looked at again.
DECISIONS: dict[str, tuple[str, dict[str, str]]] = {
    "invalid": ("set", {"title": "VP Sales"}),
    "unrouted": ("route", {"to": REPS[1]}),
    "unowned": ("route", {"to": REPS[1]}),
    "replied": ("approve", {}),
}
pytestmark = pytest.mark.parametrize("path", STATES, ids=lambda path: path.name)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    be_quiet()


def rows_by_table() -> dict[str, type[Any]]:
    """The record of each table's rows, the tables of every stage among them."""
    stages = [stage.name for stage in make_stages(Keys(""))]
    tables = [*TABLES, *(of(stage) for of in OF_A_STAGE for stage in stages)]
    return {table.name: table.record for table in tables}


def leads_in(state: SiteState, *places: str) -> list[str]:
    """The ids of the leads that were there."""
    return [lead for lead, place in state.places.items() if place in places]


def test_a_state_has_leads_in_every_place(path: Path) -> None:
    # the states were recorded before anybody could be erased
    expected = set(Place) - {Place.NOWHERE, Place.ERASED}
    assert set(load(path).places.values()) - {Place.ERASED} == expected


def test_every_row_and_record_is_read_whole(path: Path) -> None:
    rows, read = rows_by_table(), 0
    for partition in load(path).partitions:
        for _, key, value in partition.records:
            if partition.topic == topics.CHANGELOG:
                record = rows[key.partition("\0")[0]]
            elif partition.topic in ONE_RECORD:
                record = ONE_RECORD[partition.topic]
            else:
                continue
            found = msgspec.json.decode(value, type=record)
            assert lost(json.loads(value), complete(found)) == [], (partition.topic, key)
            read += 1
    assert read > 200


def test_what_was_under_way_arrives_and_what_had_ended_stays(path: Path) -> None:
    state = load(path)

    async def body(site: RestoredSite) -> None:
        await asyncio.sleep(30.0)
        assert not site.ended
        now = site.places()
        unread = now.keys() - state.places.keys()
        assert len(unread) == 1
        assert {now[lead] for lead in (*leads_in(state, "in_flight"), *unread)} <= ARRIVED
        for lead in leads_in(state, *ARRIVED, "review", "suppressed", "merged", "dead", "undone"):
            assert now[lead] == state.places[lead]

    on_restored(state, body)


def test_what_waits_is_released_by_decisions(path: Path) -> None:
    state = load(path)

    async def body(site: RestoredSite) -> None:
        shown = site.waiting()
        assert shown.keys() == set(leads_in(state, *WAITS))
        assert {item.kind for item in shown.values()} == WAITS
        for item in shown.values():
            site.decide(item, *DECISIONS.get(item.reason_kind, ("redrive", {})))
        await asyncio.sleep(300.0)
        assert not site.ended
        now = site.places()
        assert {lead: now[lead] for lead in shown if now[lead] not in ARRIVED} == {}
        assert site.waiting() == {}

    on_restored(state, body)


def test_a_lead_that_rests_is_woken_by_a_signal(path: Path) -> None:
    state = load(path)

    async def body(site: RestoredSite) -> None:
        known = {site.keys.address(email) for _, email, _ in state.contacts}
        for key in known:
            signal = Signal(
                signal_id=derive("upgrade", key),
                kind="unsubscribe",
                at=site.clock.now(),
                source="crm",
                address_key=key,
                person_key=key,
            )
            site.send(topics.SIGNALS, key, encode(signal))
        await asyncio.sleep(60.0)
        assert not site.ended
        now = site.places()
        assert {now[lead] for lead in leads_in(state, *ARRIVED)} == {"suppressed"}

    on_restored(state, body)
