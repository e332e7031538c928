"""The console's tables in the site's database, of whatever they hold."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from app.base.errors import UsageError
from app.base.settings import Settings
from app.console import migrating
from app.database.engine import file_of, make_engine, parse_url, shown


class DatabaseUnavailableError(UsageError):
    """The console's database does not answer."""


class ConsoleDatabase:
    """Blocking calls, for a thread. `derived`: only for tables that the log makes (make_engine).

    Raises DatabaseUnavailableError while the database does not answer.
    """

    def __init__(self, address: str, *, derived: bool = False) -> None:
        self._url = parse_url(address)
        self.engine = make_engine(self._url, derived=derived)

    def missing(self) -> list[str]:
        """What `migrate` would do, a line each."""
        if (path := file_of(self._url)) and not path.exists():
            return [f"the read model's tables, version {migrating.newest()}"]
        with self.reading() as connection:
            there = migrating.version_of(connection)
        if there == migrating.newest():
            return []
        return [f"the read model's tables, version {migrating.newest()}"]

    def migrate(self) -> None:
        """Bring the tables to this release's version. The database is there already."""
        with self.writing() as connection:
            migrating.migrate(connection)

    def require_tables(self) -> None:
        """Raises UsageError for a database whose tables are missing or of another version."""
        if self.missing():
            raise UsageError(
                f"{shown(self._url)} has not the read model's tables of this release; run"
                " leadgate provision"
            )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that changes nothing, and waits for no writer."""
        with self._connected() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, committed at the end."""
        with self._connected() as connection:
            if self.engine.dialect.name == "sqlite":
                # Python's module begins none before a select or a change of tables
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except (OperationalError, InterfaceError, ProgrammingError) as error:
            raise DatabaseUnavailableError(f"{shown(self._url)}: {error.orig}") from error


def open_database(settings: Settings) -> ConsoleDatabase:
    """The site's. Raises UsageError for an address that names no database."""
    return ConsoleDatabase(settings.database_url.get_secret_value())


def open_provisioned_database(settings: Settings) -> ConsoleDatabase:
    """The site's, for a command. Raises UsageError for one without this release's tables."""
    database = open_database(settings)
    database.require_tables()
    return database
