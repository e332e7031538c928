"""What a stage waits for before it acts, and when it gives up."""

import asyncio
from collections.abc import Iterable

import pytest
from faust.types import TP

from app.worker.signal_barrier import GivenUp, SignalsWait
from leads import topics
from streams.ports import Fatal
from tests.limits import HUNG


def tp_of(partition: int) -> TP:
    return TP(topics.SIGNALS.full, partition)


class Consumer:
    """A consumer that has settled so much of each partition, and is given records of it while
    `given`."""

    def __init__(self, settled: int) -> None:
        self.settled, self.given = settled, True

    def settled_up_to(self, tp: TP) -> int:
        del tp
        return self.settled

    def delivers(self, tp: TP) -> bool:
        del tp
        return self.given


class Broker:
    """A broker that answers when it is up; every partition ends at `end`."""

    def __init__(self, end: int) -> None:
        self.end, self.asked = end, 0
        self.up = asyncio.Event()
        self.up.set()

    async def ends(self, partitions: Iterable[TP]) -> dict[TP, int]:
        self.asked += 1
        await self.up.wait()
        return dict.fromkeys(partitions, self.end)


def waiting(
    broker: Broker, consumer: Consumer, limit: float = 60.0, mine: Iterable[int] = (0, 1)
) -> SignalsWait:
    return SignalsWait(broker.ends, lambda: consumer, lambda: mine, limit)


def test_it_waits_until_the_signals_are_applied_and_asks_once_for_all_who_wait() -> None:
    async def run() -> None:
        broker, consumer = Broker(5), Consumer(4)
        wait = waiting(broker, consumer)
        both = asyncio.gather(wait.applied(0), wait.applied(1))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not both.done()
        consumer.settled = 5
        async with asyncio.timeout(HUNG):
            await both
        assert broker.asked == 1

    asyncio.run(run())


def test_it_gives_up_as_soon_as_the_signals_go_elsewhere() -> None:
    async def run() -> None:
        consumer = Consumer(4)
        task = asyncio.create_task(waiting(Broker(5), consumer).applied(0))
        await asyncio.sleep(0)
        consumer.given = False
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(HUNG):
                await task

    asyncio.run(run())


def test_it_gives_up_though_the_broker_is_away() -> None:
    async def run() -> None:
        broker, consumer = Broker(5), Consumer(4)
        broker.up.clear()
        consumer.given = False
        with pytest.raises(GivenUp):
            await waiting(broker, consumer).applied(0)

    asyncio.run(run())


def test_a_partition_that_is_no_longer_here_is_given_up() -> None:
    with pytest.raises(GivenUp, match="not assigned"):
        asyncio.run(waiting(Broker(5), Consumer(4), mine=(1,)).applied(0))


def test_signals_that_are_given_and_never_applied_are_fatal() -> None:
    with pytest.raises(Fatal, match="applied up to 4 of 5"):
        asyncio.run(waiting(Broker(5), Consumer(4), limit=0.01).applied(0))
