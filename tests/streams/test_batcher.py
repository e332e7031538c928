"""Runs are cut and held back as batcher.py says."""

from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.consumer.batcher import MAX_LINGER, RUN_RECORDS, RecordBatcher


def queue(waiting: dict[int, int]) -> RecordBatcher:
    """A calling topic behind another, with so many records in each partition."""
    gathering = RecordBatcher(("unique", "matched"), {"matched"})
    for partition, count in waiting.items():
        gathering.add(TP("matched", partition), [record() for _ in range(count)])
    return gathering


def record(size: int = 10) -> Any:
    """A fetched record."""
    return SimpleNamespace(key=b"", value=b"x" * size)


def begun(
    gathering: RecordBatcher, *, coming: bool, now: float = 0.0, busy: frozenset[int] = frozenset()
) -> list[int]:
    """The partitions that may begin."""
    found = gathering.ready_partitions(
        TP("matched", 0), lambda tp: tp.partition not in busy, lambda _: coming, now
    )
    return [tp.partition for tp in found]


def test_a_lead_alone_is_held_by_nothing() -> None:
    assert begun(queue({0: 1}), coming=False) == [0]


def test_a_stage_that_does_not_call_begins_at_once() -> None:
    gathering = RecordBatcher(("unique", "matched"), {"matched"})
    gathering.add(TP("unique", 3), [record()])
    assert [
        tp.partition
        for tp in gathering.ready_partitions(TP("unique", 3), lambda _: True, lambda _: True, 0.0)
    ] == [3]


def test_leads_on_the_way_are_waited_for_but_not_longer_than_hold() -> None:
    gathering = queue({0: 1, 1: 2})
    assert begun(gathering, coming=True) == []
    assert gathering.holds(TP("matched", 1))
    assert begun(gathering, coming=True, now=MAX_LINGER - 0.01) == []
    assert sorted(begun(gathering, coming=True, now=MAX_LINGER)) == [0, 1]
    assert gathering.held() == []


def test_a_batch_begins_whatever_is_coming_and_what_does_not_fit_waits_on() -> None:
    gathering = queue({0: 60, 1: 35, 2: 30})
    assert begun(gathering, coming=True) == [0, 1]
    assert gathering.holds(TP("matched", 2))


def test_a_partition_at_work_is_neither_counted_nor_begun() -> None:
    assert begun(queue({0: 60, 1: 60}), coming=True, busy=frozenset({1})) == []


def test_a_run_ends_at_its_records_and_at_its_bytes() -> None:
    gathering = queue({0: RUN_RECORDS + 1})
    tp = TP("matched", 0)
    assert len(gathering.take(tp)) == RUN_RECORDS
    gathering.add(tp, [record(200_000), record(200_000)])
    assert [len(gathering.take(tp)), len(gathering.take(tp))] == [2, 1]
