"""The rows that a rebuild has so far."""

from collections.abc import Iterator

from leads.sealing import Sealing
from tables.state import BatchView, Store, T, Table


class RebuiltRows:
    """Rows by partition, in a store of the rebuild's own."""

    def __init__(self, store: Store, sealing: Sealing) -> None:
        self._store, self.sealing = store, sealing

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        return self._store.get(partition, key)

    def view(self, partition: int) -> BatchView:
        """The rows of a partition, to be read and changed."""
        return BatchView(self, partition)

    def store(self, partition: int, view: BatchView) -> None:
        """Store what a view has changed."""
        self._store.write(partition, view.take(), 0)

    def scan(self, partition: int, table: Table[T]) -> list[tuple[str, T]]:
        """All rows of a table in a partition."""
        prefix = table.key("")
        return [
            (key[len(prefix) :].decode(), self.sealing.open(table.decode(value)))
            for key, value in self._store.items(partition, prefix)
        ]

    def all(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Every row of a partition, by key."""
        return self._store.items(partition, b"")
