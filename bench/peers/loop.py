"""The gates in a bare loop on confluent-kafka: consume, decide, produce, commit.

A batch at a time: its rows go to the changelog topic, flushed; its audit events and outputs go out,
flushed; then its rows go into RocksDB and its offsets are committed. A crash before that repeats
the batch, so that nothing is lost.
"""

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import rocksdict
from confluent_kafka import Consumer, KafkaException, Message, Producer

from app.base.settings import Settings
from app.privacy.lead_keys import open_sealing
from bench.peers.gate_runner import LEAD_TOPICS, GateRunner, SourceRecord
from leads import topics
from leads.rules import Rules
from streams.runner.outbox import partition_of
from streams.runner.outgoing import OutgoingRecord
from tables.state import BatchView, Row

_BATCH = 1000
_WAIT = 0.05  # seconds for a batch to fill


def run_loop(settings: Settings, rules: Rules, data: Path) -> int:
    """Run until SIGTERM."""
    loop = ConsumeLoop(settings, rules, data)
    signal.signal(signal.SIGTERM, loop.stop)
    loop.run()
    return 0


class ConsumeLoop:
    """One consumer, one producer, a RocksDB a partition."""

    def __init__(self, settings: Settings, rules: Rules, data: Path) -> None:
        servers = {"bootstrap.servers": settings.kafka_bootstrap_servers}
        group = {"group.id": topics.APP_ID, "auto.offset.reset": "earliest"}
        self._consumer = Consumer({**servers, **group, "enable.auto.commit": False})
        sending = {"enable.idempotence": True, "compression.type": "snappy"}
        self._producer = Producer({**servers, **sending})
        self._rows = RocksRows(data / "state")
        secret = settings.site_secret.get_secret_value()
        self._runner = GateRunner(rules, secret, open_sealing(settings))
        self._running, self._refused = True, list[Any]()

    def stop(self, *_: object) -> None:
        """End after the batch at hand."""
        self._running = False

    def run(self) -> None:
        """Work until `stop`. Raises KafkaException for what the broker refuses."""
        self._consumer.subscribe(list(LEAD_TOPICS))
        while self._running:
            messages = self._consumer.consume(_BATCH, _WAIT)
            if messages:
                self._work(messages)
        self._consumer.close()

    def _work(self, messages: list[Message]) -> None:
        views: dict[int, BatchView] = {}
        records: list[OutgoingRecord] = []
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
            place = message.partition()
            view = views.get(place)
            if view is None:
                view = views[place] = self._runner.view(self._rows, place)
            source = SourceRecord(message.topic(), place, message.offset(), message.value())
            records += self._runner.process(source, view)
        changes = {place: view.take() for place, view in views.items()}
        self._log_rows(changes)
        self._send(records)
        for place, rows in changes.items():
            self._rows.write(place, rows)
        self._consumer.commit(asynchronous=False)

    def _log_rows(self, changes: dict[int, list[Row]]) -> None:
        for place, rows in changes.items():
            for key, value in rows:
                self._produce(topics.CHANGELOG, place, key, value)
        self._flush()

    def _send(self, records: Iterable[OutgoingRecord]) -> None:
        for record in records:
            place = partition_of(record.home or record.key)
            self._produce(record.topic.full, place, record.key, record.value)
        self._flush()

    def _produce(self, topic: str, partition: int, key: bytes, value: bytes | None) -> None:
        self._producer.produce(topic, value, key, partition, on_delivery=self._delivered)

    def _delivered(self, error: Any, message: Message) -> None:
        del message
        if error is not None:
            self._refused.append(error)

    def _flush(self) -> None:
        """Return once the broker has acknowledged all that was produced."""
        self._producer.flush()
        if self._refused:
            raise KafkaException(self._refused[0])


class RocksRows:
    """A RocksDB a partition, opened at the first use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._databases: dict[int, rocksdict.Rdict] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        value: bytes | None = self._of(partition).get(key)
        return value

    def write(self, partition: int, rows: Iterable[Row]) -> None:
        """Store rows in one RocksDB batch."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        self._of(partition).write(batch)

    def _of(self, partition: int) -> rocksdict.Rdict:
        database = self._databases.get(partition)
        if database is None:
            place = self._path / str(partition)
            place.mkdir(parents=True, exist_ok=True)
            options = rocksdict.Options(raw_mode=True)
            database = self._databases[partition] = rocksdict.Rdict(str(place), options)
        return database
