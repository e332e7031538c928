"""Answers to requests with an idempotency key: a caller who asks once more gets the same one."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.console.schema import ANSWERS
from app.console.store import ReadModel

#: Seconds for which an answer stays.
KEEP = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and to what."""

    asked: str
    body: bytes


def digest_of(asked: bytes) -> str:
    """What stands for a request."""
    return hashlib.sha256(asked).hexdigest()


class AnswerStore:
    """Blocking calls, for a thread. Raises as ReadModel."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model

    def find(self, token: str, key: str) -> Answer | None:
        """The answer to a caller's request with this key, None for a new one."""
        c = ANSWERS.c
        asked = select(c.asked, c.body).where(c.token == token, c.key == key)
        with self._model.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else Answer(*row)

    def add(self, token: str, key: str, answer: Answer, now: float) -> None:
        """Remember an answer, and forget those that are older than KEEP. Durable when it returns;
        of two for one key the first stays."""
        dialect = postgresql if self._model.engine.dialect.name == "postgresql" else sqlite
        row = {"token": token, "key": key, "asked": answer.asked, "body": answer.body, "at": now}
        with self._model.writing() as connection:
            connection.execute(delete(ANSWERS).where(ANSWERS.c.at < now - KEEP))
            connection.execute(dialect.insert(ANSWERS).values(row).on_conflict_do_nothing())
