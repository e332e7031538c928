"""Engagement with its runner: what is left of a lead under the key of a person whose it is no
longer."""

import asyncio
import json

import pytest
from msgspec import Raw
from msgspec.structs import replace

from leads import topics
from leads.decision import Parked
from leads.effect_results import EffectResult
from leads.gates.signal_forwarding import linked_signals
from leads.records import Enrolment, IdentityLink, Lead, Route, encode
from leads.rules import Rules
from leads.table_rows import Attempt, PersonRow, WaitingRow
from leads.waits import MOVED
from streams.stages import engage
from streams.testing.loop import VirtualLoop
from tables import schema
from tables.schema import PEOPLE
from tests.leads.test_gates import NOW, lead
from tests.streams.kit import Bench, on_kit

ROUTED = topics.ROUTED_SIGNALS.full
PARKED, WAITING = schema.parked("engage"), schema.waiting("engage")
LINK = IdentityLink(link_id="l", address_key="p1", person_key="p2", from_lead="l1")
[TOLD] = [o.record for o in linked_signals(LINK, "") if o.record.kind == MOVED]
RESTING = lead(nurtured_at=NOW, enrolled=Enrolment(name="nurture", tool="list", target="Nurture"))
ATTEMPT = Attempt(step=0, cause="c", now=1.0, since=1.0, rules="r", seen=Raw(b"{}"), done={})
FAILS = EffectResult(ok=False, kind="failed", reason="the list is locked")


async def begin(bench: Bench, resting: Lead, claim: PersonRow) -> None:
    """A lead that rests here, and identity's row of its key."""
    rows = [
        PARKED.row("l1", Parked(subject="l1", lead=resting)),
        WAITING.row("p1", WaitingRow(lead_id="l1")),
        PEOPLE.row("p1", claim),
    ]
    await bench.state.write(0, rows)


def left(bench: Bench) -> list[str]:
    """The tables that still say something of the lead."""
    keys = (PARKED.key("l1"), WAITING.key("p1"))
    return [key.decode() for key in keys if bench.state.get(0, key) is not None]


def events(bench: Bench) -> list[str]:
    """The kinds of the events so far, each once."""
    log = {record.key: record.value or b"" for record in bench.log.all(topics.AUDIT.full)}
    return [json.loads(value)["kind"] for value in log.values()]


@pytest.mark.parametrize("enrolled", [True, False])
@pytest.mark.parametrize("claim", [PersonRow(person_key="p2"), PersonRow(person_key="p1")])
def test_it_ends_with_its_sequence(rules: Rules, claim: PersonRow, enrolled: bool) -> None:
    """An alias, or another lead's claim."""
    resting = replace(RESTING, rules=rules.hash)
    resting = resting if enrolled else replace(resting, enrolled=Enrolment(name="x", tool="none"))

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, engage.make(), rules)
        await begin(bench, resting, claim)
        records = await bench.feed(ROUTED, encode(TOLD))
        await bench.process_again(records)
        assert (left(bench), events(bench)) == ([], ["moved"])
        assert bench.effector.asked == (["crm.leave_list"] if enrolled else [])

    on_kit(body)


def test_it_stays_where_its_key_is_its_own_again_or_another_lead_rests(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        for told, claim, rests in (
            (TOLD, PersonRow(person_key="p1", lead_id="l1"), RESTING),
            (replace(TOLD, value="l9"), PersonRow(person_key="p2"), RESTING),
            (TOLD, PersonRow(person_key="p2"), replace(RESTING, person_key="p2")),
        ):
            bench = Bench(loop, engage.make(), rules)
            await begin(bench, replace(rests, rules=rules.hash), claim)
            await bench.feed(ROUTED, encode(told))
            assert (len(left(bench)), events(bench)) == (2, [])

    on_kit(body)


def test_a_sequence_that_cannot_be_left_is_told_and_tried_again(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, engage.make(), rules)
        bench.effector.answers = [FAILS, FAILS]
        bench.timers.assign([0])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        await begin(bench, replace(RESTING, rules=rules.hash), PersonRow(person_key="p2"))
        await bench.feed(ROUTED, encode(TOLD))
        for number in range(1, 3):
            # told once, however often it fails alike
            assert events(bench) == ["unenrol_failed"]
            assert len(bench.log.all(topics.ALERTS.full)) == 1
            await asyncio.sleep(rules.recheck_seconds + 1.0)
            [record] = bench.log.all(topics.ASSIGNED.full)[number - 1 :]
            await bench.process_again([record])
        assert (left(bench), events(bench)[-1]) == ([], "moved")

    on_kit(body)


def test_what_is_put_off_ends_once_it_has_decided(rules: Rules) -> None:
    """The lead is on its way into a sequence."""
    route = Route(kind="nurture", owner_email="nurture@acme.test", owner_id="9")
    arriving = lead(rules=rules.hash, route=route, captured_at=1.0)
    later = EffectResult(ok=False, retry_after=3.0)

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, engage.make(), rules)
        bench.effector.answers = [later]
        await bench.state.write(0, [PEOPLE.row("p1", PersonRow(person_key="p2"))])
        records = await bench.feed(topics.ASSIGNED.full, encode(arriving))
        await bench.feed(ROUTED, encode(TOLD))
        await bench.process_again(records)
        again = [r for r in bench.log.all(ROUTED) if json.loads(r.value or b"{}").get("delivery")]
        assert events(bench) == ["enrolled", "nurtured"]
        await bench.process_again(again)
        assert (left(bench), events(bench)[-1]) == ([], "moved")

    on_kit(body)


def test_an_older_revision_that_comes_after_its_lead_has_moved_ends(rules: Rules) -> None:
    """It entered the sequence, and no opt-out of the person reached it."""
    route = Route(kind="nurture", owner_email="nurture@acme.test", owner_id="9")
    older = lead(rules=rules.hash, route=route)

    async def body(loop: VirtualLoop) -> None:
        for step, last in ((1025, ["moved"]), (2, ["enrolled", "nurtured"])):
            bench = Bench(loop, engage.make(), rules)
            await bench.state.write(
                0,
                [
                    PEOPLE.row("p1", PersonRow(person_key="p2")),
                    schema.attempts("identity").row("l1", replace(ATTEMPT, step=step)),
                ],
            )
            await bench.feed(topics.ASSIGNED.full, encode(older))
            assert events(bench) == last

    on_kit(body)
