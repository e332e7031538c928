"""Passwords are hashed a few at a time: each takes 64 MiB and some 50 ms of CPU time."""

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

from app.console.api.problems import RETRY, ProblemError

#: Passwords that are hashed at a time, and that wait for their turn.
AT_ONCE, MOST_WAITING = 2, 50
_FULL = "too many people sign in at this moment; try again in a few seconds"
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class PasswordQueue:
    """A flood of passwords waits here, and in no thread."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._taken = 0

    async def run(self, call: Callable[[Unpack[Ts]], T], *given: *Ts) -> T:
        """What a blocking call that hashes a password returns.

        Raises ProblemError (503, when to try again) if too many wait already.
        """
        if self._taken >= AT_ONCE + MOST_WAITING:
            raise ProblemError(503, _FULL, RETRY)
        self._taken += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(call, *given)
        finally:
            self._taken -= 1
