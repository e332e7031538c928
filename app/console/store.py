"""The read model in the site's database: rows and offsets change in one transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from app.base.settings import Settings
from app.console import groups, migrating, schema
from app.console.database import ConsoleDatabase
from app.console.groups import Change, Group

Partition = tuple[str, int]  # a topic's full name, and the partition's number


class OvertakenError(RuntimeError):
    """Another projector has read on, or the read model was emptied: its offsets are others than
    this projector knows."""


class Span(NamedTuple):
    """A piece of a partition: from the stored offset `since` (None: none is stored) to the offset
    that is read next. `end` is where the partition ends now."""

    topic: str
    partition: int
    since: int | None
    until: int
    end: int


class Lag(NamedTuple):
    """How many offsets the rows are behind the log, as of the last time that a projector has
    looked: `read_at`, 0 before the first."""

    behind: int
    read_at: float


class ReadModel(ConsoleDatabase):
    """The tables that the log makes. Raises UsageError for a database without them."""

    def __init__(self, address: str) -> None:
        super().__init__(address, derived=True)
        self._upserts: dict[Group, Any] = {}

    def clear(self) -> None:
        """Bring the tables to this release's version, and empty those that the log makes: a
        projector begins at the start of it."""
        with self.writing() as connection:
            migrating.migrate(connection)
            for table in schema.DERIVED:
                connection.execute(delete(table))

    def offsets(self) -> dict[Partition, int]:
        """The next offset of each partition that was read."""
        c = schema.OFFSETS.c
        with self.reading() as connection:
            found = connection.execute(select(c.topic, c.partition, c.next_offset))
            return {(topic, partition): offset for topic, partition, offset in found}

    def lag(self) -> Lag:
        """How far the rows are behind the log, and as of when."""
        c = schema.OFFSETS.c
        with self.reading() as connection:
            found = connection.execute(select(c.end_offset, c.next_offset, c.read_at)).all()
        behind = sum(max(0, end - done) for end, done, _ in found)
        return Lag(behind, max((at for *_, at in found), default=0.0))

    def apply(self, changes: Iterable[Change], spans: Collection[Span], now: float) -> None:
        """Store what the records of these spans say, and that they are read; at the time `now`.

        All or nothing. Raises OvertakenError if the stored offsets are not those at which the spans
        begin.
        """
        rows = groups.latest(changes)
        with self.writing() as connection:
            for span in spans:  # first: a second projector waits here
                _advance(connection, span, now)
            for group, found in rows.items():
                connection.execute(self._upsert(group), list(found.values()))

    def trim(self, begins: Mapping[Partition, int]) -> None:
        """Delete the rows that stand for a record before its partition's first offset."""
        with self.writing() as connection:
            for group, (topic, partition, offset) in groups.TRIMMED.items():
                c = group.table.c
                for number, begin in _of(topic, begins):
                    gone = and_(c[partition] == number, c[offset] < begin)
                    if group in groups.BLANKED:
                        blank = dict.fromkeys((*group.rank, *group.rest))
                        connection.execute(update(group.table).where(gone).values(blank))
                    else:
                        connection.execute(delete(group.table).where(gone))
            c = schema.LEADS.c
            empty = (c.place_step, c.source_step, c.about_step, c.waiting_offset)
            connection.execute(delete(schema.LEADS).where(and_(*(one.is_(None) for one in empty))))

    def _upsert(self, group: Group) -> Any:
        """The statement that writes rows of a group where they have a higher rank."""
        if group not in self._upserts:
            dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
            self._upserts[group] = _make_upsert(group, dialect.insert(group.table))
        return self._upserts[group]


def open_read_model(settings: Settings) -> ReadModel:
    """This site's read model. Raises UsageError for an address that names no database."""
    return ReadModel(settings.database_url.get_secret_value())


def _of(topic: str, begins: Mapping[Partition, int]) -> Iterator[tuple[int, int]]:
    """The partitions of a topic with their first offsets."""
    for (name, partition), begin in begins.items():
        if name == topic:
            yield partition, begin


def _advance(connection: Connection, span: Span, now: float) -> None:
    c = schema.OFFSETS.c
    values = {"next_offset": span.until, "end_offset": span.end, "read_at": now}
    place = {"topic": span.topic, "partition": span.partition}
    here = and_(c.topic == span.topic, c.partition == span.partition)
    if span.since is None:
        if connection.scalar(select(c.next_offset).where(here)) is not None:
            raise OvertakenError(f"{span.topic}/{span.partition} is read already")
        connection.execute(insert(schema.OFFSETS).values(**place, **values))
        return
    known = and_(here, c.next_offset == span.since)
    if connection.execute(update(schema.OFFSETS).where(known).values(values)).rowcount != 1:
        raise OvertakenError(f"{span.topic}/{span.partition} is no longer at {span.since}")


def _make_upsert(group: Group, adding: Any) -> Any:
    keys = [group.table.c[name] for name in group.keys]
    if not group.rank:
        return adding.on_conflict_do_nothing(index_elements=keys)
    new, known = adding.excluded, group.table.c
    higher = tuple_(*(new[name] for name in group.rank)) > tuple_(
        *(known[name] for name in group.rank)
    )
    return adding.on_conflict_do_update(
        index_elements=keys,
        set_={name: new[name] for name in (*group.rank, *group.rest)},
        where=or_(known[group.rank[0]].is_(None), higher),
    )
