"""The gates on Quix Streams, at least once, with its own state store and changelogs.

A dataframe a topic, as its documentation shows them: a stateful `apply` that expands into records,
then `to_topic`. Everything is left at Quix's defaults (a checkpoint every 5 s, idempotent
producer), except snappy, which Leadgate uses.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from quixstreams import Application, message_context
from quixstreams.models import BytesSerializer

from app.base.settings import Settings
from app.privacy.lead_keys import open_sealing
from bench.peers.gate_runner import LEAD_TOPICS, GateRunner, SourceRecord
from leads import topics
from leads.rules import Rules
from streams.runner.outgoing import OutgoingRecord


def run_quix(settings: Settings, rules: Rules, data: Path) -> int:
    """Run until SIGTERM."""
    app = Application(
        broker_address=settings.kafka_bootstrap_servers,
        consumer_group=topics.APP_ID,
        auto_offset_reset="earliest",
        state_dir=data / "state",
        producer_extra_config={"compression.type": "snappy"},
        loglevel="WARNING",
    )
    runner = GateRunner(rules, settings.site_secret.get_secret_value(), open_sealing(settings))
    out = {
        topic.full: app.topic(topic.full, value_serializer=_RecordSerializer())
        for topic in topics.TOPICS
    }
    for name in LEAD_TOPICS:
        source = app.topic(name, key_deserializer="bytes", value_deserializer="bytes")
        decided = app.dataframe(source).apply(_decide(runner), stateful=True, expand=True)
        decided.to_topic(lambda record, *_: out[record.topic.full], key=lambda record: record.key)
    app.run()
    return 0


class _RecordSerializer(BytesSerializer):  # type: ignore[misc]  # untyped: not in .venv
    """The bytes of an outgoing record."""

    def __call__(self, value: OutgoingRecord, ctx: Any) -> bytes | None:
        del ctx
        return value.value


class _QuixRows:
    """Quix's state of the message key at hand."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The stored value, None if there is none."""
        del partition
        value: bytes | None = self._state.get_bytes(key)
        return value


def _decide(runner: GateRunner) -> Callable[[bytes, Any], list[OutgoingRecord]]:
    def decide(value: bytes, state: Any) -> list[OutgoingRecord]:
        at = message_context()
        view = runner.view(_QuixRows(state), at.partition)
        records = runner.process(SourceRecord(at.topic, at.partition, at.offset, value), view)
        for key, row in view.take():
            if row is None:
                state.delete(key)
            else:
                state.set_bytes(key, row)
        return records

    return decide
