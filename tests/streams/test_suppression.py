"""What stops a person, where several things do."""

import pytest

from leads.records import Lead
from leads.sealing import UNSEALED
from leads.table_rows import Suppression
from streams.rebuild.rebuilt_rows import RebuiltRows
from streams.runner.suppression import suppression_of
from streams.testing.store import MemoryStore
from tables.schema import SUPPRESSIONS
from tables.state import BatchView

LEAD = Lead(
    lead_id="l1",
    source="csv",
    source_id="1",
    version="v",
    step=0,
    cause="c",
    rules="r",
    captured_at=0.0,
    person_key="person",
    address_key="address",
)


def view_of(rows: dict[str, Suppression]) -> BatchView:
    view = RebuiltRows(MemoryStore(), UNSEALED).view(0)
    for key, row in rows.items():
        view.put(SUPPRESSIONS, key, row)
    return view


def stop(kind: str) -> Suppression:
    return Suppression(kind=kind, at=1.0, source="test", whole_person=True)


@pytest.mark.parametrize("erased_under", ["person", "address"])
def test_an_erasure_comes_before_any_other_suppression(erased_under: str) -> None:
    """Else the lead ended as opted out, and the key of an erased person stayed."""
    rows = dict.fromkeys(("person", "address"), stop("unsubscribe"))
    view = view_of(rows | {erased_under: stop("erased")})
    assert suppression_of(LEAD, view) == stop("erased")


def test_the_persons_suppression_comes_before_the_addresss() -> None:
    rows = {"person": stop("do_not_contact"), "address": stop("bounce")}
    assert suppression_of(LEAD, view_of(rows)) == stop("do_not_contact")


def test_nothing_stops_a_person_without_a_suppression() -> None:
    assert suppression_of(LEAD, view_of({})) is None
