"""A damaged database is set aside and restored from the changelog; what nothing can restore is
refused."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.kafka.clients import administering, consuming, partitions_of
from app.setup.provision import provision_topics
from leads import topics
from tests.crash.changelogs import ChangelogSite

pytestmark = [pytest.mark.kafka, pytest.mark.crash]

ALL = list(range(topics.PARTITIONS))
#: Enough for tables on the disk of each partition.
RECORDS = 250_000


def delete_current(database: Path) -> None:
    (database / "CURRENT").unlink()


def truncate_table(database: Path) -> None:
    table = min(database.glob("*.sst"))
    os.truncate(table, table.stat().st_size // 2)


def delete_table(database: Path) -> None:
    min(database.glob("*.sst")).unlink()


def flip_bytes(database: Path) -> None:
    """Flip a byte in each kilobyte of rows; the ends of the files, which are read at the opening,
    stay."""
    for table in database.glob("*.sst"):
        data = bytearray(table.read_bytes())
        for at in range(0, len(data) * 3 // 4, 1024):
            data[at] ^= 0xFF
        table.write_bytes(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChangelogSite]:
    """A worker's restored directory, the worker stopped.

    Each test damages a partition of its own.
    """
    with ChangelogSite(tmp_path_factory.mktemp("site"), RECORDS) as one:
        stop_restored(one)
        yield one


def stop_restored(site: ChangelogSite) -> None:
    """Start the worker, wait until it has restored its state, and stop it."""
    before = len(site.assignments("worker"))
    site.start()
    site.wait_for(lambda: len(site.assignments("worker")) > before)
    assert site.end("worker", signal.SIGTERM) == 0


def database_of(site: ChangelogSite, partition: int) -> Path:
    return site.state("worker") / f"state-{partition}.db"


def set_aside(site: ChangelogSite, partition: int) -> list[Path]:
    return sorted(site.state("worker").glob(f"state-{partition}.db.damaged-*"))


@pytest.mark.parametrize(
    ("partition", "damage"), enumerate([delete_current, truncate_table, delete_table])
)
def test_what_shows_at_the_opening_is_restored_by_the_same_start(
    site: ChangelogSite, partition: int, damage: Callable[[Path], None]
) -> None:
    database = database_of(site, partition)
    damage(database)
    before = {path.name for path in database.glob("*.sst")}
    stop_restored(site)
    assert site.differences("worker", ALL) == []
    [moved] = set_aside(site, partition)
    assert before <= {path.name for path in moved.glob("*.sst")}
    [line] = [
        line
        for line in site.log("worker").splitlines()
        if "state damaged" in line and str(moved) in line
    ]
    assert "restored from the changelog" in line


def test_what_shows_at_a_read_is_restored_by_the_next_start(site: ChangelogSite) -> None:
    partition = 5
    flip_bytes(database_of(site, partition))
    site.start()
    assert site.wait_for_end("worker") == 70
    assert f"the state of partition {partition} is damaged" in site.log("worker")
    stop_restored(site)
    assert site.differences("worker", ALL) == []
    assert len(set_aside(site, partition)) == 1


def test_a_changelog_made_again_is_refused_and_the_state_is_left_alone(tmp_path: Path) -> None:
    with ChangelogSite(tmp_path, RECORDS) as site:
        stop_restored(site)
        asyncio.run(make_changelog_again(site))
        for _ in range(2):
            site.start()
            assert site.wait_for_end("worker") == 70
        assert "changelog ends at 0" in site.log("worker")
        assert not any(set_aside(site, partition) for partition in ALL)
        for partition in ALL:
            truncate_table(database_of(site, partition))
        for _ in range(2):
            site.start()
            assert site.wait_for_end("worker") == 70
        assert "its changelog is empty: nothing restores it" in site.log("worker")
        assert [len(set_aside(site, partition)) for partition in ALL] == [1] * topics.PARTITIONS


async def make_changelog_again(site: ChangelogSite) -> None:
    """Delete the changelog's topic, as a careless hand does, and provision an empty one."""
    async with administering(site.settings) as admin:
        await admin.delete_topics([topics.CHANGELOG])
    while await exists(site):
        await asyncio.sleep(0.1)
    await provision_topics(site.settings)


async def exists(site: ChangelogSite) -> bool:
    async with consuming(site.settings) as consumer:
        return bool(await partitions_of(consumer, topics.CHANGELOG))
