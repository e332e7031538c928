"""What the tests share: a real broker for the session, and sites (broker, sandbox, workers) of
their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from app.local.broker import Broker, free_port
from leads.rules import Rules, parse_rules

# a deadline judges the machine, not the code: what must be fast is a benchmark
settings.register_profile("leadgate", deadline=None, print_blob=True)
settings.load_profile("leadgate")

DEMO_RULES = Path(__file__).parents[1] / "app" / "rules" / "demo-rules.yaml"


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The demo's rules."""
    return parse_rules(DEMO_RULES.read_text())


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
