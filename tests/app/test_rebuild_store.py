"""What a rebuild reads comes in the order in which it is taken; its rows are a store's."""

from collections.abc import Iterator

import msgspec
import pytest

from app.setup.rebuild_store import RawRecord, RebuildStore
from leads.records import Audit, encode
from streams.rebuild.model import Original


def event(ident: str, at: float, step: int, stage: str = "write", kind: str = "written") -> Audit:
    """An event of one lead."""
    return Audit(
        id=ident,
        lead="lead",
        stage=stage,
        kind=kind,
        step=step,
        place="in_flight",
        at=at,
        actor="leadgate",
        cause=f"cause of {ident}",
        rules="",
        inputs={"record": {}} if kind != "reviewed" else {"step": step},
    )


@pytest.fixture
def store() -> Iterator[RebuildStore]:
    with RebuildStore() as made:
        yield made


def test_events_and_records_come_by_their_times(store: RebuildStore) -> None:
    later = event("b", 30.0, 3, "write")
    first = event("a", 40.0, 1, "identity")  # decided by a machine whose clock is ahead
    answer = event("c", 40.0, 3, "write", "reviewed")
    for one in (later, first, answer, later):
        store.add_event(one, encode(one))
    raw = RawRecord("signals", 2, 7, b"k", b"v", 40_000, (("signature", b"s"),))
    store.add_record(raw)
    store.set_in_order()
    found = [
        one if isinstance(one, RawRecord) else msgspec.json.decode(one, type=Audit).id
        for one in store.in_order()
    ]
    assert found == [raw, "a", "c", "b"]


def test_it_knows_what_was_decided(store: RebuildStore) -> None:
    for one in (event("a", 1.0, 4), event("r", 1.0, 9, kind="reviewed")):
        store.add_event(one, encode(one))
    store.set_in_order()
    assert store.has("write", "lead", "cause of a")
    assert not store.has("write", "lead", "cause of r"), "an answer is no decision"
    assert not store.has("assign", "lead", "cause of a")
    assert (store.last_step("lead"), store.last_step("another")) == (4, -1)


def test_of_captured_records_with_the_same_bytes_the_first_counts(store: RebuildStore) -> None:
    store.add_captured("cause", b"bytes", 3)
    store.add_captured("cause", b"bytes", 5)
    assert store.original("cause") == Original(b"bytes", 3)
    assert store.original("unknown") is None


def test_rows_are_found_by_partition_and_prefix(store: RebuildStore) -> None:
    store.write(1, [(b"a\x00x", b"1"), (b"a\x00y", b"2"), (b"ab\x00z", b"3")], 0)
    store.write(2, [(b"a\x00x", b"4")], 0)
    store.write(1, [(b"a\x00y", None), (b"a\x00x", b"5")], 0)
    assert store.get(1, b"a\x00x") == b"5"
    assert store.get(1, b"a\x00y") is None
    assert list(store.items(1, b"a\x00")) == [(b"a\x00x", b"5")]
    assert len(list(store.items(1, b""))) == 2
