"""The people who sign in to the console: each sets a password by a link that works once."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.base.errors import UsageError
from app.base.settings import Settings
from app.console.access.bearer_secrets import digest_of, make_secret
from app.console.access.passwords import hash_password
from app.console.access.roles import Role
from app.console.access.schema import SESSIONS, SIGN_IN_FAILURES, USERS
from app.console.database import ConsoleDatabase, open_provisioned_database
from leads.addresses import is_address

#: Seconds in which a link sets a password.
LINK_SECONDS = 24 * 3600.0
#: Where the console takes a link: its text follows.
LINK_PATH = "/welcome/"


@dataclass(frozen=True, slots=True)
class User:
    """A person: the address stands in the audit as the actor of what the person decides."""

    email: str
    role: Role
    made_at: float
    has_password: bool


class UserStore:
    """Blocking calls, for a thread. Raises as ConsoleDatabase."""

    def __init__(self, database: ConsoleDatabase) -> None:
        self._database = database

    def add(self, email: str, role: Role, now: float) -> str:
        """Add a person, durable when it returns; the text of the link that sets the password.

        Raises UsageError for what is no address, and for a person who is there.
        """
        email = fold(email)
        if not is_address(email):
            raise UsageError(f"{email} is no e-mail address")
        text = make_secret()
        row = {"email": email, "role": role, "made_at": now} | _link(text, now)
        try:
            with self._database.writing() as connection:
                connection.execute(insert(USERS).values(row))
        except IntegrityError:
            raise UsageError(
                f"{email} is a user already; leadgate console user link {email} makes a new link"
            ) from None
        return text

    def renew_link(self, email: str, now: float) -> str:
        """A new link for a person who has none or has lost the password; the former one ends.

        The password stays good until the link is used. Raises UsageError for an unknown person.
        """
        text = make_secret()
        self._change(fold(email), _link(text, now))
        return text

    def change_role(self, email: str, role: Role) -> None:
        """From the next request on the person may do what this role allows.

        Raises UsageError for an unknown person.
        """
        self._change(fold(email), {"role": role})

    def remove(self, email: str) -> None:
        """Delete a person with all sessions: the next request of each is refused.

        Raises UsageError for an unknown person.
        """
        email = fold(email)
        with self._database.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.email == email))
            gone = connection.execute(delete(USERS).where(USERS.c.email == email)).rowcount
        if not gone:
            raise _unknown(email)

    def all(self) -> list[User]:
        """Every person, by address."""
        c = USERS.c
        asked = select(c.email, c.role, c.made_at, c.password_hash).order_by(c.email)
        with self._database.reading() as connection:
            return [
                User(email, Role(role), made_at, password is not None)
                for email, role, made_at, password in connection.execute(asked)
            ]

    def of_link(self, text: str, now: float) -> str:
        """The address of the person whose link this is, '' for one that was used or is too old."""
        c = USERS.c
        asked = select(c.email).where(c.link_digest == digest_of(text), c.link_until > now)
        with self._database.reading() as connection:
            return connection.scalar(asked) or ""

    def set_password(self, text: str, password: str, now: float) -> str:
        """Use a link, end the person's sessions, forget failed sign-ins. Durable when it returns.

        Returns the person's address, '' if the link works no more."""
        c = USERS.c
        of_link = (c.link_digest == digest_of(text), c.link_until > now)
        changed = {"password_hash": hash_password(password), "link_digest": None}
        with self._database.writing() as connection:
            email: str = connection.scalar(select(c.email).where(*of_link)) or ""
            if email:
                used = connection.execute(update(USERS).where(*of_link).values(changed)).rowcount
                if not used:
                    return ""  # another process was faster
                connection.execute(delete(SESSIONS).where(SESSIONS.c.email == email))
                failed = SIGN_IN_FAILURES.c.digest == digest_of(email)
                connection.execute(delete(SIGN_IN_FAILURES).where(failed))
        return email

    def password_hash(self, email: str) -> str | None:
        """What is stored of a person's password, None for an unknown person's."""
        with self._database.reading() as connection:
            found: str | None = connection.scalar(
                select(USERS.c.password_hash).where(USERS.c.email == fold(email))
            )
            return found

    def _change(self, email: str, values: dict[str, object]) -> None:
        with self._database.writing() as connection:
            known = update(USERS).where(USERS.c.email == email).values(values)
            if not connection.execute(known).rowcount:
                raise _unknown(email)


def open_users(settings: Settings) -> UserStore:
    """The site's. Raises UsageError for a database without the tables of this release."""
    return UserStore(open_provisioned_database(settings))


def fold(email: str) -> str:
    """An address as users are known by it; PostgreSQL takes no NUL."""
    return email.strip().casefold().replace("\0", "")


def _link(text: str, now: float) -> dict[str, object]:
    return {"link_digest": digest_of(text), "link_until": now + LINK_SECONDS}


def _unknown(email: str) -> UsageError:
    return UsageError(f"there is no user {email}; leadgate console user list shows them")
