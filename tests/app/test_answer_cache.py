"""Figures that are counted once for all who ask: never those of before a change, and those that may
be behind for a bounded time."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from app.console.schema import LEADS
from app.console.serving.answer_cache import LONGEST, SELDOM, AnswerCache
from app.console.serving.change_number import ChangeNumber
from app.console.store import ReadModel, Span
from app.privacy.key_store import KeyStore


class Asked:
    """A question that counts leads, and how often it was counted; a clock that is set."""

    def __init__(self, model: ReadModel) -> None:
        self.model, self.counts, self.now = model, 0, 0.0
        self.cache = AnswerCache(model, lambda: self.now)
        self._offset: int | None = None

    def count(self, connection: Connection, more: int) -> int:
        """The number of leads, and `more`."""
        self.counts += 1
        return more + (connection.scalar(select(func.count()).select_from(LEADS)) or 0)

    def add(self, lead: str) -> None:
        """Have a lead without the change of an offset that a projector would store with it."""
        with self.model.writing() as connection:
            connection.execute(LEADS.insert().values(lead=lead))

    def change(self) -> None:
        """Store another offset."""
        after = (self._offset or 0) + 1
        self.model.apply([], [Span("leadgate.audit", 0, self._offset, after, after)], 1.0)
        self._offset = after


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """Over an empty read model."""
    address = f"sqlite:///{tmp_path / 'keys.db'}"
    KeyStore(address).create()
    model = ReadModel(address)
    model.migrate()
    return Asked(model)


def run(work: Coroutine[Any, Any, None]) -> None:
    """To its end."""
    asyncio.run(work)


def test_all_who_ask_share_one_count_until_a_change(asked: Asked) -> None:
    async def work() -> None:
        found = await asyncio.gather(*(asked.cache.get(asked.count, 0) for _ in range(20)))
        assert (found, asked.counts) == ([0] * 20, 1)
        asked.add("a")
        asked.change()
        found = await asyncio.gather(*(asked.cache.get(asked.count, 0) for _ in range(20)))
        assert (found, asked.counts) == ([1] * 20, 2)

    run(work())


def test_another_argument_is_another_question(asked: Asked) -> None:
    async def work() -> None:
        assert await asked.cache.get(asked.count, 0) == 0
        assert await asked.cache.get(asked.count, 5) == 5
        assert await asked.cache.get_recent(asked.count, 7) == 7

    run(work())


def test_what_goes_without_a_change_is_counted_again_after_a_while(asked: Asked) -> None:
    async def work() -> None:
        assert await asked.cache.get(asked.count, 0) == 0
        asked.add("a")
        asked.now = LONGEST - 1
        assert await asked.cache.get(asked.count, 0) == 0
        asked.now = LONGEST
        assert await asked.cache.get(asked.count, 0) == 1

    run(work())


def test_a_recent_answer_is_counted_seldom_and_while_the_former_is_shown(asked: Asked) -> None:
    async def work() -> None:
        assert await asked.cache.get_recent(asked.count, 0) == 0
        asked.add("a")
        asked.change()
        asked.now = SELDOM - 1
        assert await asked.cache.get_recent(asked.count, 0) == 0
        assert await asked.cache.get_recent(asked.count, 0) == 0
        assert asked.counts == 1
        asked.now = SELDOM
        assert await asked.cache.get_recent(asked.count, 0) == 0, "it is counted meanwhile"
        assert await asked.cache.get(asked.count, 0) == 1
        assert await asked.cache.get_recent(asked.count, 0) == 1
        assert asked.counts == 2
        asked.add("b")
        asked.change()
        asked.now = SELDOM + LONGEST
        assert await asked.cache.get_recent(asked.count, 0) == 2, "an old one is not shown"

    run(work())


def test_one_look_at_the_database_tells_all_open_pages(asked: Asked) -> None:
    looks: list[str] = []

    def note(*given: Any) -> None:
        looks.append(given[2])

    event.listen(asked.model.engine, "before_cursor_execute", note)

    async def work() -> None:
        changes = ChangeNumber(asked.model)
        known = await changes.get()
        asked.change()
        looks.clear()
        found = await asyncio.gather(*(changes.next() for _ in range(50)))
        assert set(found) == {known + 1}
        assert len(looks) == 1

    run(work())
