"""Sealed records as commands read them: the keys of many at once."""

from collections.abc import AsyncIterator
from typing import TypeVar

from leads.sealing import Sealing

R = TypeVar("R")
_AT_ONCE = 500  # records whose keys are asked for in one question


async def opened(records: AsyncIterator[R], sealing: Sealing) -> AsyncIterator[R]:
    """The records with their personal data, in order. Raises what opening raises."""
    waiting: list[R] = []
    async for record in records:
        waiting.append(record)
        if len(waiting) == _AT_ONCE:
            for one in await sealing.open_all(waiting):
                yield one
            waiting.clear()
    for one in await sealing.open_all(waiting):
        yield one
