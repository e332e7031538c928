"""What a rebuild reads beside the audit, and what it takes of it."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from leads import topics
from leads.orders import is_order
from leads.records import Captured, Lead, Record
from leads.sealing import SealError, Sealing
from leads.signatures import SignatureError, Signatures
from streams.runner.audit_events import subject_of
from streams.runner.decoding import refusal
from streams.runner.model import Stage

#: The topics that are written from outside, whose records no decision holds; in an order in which
#: those of one time may be taken.
OUTSIDE = (topics.CRM_RECORDS, topics.CAPTURED, topics.SIGNALS, topics.ALERTS)
#: The topics whose records that are not committed are read: what is under way, and signals.
UNREAD = (*topics.LEAD_TOPICS, topics.SIGNALS, topics.ROUTED_SIGNALS)


class RecordReader:
    """Reads records as their stages do, and leaves out what those refuse."""

    def __init__(self, stages: Iterable[Stage], sealing: Sealing, signatures: Signatures) -> None:
        self._sealing, self._signatures = sealing, signatures
        self._decoders = {
            topic: msgspec.json.Decoder(kind)
            for stage in stages
            for topic, kind in stage.inputs.items()
        }

    def read(self, topic: topics.Topic, raw: Any) -> Record | None:
        """The record, opened; None for a dead letter: what can't be read, and an order without the
        site's signature."""
        value = raw.value or b""
        if topic.public and refusal(value):
            return None
        try:
            record = self._decoders[topic].decode(value)
            if is_order(topic, record):
                self._signatures.number_of(topic.full, raw.key, value, raw.headers)
            opened: Record = self._sealing.open(record)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        except (SignatureError, SealError):
            return None
        return opened


def places_of(
    stages: Iterable[Stage], topic: topics.Topic, raw: Any, record: Record
) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Where a record that is not committed lies, by the stage that reads it, its row's key and its
    cause."""
    if not isinstance(record, Lead | Captured):
        return
    row_key, _, cause = subject_of(record, raw)
    for stage in stages:
        if topic in stage.inputs:
            yield (stage.name, row_key, cause), f"{raw.topic}/{raw.partition}@{raw.offset}"
