"""Who is signed in: a session is a random text in a cookie."""

import hashlib
import hmac
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select, update

from app.console.access.bearer_secrets import digest_of, make_secret
from app.console.access.roles import GRANTS, Role
from app.console.access.schema import SESSIONS, USERS
from app.console.access.scopes import Scope
from app.console.access.users import fold
from app.console.database import ConsoleDatabase, DatabaseUnavailableError

#: Seconds after which a session ends: since it began, and since its last request.
LONGEST = 7 * 86_400.0
IDLE = 12 * 3600.0
#: Seconds of use that are not written down one by one.
_SEEN_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in. `csrf` must come with each form: other sites can't know it."""

    email: str
    role: Role
    csrf: str

    @property
    def scopes(self) -> frozenset[Scope]:
        """What the person may do."""
        return GRANTS[self.role]

    @property
    def decides(self) -> bool:
        """Whether the person may decide about leads."""
        return Scope.DECIDE in self.scopes

    def sent(self, csrf: str) -> bool:
        """Whether a form comes from a page of this session."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class SessionStore:
    """Blocking calls, for a thread. Raises as ConsoleDatabase."""

    def __init__(self, database: ConsoleDatabase) -> None:
        self._database = database

    def begin(self, email: str, now: float) -> str:
        """Begin a session of a known person; its text, for the cookie."""
        text = make_secret()
        row = {"digest": digest_of(text), "email": fold(email), "began_at": now, "seen_at": now}
        c = SESSIONS.c
        with self._database.writing() as connection:
            over = or_(c.began_at < now - LONGEST, c.seen_at < now - IDLE)
            connection.execute(delete(SESSIONS).where(over))
            connection.execute(insert(SESSIONS).values(row))
        return text

    def find(self, text: str, now: float) -> Session | None:
        """Whose session it is, None for one that is over or unknown."""
        c, digest = SESSIONS.c, digest_of(text)
        asked = select(c.email, USERS.c.role, c.seen_at).join_from(
            SESSIONS, USERS, USERS.c.email == c.email
        )
        going_on = (c.digest == digest, c.began_at > now - LONGEST, c.seen_at > now - IDLE)
        with self._database.reading() as connection:
            row = connection.execute(asked.where(*going_on)).one_or_none()
        if row is None:
            return None
        if row.seen_at < now - _SEEN_EVERY:
            self._note_use(digest, now)
        return Session(row.email, Role(row.role), _csrf(text))

    def _note_use(self, digest: str, now: float) -> None:
        """A database that takes no change now is no reason to refuse a page: the next use is noted
        instead."""
        with suppress(DatabaseUnavailableError), self._database.writing() as connection:
            connection.execute(
                update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_at=now)
            )

    def end(self, text: str) -> None:
        """Sign out."""
        with self._database.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest_of(text)))


def _csrf(text: str) -> str:
    """Of a session, and tells nothing of its text."""
    return hmac.new(text.encode(), b"csrf", hashlib.sha256).hexdigest()
