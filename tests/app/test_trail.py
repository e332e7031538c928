"""Reading the audit for a person: from a time on, of some leads only, where leads are, and which are in shadow."""

import asyncio
import time

import pytest

from app.imports import began, note_begin
from app.kafka import producing
from app.provision import provision_topics
from app.releasing import release
from app.settings import Settings
from app.trail import Moves, events_of, trail
from leads import names
from leads.keys import derive
from leads.records import Audit, encode
from streams.outbox import partition_of

pytestmark = pytest.mark.kafka


def event(lead: str, step: int, kind: str = "routed", place: str = "in_flight", **more: object) -> Audit:
    """One event of a lead."""
    given = {"actor": "leadgate", "cause": "c", "rules": "r", "at": float(step), "stage": "write"}
    given |= {"inputs": {"record": {"person_key": f"p-{lead}", "lists": ["Pilot"]}}}
    return Audit(id=derive(lead, step, kind), lead=lead, kind=kind, step=step, place=place, **(given | more))  # type: ignore[arg-type]


async def write(settings: Settings, events: list[tuple[Audit, float]]) -> None:
    """Events, each with its time."""
    async with producing(settings) as producer:
        for one, at in events:
            place = partition_of(one.lead.encode())
            await producer.send_and_wait(
                names.AUDIT.full, encode(one), key=one.id.encode(), partition=place, timestamp_ms=int(at * 1000)
            )


def test_the_trail_is_read_from_a_time_on_and_of_some_leads_only(kafka: str) -> None:
    async def check() -> None:
        settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
        await provision_topics(settings)
        now = time.time()
        old, young, other = event("t1", 1), event("t1", 2), event("t2", 1)
        await write(settings, [(old, now - 9 * 3600), (other, now - 8 * 3600), (young, now - 1)])
        assert {e.id for e in [e async for e in trail(settings)]} >= {old.id, young.id, other.id}
        late = {e.id async for e in trail(settings, since=now - 60)}
        assert young.id in late
        assert not {old.id, other.id} & late
        skewed = {e.id async for e in trail(settings, since=now + 1800)}
        assert young.id in skewed, "clocks differ"
        assert [e.id for e in await events_of(settings, "t1")] == [old.id, young.id]
        async with producing(settings) as producer:
            await note_begin(settings, producer, "x.csv:1", 5.0)
            await note_begin(settings, producer, "x.csv:1", 9.0)
        assert [await began(settings, ident) for ident in ("x.csv:1", "y.csv:2")] == [5.0, 0.0]

    asyncio.run(check())


def test_a_lead_is_where_its_highest_step_says_and_there_where_it_rests() -> None:
    moves = Moves()
    rests, moved = event("m1", 3, "engaged", "engaged"), event("m1", 3, "again")
    for one in (event("m1", 1), rests, moved, event("m1", 2), event("m1", 9, "noticed", "")):
        moves.note(one)
    assert moves.latest == {"m1": rests}


def test_only_what_was_last_written_in_shadow_and_rests_is_released(kafka: str) -> None:
    async def check() -> None:
        settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
        await provision_topics(settings)
        would, live = {"would": True}, {"would": False}
        story = [
            *(event(lead, 1, "written", outcome=would) for lead in ("r1", "r2", "r3")),
            event("r1", 2, "nurtured", "nurtured"),
            event("r2", 2, "engaged", "engaged"),
            event("r2", 3, "written", outcome=live),
            event("r2", 4, "engaged", "engaged"),
            event("r3", 2, "invalid", "review"),
        ]
        await write(settings, [(one, time.time()) for one in story])
        mine = ["r1", "r2", "r3"]
        assert await release(settings, ["r2"], [], 1.0) == {"released": 0, "not_at_rest": 0}
        assert await release(settings, mine, [], 1.0) == {"released": 1, "not_at_rest": 1}

    asyncio.run(check())
