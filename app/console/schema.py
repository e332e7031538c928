"""The tables of the read model. Those of callers and users are in access/schema.py.

Whoever reads a row of the read model needs no other order than the rows' own: each is the same
whatever the order, the batches or the copies in which its records came (app/console/groups.py).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

#: All tables of the console.
TABLES = MetaData()
#: Ids by which rows are ranked or sorted: by their bytes, on each database.
ID = String().with_variant(String(collation="C"), "postgresql")

#: How far each partition is read, and where it ended then.
OFFSETS = Table(
    "console_offsets",
    TABLES,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("end_offset", BigInteger, nullable=False),
    Column("read_at", Float, nullable=False),
)

#: Every audit event. `record` is the event without `inputs` and without what is personal in clear.
EVENTS = Table(
    "console_events",
    TABLES,
    Column("id", ID, primary_key=True),
    Column("lead", ID, nullable=False),
    Column("stage", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("place", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("day", Integer, nullable=False),  # since 1970, UTC
    Column("actor", String, nullable=False),
    Column("rules", String, nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("owner", String, nullable=False),  # of `routed` and `assigned`
    Column("action", String, nullable=False),  # of `reviewed`
    Column("suppression", String, nullable=False),  # the signal that stopped the person
    Column("record", LargeBinary, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
    Index("console_events_lead", "lead", "at", "step"),
    Index("console_events_kind", "kind", "day", "shadow", "lead"),  # counts ask for no row
)

#: A row for each lead that was captured or has events. `place` is null before its first event: it
#: is in flight then. `waiting_*` is its newest record of topic `captured`, while the log has it.
#: `search` is the text of company, domain and owner that searches look at (search_text).
LEADS = Table(
    "console_leads",
    TABLES,
    Column("lead", ID, primary_key=True),
    Column("place", String),
    Column("place_step", BigInteger),
    Column("place_rank", Integer),
    Column("place_decided", Boolean),
    Column("place_at", Float),
    Column("place_event", ID),
    Column("place_stage", String),
    Column("place_kind", String),
    Column("place_rules", String),
    Column("place_shadow", Boolean),
    Column("source", String),
    Column("imported", String),
    Column("source_step", BigInteger),
    Column("source_at", Float),
    Column("source_event", ID),
    Column("about_step", BigInteger),
    Column("about_at", Float),
    Column("about_event", ID),
    Column("captured_at", Float),
    Column("priority", String),
    Column("company", String),
    Column("domain", String),
    Column("seniority", String),
    Column("function", String),
    Column("points", Integer),
    Column("high_intent", String),
    Column("route", String),
    Column("owner", String),
    Column("search", String),
    Column("waiting_partition", Integer),
    Column("waiting_offset", BigInteger),
    Column("waiting_at", Float),
    Column("waiting_source", String),
    Column("waiting_import", String),
    Index("console_leads_place", "place", "place_at", "lead"),
    Index("console_leads_kind", "place", "place_kind", "place_at", "lead"),
    Index("console_leads_owner", "owner", "place"),
    Index("console_leads_source", "source", "place"),
    Index("console_leads_rules", "place_rules", "place"),
    Index("console_leads_search", "search", "place_at", "waiting_offset", "lead"),
    Index("console_leads_waiting", "waiting_partition", "waiting_offset"),
)

#: The lists that a lead has been on, each with the last step of that. It is on them now where that
#: is the lead's `about_step`.
LISTS = Table(
    "console_lead_lists",
    TABLES,
    Column("list", String, primary_key=True),
    Column("lead", ID, primary_key=True),
    Column("step", BigInteger, nullable=False),
    Index("console_lead_lists_lead", "lead"),
)

#: The leads that each import has brought, by the events that name it.
IMPORT_LEADS = Table(
    "console_import_leads",
    TABLES,
    Column("import_id", String, primary_key=True),
    Column("lead", ID, primary_key=True),
)

IMPORTS = Table(
    "console_imports",
    TABLES,
    Column("import_id", String, primary_key=True),
    Column("began_at", Float, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
)

#: A stage's last word on a lead that waits, or no longer does (`moved`). It is asked now where
#: stage and step are those of the lead's place. `record` is the item, its person sealed.
ITEMS = Table(
    "console_review_items",
    TABLES,
    Column("lead", ID, primary_key=True),
    Column("stage", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("partition", Integer, nullable=False),  # of the stage that asked
    Column("since", Float, nullable=False),
    Column("reason_kind", String, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
)

#: A row for each record of the topic; `record` is what is sealed of it, null where it is too large
#: or not sealed.
DEAD_LETTERS = Table(
    "console_dead_letters",
    TABLES,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("log_offset", BigInteger, primary_key=True, autoincrement=False),
    Column("lead", ID, nullable=False),
    Column("stage", String, nullable=False),
    Column("where", String, nullable=False),
    Column("why", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("record", LargeBinary),
)

#: The last record of each lead in topic `fallback`.
FALLBACK = Table(
    "console_fallback",
    TABLES,
    Column("lead", ID, primary_key=True),
    Column("step", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
)

#: The SLA clocks: what became of each, `opened` while it runs. `opened_shadow` says whether it was
#: opened in shadow, null where the log no longer has that.
CLOCKS = Table(
    "console_clocks",
    TABLES,
    Column("clock", String, primary_key=True),
    Column("lead", ID),
    Column("started_at", Float),
    Column("deadline", Float),
    Column("team", String),
    Column("state", String),
    Column("ended", Boolean),
    Column("shadow", Boolean),
    Column("partition", Integer),
    Column("log_offset", BigInteger),
    Column("opened_offset", BigInteger),
    Column("opened_shadow", Boolean),
    Index("console_clocks_state", "state", "deadline"),
    Index("console_clocks_lead", "lead"),
)

#: All of them.
DERIVED = tuple(TABLES.sorted_tables)
