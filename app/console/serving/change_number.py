"""Whether the read model has changed, asked once for all open pages."""

import asyncio
from contextlib import suppress
from time import monotonic

from sqlalchemy import Connection, func, select

from app.console.database import DatabaseUnavailableError
from app.console.schema import OFFSETS
from app.console.store import ReadModel

#: Seconds between two looks at the database.
EVERY = 0.25


class ChangeNumber:
    """A number that is another after each change of the read model."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model
        self._number, self._asked_at = 0, 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> int:
        """The number, at most EVERY seconds old; the former one while the database is away."""
        async with self._lock:
            if monotonic() - self._asked_at >= EVERY:
                with suppress(DatabaseUnavailableError):
                    self._number = await asyncio.to_thread(self._ask)
                self._asked_at = monotonic()
            return self._number

    async def next(self) -> int:
        """The number of the next look at the database: the first of those who wait for it looks,
        and all get its answer at once."""
        await asyncio.sleep(max(0.0, self._asked_at + EVERY - monotonic()))
        return await self.get()

    def _ask(self) -> int:
        with self._model.reading() as connection:
            return change_number(connection)


def change_number(connection: Connection) -> int:
    """The number, now."""
    return int(connection.scalar(select(func.sum(OFFSETS.c.next_offset))) or 0)
