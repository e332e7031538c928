"""A read model of a large site, filled by the projector's own code without a broker."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeAlias

from pydantic import SecretStr

from app.base.settings import Settings
from app.console.projecting import changes_of
from app.console.store import ReadModel, Span, open_read_model
from app.privacy.key_store import open_key_store
from app.privacy.lead_keys import open_sealing
from bench.console_records import Story, Written, records_of
from leads import topics
from leads.records import Audit, ReviewItem, encode
from leads.sealing import Sealing

SECRET = "c0ffee8d21b94fa7"  # noqa: S105  a benchmark's
_AT_ONCE = 2_000  # leads in one transaction
_AHEAD = 3  # such batches that are written before they are read
Log: TypeAlias = list[tuple[str, bytes]]  # topics and values


class Size(NamedTuple):
    """Leads of a site, and how many of them wait for a person."""

    leads: int
    waiting: int


class LogRecord(NamedTuple):
    """A record as the projector reads it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    timestamp: int


class LargeSite:
    """A database in a directory, filled once: `now` is the time of its newest event."""

    def __init__(self, data: Path, size: Size) -> None:
        self.size = size
        self.address = f"sqlite:///{data / f'console-{size.leads}-{size.waiting}.db'}"
        self._mark = data / f"console-{size.leads}-{size.waiting}.filled"
        self.settings = settings_of(self.address)
        self.model: ReadModel
        self.now = 0.0

    def open(self) -> float:
        """Fill it, unless it is there; the seconds that took. A filled one is brought to this
        release's tables, and its time is that of its filling."""
        began = time.monotonic()
        self.model = open_read_model(self.settings)
        if self._mark.exists():
            self.model.migrate()
            self.now = float(self._mark.read_text())
            return 0.0
        self.now = time.time()
        open_key_store(self.settings).create()
        self.model.migrate()
        asyncio.run(self._fill())
        self._mark.write_text(repr(self.now))
        return time.monotonic() - began

    def story(self, number: int) -> Story:
        """One of its leads."""
        return Story(number, self.size.waiting, self.now)

    async def _fill(self) -> None:
        """One process writes the records, this one reads them into the tables."""
        sealing, pending = open_sealing(self.settings), deque[Future[Log]]()
        begins = range(0, self.size.leads, _AT_ONCE)
        for begin in begins:
            await sealing.make_keys([self.story(one).lead_id for one in self._batch(begin)])
        with ProcessPoolExecutor(1, get_context("spawn")) as writer:
            for begin in begins:
                stories = list(map(self.story, self._batch(begin)))
                pending.append(writer.submit(_write, self.address, stories))
                if len(pending) > _AHEAD:
                    self._read(pending.popleft().result())
            for one in pending:
                self._read(one.result())

    def _batch(self, begin: int) -> range:
        return range(begin, min(begin + _AT_ONCE, self.size.leads))

    def append(self, written: Iterable[Written], sealing: Sealing) -> None:
        """Have the read model hold what these records say, as if a projector had read them."""
        self._read(_log_of(written, sealing))

    def _read(self, log: Log) -> None:
        known = self.model.offsets()
        ends: Counter[str] = Counter({topic: offset for (topic, _), offset in known.items()})
        changes = []
        for topic, value in log:
            changes += changes_of(LogRecord(topic, 0, ends[topic], b"", value, 0))
            ends[topic] += 1
        spans = [Span(topic, 0, known.get((topic, 0)), end, end) for topic, end in ends.items()]
        self.model.apply(changes, spans, time.time())


def settings_of(address: str) -> Settings:
    """Those that the site's processes have."""
    return Settings.model_construct(
        database_url=SecretStr(address), site_secret=SecretStr(SECRET)
    )


def _write(address: str, stories: Iterable[Story]) -> Log:
    """In a process of its own."""
    sealing = open_sealing(settings_of(address))
    asyncio.run(sealing.ensure(story.lead(0) for story in stories))
    return _log_of((one for story in stories for one in records_of(story)), sealing)


def _log_of(written: Iterable[Written], sealing: Sealing) -> Log:
    return [(_topic_of(one), encode(sealing.seal(one))) for one in written]


def _topic_of(record: Written) -> str:
    if isinstance(record, Audit):
        return topics.AUDIT.full
    return (topics.REVIEW_QUEUE if isinstance(record, ReviewItem) else topics.SLA_OUTCOMES).full
