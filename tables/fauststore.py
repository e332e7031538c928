"""The store of a worker: one faust.Table, one RocksDB a partition.

The only place that touches either.

Restoring and writing go past Faust: it stores a changelog's rows and its offset one after the
other, event by event, and its own changelog sends fail unseen (docs/design/faust-facts.md 5). Which
partitions, from where and how far stays Faust's. 12 databases open in a second, 120 don't, and
take a tenth of the memory: so one table holds all kinds of rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any

import faust
import rocksdict
from faust.stores import rocksdb
from faust.types import TP

from leads.topics import CHANGELOG, PARTITIONS, STATE
from tables.changelog import ChangelogSpan
from tables.damage import DamagedStateError, held_rows, is_damage, is_without_current, set_aside
from tables.state import Row

#: Per partition database. Faust's defaults allow 2 GiB of cache and 192 MiB of memtables each.
ROCKSDB_OPTIONS = {
    "write_buffer_size": 2 << 20,
    "max_write_buffer_number": 2,
    "block_cache_size": 2 << 20,
    "max_open_files": 64,
    "bloom_filter_size": 10,
}


#: While a partition is restored: fewer and larger files, merged seldom, and no log beside the
#: changelog: a process that dies finds a prefix of it on the disk, with that prefix's offset, since
#: rows and offset lie in the same memtable. Nobody reads the partition then.
_RESTORING = {"write_buffer_size": str(8 << 20), "level0_file_num_compaction_trigger": "12"}
_RESTORED = {
    "write_buffer_size": str(ROCKSDB_OPTIONS["write_buffer_size"]),
    "level0_file_num_compaction_trigger": "4",  # RocksDB's own default
}
_ROW = attrgetter("key", "value")  # of a changelog record


class PartitionStore(rocksdb.Store):
    """Faust's RocksDB store, that sets a damaged database aside instead of failing at each
    start."""

    def __init__(self, *args: Any, now: Callable[[], float], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self._restoring: set[int] = set()

    def read(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none. Raises DamagedStateError."""
        try:
            value: bytes | None = self._db_for_partition(partition).get(key)
        except Exception as error:
            raise self._judge(partition, error) from error
        return value

    def scan(self, partition: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All rows whose keys begin with `prefix`, by key. Raises DamagedStateError."""
        try:
            # Not items(): that ends at a damaged block as it ends at the last row.
            rows = self._db_for_partition(partition).iter()
            rows.seek(prefix)
            while rows.valid() and (key := rows.key()).startswith(prefix):
                yield key, rows.value()
                rows.next()
            rows.status()
        except Exception as error:
            raise self._judge(partition, error) from error

    def write(self, partition: int, rows: Iterable[Row], offset: int) -> None:
        """Store rows and the changelog's offset of the last of them in one RocksDB batch.

        Raises DamagedStateError.
        """
        if partition in self._restoring:
            self._end_restore(partition)
        self._write_batch(partition, rows, offset)

    def _write_batch(self, partition: int, rows: Iterable[Row], offset: int) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self.offset_key, str(offset).encode())
        try:
            self._db_for_partition(partition).write(batch)
        except Exception as error:
            raise self._judge(partition, error) from error

    def restore(self, partition: int, records: Sequence[Any]) -> None:
        """Store changelog records, in order, with the offset of the last, in one RocksDB batch.

        Raises DamagedStateError.
        """
        if partition not in self._restoring:
            self._restoring.add(partition)
            self._configure(partition, _RESTORING, disable_wal=True)
        self._write_batch(partition, map(_ROW, records), records[-1].offset)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Called by Faust when every partition is restored."""
        await super().on_recovery_completed(active_tps, standby_tps)
        for partition in list(self._restoring):
            if partition in self._dbs:  # it may have moved away meanwhile
                self._end_restore(partition)
        self._restoring.clear()

    def _end_restore(self, partition: int) -> None:
        """Bring what was restored to the disk, and log writes from here on.

        Rows that stand in no log must lie in a file before a later offset is logged.
        """
        try:
            self._dbs[partition].flush()
            self._configure(partition, _RESTORED, disable_wal=False)
        except Exception as error:
            raise self._judge(partition, error) from error
        self._restoring.discard(partition)

    def _configure(self, partition: int, options: dict[str, str], *, disable_wal: bool) -> None:
        writing = rocksdict.WriteOptions()
        writing.disable_wal = disable_wal  # type: ignore[assignment, method-assign]  # a setter
        database = self._db_for_partition(partition)
        database.set_options(options)
        database.set_write_options(writing)

    def persisted_offset(self, tp: TP) -> int | None:
        """The changelog's offset that a partition is stored up to, None if nothing is.

        Raises DamagedStateError.
        """
        value = self.read(tp.partition, self.offset_key)
        if value is None:
            return None
        return int(value)

    def _open_for_partition(self, partition: int) -> Any:
        path = self.partition_path(partition)
        if is_without_current(path):
            set_aside(path, "CURRENT is missing", self._now())
        try:
            return self._open(path)
        except Exception as error:
            if not is_damage(error):
                raise
            set_aside(path, str(error), self._now())
        return self._open(path)

    def _open(self, path: Path) -> Any:
        options, reading = self.rocksdb_options.as_options(), rocksdict.ReadOptions()
        options.set_paranoid_checks(True)
        reading.set_verify_checksums(True)
        database = rocksdict.Rdict(str(path), options=options)
        database.set_read_options(reading)
        return database

    def _judge(self, partition: int, error: Exception) -> Exception:
        """What to raise for an error of RocksDB's.

        A database in use can't be opened again under its old name in the same process, so it is
        set aside, and the next start opens a new one.
        """
        if not is_damage(error):
            return error
        path = self.partition_path(partition)
        if path.exists():
            set_aside(path, str(error), self._now())
        return DamagedStateError(
            f"the state of partition {partition} is damaged and set aside; "
            "the next start restores it"
        )


class StateTable(faust.Table[bytes, bytes]):
    """Faust's table, whose changelog records are stored by `restore`, a fetched batch at once."""

    def __init__(self, *args: Any, now: Callable[[], float], **kwargs: Any) -> None:
        self._now = now
        super().__init__(*args, **kwargs)

    def _new_store(self) -> Any:
        return PartitionStore(
            self.app.conf.store,
            self.app,
            self,
            now=self._now,
            table_name=self.name,
            key_type=self.key_type,
            key_serializer=self.key_serializer,
            value_serializer=self.value_serializer,
            value_type=self.value_type,
            loop=self.loop,
            options=dict(ROCKSDB_OPTIONS),
        )

    def restore(self, partition: int, records: Sequence[Any]) -> None:
        """Store changelog records, in order, with the offset of the last.

        Those that are stored already are left out.
        """
        store: Any = self.data
        stored = self.persisted_offset(TP(CHANGELOG, partition))
        if stored is not None:
            records = [record for record in records if record.offset > stored]
        if records:
            store.restore(partition, records)

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Do nothing: `restore` has stored these records, and newer ones since."""

    def span(self, partition: int, start: int, end: int) -> ChangelogSpan:
        """What is stored of a partition beside a changelog that holds the offsets from `start` up
        to `end`."""
        store: Any = self.data
        path = store.partition_path(partition)
        stored = self.persisted_offset(TP(CHANGELOG, partition))
        return ChangelogSpan(partition, stored, start, end, path, tuple(held_rows(path)))


class FaustStore:
    """See state.Store.

    Made before the app starts, since Faust restores only tables that it knows by then.

    `now` gives seconds since the epoch, for the names of damaged databases.
    """

    def __init__(self, app: faust.App, now: Callable[[], float]) -> None:
        changelog = app.topic(
            CHANGELOG,
            key_serializer="raw",
            value_serializer="raw",
            partitions=PARTITIONS,
            compacting=True,
        )
        table = StateTable(
            app,
            now=now,
            name=STATE,
            key_type=bytes,
            value_type=bytes,
            partitions=PARTITIONS,
            changelog_topic=changelog,
            beacon=app.tables.beacon,
        )
        self._table: Any = app.tables.add(table)

    @cached_property
    def _store(self) -> PartitionStore:
        store: PartitionStore = self._table.data
        return store

    def get(self, partition: int, key: bytes) -> bytes | None:
        """See state.Store. Raises DamagedStateError."""
        return self._store.read(partition, key)

    def items(self, partition: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See state.Store. Raises DamagedStateError."""
        yield from self._store.scan(partition, prefix)

    def write(self, partition: int, rows: list[Row], offset: int) -> None:
        """See state.Store. Raises DamagedStateError."""
        self._store.write(partition, rows, offset)
