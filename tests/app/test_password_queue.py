"""A flood of passwords waits in a bounded queue."""

import asyncio
import threading

import pytest

from app.console.api.problems import ProblemError
from app.console.serving.password_queue import AT_ONCE, MOST_WAITING, PasswordQueue


def test_few_are_hashed_at_once_and_who_comes_when_it_is_full_is_told_when_to_try_again() -> None:
    asyncio.run(_flood())


async def _flood() -> None:
    queue, gate, most = PasswordQueue(), threading.Event(), AT_ONCE + MOST_WAITING
    running = most_running = 0
    lock = threading.Lock()

    def hash_one(number: int) -> int:
        nonlocal running, most_running
        with lock:
            running += 1
            most_running = max(most_running, running)
        gate.wait()
        with lock:
            running -= 1
        return number

    waiting = [asyncio.create_task(queue.run(hash_one, number)) for number in range(most)]
    await asyncio.sleep(0)
    with pytest.raises(ProblemError) as refused:
        await queue.run(hash_one, most)
    assert (refused.value.status, refused.value.headers) == (503, {"retry-after": "5"})
    gate.set()
    assert await asyncio.gather(*waiting) == list(range(most))
    assert most_running == AT_ONCE
    assert await queue.run(hash_one, most) == most, "there is room again"


def test_one_that_fails_or_goes_away_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.console.serving.password_queue.MOST_WAITING", 0)

    async def work() -> None:
        queue, gate = PasswordQueue(), threading.Event()
        for _ in range(2 * AT_ONCE):
            with pytest.raises(ZeroDivisionError):
                await queue.run(lambda: 1 // 0)
            gone = asyncio.create_task(queue.run(gate.wait))
            await asyncio.sleep(0)
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
        gate.set()
        assert await queue.run(lambda: 1) == 1

    asyncio.run(work())
