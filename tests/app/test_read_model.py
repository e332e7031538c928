"""The read model's rows depend on the log alone: on no order, batch, copy, restart, compaction or
deletion, on each kind of database."""

import random
from collections.abc import Iterator
from functools import lru_cache

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from app.base.errors import UsageError
from app.console import schema
from app.console.database import DatabaseUnavailableError
from app.console.groups import TRIMMED, Change
from app.console.projecting import UnreadableRecordError, changes_of
from app.console.store import OvertakenError, ReadModel, Span
from leads import topics
from streams.testing.log import LogRecord
from tests.read_model import NOW, changes, compacted, fill, plain_rows, rows_of, simulated

#: They fill every table but that of imports: a lead falls back, clocks run, orders are forged.
SEEDS = (3, 5, 36, 100)
_RECORD = LogRecord(topics.CURSORS.full, 0, 0, b"", b"", 1000)
_SLOW = settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@lru_cache(maxsize=1)
def records() -> tuple[LogRecord, ...]:
    """What some simulated sites have written."""
    return tuple(simulated(SEEDS))


@pytest.fixture
def model(address: str) -> Iterator[ReadModel]:
    """An empty read model on each kind of database."""
    made = ReadModel(address)
    made.migrate()
    yield made
    made.engine.dispose()


def test_the_records_fill_every_table(model: ReadModel) -> None:
    fill(model, records(), random.Random(1))
    assert [name for name, rows in rows_of(model).items() if not rows] == []


@_SLOW
@given(seed=st.integers(0, 1 << 32))
def test_any_pieces_in_any_order_make_the_same_rows(
    model: ReadModel, seed: int
) -> None:
    model.clear()
    fill(model, records(), random.Random(seed))
    assert rows_of(model) == plain_rows(records())


@_SLOW
@given(seed=st.integers(0, 1 << 32))
def test_what_is_read_again_changes_nothing(model: ReadModel, seed: int) -> None:
    chance = random.Random(seed)
    model.clear()
    fill(model, records(), chance)
    before = rows_of(model)
    again = chance.sample(records(), 300)
    model.apply(changes(again), [], NOW)
    assert rows_of(model) == before


@given(st.permutations(range(len(records()))))
@settings(max_examples=20, deadline=None)
def test_no_order_of_the_records_matters(order: list[int]) -> None:
    assert plain_rows(records()[i] for i in order) == plain_rows(records())


@given(st.data())
def test_a_log_that_kafka_has_compacted_makes_the_same_rows(data: st.DataObject) -> None:
    """Records of the compacted topics are written again, as a replay does, at the log's end."""
    found = list(records())
    old = [one for one in found if topics.BY_NAME[one.topic].cleanup == "compact"]
    latest = compacted(old)
    for record in data.draw(st.lists(st.sampled_from(latest), max_size=40)):
        end = 1 + max(one.offset for one in found if _place(one) == _place(record))
        found.append(record._replace(offset=end))
    assert plain_rows(compacted(found)) == plain_rows(found)


@_SLOW
@given(seed=st.integers(0, 1 << 32))
def test_rows_of_deleted_records_go_with_them(model: ReadModel, seed: int) -> None:
    chance = random.Random(seed)
    model.clear()
    begins = {}
    for topic, _, _ in TRIMMED.values():
        for partition in range(topics.PARTITIONS):
            begins[topic, partition] = chance.randint(0, 6)
    left = [one for one in records() if one.offset >= begins.get(_place(one), 0)]
    fill(model, records(), chance)
    model.trim(begins)
    assert rows_of(model) == plain_rows(left)


def test_a_second_projector_that_was_overtaken_changes_nothing(model: ReadModel) -> None:
    first, later = Span("leadgate.audit", 0, None, 4, 9), Span("leadgate.audit", 0, 4, 9, 9)
    model.apply([], [first], NOW)
    assert (model.offsets(), model.lag()) == ({("leadgate.audit", 0): 4}, (5, NOW))
    with pytest.raises(OvertakenError):
        model.apply(changes(records()), [first], NOW)
    model.apply([], [later], NOW)
    with pytest.raises(OvertakenError):
        model.apply(changes(records()), [later], NOW)
    model.clear()
    with pytest.raises(OvertakenError):
        model.apply(changes(records()), [later], NOW)
    assert not any(rows_of(model).values())


def test_rows_and_offsets_come_together_or_not_at_all(model: ReadModel) -> None:
    found = changes(records())
    bad = Change(found[0].group, {**found[0].row, found[0].group.rest[0]: object()})
    with pytest.raises(Exception, match="object"):
        model.apply([*found[1:], bad], [Span("leadgate.audit", 0, None, 4, 9)], NOW)
    assert not model.offsets()
    assert not any(rows_of(model).values())


def test_the_migrations_make_the_tables_of_the_schema(model: ReadModel) -> None:
    with model.engine.connect() as connection:
        options = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.TABLES) == []


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or (name or "") in schema.TABLES.tables


def test_emptying_leaves_the_keys_alone(model: ReadModel, address: str) -> None:
    fill(model, records(), random.Random(1))
    tables = set(inspect(ReadModel(address).engine).get_table_names())
    model.clear()
    assert set(inspect(ReadModel(address).engine).get_table_names()) == tables
    assert "lead_keys" in tables
    assert not any(rows_of(model).values())


def test_a_database_without_the_tables_is_named(address: str) -> None:
    model = ReadModel(address)
    assert model.missing() == ["the read model's tables, version 0004"]
    with pytest.raises(UsageError, match="run leadgate provision"):
        model.require_tables()
    with pytest.raises(DatabaseUnavailableError, match="the database"):
        model.offsets()


def test_a_record_that_is_not_leadgates_is_named() -> None:
    record = _RECORD._replace(topic=topics.AUDIT.full, offset=7, value=b"{}")
    with pytest.raises(UnreadableRecordError, match=r"leadgate\.audit/0@7: .*`id`"):
        changes_of(record)


def test_a_nul_in_a_text_is_left_out() -> None:
    record = _RECORD._replace(topic=topics.DEAD.full, value=b'{"why":"a\\u0000b","stage":"x"}')
    assert changes_of(record)[0].row["why"] == "ab"


def test_what_lies_unsealed_from_before_there_were_keys_is_left_out() -> None:
    item = (
        b'{"lead_id":"l","kind":"review","stage":"s","partition":1,"step":1,"since":1.0,'
        b'"person":{"email":"ada@example.com"}}'
    )
    event = (
        b'{"id":"e","lead":"l","stage":"write","kind":"written","step":1,"place":"in_flight",'
        b'"at":1.0,"actor":"leadgate","cause":"c","rules":"r","inputs":null,'
        b'"person":{"email":"ada@example.com"},"details":{"text":"ada@example.com"}}'
    )
    letter = b'{"where":"w","stage":"s","why":"y","at":1.0,"key":"","value":"ada@example.com"}'
    found = {topics.REVIEW_QUEUE: item, topics.AUDIT: event, topics.DEAD: letter}
    for topic, value in found.items():
        assert "ada" not in str(changes_of(_RECORD._replace(topic=topic.full, value=value)))


def _place(record: LogRecord) -> tuple[str, int]:
    return record.topic, record.partition
