"""What a rebuild reads, in a temporary file: there may be millions of events, and they are taken in
the order of their times."""

import sqlite3
from collections.abc import Iterator
from typing import Any, Self

import msgspec

from leads.records import Audit
from streams.rebuild.model import Original, is_decision
from streams.rebuild.ordering import EventStamp, times_of
from tables.state import Row

_CACHE_KIB = 65_536
_TABLES = """
CREATE TABLE events (id TEXT PRIMARY KEY, lead TEXT, stage TEXT, cause TEXT, step INTEGER,
  at REAL, rank INTEGER, decided INTEGER, time REAL, value BLOB);
CREATE TABLE records (time REAL, topic TEXT, raw BLOB);
CREATE TABLE captured (cause TEXT PRIMARY KEY, value BLOB, position INTEGER) WITHOUT ROWID;
CREATE TABLE rows (place INTEGER, key BLOB, value BLOB, PRIMARY KEY (place, key)) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX by_lead ON events (lead, step);
CREATE INDEX by_cause ON events (cause, lead, stage);
"""


class RawRecord(msgspec.Struct, frozen=True):
    """A record as a consumer gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: tuple[tuple[str, bytes | None], ...] = ()


_RAW = msgspec.msgpack.Decoder(RawRecord)


class RebuildStore:
    """The audit's index, the captured records, and the store of the rebuilt rows, deleted on close
    and at the end of the process. It grows to the size of what is read, in the directory that
    SQLITE_TMPDIR or TMPDIR names."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._file.executescript(_TABLES)
        self._file.execute("BEGIN")

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close, and delete the file."""
        self._file.close()

    def add_event(self, event: Audit, value: bytes) -> None:
        """An event as it was written; the first of those with one id counts."""
        self._file.execute(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            (
                event.id,
                event.lead,
                event.stage,
                event.cause,
                event.step,
                event.at,
                event.kind != "reviewed",
                is_decision(event),
                value,
            ),
        )

    def add_record(self, raw: Any) -> None:
        """A committed record of a topic that is written from outside."""
        kept = RawRecord(
            raw.topic,
            raw.partition,
            raw.offset,
            raw.key,
            raw.value,
            raw.timestamp,
            tuple(raw.headers),
        )
        self._file.execute(
            "INSERT INTO records VALUES (?, ?, ?)",
            (raw.timestamp / 1000, raw.topic, msgspec.msgpack.encode(kept)),
        )

    def add_captured(self, cause: str, value: bytes, offset: int) -> None:
        """A captured record; the first with the same bytes counts."""
        self._file.execute(
            "INSERT OR IGNORE INTO captured VALUES (?, ?, ?)", (cause, value, offset)
        )

    def original(self, cause: str) -> Original | None:
        """A captured record by its cause."""
        row = self._file.execute(
            "SELECT value, position FROM captured WHERE cause = ?", (cause,)
        ).fetchone()
        return None if row is None else Original(*row)

    def set_in_order(self) -> None:
        """Give each event the time in which it is taken; once all are added."""
        self._file.executescript(_INDEXES)
        self._file.execute("BEGIN")
        for stamps in self._stamps_by_lead():
            self._file.executemany(
                "UPDATE events SET time = ? WHERE id = ?",
                [(time, ident) for ident, time in times_of(stamps).items()],
            )
        self._file.execute("CREATE INDEX by_time ON events (time, step, rank)")

    def _stamps_by_lead(self) -> Iterator[list[EventStamp]]:
        lead, stamps = None, list[EventStamp]()
        # `time`, which is changed meanwhile, is neither read here nor in the index
        found = self._file.execute(
            "SELECT lead, id, stage, step, cause, at FROM events ORDER BY lead, step"
        )
        for owner, *fields in found:
            if owner != lead and stamps:
                yield stamps
                stamps = []
            lead = owner
            stamps.append(EventStamp(*fields))
        if stamps:
            yield stamps

    def in_order(self) -> Iterator[bytes | RawRecord]:
        """The events, and the records from outside, by their times; of one time the records
        first."""
        found = self._file.execute(
            "SELECT time, step, rank, value, NULL FROM events UNION ALL"
            " SELECT time, -1, rowid, NULL, raw FROM records ORDER BY 1, 2, 3"
        )
        for *_, event, raw in found:
            yield event if raw is None else _RAW.decode(raw)

    # See AuditIndex

    def has(self, stage: str, lead: str, cause: str) -> bool:
        """See AuditIndex."""
        found = self._file.execute(
            "SELECT 1 FROM events WHERE cause = ? AND lead = ? AND stage = ? AND decided",
            (cause, lead, stage),
        )
        return found.fetchone() is not None

    def last_step(self, lead: str) -> int:
        """See AuditIndex."""
        found = self._file.execute(
            "SELECT max(step) FROM events WHERE lead = ? AND decided", (lead,)
        )
        (step,) = found.fetchone()
        return -1 if step is None else int(step)

    # See tables.state.Store

    def get(self, partition: int, key: bytes) -> bytes | None:
        """See state.Store."""
        row: tuple[bytes] | None = self._file.execute(
            "SELECT value FROM rows WHERE place = ? AND key = ?", (partition, key)
        ).fetchone()
        return None if row is None else row[0]

    def items(self, partition: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See state.Store."""
        found = self._file.execute(
            "SELECT key, value FROM rows WHERE place = ? AND key >= ? AND substr(key, 1, ?) = ?"
            " ORDER BY key",
            (partition, prefix, len(prefix), prefix),
        )
        yield from found

    def write(self, partition: int, rows: list[Row], offset: int) -> None:
        """See state.Store; offsets don't matter here."""
        del offset
        for key, value in rows:
            if value is None:
                self._file.execute("DELETE FROM rows WHERE place = ? AND key = ?", (partition, key))
            else:
                self._file.execute(
                    "INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (partition, key, value)
                )
