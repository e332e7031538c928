"""Reading the audit for a person: from a time on, of some leads only, where leads are, and which
are in shadow."""

import asyncio
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from app.audit.reader import LatestPlaces, events_of, read_events, stories_of
from app.base.errors import UsageError
from app.base.settings import Settings
from app.commands import leads as lead_commands
from app.commands.imports import FileImport
from app.ingest.csv_file import check_file, read_form
from app.ingest.import_registry import record_start, started_at
from app.ingest.importer import import_id
from app.kafka.clients import consuming, ends, producing, read_to
from app.operations.release import ReleaseScope, release_leads
from app.setup.provision import provision_topics
from leads import topics
from leads.keys import derive
from leads.records import Audit, AuditPerson, Signal, encode
from leads.rules import Rules
from streams.runner.outbox import partition_of

pytestmark = pytest.mark.kafka


def event(
    lead: str, step: int, kind: str = "routed", place: str = "in_flight", **more: Any
) -> Audit:
    """One event of a lead."""
    given: dict[str, Any] = {
        "actor": "leadgate",
        "cause": "c",
        "rules": "r",
        "at": float(step),
        "stage": "write",
    }
    given |= {"inputs": {"record": {"person_key": f"p-{lead}", "lists": ["Pilot"]}}}
    return Audit(
        id=derive(lead, step, kind), lead=lead, kind=kind, step=step, place=place, **(given | more)
    )


async def write(settings: Settings, events: list[tuple[Audit, float]]) -> None:
    """Events, each with its time."""
    async with producing(settings) as producer:
        for one, at in events:
            place = partition_of(one.lead.encode())
            await producer.send_and_wait(
                topics.AUDIT.full,
                encode(one),
                key=one.id.encode(),
                partition=place,
                timestamp_ms=int(at * 1000),
            )


def test_the_trail_is_read_from_a_time_on_and_of_some_leads_only(kafka: str) -> None:
    async def check() -> None:
        settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
        await provision_topics(settings)
        now = time.time()
        old, young, other = event("t1", 1), event("t1", 2), event("t2", 1)
        await write(settings, [(old, now - 9 * 3600), (other, now - 8 * 3600), (young, now - 1)])
        assert {e.id for e in [e async for e in read_events(settings)]} >= {
            old.id,
            young.id,
            other.id,
        }
        late = {e.id async for e in read_events(settings, since=now - 60)}
        assert young.id in late
        assert not {old.id, other.id} & late
        skewed = {e.id async for e in read_events(settings, since=now + 1800)}
        assert young.id in skewed, "clocks differ"
        assert [e.id for e in await events_of(settings, "t1")] == [old.id, young.id]
        assert await stories_of(settings, ()) == {}
        async with producing(settings) as producer:
            await record_start(settings, producer, "x.csv:1", 5.0)
            await record_start(settings, producer, "x.csv:1", 9.0)
        assert [await started_at(settings, ident) for ident in ("x.csv:1", "y.csv:2")] == [5.0, 0.0]

    asyncio.run(check())


def test_a_lead_is_where_its_highest_step_says_and_there_where_it_rests() -> None:
    moves = LatestPlaces()
    rests, moved = event("m1", 3, "engaged", "engaged"), event("m1", 3, "rescored")
    for one in (event("m1", 1), rests, moved, event("m1", 2), event("m1", 9, "noticed", "")):
        moves.note(one)
    assert moves.latest == {"m1": rests}


def done(**kinds: str) -> dict[str, object]:
    """Inputs of a decision whose acts ended so."""
    acts = {name: {"ok": True, "kind": kind} for name, kind in kinds.items()}
    return {"record": {"person_key": "p", "lists": ["Pilot"]}, "done": acts}


STORIES = {
    "rests": [
        event("", 1, "written", inputs=done(upsert="would")),
        event("", 2, "nurtured", "nurtured"),
    ],
    "live by now": [
        event("", 1, "written", inputs=done(upsert="would")),
        event("", 2, "engaged", "engaged"),
        event("", 3, "written", inputs=done(upsert="ok")),
        event("", 4, "engaged", "engaged"),
    ],
    "asks": [
        event("", 1, "written", inputs=done(upsert="would")),
        event("", 2, "invalid", "review"),
    ],
    "owner withheld": [
        event("", 1, "written", inputs=done(upsert="ok")),
        event("", 2, "assigned", stage="assign", inputs=done(assign="would", before="ok")),
        event("", 3, "engaged", "engaged"),
    ],
    "notice withheld": [
        event("", 2, "assigned", stage="assign", inputs=done(assign="ok")),
        event("", 3, "noticed", "", stage="engage", shadow=True),
        event("", 3, "engaged", "engaged", stage="engage", shadow=True),
    ],
    "only read": [event("", 2, "unowned", "held", shadow=True, inputs=done(before="would"))],
    "nothing to do": [event("", 5, "signal_owner", "engaged", stage="engage", shadow=True)],
    "opted out": [
        event("", 2, "nurtured", "nurtured"),
        event(
            "",
            3,
            "suppressed",
            "suppressed",
            stage="engage",
            inputs=done(stop="would", apollo="would"),
        ),
    ],
    "released": [
        event("", 1, "written", inputs=done(upsert="would")),
        event("", 2, "released"),
        event("", 3, "engaged", "engaged"),
    ],
    "written again": [
        event("", 3, "written", inputs=done(upsert="ok")),
        event("", 4, "engaged", "engaged"),
        event("", 1, "written", inputs=done(upsert="would")),
    ],
    "told again": [
        event("", 2, "released"),
        event("", 4, "engaged", "engaged"),
        # a replay writes what was decided long ago once more
        event("", 1, "written", inputs=done(upsert="would")),
    ],
}


def test_whatever_was_withheld_in_shadow_is_found_whatever_the_rules_are_now(kafka: str) -> None:
    async def check() -> None:
        settings = Settings.model_construct(
            kafka_bootstrap_servers=kafka, site_secret=SecretStr("s3cret")
        )
        await provision_topics(settings)
        mine = [
            replace(one, lead=lead, id=derive(lead, one.id))
            for lead, story in STORIES.items()
            for one in story
        ]
        await write(settings, [(one, time.time()) for one in mine])
        leads = frozenset(STORIES)
        assert (
            await release_leads(settings, ReleaseScope(frozenset({"live by now"})), 1.0)
        ).report()["released"] == 0
        planned = await release_leads(settings, ReleaseScope(leads), 1.0, dry_run=True)
        assert set(planned.released) == {"rests", "owner withheld", "notice withheld"}
        assert (planned.not_at_rest, planned.ended) == (["asks"], ["opted out"])
        assert "3 leads would be released" in planned.text(dry_run=True)
        assert await released_signals(settings, leads) == []
        nobody = await release_leads(settings, ReleaseScope(lists=frozenset({"Nobody's"})), 1.0)
        assert nobody.text(dry_run=False).startswith("0 leads released: no lead matches")
        live = await release_leads(settings, ReleaseScope(frozenset({"live by now"})), 1.0)
        assert "nothing was withheld from the 1 leads that match" in live.text(dry_run=False)
        assert await released_signals(settings, leads) == []
        await release_leads(settings, ReleaseScope(leads), 1.0)
        assert sorted(await released_signals(settings, leads)) == sorted(planned.released)

    asyncio.run(check())


async def released_signals(settings: Settings, leads: Collection[str]) -> list[str]:
    """Which of the leads have the signal that they are released."""
    async with consuming(settings) as consumer:
        found = [
            r.value async for r in read_to(consumer, await ends(consumer, [topics.SIGNALS.full]))
        ]
    signals = [msgspec.json.decode(value, type=Signal) for value in found]
    return [
        signal.value for signal in signals if signal.kind == "released" and signal.value in leads
    ]


def test_nothing_is_released_while_effects_are_in_shadow(kafka: str, rules: Rules) -> None:
    settings = Settings.model_validate(
        {"KAFKA_BOOTSTRAP_SERVERS": kafka, "site_secret": "s", "effects": "shadow"}
    )
    with pytest.raises(UsageError, match="effects are in shadow"):
        asyncio.run(lead_commands.release(settings, rules, ReleaseScope(), dry_run=False))


def test_an_address_and_the_beginning_of_an_id_lead_to_the_story(kafka: str) -> None:
    old, new, other = (derive("lookup", n) for n in range(3))
    ada = AuditPerson(email="ada@lookup.test", first_name="Ada")
    second = AuditPerson(email="x@lookup.test", emails=("Ada@Lookup.test",))

    async def check() -> None:
        settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
        await provision_topics(settings)
        events = [
            event(old, 1, "captured", at=10.0, person=ada),
            event(old, 2, "merged", "merged", at=11.0, person=ada),
            event(new, 1, "captured", at=20.0, person=second),
            event(other, 1, "captured", at=30.0, person=AuditPerson(email="ben@lookup.test")),
        ]
        await write(settings, [(one, time.time()) for one in events])
        story = await lead_commands.why(settings, "ADA@lookup.test")
        first, *_, last = story.text.splitlines()
        assert first == f"lead {new}"
        assert last.startswith(f"another lead: {old}, merged since 1970-01-01 00:00:11 UTC")
        assert [one["lead"] for one in story.events] == [new, old, old]
        assert (await lead_commands.why(settings, other[:9])).text.startswith(f"lead {other}")
        assert not (await lead_commands.why(settings, other.upper())).text.startswith("another")
        for unknown, message in {
            "nobody@lookup.test": "no lead has the address nobody@lookup.test",
            "@": "no lead has the address @",
            "ffffffff": "no event of lead ffffffff",
            other[:7]: "its first 8 or more characters",
            derive("nobody"): f"no event of lead {derive('nobody')}",
        }.items():
            with pytest.raises(UsageError, match=message):
                await lead_commands.why(settings, unknown)

    asyncio.run(check())


def of_import(ident: str, lead: str, step: int, kind: str, place: str) -> Audit:
    return event(lead, step, kind, place, inputs={"record": {"imported": ident}})


def test_importing_again_is_refused_where_people_would_be_overridden(
    kafka: str, tmp_path: Path, database: SecretStr
) -> None:
    path = tmp_path / "again.csv"
    path.write_text("First Name,Last Name,Title,Company,Email\nA,B,CEO,X,a@again.test\n")
    ident = import_id(path)
    engaged, decided, plain, undone = (derive("again", n) for n in range(4))

    async def check() -> None:
        settings = Settings.model_construct(
            kafka_bootstrap_servers=kafka, site_secret=SecretStr("s3cret"), database_url=database
        )
        await provision_topics(settings)
        work = FileImport(settings, check_file(read_form(path)), 500)
        assert (await work.run(again=True)).captured == 1, "an unknown import"
        events = [
            of_import(ident, engaged, 1, "captured", "in_flight"),
            of_import(ident, engaged, 2, "engaged", "engaged"),
            of_import(ident, decided, 1, "captured", "in_flight"),
            event(decided, 2, "reviewed", ""),
            of_import(ident, decided, 3, "nurtured", "nurtured"),
            of_import(ident, plain, 1, "captured", "in_flight"),
            of_import(ident, undone, 1, "captured", "in_flight"),
            event(undone, 2, "reviewed", ""),
            of_import(ident, undone, 3, "undone", "undone"),
        ]
        await write(settings, [(one, time.time()) for one in events])
        with pytest.raises(UsageError, match="1 of these leads are engaged, 1 were decided"):
            await work.run(again=True)
        assert (await work.run(again=True, force=True)).captured == 1
        assert (await work.run(again=False)).unchanged == 1
        ends = [
            of_import(ident, engaged, 3, "undone", "undone"),
            of_import(ident, decided, 4, "undone", "undone"),
        ]
        await write(settings, [(one, time.time()) for one in ends])
        assert (await work.run(again=True)).captured == 1, "as after an undo"

    asyncio.run(check())
