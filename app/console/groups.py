"""What one record says of a row, and which of two such sayings counts.

A group is some columns of a table that one record sets together. Of two records the one with the
higher rank counts, wherever they lie in the log and however often they are read. So the rows are
the same for a projector that has seen all records, and for one that comes after Kafka's compaction
has left the last record of each key.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Table

from app.console import schema
from leads import topics

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Columns of a table. `rank` are those that are compared, in order; without any, the first row
    stays. Rows have values for all columns of the group."""

    table: Table
    keys: tuple[str, ...]
    rank: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that a row has."""
        return (*self.keys, *self.rank, *self.rest)

    def key_of(self, row: Row) -> Key:
        """Which row of the table it is."""
        return tuple(row[name] for name in self.keys)

    def rank_of(self, row: Row) -> Key:
        """What is compared."""
        return tuple(row[name] for name in self.rank)


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
CLOCK = _whole(schema.CLOCKS, "ended", "log_offset")
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
        *("points", "high_intent", "route", "owner"),
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
    WAITING: (topics.CAPTURED.full, "waiting_partition", "waiting_offset"),
}


def latest(changes: Iterable[Change]) -> dict[Group, dict[Key, Row]]:
    """Of the changes of each row, the one with the highest rank; of equals, the first."""
    found: dict[Group, dict[Key, Row]] = {}
    for group, row in changes:
        rows = found.setdefault(group, {})
        key = group.key_of(row)
        known = rows.get(key)
        if known is None or group.rank_of(row) > group.rank_of(known):
            rows[key] = row
    return found
