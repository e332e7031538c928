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
class _Kept:
    """The last answer to a question: what it was asked with, as of which number, and when."""

    asked: tuple[object, ...] = ()
    answer: Any = None
    number: int = -1
    at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    recount: "asyncio.Task[Any] | None" = None


class KeptAnswers:
    """The last answer to each question, and to no earlier arguments. `now` counts seconds."""

    def __init__(self, model: ReadModel, now: Callable[[], float] = monotonic) -> None:
        self._model, self._now = model, now
        self._kept: dict[object, _Kept] = {}

    async def get(
        self, question: Callable[[Connection, Unpack[Ts]], T], *asked: *Ts
    ) -> T:
        """The answer, as the read model is now. Raises as ReadModel."""
        kept = self._of(question)
        async with kept.lock:
            if not self._is_young(kept, asked, LONGEST):
                kept.number = -1
            await asyncio.to_thread(self._bring_up_to_date, kept, question, asked)
            answer: T = kept.answer
            return answer

    async def get_recent(
        self, question: Callable[[Connection, Unpack[Ts]], T], *asked: *Ts
    ) -> T:
        """As `get`, and after a change for SELDOM seconds the former answer, too; then while it is
        counted again, unless it is older than LONGEST."""
        kept = self._of(question)
        if not self._is_young(kept, asked, LONGEST):
            return await self.get(question, *asked)
        if not self._is_young(kept, asked, SELDOM) and (
            kept.recount is None or kept.recount.done()
        ):
            kept.recount = asyncio.create_task(self.get(question, *asked))
            kept.recount.add_done_callback(_forget_fault)
        answer: T = kept.answer
        return answer

    def _of(self, question: object) -> _Kept:
        return self._kept.setdefault(question, _Kept())

    def _is_young(self, kept: _Kept, asked: tuple[object, ...], most: float) -> bool:
        return kept.asked == asked and self._now() - kept.at < most

    def _bring_up_to_date(
        self, kept: _Kept, question: Callable[..., object], asked: tuple[object, ...]
    ) -> None:
        with self._model.reading() as connection:
            number = change_number(connection)  # first: what comes meanwhile is counted again
            if number != kept.number:
                kept.answer = question(connection, *asked)
                kept.asked, kept.number, kept.at = asked, number, self._now()


def _forget_fault(task: "asyncio.Task[Any]") -> None:
    """The next one who asks meets it."""
    if not task.cancelled():
        task.exception()
