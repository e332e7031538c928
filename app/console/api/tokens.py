"""The tokens by which the API knows its callers.

A token is 32 random bytes and can't be guessed, so that a plain SHA-256 of it is stored: whoever
reads the database can call nothing with that.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.base.errors import UsageError
from app.console.api.scopes import Scope
from app.console.schema import IDEMPOTENCY_KEYS, TOKENS
from app.console.store import ReadModel

#: By which a token is recognised where it was left behind.
PREFIX = "lgt_"
_BYTES = 32
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Token:
    """A caller: its name stands in the audit as the actor of what it decides."""

    name: str
    scopes: frozenset[Scope]
    made_at: float


class TokenStore:
    """Blocking calls, for a thread. Raises as ReadModel."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model

    def add(self, name: str, scopes: Collection[Scope], now: float) -> str:
        """Make a token, durable when it returns; its text can't be read again.

        Raises UsageError for a name that is taken or none, and without scopes.
        """
        if not scopes:
            raise UsageError("a token needs a scope: --scope read, people or decide")
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise UsageError(f"a token's name has 1 to {_LONGEST_NAME} printable characters")
        text = PREFIX + secrets.token_urlsafe(_BYTES)
        row = {
            "name": name,
            "digest": _digest(text),
            "scopes": " ".join(sorted(scopes)),
            "made_at": now,
        }
        try:
            with self._model.writing() as connection:
                connection.execute(insert(TOKENS).values(row))
        except IntegrityError:
            raise UsageError(
                f"there is a token {name} already; revoke it, or take another name"
            ) from None
        return text

    def find(self, text: str) -> Token | None:
        """The caller with this token, None if there is none."""
        c = TOKENS.c
        asked = select(c.name, c.scopes, c.made_at).where(c.digest == _digest(text))
        with self._model.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else _token(*row)

    def all(self) -> list[Token]:
        """Every token, by name."""
        c = TOKENS.c
        asked = select(c.name, c.scopes, c.made_at).order_by(c.name)
        with self._model.reading() as connection:
            return [_token(*row) for row in connection.execute(asked)]

    def revoke(self, name: str) -> None:
        """Delete a token with its stored responses: the next request with it is refused.

        Raises UsageError for none of this name.
        """
        with self._model.writing() as connection:
            gone = connection.execute(delete(TOKENS).where(TOKENS.c.name == name)).rowcount
            connection.execute(delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.token == name))
        if not gone:
            raise UsageError(f"there is no token {name}; leadgate token list shows them")


def _token(name: str, scopes: str, made_at: float) -> Token:
    return Token(name, frozenset(map(Scope, scopes.split())), made_at)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
