"""Signing in by address and password, and how often it may be tried."""

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.console.access.bearer_secrets import digest_of
from app.console.access.passwords import is_password
from app.console.access.schema import SIGN_IN_FAILURES
from app.console.access.sessions import SessionStore
from app.console.access.users import UserStore, fold
from app.console.database import ConsoleDatabase
from leads.times import format_duration

#: So many wrong passwords are forgiven; each further one doubles the wait.
FREE = 5
_FIRST_WAIT, _LONGEST_WAIT = 15.0, 900.0
#: Seconds after which failures are forgotten.
_FORGOTTEN = 86_400.0
_AT_ONCE = "Somebody else tries to sign in with this address right now: try again."
_WRONG = "The address or the password is not right."


class SignInRefusedError(Exception):
    """The text is for the person. It doesn't tell whether the address is known."""


class SignIn:
    """Blocking calls, for a thread. Raises as ConsoleDatabase."""

    def __init__(self, database: ConsoleDatabase) -> None:
        self._database = database
        self._users, self._sessions = UserStore(database), SessionStore(database)

    def sign_in(self, email: str, password: str, now: float) -> str:
        """Begin a session; its text. Raises SignInRefusedError.

        A try counts as a failure before the password is looked at, so that many at once are no way
        around the wait; unknown addresses are counted alike.
        """
        try:
            self._count_try(email, now)
        except IntegrityError:
            raise SignInRefusedError(_AT_ONCE) from None
        if not is_password(password, self._users.password_hash(email)):
            raise SignInRefusedError(_WRONG)
        with self._database.writing() as connection:
            c = SIGN_IN_FAILURES.c
            connection.execute(delete(SIGN_IN_FAILURES).where(c.digest == _digest(email)))
        return self._sessions.begin(email, now)

    def _count_try(self, email: str, now: float) -> None:
        c, digest = SIGN_IN_FAILURES.c, _digest(email)
        with self._database.writing() as connection:
            connection.execute(delete(SIGN_IN_FAILURES).where(c.at < now - _FORGOTTEN))
            asked = select(c.failures, c.at).where(c.digest == digest)
            row = connection.execute(asked).one_or_none()
            if row is None:
                first = {"digest": digest, "failures": 1, "at": now}
                connection.execute(insert(SIGN_IN_FAILURES).values(first))
                return
            if (left := row.at + _wait_after(row.failures) - now) > 0:
                raise SignInRefusedError(
                    f"Too many tries with this address: wait {format_duration(left)}, or ask for a"
                    " new link."
                )
            again = {"failures": row.failures + 1, "at": now}
            known = update(SIGN_IN_FAILURES).where(c.digest == digest, c.failures == row.failures)
            if not connection.execute(known.values(again)).rowcount:
                raise SignInRefusedError(_AT_ONCE)


def _wait_after(failures: int) -> float:
    """Seconds until the next try."""
    if failures < FREE:
        return 0.0
    return float(min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures - FREE, 10)))


def _digest(email: str) -> str:
    """The text itself is not stored: a password may have been typed into the field."""
    return digest_of(fold(email))
