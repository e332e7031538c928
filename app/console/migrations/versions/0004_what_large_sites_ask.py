"""A text that searches look at, and indexes that answer without the rows."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: Any = "0003"
_AT_ONCE, _LONGEST = 5_000, 200
_LEADS = sa.table(
    "console_leads",
    *map(sa.column, ("lead", "company", "domain", "owner", "about_step", "search")),
)


def upgrade() -> None:
    """Make the change."""
    op.add_column("console_leads", sa.Column("search", sa.String(), nullable=True))
    _fill_search(op.get_bind())
    op.create_index(
        "console_leads_search",
        "console_leads",
        ["search", "place_at", "waiting_offset", "lead"],
        unique=False,
    )
    op.drop_index("console_events_day", table_name="console_events")
    op.create_index(
        "console_events_kind", "console_events", ["kind", "day", "shadow", "lead"], unique=False
    )
    op.create_index("console_sign_in_failures_at", "console_sign_in_failures", ["at"], unique=False)


def _fill_search(connection: sa.Connection) -> None:
    """As a projector of this release fills it; the text is folded here, and not by the database."""
    c = _LEADS.c
    about = sa.select(c.lead, c.company, c.domain, c.owner).where(c.about_step.is_not(None))
    change = sa.update(_LEADS).where(c.lead == sa.bindparam("of"))
    change = change.values(search=sa.bindparam("text"))
    rows = connection.execute(about).all()
    for begin in range(0, len(rows), _AT_ONCE):
        texts = [
            {"of": lead, "text": "\n".join(one.casefold()[:_LONGEST] for one in of)}
            for lead, *of in rows[begin : begin + _AT_ONCE]
        ]
        connection.execute(change, texts)
