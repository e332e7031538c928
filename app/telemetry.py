"""Metrics and log lines of a process."""

import logging
import sys
import time
from collections import Counter as Tally

import structlog
from prometheus_client import CollectorRegistry, Counter


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()


class Metrics:
    """Counters of a worker; a harness's Probe."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._records = Counter("leadgate_records", "Records passed by a stage", ["stage"], registry=self.registry)
        self._decisions = Counter("leadgate_decisions", "Decisions taken", ["stage", "kind"], registry=self.registry)

    def passed(self, stage: str, records: int) -> None:
        """A run of so many records is through a stage."""
        self._records.labels(stage).inc(records)

    def decided(self, stage: str, kinds: list[str]) -> None:
        """These decisions were taken, written and sent."""
        for kind, count in Tally(kinds).items():
            self._decisions.labels(stage, kind).inc(count)


def set_up_logging(level: str = "INFO") -> None:
    """Structured lines on stderr; Faust and aiokafka speak only of trouble."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.ERROR)  # tells of each retry; what fails in the end is raised
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
    )
