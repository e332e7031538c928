"""The leads' keys in SQL: SQLite for one machine, PostgreSQL for several."""

import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import (
    Column,
    Connection,
    Float,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import InterfaceError, OperationalError

from app.base.errors import UsageError
from app.base.settings import Settings
from app.database.engine import file_of, make_engine, parse_url, shown
from app.privacy.wrapping import WrappedKey
from connectors.core.private_files import open_private
from leads.sealing import KeysUnavailableError

_TABLES = MetaData()
#: `wrapped` is null once the key is destroyed: the row stays, so that no other key takes its place.
LEAD_KEYS = Table(
    "lead_keys",
    _TABLES,
    Column("lead", String(36), primary_key=True),
    Column("wrapped", LargeBinary),
    Column("wrapped_by", String(16), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("destroyed_at", Float, index=True),
)
#: The row of the key that addresses are hashed with; no lead has this id.
HASH_KEY = "hash-key-of-site"
#: One row: the store's id, by which a site knows its own.
KEY_STORE = Table("key_store", _TABLES, Column("id", String(16), primary_key=True))
_INSERT = text(
    "INSERT INTO lead_keys (lead, wrapped, wrapped_by, made_at)"
    " VALUES (:lead, :wrapped, :wrapped_by, :made_at) ON CONFLICT (lead) DO NOTHING"
)
_DESTROY = text(
    "INSERT INTO lead_keys (lead, wrapped, wrapped_by, made_at, destroyed_at)"
    " VALUES (:lead, NULL, '', :now, :now) ON CONFLICT (lead) DO UPDATE"
    " SET wrapped = NULL, destroyed_at = :now WHERE lead_keys.wrapped IS NOT NULL"
)
#: Nothing else is changed of a key that another process has wrapped again, or destroyed, meanwhile.
_REWRAP = text(
    "UPDATE lead_keys SET wrapped = :wrapped, wrapped_by = :wrapped_by"
    " WHERE lead = :lead AND wrapped = :former AND wrapped_by = :former_by"
)
_AT_ONCE = 500  # leads in one question


def open_key_store(settings: Settings) -> "KeyStore":
    """This site's store. Raises UsageError for an address that names no database."""
    return KeyStore(settings.database_url.get_secret_value())


class KeyStore:
    """Blocking calls, for threads and for commands.

    Raises UsageError for an address that names no database, or a database without the tables, and
    KeysUnavailableError while the database does not answer.
    """

    def __init__(self, address: str) -> None:
        self._url = parse_url(address)
        self._engine = make_engine(self._url)

    def missing(self) -> list[str]:
        """What `provision` would make: tables, and the key that addresses are hashed with."""
        tables = [f"table {name}" for name in self._missing_tables()]
        if not tables and HASH_KEY in self.read([HASH_KEY]):
            return []
        return [*tables, "hash key of addresses, in the database"]

    def _missing_tables(self) -> list[str]:
        if (path := file_of(self._url)) and not path.exists():
            return sorted(_TABLES.tables)
        with self._connected() as connection:
            there = inspect(connection).get_table_names()
        return sorted(name for name in _TABLES.tables if name not in there)

    def create(self) -> None:
        """Make the missing tables. Called by `provision` alone: a process that finds no store waits
        for it, and never begins a second one."""
        if path := file_of(self._url):
            # closing any descriptor of a file ends the process's POSIX locks on it, those of open
            # connections too: the next process that closes the database would then take itself for
            # the last one, and delete the log that this one uses (sqlite.org/howtocorrupt, 2.2)
            self._engine.dispose()
            os.close(open_private(path, os.O_RDWR))
        with self._connected() as connection:
            _TABLES.create_all(connection)
            if connection.scalar(select(KEY_STORE.c.id)) is None:
                connection.execute(KEY_STORE.insert().values(id=secrets.token_hex(8)))

    def ident(self) -> str:
        """The store's id. Raises UsageError for a database without the tables."""
        with self._connected() as connection:
            if not inspect(connection).has_table(KEY_STORE.name):
                raise UsageError(f"{shown(self._url)} has no table of keys; run leadgate provision")
            return str(connection.scalar(select(KEY_STORE.c.id)))

    def count_by_wrapping(self) -> dict[str, int]:
        """How many keys are wrapped with which key, by its id; without those destroyed."""
        by = LEAD_KEYS.c.wrapped_by
        asked = select(by, func.count()).where(LEAD_KEYS.c.wrapped.is_not(None)).group_by(by)
        with self._connected() as connection:
            return {str(ident): int(count) for ident, count in connection.execute(asked)}

    def wrapped_with(self, ident: str, after: str, count: int) -> dict[str, WrappedKey]:
        """So many of the keys that this key wraps, in the database's order of leads, behind
        `after`."""
        c = LEAD_KEYS.c
        wanted = (c.wrapped_by == ident) & c.wrapped.is_not(None) & (c.lead > after)
        asked = select(c.lead, c.wrapped, c.wrapped_by).where(wanted).order_by(c.lead).limit(count)
        with self._connected() as connection:
            return {lead: WrappedKey(*key) for lead, *key in connection.execute(asked)}

    def rewrap(self, keys: dict[str, tuple[WrappedKey, WrappedKey]]) -> int:
        """Store keys as the second of each pair, if they are still stored as the first; returns how
        many. All at once, and durable when it returns."""
        rows = [
            {"lead": lead, **new._asdict(), "former": old.wrapped, "former_by": old.wrapped_by}
            for lead, (old, new) in keys.items()
        ]
        with self._connected() as connection:
            return connection.execute(_REWRAP, rows).rowcount

    def read(self, leads: Collection[str]) -> dict[str, WrappedKey | None]:
        """The wrapped keys of these leads, None for a destroyed one; a lead that has none is left
        out."""
        with self._connected() as connection:
            return _read(connection, leads)

    def add(
        self, keys: dict[str, bytes], wrapped_by: str, now: float
    ) -> dict[str, WrappedKey | None]:
        """Store these wrapped keys of leads that have none, and return what each lead has then:
        who comes second gets the first one's. Durable when it returns."""
        rows = [
            {"lead": lead, "wrapped": key, "wrapped_by": wrapped_by, "made_at": now}
            for lead, key in sorted(keys.items())
        ]
        with self._connected() as connection:
            connection.execute(_INSERT, rows)
            return _read(connection, keys)

    def destroy(self, leads: Collection[str], now: float) -> None:
        """Destroy the keys of these leads; one that had none never gets one. Durable when it
        returns."""
        with self._connected() as connection:
            connection.execute(_DESTROY, [{"lead": lead, "now": now} for lead in sorted(leads)])
        self._forget_overwritten()

    def destroyed_since(self, since: float) -> list[str]:
        """The leads whose keys were destroyed at a time or later."""
        asked = select(LEAD_KEYS.c.lead).where(LEAD_KEYS.c.destroyed_at >= since)
        with self._connected() as connection:
            return [lead for (lead,) in connection.execute(asked)]

    def _forget_overwritten(self) -> None:
        """Empty SQLite's log, which holds former pages. While another process reads, the log is
        emptied at a later checkpoint."""
        if file_of(self._url) is not None:
            with self._connected() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A transaction."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            raise KeysUnavailableError(f"{shown(self._url)}: {error.orig}") from error


def _read(connection: Connection, leads: Collection[str]) -> dict[str, WrappedKey | None]:
    found: dict[str, WrappedKey | None] = {}
    left = iter(leads)
    while chunk := list(islice(left, _AT_ONCE)):
        c = LEAD_KEYS.c
        asked = select(c.lead, c.wrapped, c.wrapped_by).where(c.lead.in_(chunk))
        for lead, wrapped, by in connection.execute(asked):
            found[lead] = None if wrapped is None else WrappedKey(wrapped, by)
    return found
