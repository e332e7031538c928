"""Responses to requests with an idempotency key: a request that is repeated gets the same one."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.console.access.schema import IDEMPOTENCY_KEYS
from app.console.database import ConsoleDatabase

#: Seconds for which a response is stored.
KEEP = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The body of a response, and the hash of the request that it answers."""

    request_hash: str
    body: bytes


def hash_request(request: bytes) -> str:
    """The SHA-256 of a request."""
    return hashlib.sha256(request).hexdigest()


class IdempotencyStore:
    """Blocking calls, for a thread. Raises as ConsoleDatabase."""

    def __init__(self, database: ConsoleDatabase) -> None:
        self._database = database

    def find(self, token: str, key: str) -> StoredResponse | None:
        """The response to a caller's request with this key, None for a new one."""
        c = IDEMPOTENCY_KEYS.c
        asked = select(c.request_hash, c.body).where(c.token == token, c.key == key)
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else StoredResponse(*row)

    def add(self, token: str, key: str, response: StoredResponse, now: float) -> None:
        """Store a response, and delete those that are older than KEEP. Durable when it returns; of
        two for one key the first is kept."""
        dialect = postgresql if self._database.engine.dialect.name == "postgresql" else sqlite
        row = {
            "token": token,
            "key": key,
            "request_hash": response.request_hash,
            "body": response.body,
            "at": now,
        }
        with self._database.writing() as connection:
            connection.execute(delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.at < now - KEEP))
            adding = dialect.insert(IDEMPOTENCY_KEYS).values(row)
            connection.execute(adding.on_conflict_do_nothing())
