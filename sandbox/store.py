"""The sandbox's state: objects by kind and id in memory, written through to SQLite, so that a
restart goes on from it."""

import json
import sqlite3
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

Thing = dict[str, Any]


class Store:
    """Kinds of objects. Reads answer the live dicts; after changing one, `put` it."""

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS things (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
        )
        self._lock = threading.Lock()
        self.kinds: defaultdict[str, dict[str, Thing]] = defaultdict(dict)
        for kind, ident, body in self._db.execute(
            "SELECT kind, id, body FROM things ORDER BY rowid"
        ):
            self.kinds[kind][ident] = json.loads(body)

    def all(self, kind: str) -> dict[str, Thing]:
        """Every object of a kind, by id."""
        return self.kinds[kind]

    def get(self, kind: str, ident: str) -> Thing | None:
        """One object."""
        return self.kinds[kind].get(ident)

    def put(self, kind: str, ident: str, thing: Thing) -> Thing:
        """Set one object."""
        self.kinds[kind][ident] = thing
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (kind, ident, json.dumps(thing))
            )
        return thing

    def put_many(self, kind: str, things: dict[str, Thing]) -> None:
        """Set many objects in one transaction."""
        self.kinds[kind].update(things)
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT OR REPLACE INTO things VALUES (?, ?, ?)",
                [(kind, i, json.dumps(t)) for i, t in things.items()],
            )
            self._db.execute("COMMIT")

    def drop(self, kind: str, ident: str) -> None:
        """Remove one object."""
        self.kinds[kind].pop(ident, None)
        with self._lock:
            self._db.execute("DELETE FROM things WHERE kind = ? AND id = ?", (kind, ident))

    def next_id(self, kind: str, first: int) -> str:
        """A new number of a series, kept over restarts."""
        number = self.kinds["series"].get(kind, {"next": first})["next"]
        self.put("series", kind, {"next": number + 1})
        return str(number)
