"""Callers who ask at once share a call, and none gets an answer older than what it may have."""

import asyncio
from collections.abc import Mapping

import pytest

from connectors.core.errors import Unavailable
from connectors.core.single_flight import SharedBatches, SingleFlight, SingleFlightByKey


class Vendor:
    """Answers only when it is let; each call is noted."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.open = asyncio.Event()

    async def read(self, key: str = "") -> str:
        """The number of this call."""
        self.calls.append(key)
        number = len(self.calls)
        await self.open.wait()
        return f"{key}{number}"

    async def ask(self, questions: Mapping[str, int]) -> Mapping[str, int]:
        """Double of each number but of those below nought."""
        self.calls.append(" ".join(questions))
        await self.open.wait()
        if any(number > 100 for number in questions.values()):
            raise Unavailable("too much")
        return {key: 2 * number for key, number in questions.items() if number >= 0}


async def turn() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_who_asks_while_a_reading_is_under_way_shares_the_next() -> None:
    async def test() -> None:
        vendor = Vendor()
        flight = SingleFlight(vendor.read)
        first = asyncio.ensure_future(flight.get())
        await turn()
        others = [asyncio.ensure_future(flight.get()) for _ in range(5)]
        await turn()
        vendor.open.set()
        assert await first == "1"
        assert await asyncio.gather(*others) == ["2"] * 5
        assert len(vendor.calls) == 2

    asyncio.run(test())


def test_a_caller_that_gives_up_does_not_end_the_reading_of_the_others() -> None:
    async def test() -> None:
        vendor = Vendor()
        flight = SingleFlight(vendor.read)
        impatient = asyncio.ensure_future(flight.get())
        patient = asyncio.ensure_future(flight.get())
        await turn()
        impatient.cancel()
        vendor.open.set()
        assert await patient == "1"

    asyncio.run(test())


def test_each_key_has_a_reading_of_its_own() -> None:
    async def test() -> None:
        vendor = Vendor()
        flights = SingleFlightByKey(vendor.read)
        asked = [asyncio.ensure_future(flights.get(key)) for key in ("a", "b", "a")]
        await turn()
        vendor.open.set()
        assert await asyncio.gather(*asked) == ["a1", "b2", "a1"]
        assert vendor.calls == ["a", "b"]

    asyncio.run(test())


def test_a_batch_asks_only_for_keys_that_no_call_under_way_asks_for() -> None:
    async def test() -> None:
        vendor = Vendor()
        shared = SharedBatches(vendor.ask)
        first = asyncio.ensure_future(shared.get({"a": 1, "b": 2}))
        await turn()
        second = asyncio.ensure_future(shared.get({"b": 2, "c": 3}))
        await turn()
        assert vendor.calls == ["a b", "c"]
        vendor.open.set()
        assert await first == {"a": 2, "b": 4}
        assert await second == {"b": 4, "c": 6}
        await turn()
        assert await shared.get({"a": 5}) == {"a": 10}, "an answer is not remembered"

    asyncio.run(test())


def test_a_key_without_an_answer_is_left_out_and_a_failed_call_concerns_its_own_keys() -> None:
    async def test() -> None:
        vendor = Vendor()
        vendor.open.set()
        shared = SharedBatches(vendor.ask)
        assert await shared.get({"a": 1, "b": -1}) == {"a": 2}
        with pytest.raises(Unavailable):
            await shared.get({"c": 101})
        await turn()
        assert await shared.get({"c": 3}) == {"c": 6}

    asyncio.run(test())


def test_a_caller_that_gives_up_does_not_end_the_batch_of_the_others() -> None:
    async def test() -> None:
        vendor = Vendor()
        shared = SharedBatches(vendor.ask)
        impatient = asyncio.ensure_future(shared.get({"a": 1}))
        await turn()
        patient = asyncio.ensure_future(shared.get({"a": 1}))
        await turn()
        impatient.cancel()
        vendor.open.set()
        assert await patient == {"a": 2}
        assert vendor.calls == ["a"]

    asyncio.run(test())
