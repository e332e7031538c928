"""The read model made again from the log alone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from app.base.settings import Settings
from app.console.projector import Projector
from app.console.store import open_read_model
from streams.ports import Clock


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """How many records were read, and how many seconds that took."""

    records: int
    seconds: float


async def rebuild(settings: Settings, clock: Clock, tell: Callable[[int], None]) -> RebuildReport:
    """Empty the read model, and read all that the log holds at the call; `tell` is as for
    Projector.

    Cut off, a projector goes on from where it ended. Raises UsageError for a database that does not
    answer and a log that can't be read.
    """
    began = clock.now()
    model = open_read_model(settings)
    await asyncio.to_thread(model.clear)
    projector = Projector(settings, model, clock, tell)
    await projector.catch_up()
    return RebuildReport(projector.records, clock.now() - began)
