"""Fetched records that no stage has begun: cut into runs, and held back for a moment where that
saves calls to a CRM.

A stage that calls the CRM begins when a batch is together, when nobody is on the way to it any
more, or after `MAX_LINGER`. Otherwise it would take what the first partition brings, and call for
three leads while ninety are a gate behind. A lead alone on its way is held by nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from faust.types import TP

RUN_RECORDS = 100
RUN_BYTES = 256 * 1024
MAX_LINGER = 1.0


class RecordBatcher:
    """Queues by partition.

    `lead_topics` are in order, `crm_topics` those of them whose stage calls the CRM.
    """

    def __init__(self, lead_topics: Iterable[str] = (), crm_topics: Iterable[str] = ()) -> None:
        self.order = {topic: place for place, topic in enumerate(lead_topics)}
        self._crm_topics = frozenset(crm_topics)
        self._queues: dict[TP, deque[Any]] = {}
        self._held: dict[str, float] = {}

    def reset(self, partitions: Iterable[TP]) -> None:
        """Forget everything; these partitions are read from now on."""
        self._queues = {tp: deque() for tp in partitions}
        self._held.clear()

    def add(self, tp: TP, records: Iterable[Any]) -> None:
        """Queue what was fetched, in order."""
        self._queues.setdefault(tp, deque()).extend(records)

    def count(self, tp: TP) -> int:
        """Records that wait in a partition."""
        return len(self._queues.get(tp, ()))

    def take(self, tp: TP) -> list[Any]:
        """The next run of a partition: up to RUN_RECORDS records, RUN_BYTES unless one alone is
        larger."""
        queue, size = self._queues[tp], 0
        run: list[Any] = []
        while queue and len(run) < RUN_RECORDS:
            size += len(queue[0].value or b"") + len(queue[0].key or b"")
            if run and size > RUN_BYTES:
                break
            run.append(queue.popleft())
        return run

    def held(self) -> list[str]:
        """Topics with records that are held back."""
        return list(self._held)

    def holds(self, tp: TP) -> bool:
        """Whether a partition's records wait for a fuller batch, not for their stage."""
        return tp.topic in self._held

    def ready_partitions(
        self, tp: TP, free: Callable[[TP], bool], coming: Callable[[str], bool], now: float
    ) -> Iterator[TP]:
        """The partitions that may begin, asked because of `tp`.

        `free`: no run of it is at work; `coming`: to a topic.
        """
        if tp.topic not in self._crm_topics:
            if free(tp) and self.count(tp):
                yield tp
            return
        ready = {
            one: len(queue)
            for one, queue in self._queues.items()
            if one.topic == tp.topic and queue and free(one)
        }
        if not ready:
            self._held.pop(tp.topic, None)
            return
        late = now - self._held.setdefault(tp.topic, now) >= MAX_LINGER
        if sum(ready.values()) < RUN_RECORDS and not late and coming(tp.topic):
            return
        del self._held[tp.topic]
        room = RUN_RECORDS
        for one, waiting in sorted(ready.items(), key=lambda item: -item[1]):
            if waiting <= room or room == RUN_RECORDS:
                room -= waiting
                yield one
            else:
                self._held[tp.topic] = now
