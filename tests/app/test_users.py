"""People who sign in: links, passwords, sessions, roles, and how often a password may be tried."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event

from app.base.errors import UsageError
from app.console.access.passwords import LONGEST, why_refused
from app.console.access.roles import GRANTS, Role
from app.console.access.scopes import Scope
from app.console.access.sessions import IDLE, SessionStore
from app.console.access.sessions import LONGEST as LONGEST_SESSION
from app.console.access.sign_in import FREE, SignIn, SignInRefusedError
from app.console.access.users import LINK_SECONDS, UserStore
from app.console.database import ConsoleDatabase
from app.console.store import ReadModel
from app.privacy.key_store import KeyStore
from tests.app.fixed_clock import NOW

OLGA, GOOD = "olga@acme.test", "a long enough text"


class People:
    """The stores over one database."""

    def __init__(self, address: str) -> None:
        self.database = ConsoleDatabase(address)
        self.database.migrate()
        self.users, self.sessions = UserStore(self.database), SessionStore(self.database)
        self.sign_in = SignIn(self.database)

    def olga(self, role: Role = Role.REVIEWER) -> str:
        """Olga with a password; her address."""
        link = self.users.add(OLGA, role, NOW)
        assert self.users.set_password(link, GOOD, NOW) == OLGA
        return OLGA


@pytest.fixture
def people(address: str) -> People:
    """Nobody yet, on each kind of database."""
    return People(address)


def test_a_link_sets_a_password_once_and_for_a_day(people: People) -> None:
    link = people.users.add(" Olga@Acme.test ", Role.VIEWER, NOW)
    assert people.users.of_link(link, NOW) == OLGA
    assert people.users.of_link(link, NOW + LINK_SECONDS) == ""
    assert people.users.set_password(link, GOOD, NOW + LINK_SECONDS) == ""
    assert people.users.set_password(link, GOOD, NOW) == OLGA
    assert people.users.of_link(link, NOW) == people.users.set_password(link, "other", NOW) == ""
    assert people.sessions.find(people.sign_in.sign_in(OLGA, GOOD, NOW), NOW)


def test_a_new_link_replaces_the_former_and_a_new_password_ends_all_sessions(
    people: People,
) -> None:
    session = people.sessions.begin(people.olga(), NOW)
    former, link = people.users.renew_link(OLGA, NOW), people.users.renew_link(OLGA, NOW)
    assert people.users.of_link(former, NOW) == ""
    assert people.sessions.find(session, NOW), "the link alone changes nothing"
    assert people.users.set_password(link, GOOD + "!", NOW) == OLGA
    assert people.sessions.find(session, NOW) is None
    with pytest.raises(SignInRefusedError):
        people.sign_in.sign_in(OLGA, GOOD, NOW)


def test_what_is_no_new_person_is_refused_with_what_to_do(people: People) -> None:
    people.olga()
    with pytest.raises(UsageError, match=r"user link olga@acme\.test"):
        people.users.add("OLGA@acme.test", Role.VIEWER, NOW)
    with pytest.raises(UsageError, match="no e-mail address"):
        people.users.add("olga", Role.VIEWER, NOW)
    for call in (
        lambda: people.users.renew_link("ben@acme.test", NOW),
        lambda: people.users.remove("ben@acme.test"),
        lambda: people.users.change_role("ben@acme.test", Role.VIEWER),
    ):
        with pytest.raises(UsageError, match="user list"):
            call()


def test_a_session_ends_idle_after_its_longest_and_by_signing_out(people: People) -> None:
    session = people.sessions.begin(people.olga(), NOW)
    found = people.sessions.find(session, NOW)
    assert found is not None
    assert (found.email, found.role) == (OLGA, Role.REVIEWER)
    assert people.sessions.find(session, NOW + IDLE) is None
    at = NOW
    while at < NOW + LONGEST_SESSION - IDLE / 2:
        at += IDLE / 2
        assert people.sessions.find(session, at) or at >= NOW + LONGEST_SESSION
    assert people.sessions.find(session, NOW + LONGEST_SESSION) is None
    other = people.sessions.begin(OLGA, NOW)
    people.sessions.end(other)
    assert people.sessions.find(other, NOW) is None


def test_a_database_that_takes_no_change_keeps_nobody_out(tmp_path: Path) -> None:
    """A projector's transaction may last longer than SQLite waits: the use is noted later."""
    address = f"sqlite:///{tmp_path / 'keys.db'}"
    KeyStore(address).create()
    people = People(address)
    session = people.sessions.begin(people.olga(), NOW)
    read_only = ConsoleDatabase(address)
    event.listen(read_only.engine, "connect", _allow_no_change)
    assert SessionStore(read_only).find(session, NOW + 100)
    assert SessionStore(read_only).find(session, NOW + IDLE) is None, "nothing was noted"
    assert people.sessions.find(session, NOW + 100)
    assert SessionStore(read_only).find(session, NOW + IDLE), "it is noted now"


def _allow_no_change(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def test_a_role_and_a_removal_hold_from_the_next_request_on(people: People) -> None:
    session = people.sessions.begin(people.olga(), NOW)
    people.users.change_role(OLGA, Role.VIEWER)
    found = people.sessions.find(session, NOW)
    assert found is not None
    assert not found.decides
    people.users.remove(OLGA)
    assert people.sessions.find(session, NOW) is None
    assert people.users.all() == []


def test_only_reviewers_decide() -> None:
    assert {role for role in Role if Scope.DECIDE in GRANTS[role]} == {Role.REVIEWER}
    assert all(role.allows for role in Role)


@pytest.mark.parametrize("email", [OLGA, "nobody@acme.test"])
def test_wrong_passwords_make_the_next_try_wait_and_tell_nothing(
    people: People, email: str
) -> None:
    """Whether the address is known can't be seen from it."""
    people.olga()
    for _ in range(FREE):
        with pytest.raises(SignInRefusedError, match="address or the password"):
            people.sign_in.sign_in(email, "wrong", NOW)
    with pytest.raises(SignInRefusedError, match="wait 15 s"):
        people.sign_in.sign_in(email, GOOD, NOW)
    with pytest.raises(SignInRefusedError, match="address or the password"):
        people.sign_in.sign_in(email, "wrong", NOW + 15)
    with pytest.raises(SignInRefusedError, match="wait 30 s"):
        people.sign_in.sign_in(email, GOOD, NOW + 15)


def test_after_the_wait_the_right_password_signs_in_and_the_failures_are_forgotten(
    people: People,
) -> None:
    people.olga()
    for _ in range(FREE):
        with pytest.raises(SignInRefusedError):
            people.sign_in.sign_in(OLGA, "wrong", NOW)
    assert people.sign_in.sign_in(OLGA, GOOD, NOW + 15)
    for _ in range(FREE - 1):
        with pytest.raises(SignInRefusedError, match="address or the password"):
            people.sign_in.sign_in(OLGA, "wrong", NOW + 16)
    assert people.sign_in.sign_in(OLGA, GOOD, NOW + 16)


def test_a_new_link_helps_a_person_whom_somebody_has_locked_out(people: People) -> None:
    people.olga()
    for _ in range(FREE):
        with pytest.raises(SignInRefusedError):
            people.sign_in.sign_in(OLGA, "wrong", NOW)
    people.users.set_password(people.users.renew_link(OLGA, NOW), GOOD, NOW)
    assert people.sign_in.sign_in(OLGA, GOOD, NOW)


def test_a_person_without_a_password_cant_sign_in(people: People) -> None:
    people.users.add(OLGA, Role.VIEWER, NOW)
    for password in ("", "nobody", GOOD):
        with pytest.raises(SignInRefusedError):
            people.sign_in.sign_in(OLGA, password, NOW)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "12 to 200"),
        ("x" * (LONGEST + 1), "12 to 200"),
        ("abababababab", "repeats"),
        ("My Olga of 2026", "your address"),
        (GOOD, ""),
        ("пароль из слов", ""),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, why: str) -> None:
    found = why_refused(password, OLGA)
    assert why in found
    assert bool(found) == bool(why)


def test_a_short_name_of_an_address_is_no_fault_of_a_password() -> None:
    assert why_refused(GOOD, "a@acme.test") == ""
    assert "contains your address" in why_refused("Olga and more", OLGA)


def test_nothing_that_signs_in_is_in_the_database(people: People) -> None:
    link = people.users.add(OLGA, Role.VIEWER, NOW)
    people.users.set_password(link, GOOD, NOW)
    second = people.users.renew_link(OLGA, NOW)
    session = people.sign_in.sign_in(OLGA, GOOD, NOW)
    with people.database.reading() as connection:
        rows = [
            str(row)
            for table in ("console_users", "console_sessions", "console_sign_in_failures")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        ]
    assert rows
    for secret in (link, second, session, GOOD):
        assert not [row for row in rows if secret in row]


def test_a_rebuild_leaves_people_and_sessions(address: str) -> None:
    model = ReadModel(address)
    model.migrate()
    people = People(address)
    session = people.sessions.begin(people.olga(), NOW)
    model.clear()
    assert people.sessions.find(session, NOW)
