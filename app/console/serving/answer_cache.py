"""Figures over the whole read model, counted once for all who ask until something changes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar, TypeVarTuple, Unpack

from sqlalchemy import Connection

from app.console.serving.change_number import change_number
from app.console.store import ReadModel

#: Seconds after which an answer is counted again although nothing has changed: rows whose records
#: the log has deleted go without a change (ReadModel.trim).
LONGEST = 60.0
#: Seconds between two counts of what may be behind, while changes come.
SELDOM = 10.0
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass(slots=True)
class _CachedAnswer:
    """The last answer to a question: what it was asked with, as of which number, and when."""

    asked: tuple[object, ...] = ()
    answer: Any = None
    number: int = -1
    at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    recount: "asyncio.Task[Any] | None" = None


class AnswerCache:
    """The last answer to each question, and to no earlier arguments. `now` counts seconds."""

    def __init__(self, model: ReadModel, now: Callable[[], float] = monotonic) -> None:
        self._model, self._now = model, now
        self._answers: dict[object, _CachedAnswer] = {}

    async def get(
        self, question: Callable[[Connection, Unpack[Ts]], T], *asked: *Ts
    ) -> T:
        """The answer, as the read model is now. Raises as ReadModel."""
        cached = self._of(question)
        async with cached.lock:
            if not self._is_young(cached, asked, LONGEST):
                cached.number = -1
            await asyncio.to_thread(self._bring_up_to_date, cached, question, asked)
            answer: T = cached.answer
            return answer

    async def get_recent(
        self, question: Callable[[Connection, Unpack[Ts]], T], *asked: *Ts
    ) -> T:
        """As `get`, and after a change for SELDOM seconds the former answer, too; then while it is
        counted again, unless it is older than LONGEST."""
        cached = self._of(question)
        if not self._is_young(cached, asked, LONGEST):
            return await self.get(question, *asked)
        if not self._is_young(cached, asked, SELDOM) and (
            cached.recount is None or cached.recount.done()
        ):
            cached.recount = asyncio.create_task(self.get(question, *asked))
            cached.recount.add_done_callback(_forget_fault)
        answer: T = cached.answer
        return answer

    def _of(self, question: object) -> _CachedAnswer:
        return self._answers.setdefault(question, _CachedAnswer())

    def _is_young(self, cached: _CachedAnswer, asked: tuple[object, ...], most: float) -> bool:
        return cached.asked == asked and self._now() - cached.at < most

    def _bring_up_to_date(
        self, cached: _CachedAnswer, question: Callable[..., object], asked: tuple[object, ...]
    ) -> None:
        with self._model.reading() as connection:
            number = change_number(connection)  # first: what comes meanwhile is counted again
            if number != cached.number:
                cached.answer = question(connection, *asked)
                cached.asked, cached.number, cached.at = asked, number, self._now()


def _forget_fault(task: "asyncio.Task[Any]") -> None:
    """The next one who asks meets it."""
    if not task.cancelled():
        task.exception()
