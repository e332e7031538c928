"""What a rebuild of the state is made from, read into its store, and taken from there in order."""

from collections.abc import Iterable
from typing import Any

import msgspec

from app.setup.rebuild_store import RebuildStore
from leads import topics
from leads.records import Audit, Signal
from leads.sealing import Sealing
from streams.rebuild.reading import OUTSIDE, UNREAD, RecordReader, places_of
from streams.rebuild.rebuilding import Rebuilding
from streams.runner.captured_records import identify
from streams.runner.model import Stage

_EVENT = msgspec.json.Decoder(Audit)


class RebuildInput:
    """Takes the records of all topics that a rebuild reads. Of those that are not committed
    `places` says where leads and captured records lie, and `signals` are the signals with their
    partitions."""

    def __init__(self, store: RebuildStore, stages: Iterable[Stage], reader: RecordReader) -> None:
        self._store, self._stages, self._reader = store, list(stages), reader
        self.places: dict[tuple[str, str, str], str] = {}
        self.signals: list[tuple[int, Signal]] = []

    def take_event(self, value: bytes) -> Audit:
        """An event of the audit as it lies there; the same, sealed."""
        event = _EVENT.decode(value)
        self._store.add_event(event, value)
        return event

    def take_record(self, raw: Any, *, is_committed: bool) -> None:
        """A record of one of OUTSIDE and UNREAD, as a consumer gives it."""
        topic = topics.BY_NAME[raw.topic]
        if topic is topics.CAPTURED:
            self._store.add_captured(identify(raw)[1], raw.value or b"", raw.offset)
        if not is_committed:
            self._note_unread(topic, raw)
        elif topic in OUTSIDE:
            self._store.add_record(raw)

    def _note_unread(self, topic: topics.Topic, raw: Any) -> None:
        if topic not in UNREAD or (found := self._reader.read(topic, raw)) is None:
            return
        self.places.update(places_of(self._stages, topic, raw, found))
        if isinstance(found, Signal):
            self.signals.append((raw.partition, found))


def rebuild_in_order(
    store: RebuildStore, rebuilding: Rebuilding, reader: RecordReader, sealing: Sealing
) -> None:
    """Have a rebuild take all events, and all records from outside, in order."""
    store.set_in_order()
    for one in store.in_order():
        if isinstance(one, bytes):
            rebuilding.take_event(sealing.open(_EVENT.decode(one)))
            continue
        topic = topics.BY_NAME[one.topic]
        if (record := reader.read(topic, one)) is not None:
            rebuilding.take_record(topic, one, record)
