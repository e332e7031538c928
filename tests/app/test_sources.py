"""A source that can't be read ends nothing, waits as its vendor says, and is reported once when it
lasts."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.errors import KafkaError

from app.ingest.source_status import Passes
from app.ingest.sources import ALERT_AFTER, PolledSource, Reading, follow_all
from connectors.core.errors import (
    NotInPlan,
    QuotaExhausted,
    RecordRejected,
    Unauthorised,
    Unavailable,
)
from streams.effects.vendors import APART
from streams.ports import Fatal
from tests.app.producing import Clock, MemoryProducer, anything


class Site:
    """Two sources of one vendor; `fault` makes what the first raises, None while it is well."""

    def __init__(self) -> None:
        self.clock, self.producer = Clock(), MemoryProducer()
        self.fault: Callable[[], Exception] | None = None
        self.reads = 0
        reading = Reading("Apollo", anything(self.producer), "#ops", self.clock)
        self.passes = Passes(self.clock, {"apollo_contacts": 60.0, "apollo_messages": 60.0})
        self.first = PolledSource("apollo_contacts", self._read, reading, self.passes, self.clock)
        self.second = PolledSource("apollo_messages", self._read, reading, self.passes, self.clock)

    async def _read(self) -> None:
        self.reads += 1
        if self.fault is not None:
            raise self.fault()


def test_a_lost_broker_ends_all_sources_with_its_own_error() -> None:
    """`leadgate poll` says it in one line then, instead of a traceback of a group."""

    async def rest() -> None:
        await asyncio.sleep(3600)

    async def test() -> None:
        site = Site()
        site.fault = lambda: KafkaError("Unable to get cluster metadata")
        with pytest.raises(KafkaError, match="cluster metadata"):
            await follow_all([rest(), site.first.follow(rest)])

    asyncio.run(test())


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (lambda: Unavailable("503"), 1.0),
        (lambda: QuotaExhausted("spent", 40_000.0), 300.0),
        (lambda: Unauthorised("401"), APART),
        (lambda: NotInPlan("403"), APART),
        (lambda: RecordRejected("422"), APART),
        (lambda: KeyError("contacts"), 1.0),
        (lambda: TypeError("NoneType"), 1.0),
        (lambda: RecursionError("too deep"), 1.0),
    ],
)
def test_whatever_a_vendor_answers_is_waited_for(
    fault: Callable[[], Exception], wait: float
) -> None:
    async def test() -> None:
        site = Site()
        site.fault = fault
        assert await site.first.attempt() is not None
        assert site.first.circuit.put_off() == wait
        assert await site.second.attempt() is not None
        assert len(await site.passes.why_not_ready()) == 2
        site.fault = None
        site.clock.at += wait
        assert await site.first.attempt() is None
        assert site.first.circuit.state == "closed"

    asyncio.run(test())


@pytest.mark.parametrize("fault", [KafkaError, OSError, lambda: Fatal("stood still"), MemoryError])
def test_what_is_ours_is_raised(fault: Callable[[], Exception]) -> None:
    site = Site()
    site.fault = fault
    with pytest.raises(type(fault())):
        asyncio.run(site.first.attempt())


def test_an_outage_that_lasts_is_reported_once_whatever_it_hits_and_so_is_its_end() -> None:
    async def test() -> None:
        site = Site()
        site.fault = lambda: Unauthorised("Apollo: 401 Invalid API key")
        await site.first.attempt()
        await site.second.attempt()
        site.clock.at += ALERT_AFTER - 1.0
        await site.first.attempt()
        assert site.producer.alerts() == [], "what passes is no news"
        site.clock.at += 1.0
        for _ in range(3):
            await site.first.attempt()
            await site.second.attempt()
            site.clock.at += ALERT_AFTER
        [text] = site.producer.alerts()
        assert text.startswith(
            "Apollo has not been read for 5 min (apollo_contacts): Apollo: 401 Invalid API key."
        )
        site.fault = None
        await site.first.attempt()
        assert len(site.producer.alerts()) == 1, "the other one is still not read"
        await site.second.attempt()
        assert site.producer.alerts()[1:] == ["Apollo is read again."]

    asyncio.run(test())


def test_a_source_that_is_refused_for_good_hides_no_later_outage() -> None:
    async def test() -> None:
        site = Site()
        site.fault = lambda: NotInPlan("403")
        await site.first.attempt()
        site.clock.at += ALERT_AFTER
        await site.first.attempt()
        site.clock.at += ALERT_AFTER
        site.fault = lambda: Unavailable("503")
        await site.second.attempt()
        site.clock.at += ALERT_AFTER
        await site.second.attempt()
        assert [text.split(":")[0] for text in site.producer.alerts()] == [
            "Apollo has not been read for 5 min (apollo_contacts)",
            "Apollo has not been read for 5 min (apollo_messages)",
        ]

    asyncio.run(test())


def test_once_waits_for_a_vendor_that_is_away_and_not_for_one_that_refuses() -> None:
    async def test() -> None:
        site = Site()
        site.fault = lambda: Unauthorised("401")
        assert isinstance(await site.first.once(), Unauthorised)
        faults: list[Callable[[], Exception]] = [lambda: Unavailable("503")]
        site = Site()

        async def read() -> None:
            if faults:
                fault = faults.pop()
                raise fault()

        reading = Reading("Apollo", anything(site.producer), "#ops", site.clock)
        source = PolledSource("x", read, reading, site.passes, Later(site.clock))
        assert await source.once() is None

    asyncio.run(test())


class Later(Clock):
    """A clock that goes on by ten seconds whenever it is asked."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock.at)

    def now(self) -> float:
        self.at += 10.0
        return self.at
