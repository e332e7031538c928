"""The projector on a real broker: killed at random moments, stopped, and its rows made again."""

import asyncio
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.base.settings import Settings
from app.console.store import ReadModel
from app.kafka.clients import producing
from app.local.broker import Broker, free_port
from app.privacy.key_store import KeyStore
from app.setup.provision import provision_topics
from streams.testing.log import LogRecord
from tests.app.command_line import run_forked, start
from tests.app.test_cli_errors import SITE
from tests.limits import HUNG
from tests.read_model import plain_rows, rows_of, simulated

pytestmark = pytest.mark.kafka
KILLS = 10


class ProjectedSite:
    """A broker with topics, a database with the read model's tables, and the projector."""

    def __init__(self, directory: Path, broker: Broker) -> None:
        address = f"sqlite:///{directory / 'leadgate.db'}"
        self.settings = SITE | {
            "KAFKA_BOOTSTRAP_SERVERS": broker.address,
            "LEADGATE_DATABASE_URL": address,
        }
        self._own = Settings(KAFKA_BOOTSTRAP_SERVERS=broker.address)
        asyncio.run(provision_topics(self._own))
        KeyStore(address).create()
        self.model = ReadModel(address)
        self.model.migrate()

    def write(self, records: list[LogRecord]) -> None:
        """Append records to their partitions, in order."""

        async def send() -> None:
            async with producing(self._own) as producer:
                sent = [
                    await producer.send(
                        one.topic,
                        one.value,
                        key=one.key,
                        partition=one.partition,
                        timestamp_ms=one.timestamp,
                    )
                    for one in records
                ]
                await asyncio.gather(*sent)

        asyncio.run(send())

    def project(self) -> "subprocess.Popen[str]":
        """Start the projector."""
        return start("console", "project", settings=self.settings)

    @property
    def read(self) -> int:
        """How many offsets are read."""
        return sum(self.model.offsets().values())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProjectedSite]:
    """A site without records."""
    broker = Broker(tmp_path / "broker", free_port())
    broker.start()
    yield ProjectedSite(tmp_path, broker)
    broker.stop()


def wait_for(what: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait until it is true, while the process runs."""
    until = time.monotonic() + HUNG
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


def test_kills_at_random_moments_leave_the_rows_of_the_whole_log(
    site: ProjectedSite, tmp_path: Path
) -> None:
    records, draw = simulated(range(24)), random.Random(7)
    piece = len(records) // (3 * KILLS)
    left = list(records)
    for _ in range(KILLS):
        with site.project() as process:
            before = site.read
            for _ in range(draw.randint(1, 3)):
                site.write(left[:piece])
                del left[:piece]
            goal = before + draw.randint(1, piece)
            wait_for(lambda goal=goal: site.read >= goal, process)  # type: ignore[misc]
            process.kill()
    site.write(left)
    with site.project() as process:
        wait_for(lambda: site.read == len(records), process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=HUNG)
    assert (process.returncode, out) == (0, ""), err
    assert site.model.lag().behind == 0
    assert rows_of(site.model) == plain_rows(records)

    rebuilt = run_forked("console", "rebuild", settings=site.settings, directory=tmp_path)
    assert (rebuilt.code, rebuilt.out.split(" ")[0]) == (0, str(len(records))), rebuilt.err
    assert rows_of(site.model) == plain_rows(records)


def test_a_projector_goes_on_over_a_rebuild_and_beside_another_one(
    site: ProjectedSite, tmp_path: Path
) -> None:
    records = simulated(range(3))
    site.write(records[:200])
    with site.project() as one, site.project() as other:
        wait_for(lambda: site.read == 200, one)
        rebuilt = run_forked("console", "rebuild", settings=site.settings, directory=tmp_path)
        assert rebuilt.code == 0, rebuilt.err
        site.write(records[200:])
        wait_for(lambda: site.read == len(records), other)
        assert one.poll() is None
        for process in (one, other):
            process.terminate()
    assert rows_of(site.model) == plain_rows(records)


def test_a_log_that_was_made_again_is_named(site: ProjectedSite) -> None:
    site.write(simulated([3]))
    with site.project() as process:
        wait_for(lambda: site.read > 0, process)
        process.kill()
    with site.model.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE console_offsets SET next_offset = next_offset + 1000")
    with site.project() as process:
        _, err = process.communicate(timeout=HUNG)
    assert process.returncode == 2
    assert "the read model has read up to 10" in err
    assert "leadgate console rebuild" in err
