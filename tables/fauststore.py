"""The store of a worker: one faust.Table, one RocksDB a partition. The only place that touches either.

Faust restores it from the changelog; writes go past Faust, since its own changelog sends fail unseen (facts/faust.md 5).
12 databases open in a second, 120 don't, and take a tenth of the memory: so one table holds all kinds of rows.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import rocksdict

from leads.names import CHANGELOG, PARTITIONS, STATE
from tables.state import Row

if TYPE_CHECKING:
    import faust

#: Per partition database. Faust's defaults allow 2 GiB of cache and 192 MiB of memtables each.
ROCKSDB_OPTIONS = {
    "write_buffer_size": 2 << 20,
    "max_write_buffer_number": 2,
    "block_cache_size": 2 << 20,
    "max_open_files": 64,
    "bloom_filter_size": 10,
}


class FaustStore:
    """See state.Store. Made before the app starts, since Faust restores only tables that it knows by then."""

    def __init__(self, app: "faust.App") -> None:
        changelog = app.topic(CHANGELOG, key_serializer="raw", value_serializer="raw", partitions=PARTITIONS, compacting=True)
        self._table: Any = app.Table(
            STATE,
            key_type=bytes,
            value_type=bytes,
            partitions=PARTITIONS,
            changelog_topic=changelog,
            options=dict(ROCKSDB_OPTIONS),
        )

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        value: bytes | None = self._table.data._db_for_partition(partition).get(key)
        return value

    def items(self, partition: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All rows whose keys begin with `prefix`, by key."""
        for key, value in self._table.data._db_for_partition(partition).items(from_key=prefix):
            if not key.startswith(prefix):
                return
            yield key, value

    def write(self, partition: int, rows: list[Row], offset: int) -> None:
        """Store rows and the changelog's offset in one RocksDB batch."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        store = self._table.data
        batch.put(store.offset_key, str(offset).encode())
        store._db_for_partition(partition).write(batch)
