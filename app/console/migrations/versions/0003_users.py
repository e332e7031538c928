"""The people who sign in, their sessions, and failed sign-ins."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: Any = "0002"
_ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "console_users",
        sa.Column("email", _ID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("link_digest", sa.String(), nullable=True),
        sa.Column("link_until", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("email"),
        sa.UniqueConstraint("link_digest"),
    )
    op.create_table(
        "console_sessions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("email", _ID, nullable=False),
        sa.Column("began_at", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("console_sessions_email", "console_sessions", ["email"], unique=False)
    op.create_table(
        "console_sign_in_failures",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
