"""The tables of those who may see and decide: what the log does not know, and a rebuild leaves."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table

from app.console.schema import ID, TABLES

#: The tokens of the API's callers; `digest` is SHA-256 of the token, whose own text is nowhere.
TOKENS = Table(
    "console_tokens",
    TABLES,
    Column("name", ID, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("scopes", String, nullable=False),  # in order, spaces between
    Column("made_at", Float, nullable=False),
)

#: The response to each request with an idempotency key.
IDEMPOTENCY_KEYS = Table(
    "console_idempotency_keys",
    TABLES,
    Column("token", ID, primary_key=True),
    Column("key", ID, primary_key=True),
    Column("request_hash", String, nullable=False),  # SHA-256
    Column("body", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
    Index("console_idempotency_keys_at", "at"),
)

#: The people who sign in. `link_digest` is SHA-256 of the link by which the password is set.
USERS = Table(
    "console_users",
    TABLES,
    Column("email", ID, primary_key=True),
    Column("role", String, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("password_hash", String),  # Argon2id, with its parameters and salt
    Column("link_digest", String, unique=True),
    Column("link_until", Float),
)

#: Who is signed in; `digest` is SHA-256 of the cookie.
SESSIONS = Table(
    "console_sessions",
    TABLES,
    Column("digest", String, primary_key=True),
    Column("email", ID, nullable=False),
    Column("began_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Index("console_sessions_email", "email"),
)

#: Failed sign-ins by SHA-256 of the address that was typed.
SIGN_IN_FAILURES = Table(
    "console_sign_in_failures",
    TABLES,
    Column("digest", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Index("console_sign_in_failures_at", "at"),
)
