"""Databases of keys, on each kind of server."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.privacy.key_store import KeyStore
from tests.postgres import has_postgres, running_postgres

KINDS = ("sqlite", "postgres")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server's own database."""
    if not has_postgres():
        pytest.skip("no PostgreSQL here")
    with running_postgres() as address:
        yield address


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of the test's own with the tables, on each kind of server."""
    return new_database(request, tmp_path)


def new_database(request: pytest.FixtureRequest, directory: Path) -> str:
    """A new database of the kind that is the request's parameter, with the tables of the keys; its
    address."""
    found = f"sqlite:///{directory / 'keys.db'}"
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        name = f"keys_{secrets.token_hex(8)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        found = f"{server.rpartition('/')[0]}/{name}"
    KeyStore(found).create()
    return found
