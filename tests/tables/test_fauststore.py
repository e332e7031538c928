"""The store of a worker on RocksDB: what it restores, and that it never answers from a damaged
database."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faust
import msgspec
import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.topics import CHANGELOG
from tables.changelog import ChangelogSpan, find_mismatch
from tables.damage import DamagedStateError, held_rows, is_damage
from tables.fauststore import FaustStore

NOW = 1_795_641_625.25
ROWS = 60_000


class Record(msgspec.Struct):
    """A changelog's record."""

    offset: int
    key: bytes
    value: bytes | None


Make = Callable[[], FaustStore]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Opens the store of one directory, as a worker that starts does."""
    made: list[Any] = []

    def one() -> FaustStore:
        for table in made:
            table.data._dbs.clear()
        app = faust.App("test", store="rocksdb://", datadir=str(tmp_path))
        app._create_directories()
        store = FaustStore(app, lambda: NOW)
        made.append(store._table)
        return store

    yield one
    for table in made:
        table.data._dbs.clear()


def database(store: FaustStore, partition: int = 0) -> Path:
    path: Path = store._table.data.partition_path(partition)
    return path


def fill(store: FaustStore) -> None:
    """Rows on the disk, in several blocks."""
    store.write(0, [(b"row\x00%06d" % i, b"%d" % i * 20) for i in range(ROWS)], ROWS - 1)
    store._table.data._db_for_partition(0).flush()


def flip(path: Path, at: float) -> None:
    """Flip bytes at a fraction of a database's largest table."""
    table = max(path.glob("*.sst"), key=lambda found: found.stat().st_size)
    data = bytearray(table.read_bytes())
    for i in range(int(len(data) * at), int(len(data) * at) + 16):
        data[i] ^= 0xFF
    table.write_bytes(data)


def test_a_read_of_a_damaged_block_sets_the_database_aside(make: Make) -> None:
    fill(make())
    flip(database(make()), 0.4)
    store = make()
    with pytest.raises(DamagedStateError, match="partition 0 is damaged"):
        [store.get(0, b"row\x00%06d" % i) for i in range(ROWS)]
    path = database(store)
    assert not path.exists()
    assert [found.name for found in held_rows(path)] == [
        "state-0.db.damaged-20261125T212025.250000Z"
    ]
    assert make().get(0, b"row\x00000000") is None


def test_a_scan_does_not_end_at_a_damaged_block_as_at_the_last_row(make: Make) -> None:
    fill(make())
    assert len(list(make().items(0, b"row\x00"))) == ROWS
    flip(database(make()), 0.4)
    with pytest.raises(DamagedStateError):
        list(make().items(0, b"row\x00"))


def test_a_scan_ends_where_its_prefix_does(make: Make) -> None:
    store = make()
    store.write(0, [(b"a\x001", b"1"), (b"b\x001", b"2"), (b"b\x002", b"3"), (b"c\x001", b"4")], 3)
    assert list(store.items(0, b"b\x00")) == [(b"b\x001", b"2"), (b"b\x002", b"3")]


@pytest.mark.parametrize("left", [b"", b"garbage\n", b"MANIFEST-999999\n"])
def test_an_unreadable_current_is_damage(make: Make, left: bytes) -> None:
    fill(make())
    (database(make()) / "CURRENT").write_bytes(left)
    store = make()
    assert store.get(0, b"row\x00000001") is None
    assert len(held_rows(database(store))) == 1


def test_a_lock_a_full_disk_and_a_closed_file_are_no_damage() -> None:
    lock = "IO error: While lock file: /data/state-0.db/LOCK: Resource temporarily unavailable"
    full = "IO error: No space left on device: While appending to file: /data/state-0.db/000012.log"
    files = (
        "IO error: Too many open files: While open a file for random read:"
        " /data/state-0.db/000012.sst"
    )
    assert not any(is_damage(Exception(text)) for text in (lock, full, files))


CHANGES = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.none() | st.binary(max_size=3)), max_size=30
)


@settings(max_examples=50)  # each opens a database
@given(
    changes=CHANGES, cuts=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6)
)
def test_whatever_is_fetched_twice_restored_rows_are_the_changelogs(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[bytes, bytes | None]],
    cuts: list[tuple[int, int]],
) -> None:
    app = faust.App("test", store="rocksdb://", datadir=str(tmp_path_factory.mktemp("state")))
    app._create_directories()
    store = FaustStore(app, lambda: NOW)
    records = [Record(i, key, value) for i, (key, value) in enumerate(changes)]
    done = 0
    for back, forward in [*cuts, (0, len(records))]:
        begin, done = max(0, done - back), max(done, min(len(records), done + forward))
        store._table.restore(0, records[begin:done])
        expected = {r.key: r.value for r in records[:done]}
        assert {key: store.get(0, key) for key in expected} == expected
        assert store._table.persisted_offset(TP(CHANGELOG, 0)) == (done - 1 if done else None)
    store._table.data._dbs.clear()


def test_files_are_merged_seldom_only_while_a_partition_is_restored(make: Make) -> None:
    store = make()
    store._table.restore(0, [Record(0, b"a", b"1")])
    assert "level0_file_num_compaction_trigger=12" in options(store)
    asyncio.run(store._table.data.on_recovery_completed({TP(CHANGELOG, 0)}, set()))
    assert "level0_file_num_compaction_trigger=4" in options(store)
    assert "write_buffer_size=2097152" in options(store)
    assert store.get(0, b"a") == b"1"


def log_bytes(store: FaustStore) -> int:
    """The size of RocksDB's own log."""
    return sum(found.stat().st_size for found in database(store).glob("*.log"))


def test_what_is_restored_is_on_the_disk_before_a_later_row_is_logged(make: Make) -> None:
    store = make()
    store._table.restore(0, [Record(0, b"a", b"1")])
    assert log_bytes(store) == 0
    assert not list(database(store).glob("*.sst"))
    store.write(0, [(b"b", b"2")], 1)
    assert log_bytes(store) > 0
    assert list(database(store).glob("*.sst"))


def options(store: FaustStore) -> list[str]:
    """The lines of RocksDB's newest options file."""
    newest = max(database(store).glob("OPTIONS-*"))
    return [line.strip() for line in newest.read_text().splitlines()]


HERE, MOVED = Path("state-3.db"), (Path("state-3.db.damaged-x"),)


@pytest.mark.parametrize(
    ("stored", "start", "end", "moved", "words"),
    [
        (None, 0, 0, (), None),  # a new site
        (9, 0, 10, (), None),
        (None, 0, 10, MOVED, None),  # damaged, and the changelog has it
        (10, 0, 10, (), "ends at 10"),
        (10, 0, 0, MOVED, "ends at 0"),
        (None, 7, 7, MOVED, "its changelog is empty"),
    ],
)
def test_what_the_changelog_can_not_restore_is_refused(
    stored: int | None, start: int, end: int, moved: tuple[Path, ...], words: str | None
) -> None:
    found = find_mismatch(
        [ChangelogSpan(0, None, 0, 0, HERE), ChangelogSpan(3, stored, start, end, HERE, moved)]
    )
    assert found is None if words is None else words in str(found)
