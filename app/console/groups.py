"""What one record says of a row, and which of two such sayings counts.

A group is some columns of a table that one record sets together. Of two records the one with the
higher rank counts, wherever they lie in the log and however often they are read. So the rows are
the same for a projector that has seen all records, and for one that comes after Kafka's compaction
has left the last record of each key.
"""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Table

from app.console import schema
from leads import topics

Row = dict[str, Any]


class Group:
    """Columns of a table: `keys` name its row, `rank` are compared in their order, and `rest` go
    with them. Without a rank the first row stays. Rows have values for all these columns."""

    def __init__(
        self,
        table: Table,
        keys: tuple[str, ...],
        rank: tuple[str, ...] = (),
        rest: tuple[str, ...] = (),
    ) -> None:
        self.table, self.keys, self.rank, self.rest = table, keys, rank, rest
        #: Which row of the table a row is; hashable.
        self.key_of: Callable[[Row], Any] = itemgetter(*keys)
        #: What is compared of a row.
        self.rank_of: Callable[[Row], Any] = itemgetter(*rank) if rank else _no_rank


def _no_rank(_: Row) -> int:
    return 0


class Change(NamedTuple):
    """What a record says of a row."""

    group: Group
    row: Row


def _whole(table: Table, *rank: str) -> Group:
    """All columns of a table."""
    keys = tuple(column.name for column in table.primary_key.columns)
    rest = (column.name for column in table.columns if column.name not in {*keys, *rank})
    return Group(table, keys, rank, tuple(rest))


EVENT = _whole(schema.EVENTS, "log_offset")
LIST = _whole(schema.LISTS, "step")
IMPORT_LEAD = _whole(schema.IMPORT_LEADS)
IMPORT = _whole(schema.IMPORTS, "log_offset")
ITEM = _whole(schema.ITEMS, "log_offset")
DEAD_LETTER = _whole(schema.DEAD_LETTERS)
FALLBACK = _whole(schema.FALLBACK, "log_offset")
#: A clock that has ended stays so.
CLOCK = Group(
    schema.CLOCKS,
    ("clock",),
    ("ended", "log_offset"),
    ("lead", "started_at", "deadline", "team", "state", "shadow", "partition"),
)
OPENING = Group(schema.CLOCKS, ("clock",), ("opened_offset",), ("opened_shadow",))
#: Where a lead is: as `audit verify` counts it, the highest step, and of one step the place of
#: rest.
PLACE = Group(
    schema.LEADS,
    ("lead",),
    ("place_step", "place_rank", "place_decided", "place_at", "place_event"),
    ("place", "place_stage", "place_kind", "place_rules", "place_shadow"),
)
SOURCE = Group(
    schema.LEADS, ("lead",), ("source_step", "source_at", "source_event"), ("source", "imported")
)
ABOUT = Group(
    schema.LEADS,
    ("lead",),
    ("about_step", "about_at", "about_event"),
    (
        *("captured_at", "priority", "company", "domain", "seniority", "function"),
        *("points", "high_intent", "route", "owner", "search"),
    ),
)
WAITING = Group(
    schema.LEADS,
    ("lead",),
    ("waiting_offset",),
    ("waiting_partition", "waiting_at", "waiting_source", "waiting_import"),
)
#: Rows that stand for a record of a topic whose records are deleted some day: they go with it. By
#: the topic, and the columns of the record's partition and offset.
TRIMMED = {
    DEAD_LETTER: (topics.DEAD.full, "partition", "log_offset"),
    FALLBACK: (topics.FALLBACK.full, "partition", "log_offset"),
    CLOCK: (topics.SLA_OUTCOMES.full, "partition", "log_offset"),
    OPENING: (topics.SLA_OUTCOMES.full, "partition", "opened_offset"),
    WAITING: (topics.CAPTURED.full, "waiting_partition", "waiting_offset"),
}
#: Those of which the columns alone go, and the row stays.
BLANKED = frozenset({OPENING, WAITING})


def latest(changes: Iterable[Change]) -> dict[Group, dict[Any, Row]]:
    """Of the changes of each row, the one with the highest rank; of equals, the first. By
    `Group.key_of`."""
    found: dict[Group, dict[Any, Row]] = {}
    for group, row in changes:
        rows = found.setdefault(group, {})
        key = group.key_of(row)
        known = rows.get(key)
        if known is None or group.rank_of(row) > group.rank_of(known):
            rows[key] = row
    return found
