"""The example consumer in Node reads a week's audit and finds every event valid; it names one that
is not."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from leads import topics
from tests.clients.node_programs import install_program
from tests.limits import HUNG
from tests.sites import SiteHarness

pytestmark = [pytest.mark.clients]
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "audit-consumer"
SCHEMA = ROOT / "docs" / "audit.schema.json"
LEADS = 150


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its packages, in a directory of its own."""
    folder = tmp_path_factory.mktemp("consumer")
    install_program(folder, EXAMPLE / "package.json", (EXAMPLE / "consumer.js",))
    return folder / "consumer.js"


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteHarness]:
    """The broker of a demo that has run to its end."""
    data = tmp_path_factory.mktemp("week")
    demo = [sys.executable, "-m", "app.cli", "demo", "--data", str(data), "--leads", str(LEADS)]
    done = subprocess.run(
        [*demo, "--until-done", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    site = SiteHarness(data)
    try:
        site.broker.start()
        yield site
    finally:
        site.stop()


def consume(consumer: Path, broker: str) -> "subprocess.CompletedProcess[str]":
    """Run the consumer on a broker's audit topic."""
    options = ("--brokers", broker, "--schema", str(SCHEMA))
    return subprocess.run(
        ["node", str(consumer), *options], capture_output=True, text=True, check=False, timeout=HUNG
    )


def kinds(site: SiteHarness) -> Counter[str]:
    """How many events of each kind the topic holds, as Leadgate's own reader counts them."""
    events = [json.loads(record.value) for record in site.records(topics.AUDIT)]
    return Counter({event["id"]: event["kind"] for event in events}.values())


def test_every_event_of_a_week_is_valid_and_a_broken_one_is_named(
    consumer: Path, week: SiteHarness
) -> None:
    done = consume(consumer, week.broker.address)
    assert done.returncode == 0, done.stderr[-2000:]
    *counted, summary = done.stdout.splitlines()
    assert dict(line.split(" ") for line in counted) == {
        kind: str(count) for kind, count in kinds(week).items()
    }
    assert sum(kinds(week).values()) > 10 * LEADS / 2
    assert summary.endswith(" events, 0 violations")

    event = json.loads(week.records(topics.AUDIT)[0].value) | {"place": "elsewhere"}
    broken = [(b"broken", json.dumps(event).encode()), (b"no-json", b"{")]
    week.produce(topics.AUDIT, broken)
    again = consume(consumer, week.broker.address)
    assert again.returncode == 1
    assert again.stdout.splitlines()[-1].endswith(" events, 2 violations")
    assert "broken: " in again.stderr
    assert "/place must be equal to one of the allowed values" in again.stderr
    assert "no-json: no JSON" in again.stderr


def test_a_broker_that_is_not_there_is_no_valid_topic(consumer: Path) -> None:
    done = consume(consumer, "127.0.0.1:1")
    assert done.returncode == 2
    assert "leadgate.audit can't be read" in done.stderr
