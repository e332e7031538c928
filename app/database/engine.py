"""How a process reaches the site's database, LEADGATE_DATABASE_URL."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from app.base.errors import UsageError

_WAIT = 5  # seconds for a connection, or for another process's transaction
_SAFE = ("PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON")
_FAST = ("PRAGMA synchronous = NORMAL", "PRAGMA secure_delete = OFF")


def parse_url(address: str) -> URL:
    """The address of a database. Raises UsageError for one that names none."""
    try:
        url = make_url(address)
    except ArgumentError:
        url = URL.create("")
    name = url.get_backend_name() if url.drivername else ""
    if name == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if name == "sqlite" and url.database:
        return url
    raise UsageError(
        "LEADGATE_DATABASE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
    )


def file_of(url: URL) -> Path | None:
    """SQLite's file, None for another database."""
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database)
    return None


def shown(url: URL) -> str:
    """The database as messages name it, without its password."""
    return f"the database {url.render_as_string(hide_password=True)}"


def make_engine(url: URL, *, derived: bool = False) -> Engine:
    """Connections to a database that is there: none is made.

    What SQLite commits is on the disk, and what it deletes is overwritten. Not so with `derived`,
    for rows that can be made again: a power cut may take the last transactions, each of them whole.
    """
    path = file_of(url)
    if path is None:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _WAIT},
            hide_parameters=True,  # a wrapped key is nothing for a log
        )

    def connect() -> sqlite3.Connection:
        # mode=rw: a file that is not there is no empty database
        name = f"file:{quote(str(path.absolute()))}?mode=rw"
        connection = sqlite3.connect(name, _WAIT, uri=True, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")  # readers don't wait for a writer
        for pragma in _FAST if derived else _SAFE:
            connection.execute(pragma)
        return connection

    return create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True
    )
