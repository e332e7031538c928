"""Captured records by the cause under which intake decides them, on disk: there may be millions."""

import sqlite3
from typing import Self

_BATCH = 1000
_CACHE_KIB = 16_384


class Originals:
    """A temporary file, deleted on close and at the end of the process.

    It grows to the size of topic `captured`, in the directory that SQLITE_TMPDIR or TMPDIR names.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._file.execute("CREATE TABLE captured (cause TEXT, value BLOB)")
        self._file.execute("CREATE INDEX by_cause ON captured (cause)")
        self._new: list[tuple[str, bytes]] = []

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close, and delete the file."""
        self._file.close()

    def add(self, cause: str, value: bytes) -> None:
        """Store a record."""
        self._new.append((cause, value))
        if len(self._new) >= _BATCH:
            self._write()

    def get(self, cause: str) -> bytes | None:
        """The record's bytes, None if it isn't stored."""
        self._write()
        row: tuple[bytes] | None = self._file.execute(
            "SELECT value FROM captured WHERE cause = ?", (cause,)
        ).fetchone()
        if row is None:
            return None
        return row[0]

    def _write(self) -> None:
        if self._new:
            self._file.execute("BEGIN")
            self._file.executemany("INSERT INTO captured VALUES (?, ?)", self._new)
            self._file.execute("COMMIT")
            self._new.clear()
