"""The state comes back from the changelog, whole, whatever happens meanwhile."""

import asyncio
import signal
from pathlib import Path

import pytest

from app.monitoring.lag import workers
from leads import topics
from tests.crash.changelogs import ChangelogSite

pytestmark = [pytest.mark.kafka, pytest.mark.crash]

ALL = list(range(topics.PARTITIONS))
#: Enough for some seconds of restoring.
MANY = 1_000_000


def test_an_empty_directory_is_restored(tmp_path: Path) -> None:
    with ChangelogSite(tmp_path, 100_000) as site:
        site.start()
        site.wait_for(lambda: site.assignments("worker") == [ALL])
        assert site.end("worker", signal.SIGTERM) == 0
        assert site.differences("worker", ALL) == []


def test_kills_while_it_is_restored_leave_no_hole(tmp_path: Path) -> None:
    with ChangelogSite(tmp_path, MANY) as site:
        for _ in range(3):
            restore_partly(site, "worker")
            site.end("worker", signal.SIGKILL)
        assert site.assignments("worker") == [], "it had restored all before it was killed"
        site.start()
        site.wait_for(lambda: site.assignments("worker") == [ALL])
        assert site.end("worker", signal.SIGTERM) == 0
        assert site.differences("worker", ALL) == []


def test_a_second_worker_that_joins_while_it_is_restored(tmp_path: Path) -> None:
    with ChangelogSite(tmp_path, MANY) as site:
        restore_partly(site, "first")
        site.start("second")
        site.wait_for(lambda: has_joined(site, "first"))
        site.wait_for(lambda: shared(site) == ALL)
        assert ALL not in site.assignments("first"), "it had restored all before the other joined"
        owned = {name: site.assignments(name)[-1] for name in ("first", "second")}
        site.end("second", signal.SIGTERM)
        site.end("first", signal.SIGTERM)
        assert all(site.differences(name, owned[name]) == [] for name in owned)


def has_joined(site: ChangelogSite, slow: str) -> bool:
    """Whether two workers are in the group. While that is looked up, the slow one stands still: it
    restores little between two looks, and yet is never silent for a session."""
    worker = site.children[slow]
    worker.send_signal(signal.SIGSTOP)
    try:
        return asyncio.run(workers(site.settings)) == 2
    finally:
        worker.send_signal(signal.SIGCONT)


def shared(site: ChangelogSite) -> list[int]:
    """The partitions that two workers have now, none of them without any."""
    found = [site.assignments(name)[-1:] for name in ("first", "second")]
    return (
        sorted(p for one in found for partitions in one for p in partitions) if all(found) else []
    )


def restore_partly(site: ChangelogSite, name: str) -> None:
    """Start a worker, and wait until a part of the state is in a file: each partition is some
    16 MB, and a file is written once 8 MB have been restored."""
    before = site.table_files(name)
    site.start(name)
    site.wait_for(lambda: bool(site.table_files(name) - before))
