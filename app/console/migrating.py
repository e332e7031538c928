"""The version that the read model's tables have, and how they get the newest."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_VERSION_TABLE = "console_version"
_SCRIPTS = Path(__file__).parent / "migrations"


@cache
def newest() -> str:
    """The version that this release works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def version_of(connection: Connection) -> str:
    """The version of a database's tables, '' where there are none."""
    options = {"version_table": _VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision() or ""


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest version, in the connection's transaction."""
    command.upgrade(_config(connection), "head")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = _VERSION_TABLE
    return config
