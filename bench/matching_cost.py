"""What identity and company cost a lead, beside many people who are known already."""

import time

from app.rules.store import load_rules
from bench.peers.gate_runner import GateRunner, SourceRecord
from bench.site import RULES, captured
from leads import topics
from leads.records import encode
from leads.sealing import UNSEALED

_STEPS = frozenset({topics.VALIDATED.full, topics.UNIQUE.full})
_MEASURED = 5_000
Waiting = tuple[str, bytes]  # a topic and a record


class MemoryRows(dict[bytes, bytes | None]):
    """Rows of all partitions in memory: what a read from RocksDB costs comes on top."""

    def get(self, partition: int, key: bytes) -> bytes | None:  # type: ignore[override]
        """The stored value, None if there is none."""
        del partition
        return super().get(key)


class Matching:
    """The gates over rows in memory."""

    def __init__(self) -> None:
        rules = load_rules(RULES)
        calm = rules.capture.model_copy(update={"enrich": False})  # no calls are measured
        rules = rules.model_copy(update={"capture": calm})
        self._runner, self._rows = GateRunner(rules, "bench", UNSEALED), MemoryRows()
        self.steps = 0

    def capture(self, numbers: range) -> list[Waiting]:
        """Take so many leads in; what intake sends to identity."""
        return [
            sent
            for number in numbers
            for sent in self._step((topics.CAPTURED.full, encode(captured(number))))
        ]

    def match(self, waiting: list[Waiting]) -> None:
        """Bring every lead through identity, its contact keys and its company."""
        while waiting:
            self.steps += 1
            waiting += self._step(waiting.pop())

    def _step(self, record: Waiting) -> list[Waiting]:
        view = self._runner.view(self._rows, 0)
        sent = self._runner.process(SourceRecord(record[0], 0, 0, record[1]), view)
        self._rows.update(view.take())
        return [(s.topic.full, s.value or b"") for s in sent if s.topic.full in _STEPS]


def measure_matching(known: int) -> dict[str, float]:
    """CPU microseconds a lead in identity and company, its contact keys and the encoding of its
    events and rows included, and its steps there, for the leads after the first `known`."""
    gates = Matching()
    gates.match(gates.capture(range(known)))
    gates.steps = 0
    waiting = gates.capture(range(known, known + _MEASURED))
    began = time.process_time()
    gates.match(waiting)
    spent = time.process_time() - began
    return {
        "known_people": known,
        "microseconds_a_lead": round(spent / _MEASURED * 1e6, 1),
        "steps_a_lead": round(gates.steps / _MEASURED, 2),
    }
