"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: Any = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "console_clocks",
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=True
        ),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("deadline", sa.Float(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=True),
        sa.Column("shadow", sa.Boolean(), nullable=True),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("log_offset", sa.BigInteger(), nullable=True),
        sa.Column("opened_offset", sa.BigInteger(), nullable=True),
        sa.Column("opened_shadow", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("clock"),
    )
    op.create_index("console_clocks_lead", "console_clocks", ["lead"], unique=False)
    op.create_index("console_clocks_state", "console_clocks", ["state", "deadline"], unique=False)
    op.create_table(
        "console_dead_letters",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("log_offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("where", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("partition", "log_offset"),
    )
    op.create_table(
        "console_events",
        sa.Column(
            "id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("suppression", sa.String(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("console_events_day", "console_events", ["day", "kind"], unique=False)
    op.create_index("console_events_lead", "console_events", ["lead", "at", "step"], unique=False)
    op.create_table(
        "console_fallback",
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lead"),
    )
    op.create_table(
        "console_import_leads",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("import_id", "lead"),
    )
    op.create_table(
        "console_imports",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("began_at", sa.Float(), nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("import_id"),
    )
    op.create_table(
        "console_lead_lists",
        sa.Column("list", sa.String(), nullable=False),
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list", "lead"),
    )
    op.create_index("console_lead_lists_lead", "console_lead_lists", ["lead"], unique=False)
    op.create_table(
        "console_leads",
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("place_step", sa.BigInteger(), nullable=True),
        sa.Column("place_rank", sa.Integer(), nullable=True),
        sa.Column("place_decided", sa.Boolean(), nullable=True),
        sa.Column("place_at", sa.Float(), nullable=True),
        sa.Column(
            "place_event",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("place_stage", sa.String(), nullable=True),
        sa.Column("place_kind", sa.String(), nullable=True),
        sa.Column("place_rules", sa.String(), nullable=True),
        sa.Column("place_shadow", sa.Boolean(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("imported", sa.String(), nullable=True),
        sa.Column("source_step", sa.BigInteger(), nullable=True),
        sa.Column("source_at", sa.Float(), nullable=True),
        sa.Column(
            "source_event",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("about_step", sa.BigInteger(), nullable=True),
        sa.Column("about_at", sa.Float(), nullable=True),
        sa.Column(
            "about_event",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("captured_at", sa.Float(), nullable=True),
        sa.Column("priority", sa.String(), nullable=True),
        sa.Column("company", sa.String(), nullable=True),
        sa.Column("domain", sa.String(), nullable=True),
        sa.Column("seniority", sa.String(), nullable=True),
        sa.Column("function", sa.String(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("high_intent", sa.String(), nullable=True),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("waiting_partition", sa.Integer(), nullable=True),
        sa.Column("waiting_offset", sa.BigInteger(), nullable=True),
        sa.Column("waiting_at", sa.Float(), nullable=True),
        sa.Column("waiting_source", sa.String(), nullable=True),
        sa.Column("waiting_import", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("lead"),
    )
    op.create_index(
        "console_leads_kind",
        "console_leads",
        ["place", "place_kind", "place_at", "lead"],
        unique=False,
    )
    op.create_index("console_leads_owner", "console_leads", ["owner", "place"], unique=False)
    op.create_index(
        "console_leads_place", "console_leads", ["place", "place_at", "lead"], unique=False
    )
    op.create_index("console_leads_rules", "console_leads", ["place_rules", "place"], unique=False)
    op.create_index("console_leads_source", "console_leads", ["source", "place"], unique=False)
    op.create_index(
        "console_leads_waiting",
        "console_leads",
        ["waiting_partition", "waiting_offset"],
        unique=False,
    )
    op.create_table(
        "console_offsets",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("end_offset", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )
    op.create_table(
        "console_review_items",
        sa.Column(
            "lead", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("reason_kind", sa.String(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lead", "stage"),
    )
