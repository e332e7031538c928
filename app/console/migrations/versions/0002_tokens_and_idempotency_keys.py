"""Tokens of the API's callers, and responses by idempotency key."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: Any = "0001"
_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "console_tokens",
        sa.Column("name", _ID, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "console_idempotency_keys",
        sa.Column("token", _ID, nullable=False),
        sa.Column("key", _ID, nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("token", "key"),
    )
    op.create_index("console_idempotency_keys_at", "console_idempotency_keys", ["at"], unique=False)
