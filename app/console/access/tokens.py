"""The tokens by which the API knows its callers."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.base.errors import UsageError
from app.base.settings import Settings
from app.console.access.bearer_secrets import digest_of, make_secret
from app.console.access.schema import IDEMPOTENCY_KEYS, TOKENS
from app.console.access.scopes import Scope
from app.console.database import ConsoleDatabase, open_provisioned_database

#: By which a token is recognised where it was left behind.
PREFIX = "lgt_"
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Token:
    """A caller: its name stands in the audit as the actor of what it decides."""

    name: str
    scopes: frozenset[Scope]
    made_at: float


class TokenStore:
    """Blocking calls, for a thread. Raises as ConsoleDatabase."""

    def __init__(self, database: ConsoleDatabase) -> None:
        self._database = database

    def add(self, name: str, scopes: Collection[Scope], now: float) -> str:
        """Make a token, durable when it returns; its text can't be read again.

        Raises UsageError for a name that is taken or none, and without scopes.
        """
        if not scopes:
            raise UsageError("a token needs a scope: --scope read, people or decide")
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise UsageError(f"a token's name has 1 to {_LONGEST_NAME} printable characters")
        text = PREFIX + make_secret()
        row = {
            "name": name,
            "digest": digest_of(text),
            "scopes": " ".join(sorted(scopes)),
            "made_at": now,
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(TOKENS).values(row))
        except IntegrityError:
            raise UsageError(
                f"there is a token {name} already; revoke it, or take another name"
            ) from None
        return text

    def find(self, text: str) -> Token | None:
        """The caller with this token, None if there is none."""
        c = TOKENS.c
        asked = select(c.name, c.scopes, c.made_at).where(c.digest == digest_of(text))
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else _token(*row)

    def all(self) -> list[Token]:
        """Every token, by name."""
        c = TOKENS.c
        asked = select(c.name, c.scopes, c.made_at).order_by(c.name)
        with self._database.reading() as connection:
            return [_token(*row) for row in connection.execute(asked)]

    def revoke(self, name: str) -> None:
        """Delete a token with its stored responses: the next request with it is refused.

        Raises UsageError for none of this name.
        """
        with self._database.writing() as connection:
            gone = connection.execute(delete(TOKENS).where(TOKENS.c.name == name)).rowcount
            connection.execute(delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.token == name))
        if not gone:
            raise UsageError(f"there is no token {name}; leadgate token list shows them")


def open_tokens(settings: Settings) -> TokenStore:
    """The site's. Raises UsageError for a database without the tables of this release."""
    return TokenStore(open_provisioned_database(settings))


def _token(name: str, scopes: str, made_at: float) -> Token:
    return Token(name, frozenset(map(Scope, scopes.split())), made_at)
