"""A worker that does not stop in time ends without a commit, and says what it waits for."""

import asyncio
from collections.abc import Callable

from app.monitoring.logs import set_up_logging
from app.worker.stop_limit import limit_stopping
from streams.ports import Fatal
from tests.app.test_logs import stderr

__all__ = ["stderr"]


async def wait_for_ever(ended: list[BaseException]) -> None:
    """Stop, and hang until the limit has passed."""
    hung = asyncio.Event()

    def end(error: BaseException) -> None:
        ended.append(error)
        hung.set()

    limit_stopping(end, 0.01)
    await hung.wait()


def test_what_hangs_is_named_and_the_process_ends(stderr: Callable[[], str]) -> None:
    set_up_logging()
    ended: list[BaseException] = []
    asyncio.run(wait_for_ever(ended))
    [error] = ended
    assert isinstance(error, Fatal)
    assert "did not stop within" in str(error)
    assert "await hung.wait()" in stderr()


def test_a_limit_that_is_taken_back_ends_nothing() -> None:
    async def stop() -> list[BaseException]:
        ended: list[BaseException] = []
        limit_stopping(ended.append, 0.0).cancel()
        await asyncio.sleep(0.01)
        return ended

    assert asyncio.run(stop()) == []
