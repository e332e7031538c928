"""The worker's state: typed rows by prefix in one table a worker, over a store (`fauststore.py`, or
memory in a simulation).

One physical table instead of ten, because (a) a run of a stage changes rows of several kinds and
they must reach the changelog in one record batch, which the broker takes whole or not at all; (b)
partition p of every topic is at one worker, so p of one table serves them all.

`write` awaits the broker's acknowledgement, then stores rows and changelog offset together
(docs/design/interleavings.md 17).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Generic, Protocol, TypeVar

import msgspec

from leads.records import Record, encode
from leads.sealing import Sealing
from leads.topics import CHANGELOG

T = TypeVar("T", bound=Record)
_SEP = "\x00"

Row = tuple[bytes, bytes | None]


class ChangelogWriter(Protocol):
    """Writes rows to the changelog and returns the last offset once the broker has them all."""

    async def append(self, topic: str, partition: int, rows: list[Row]) -> int:
        """Send rows to one partition in order, as one batch where it fits.

        Raises when the broker refuses.
        """
        ...


class Table(Generic[T]):
    """One table: its name, which is the prefix of its rows' keys, and the record that a row holds.

    `keyed_by` says what its rows are found by, `writer` which stage changes them, `readers` who
    reads them: see schema.py.
    """

    def __init__(
        self,
        name: str,
        record: type[T],
        *,
        keyed_by: str = "",
        writer: str = "",
        readers: tuple[str, ...] = (),
    ) -> None:
        self.name, self.record = name, record
        self.keyed_by, self.writer, self.readers = keyed_by, writer, readers
        self._prefix = name + _SEP
        #: A stored row's record.
        self.decode: Callable[[bytes], T] = msgspec.json.Decoder(record).decode

    def key(self, key: str) -> bytes:
        """The bytes under which a row of this table is stored."""
        return (self._prefix + key).encode()

    def row(self, key: str, value: T | None) -> Row:
        """The change that sets a row, or deletes it with None."""
        return self.key(key), None if value is None else encode(value)


class Store(Protocol):
    """Where the rows of the partitions at hand lie: RocksDB under Faust in a worker, memory in a
    simulation."""

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        ...

    def items(self, partition: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All rows whose keys begin with `prefix`, by key."""
        ...

    def write(self, partition: int, rows: list[Row], offset: int) -> None:
        """Store rows together with the changelog's offset of the last of them, all or nothing."""
        ...


class StoredRows(Protocol):
    """What a view of a partition reads."""

    sealing: Sealing

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        ...


class State:
    """The table of one worker. `get` and `scan` see what `write` has finished.

    Rows are sealed where they lie, and opened as they are read.
    """

    def __init__(self, store: Store, journal: ChangelogWriter, sealing: Sealing) -> None:
        self._store, self._journal, self.sealing = store, journal, sealing
        self._commits = _Commits(self._commit)

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        return self._store.get(partition, key)

    def read(self, partition: int, table: Table[T], key: str) -> T | None:
        """A stored row's record, None if there is no such row."""
        value = self._store.get(partition, table.key(key))
        if value is None:
            return None
        return self.sealing.open(table.decode(value))

    def scan(self, partition: int, table: Table[T]) -> Iterator[tuple[str, T]]:
        """All rows of a table in a partition.

        Reads the disk: for starts and rebalances, never per record.
        """
        prefix = table.key("")
        for key, value in self._store.items(partition, prefix):
            yield key[len(prefix) :].decode(), self.sealing.open(table.decode(value))

    async def write(self, partition: int, rows: Iterable[Row]) -> None:
        """Make changes durable: when it returns they are acknowledged by the broker and readable
        here.

        Changes that come while a batch of the partition is under way wait and go together in the
        next, so that the stored changelog offset never passes a row that isn't stored yet.
        """
        changes = list(rows)
        if changes:
            await self._commits[partition].add(changes)

    async def _commit(self, partition: int, changes: list[Row]) -> None:
        offset = await self._journal.append(CHANGELOG, partition, changes)
        self._store.write(partition, changes, offset)


class _Commits(dict[int, "_GroupCommit"]):
    def __init__(self, commit: Callable[[int, list[Row]], Awaitable[None]]) -> None:
        super().__init__()
        self._commit = commit

    def __missing__(self, partition: int) -> "_GroupCommit":
        made = self[partition] = _GroupCommit(partial(self._commit, partition))
        return made


class _GroupCommit:
    """Commits of one partition, one at a time, whatever waits going together."""

    def __init__(self, commit: Callable[[list[Row]], Awaitable[None]]) -> None:
        self._commit = commit
        self._rows: list[Row] = []
        self._next: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def add(self, rows: list[Row]) -> "asyncio.Future[None]":
        """A future that resolves when the rows are committed."""
        loop = asyncio.get_running_loop()
        self._rows.extend(rows)
        if self._next is None:
            self._next = loop.create_future()
        if self._task is None:
            self._task = loop.create_task(self._drain())
        return asyncio.shield(self._next)

    async def _drain(self) -> None:
        while self._next is not None:
            rows, self._rows = self._rows, []
            waiting, self._next = self._next, None
            try:
                await self._commit(rows)
            except Exception as error:  # noqa: BLE001  every waiter gets it; nothing is swallowed
                waiting.set_exception(error)
            else:
                waiting.set_result(None)
        self._task = None


class _Known(dict[bytes, bytes | None]):
    def __init__(self, read: Callable[[bytes], bytes | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: bytes) -> bytes | None:
        value = self[key] = self._read(key)
        return value


class BatchView:
    """State of one partition as a run sees it: what the run itself changed lies over what is
    stored, read once."""

    def __init__(self, state: StoredRows, partition: int) -> None:
        self.changes: dict[bytes, bytes | None] = {}
        self.sealing = state.sealing
        self._known = _Known(partial(state.get, partition))

    def get(self, table: Table[T], key: str) -> T | None:
        """A row's record, None if there is none."""
        value = self._known[table.key(key)]
        return None if value is None else self.sealing.open(table.decode(value))

    def has(self, table: Table[T], key: str) -> bool:
        """Whether there is such a row."""
        return self._known[table.key(key)] is not None

    def put(self, table: Table[T], key: str, value: T | None) -> None:
        """Change a row for the rest of the run."""
        self.put_many([self.row(table, key, value)])

    def row(self, table: Table[T], key: str, value: T | None) -> Row:
        """The change that sets a row, sealed, or deletes it with None."""
        return table.row(key, None if value is None else self.sealing.seal(value))

    def put_many(self, rows: Iterable[Row]) -> None:
        """Change these rows, encoded already, together."""
        changes = dict(rows)
        self.changes.update(changes)
        self._known.update(changes)

    def take(self) -> list[Row]:
        """The changes so far, for writing; the view starts afresh over them once they are
        written."""
        changes = list(self.changes.items())
        self.changes = {}
        return changes
