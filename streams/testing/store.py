"""A worker's disk in memory: rows of each partition with the changelog's offset up to which they
are there."""

from collections import defaultdict
from collections.abc import Iterator

from leads.topics import CHANGELOG
from streams.testing.log import MemoryLog
from tables.state import Row


class MemoryStore:
    """See state.Store. Outlives its process, as a directory does; `lose` takes it away."""

    def __init__(self) -> None:
        self._rows: defaultdict[int, dict[bytes, bytes]] = defaultdict(dict)
        self._offsets: dict[int, int] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        return self._rows[partition].get(key)

    def items(self, partition: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All rows whose keys begin with `prefix`, by key."""
        rows = self._rows[partition]
        for key in sorted(key for key in rows if key.startswith(prefix)):
            yield key, rows[key]

    def write(self, partition: int, rows: list[Row], offset: int) -> None:
        """Store rows and the changelog's offset together."""
        held = self._rows[partition]
        for key, value in rows:
            if value is None:
                held.pop(key, None)
            else:
                held[key] = value
        self._offsets[partition] = offset

    def restore(self, log: MemoryLog, partition: int) -> None:
        """Take up what the changelog holds past the stored offset."""
        missing = log.read(CHANGELOG, partition, self._offsets.get(partition, -1) + 1)
        if missing:
            self.write(partition, [(r.key or b"", r.value) for r in missing], missing[-1].offset)

    def lose(self) -> None:
        """The directory is gone."""
        self._rows.clear()
        self._offsets.clear()
