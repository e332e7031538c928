"""Signals that come before their lead, or for a lead that is on its way somewhere else."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from leads import topics
from leads.gates.signal_forwarding import linked_signals
from leads.records import IdentityLink, Signal, encode
from leads.rules import Rules
from leads.table_rows import PersonRow
from leads.waits import EARLY_WAITS
from streams.stages import engage
from streams.testing.loop import VirtualLoop
from tables.schema import PEOPLE
from tests.streams.kit import Bench, on_kit

ROUTED = topics.ROUTED_SIGNALS.full
(LINKED, _) = linked_signals(IdentityLink(link_id="l", address_key="k1", person_key="k2"), "lead-1")


def interest(number: int = 1) -> Signal:
    """A sign of interest of one address."""
    key = f"k{number}"
    return Signal(
        signal_id=f"s{number}", kind="intent", at=1.0, source="crm", address_key=key, person_key=key
    )


def sent(bench: Bench, topic: topics.Topic) -> list[tuple[int, Signal]]:
    """The signals of a topic with their partitions."""
    read = msgspec.json.Decoder(Signal).decode
    return [(one.partition, read(one.value or b"")) for one in bench.log.all(topic.full)]


async def set_person(bench: Bench, row: PersonRow) -> None:
    """What identity knows of address k1."""
    await bench.state.write(0, [PEOPLE.row("k1", row)])


def test_an_early_signal_comes_again_in_its_own_partition(rules: Rules) -> None:
    """Two partitions at work side by side: each timer belonged to whichever wrote first."""

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, engage.make(), rules)
        bench.timers.assign([0, 1])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        await asyncio.gather(
            bench.feed(ROUTED, encode(interest(1)), partition=0),
            bench.feed(ROUTED, encode(interest(2)), partition=1),
        )
        await asyncio.sleep(EARLY_WAITS[0] + 1)
        again = [(p, s.signal_id) for p, s in sent(bench, topics.ROUTED_SIGNALS) if s.delivery]
        assert sorted(again) == [(0, "s1"), (1, "s2")]

    on_kit(body)


def test_a_deferred_signal_goes_after_its_lead_once(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, engage.make(), rules)
        await set_person(bench, PersonRow(person_key="k1", lead_id="lead-1"))
        first = await bench.feed(ROUTED, encode(interest()))
        assert sent(bench, topics.SIGNALS) == []
        await set_person(bench, PersonRow(person_key="k2"))
        second = await bench.feed(ROUTED, encode(LINKED.record))
        after = replace(interest(), person_key="k2", forwarded=True, delivery=1)
        assert [one for _, one in sent(bench, topics.SIGNALS)] == [after]
        # a replay of all sends what was sent, and nothing else
        await bench.process_again([*first, *second])
        assert {one for _, one in sent(bench, topics.SIGNALS)} == {after}

    on_kit(body)


def test_a_signal_that_finds_an_alias_goes_after_it_at_once(rules: Rules) -> None:
    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, engage.make(), rules)
        await set_person(bench, PersonRow(person_key="k2"))
        records = await bench.feed(ROUTED, encode(interest()))
        await bench.process_again(records)
        moved = [(one.person_key, one.delivery) for _, one in sent(bench, topics.SIGNALS)]
        assert moved == 2 * [("k2", 1)]

    on_kit(body)


def test_what_was_put_aside_is_not_sent_again_when_it_is_replayed(rules: Rules) -> None:
    """Its next delivery went after the alias: the first one did nothing, and does nothing."""

    async def body(loop: VirtualLoop) -> None:
        bench = Bench(loop, engage.make(), rules)
        first = await bench.feed(ROUTED, encode(interest()))
        await set_person(bench, PersonRow(person_key="k2"))
        await bench.feed(ROUTED, encode(replace(interest(), only="engage", delivery=1)))
        await bench.process_again(first)
        moved = [(one.person_key, one.delivery) for _, one in sent(bench, topics.SIGNALS)]
        assert moved == [("k2", 2)]

    on_kit(body)
