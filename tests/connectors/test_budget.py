"""A budget keeps every window of the vendor's own, whenever between sending and answering the
vendor counts a call."""

import asyncio
import random

import pytest

from connectors.core.errors import NotSent
from connectors.core.http import SlidingWindowLimiter

SECONDS = 0.1


@pytest.mark.parametrize("seed", range(5))
def test_no_window_of_the_vendors_holds_more_than_the_limit(seed: int) -> None:
    chance = random.Random(seed)
    counted: list[float] = []

    async def call(budget: SlidingWindowLimiter) -> None:
        async with budget:
            latency = chance.random() * 0.05
            at = chance.random() * latency
            await asyncio.sleep(at)
            counted.append(asyncio.get_running_loop().time())
            await asyncio.sleep(latency - at)

    async def test() -> None:
        budget = SlidingWindowLimiter(8, SECONDS, share=0.75)
        await asyncio.gather(*(call(budget) for _ in range(40)))

    asyncio.run(test())
    assert len(counted) == 40
    assert all(sum(start <= at < start + SECONDS for at in counted) <= 6 for start in counted)


def test_a_wait_that_is_too_long_is_raised_and_not_waited_for() -> None:
    async def test() -> None:
        budget = SlidingWindowLimiter(1, 60.0)
        async with budget:
            pass
        with pytest.raises(NotSent, match="spent") as refused:
            await budget.__aenter__()
        assert 59 < refused.value.after <= 60

    asyncio.run(test())
