"""What the tests share: a real broker for the session, and sites (broker, sandbox, workers) of
their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from pydantic import SecretStr
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from app.local.broker import Broker, free_port
from app.privacy.key_store import KeyStore
from leads.rule_file import parse_rules
from leads.rules import Rules

# a deadline judges the machine, not the code: what must be fast is a benchmark
settings.register_profile("leadgate", deadline=None, print_blob=True)
settings.load_profile("leadgate")

DEMO_RULES = Path(__file__).parents[1] / "app" / "rules" / "demo-rules.yaml"
#: Tests that run longest begin first, so that no worker waits for the last of them.
LONGEST_FIRST = (
    *("test_site.py", "test_web.py", "test_week.py", "test_proof.py"),
    *("crash", "simulation", "integration", "kafka", "test_answers.py"),
)
#: Files whose tests share no set-up: each test goes to whichever worker is free.
UNSHARED = {
    *("test_kills.py", "test_restore.py", "test_giving_up.py", "test_simulation.py"),
    "test_unmerge.py",
}


def pytest_configure() -> None:
    """Print tracebacks plainly: structlog's default takes a tenth of a second to draw one."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; `--no-loadscope-reorder` keeps the order."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    names = {item.path.name, item.path.parent.name, *(mark.name for mark in item.iter_markers())}
    ranks = [i for i, name in enumerate(LONGEST_FIRST) if name in names]
    return min(ranks, default=len(LONGEST_FIRST))


class FilesOrTests(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps a file's tests at one worker, as loadfile does, save those of UNSHARED.

    xdist's own loadgroup, which would do so by marks, has no effect under pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if Path(file).name in UNSHARED else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Replace loadfile's scheduler; others stay as they are."""
    return FilesOrTests(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The demo's rules."""
    return parse_rules(DEMO_RULES.read_text())


@pytest.fixture
def database(tmp_path: Path) -> SecretStr:
    """The address of a database of keys of the test's own."""
    address = f"sqlite:///{tmp_path / 'leadgate.db'}"
    KeyStore(address).create()
    return SecretStr(address)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker's address: testcontainers' Kafka where Docker answers, else the local broker."""
    if os.environ.get("LEADGATE_TEST_DOCKER"):
        from testcontainers.kafka import KafkaContainer

        with KafkaContainer() as container:
            yield container.get_bootstrap_server()
        return
    broker = Broker(tmp_path_factory.mktemp("broker"), free_port())
    broker.start()
    yield broker.address
    broker.stop()
