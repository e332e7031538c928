"""Personal data is sealed under the key of whom it is about, wherever it lies."""

import asyncio
from collections.abc import Collection
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leads.decision import Parked
from leads.gates.colleagues import CompanyState
from leads.matching.fingerprint import fingerprint
from leads.records import (
    Alert,
    Audit,
    Captured,
    Fingerprint,
    IdentityLink,
    Lead,
    Person,
    PersonalRecord,
    ReviewItem,
    encode,
)
from leads.sealing import UNSEALED, MissingKeyError, SealError, Sealing
from leads.table_rows import NOTHING, Attempt, PersonRow, SlaClock
from streams.testing.lead_keys import MemoryLeadKeys
from tests.compatibility.filled import filled
from tests.leads.test_gates import lead
from tests.samples import captured

NAME = "Rosalind Abernathy-Łuczak"
ROSALIND = Person(email="rosalind@sample.test", first_name="Rosalind", last_name=NAME, title="VP")
BERTRAM = Person(email="bertram@sample.test", first_name="Bertram", last_name="Castellan")


def sealing_for(*leads: str) -> tuple[Sealing, MemoryLeadKeys]:
    """Sealing with a key for these leads."""
    keys = MemoryLeadKeys()
    keys.make(leads)
    return Sealing(keys), keys


def of(person: Person, ident: str) -> Lead:
    """A lead."""
    return lead(lead_id=ident, person=person, review_decisions={"set.title": "CRO"})


def nested() -> list[Any]:
    """Records that hold a lead, or what is remembered of one."""
    mine, other = of(ROSALIND, "r"), fingerprint(of(BERTRAM, "b"))
    item = ReviewItem(
        lead_id="r", kind="review", stage="s", partition=0, step=1, since=0.0, person=ROSALIND
    )
    seen = CompanyState(colleagues=(other,))
    return [
        mine,
        other,
        item,
        Parked(subject="r", lead=mine, held=item, rested=mine),
        SlaClock(lead=mine),
        IdentityLink(link_id="l", address_key="k", person_key="p", fingerprint=other),
        PersonRow(person_key="p", fingerprint=other),
        seen,
        Alert(alert_id="a", kind="notice", to="#x", text=f"{NAME}: call", at=0.0, lead_id="r"),
        event(ROSALIND, {"record": replace(mine, person=Person()), "seen": seen}),
    ]


def event(person: Person, inputs: Any) -> Audit:
    """An event of lead r."""
    made: Audit = replace(
        filled(Audit), lead="r", person=person, inputs=inputs, outcome=None, details={}, trace=()
    )
    return made


@pytest.mark.parametrize("record", nested(), ids=lambda one: type(one).__name__)
def test_what_is_sealed_names_nobody_and_opens_again(record: Any) -> None:
    sealing, _ = sealing_for("r", "b")
    value = sealing.encode(record)
    assert value == sealing.encode(record), "a replay repeats itself"
    for name in (b"Rosalind", b"Abernathy", b"Bertram", b"Castellan", b"sample.test", b"CRO"):
        assert name in encode(record) or name not in value
        assert name not in value.replace(b"domain", b"")
    if not isinstance(record, Audit):
        assert sealing.open(msgspec.json.decode(value, type=type(record))) == record


def test_what_an_event_tells_of_a_colleague_goes_with_the_colleagues_key() -> None:
    sealing, keys = sealing_for("r", "b")
    seen = CompanyState(colleagues=(fingerprint(of(BERTRAM, "b")),))
    value = sealing.encode(event(ROSALIND, {"seen": seen}))
    asyncio.run(keys.destroy(["b"]))
    told = sealing.open(msgspec.json.decode(value, type=Audit))
    assert told.person is not None
    assert told.person.last_name == NAME
    left = sealing.open(msgspec.convert(told.inputs["seen"], CompanyState))
    assert [(one.lead_id, one.last_name) for one in left.colleagues] == [("b", "")]


def test_what_belongs_to_a_destroyed_key_stays_blank() -> None:
    sealing, keys = sealing_for("r")
    before = sealing.seal(of(ROSALIND, "r"))
    asyncio.run(keys.destroy(["r"]))
    assert sealing.open(before) == before
    assert before.person == Person()
    after = sealing.seal(of(ROSALIND, "r"))
    assert (after.person, after.sealed) == (Person(), b"")


def test_a_lead_without_a_key_is_named() -> None:
    sealing, _ = sealing_for()
    with pytest.raises(MissingKeyError) as found:
        sealing.seal(of(ROSALIND, "r"))
    assert found.value.lead == "r"


def test_a_seal_serves_no_other_lead_and_no_other_kind_of_record() -> None:
    sealing, _ = sealing_for("r", "b")
    sealed = sealing.seal(of(ROSALIND, "r"))
    with pytest.raises(SealError):
        sealing.open(replace(sealed, lead_id="b"))
    item = filled(ReviewItem)
    with pytest.raises(SealError):
        sealing.open(replace(item, lead_id="r", sealed=sealed.sealed))


def test_a_changed_byte_is_noticed() -> None:
    sealing, _ = sealing_for("r")
    sealed = sealing.seal(of(ROSALIND, "r"))
    broken = bytes([sealed.sealed[0] ^ 1]) + sealed.sealed[1:]
    with pytest.raises(SealError, match="another key"):
        sealing.open(replace(sealed, sealed=broken))


def test_records_of_before_there_were_keys_are_read_as_they_are() -> None:
    sealing, _ = sealing_for("r")
    written = encode(of(ROSALIND, "r"))
    assert sealing.open(msgspec.json.decode(written, type=Lead)) == of(ROSALIND, "r")


def test_unsealed_leaves_everything_as_it_is() -> None:
    for record in nested():
        assert UNSEALED.seal(record) is record
        assert UNSEALED.open(record) is record


def test_an_attempt_seals_what_vendors_answered_under_its_lead() -> None:
    sealing, keys = sealing_for("r")
    row = replace(filled(Attempt), lead_id="r", seen=msgspec.Raw(b"{}"))
    row = replace(row, review_decision=None, released=NOTHING)
    value = sealing.encode(row)
    assert msgspec.json.decode(value)["done"] == {}
    assert sealing.open(msgspec.json.decode(value, type=Attempt)).done == row.done
    asyncio.run(keys.destroy(["r"]))
    assert sealing.open(msgspec.json.decode(value, type=Attempt)).done == {}


@given(st.dictionaries(st.text(), st.recursive(st.text() | st.integers(), st.lists), max_size=5))
def test_any_captured_record_comes_back(raw: dict[str, Any]) -> None:
    record = replace(captured(1), raw=raw)
    sealing, _ = sealing_for()
    asyncio.run(sealing.ensure([record]))
    value = sealing.encode(record)
    assert sealing.open(msgspec.json.decode(value, type=Captured)) == record


def test_every_record_with_personal_fields_names_whose_they_are() -> None:
    kinds = _subclasses(PersonalRecord)
    assert Fingerprint in kinds
    for kind in kinds:
        assert kind.personal, kind
        assert set(kind.personal) <= set(kind.__struct_fields__), kind
        assert filled(kind).data_subject, kind


def _subclasses(kind: type[Any]) -> Collection[type[Any]]:
    found = kind.__subclasses__()
    return {*found, *(deeper for one in found for deeper in _subclasses(one))}
