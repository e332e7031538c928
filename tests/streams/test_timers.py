"""A worker's timers: they stop when they are told to."""

import asyncio

import pytest

from leads.decision import Parked
from leads.rules import Rules
from streams.stages import engage
from streams.testing.loop import VirtualLoop
from tests.streams.kit import Bench, on_kit


@pytest.mark.parametrize("turns", range(6))
def test_timers_stop_also_in_the_moment_of_an_earlier_time(turns: int, rules: Rules) -> None:
    """The cancellation was lost, and the worker waited for its timers without an end."""

    async def body(loop: VirtualLoop) -> None:
        stage = engage.make()
        bench = Bench(loop, stage, rules)
        bench.timers.assign([0])
        bench.timers.start(lambda error: pytest.fail(str(error)))
        await asyncio.sleep(1.0)
        due = bench.clock.now() + 3600.0
        bench.timers.lead_parked(stage, 0, Parked(subject="l1", until=due))
        for _ in range(turns):
            await asyncio.sleep(0)
        stopping = asyncio.ensure_future(bench.timers.stop())
        await asyncio.wait({stopping}, timeout=60.0)
        assert stopping.done()

    on_kit(body)
