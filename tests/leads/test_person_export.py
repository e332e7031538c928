"""What is held of a person: all of it, and nothing of anybody else."""

import json
from collections.abc import Collection
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leads.keys import Keys, lead_id
from leads.person_export import Held, PersonExport, export_person
from leads.person_traces import PersonTraces
from leads.records import (
    Alert,
    Audit,
    AuditPerson,
    Captured,
    KnownValues,
    Person,
    PersonValues,
    Reason,
    ReviewItem,
    Signal,
    to_plain,
)
from tests.leads.test_unmerge import KNOWN, event

KEYS = Keys("secret")
NUMBERS = st.sets(st.integers(0, 30), max_size=4)


def ident(number: int) -> str:
    return lead_id("csv", str(number))


def mark(what: str, number: int) -> str:
    """A text that stands in one record of one lead."""
    return f"{what}-{number}."


def values(number: int) -> KnownValues:
    return KnownValues(
        lead_id=ident(number),
        version="",
        source="csv",
        at=0.0,
        captured_at=0.0,
        person=Person(first_name=mark("known", number)),
    )


def story(number: int, known: Collection[int]) -> list[Audit]:
    """The events of a lead; what its stage had read is of these leads."""
    found = [values(one) for one in known]
    own = found[0] if found else None
    person = AuditPerson(
        email=f"{mark('address', number)}@b.com",
        known=PersonValues(
            own=own,
            ours={"p": own.person.first_name} if own else {},
            merged=tuple(found[1:]),
        ),
    )
    lead = replace(KNOWN, lead_id=ident(number), apollo_id=mark("apollo", number))
    decided = event(
        lead,
        "unique",
        "in_flight",
        1,
        person=person,
        trace=(Reason(rule="r", decisive=True, why=mark("why", number)),),
    )
    noticed = event(lead, "noticed", "", 2, details={"text": mark("notice", number)})
    return [decided, noticed]


def held(numbers: Collection[int]) -> Held:
    """What lies beside the audit of these leads."""
    captured, waiting, alerts, signals = [], [], [], []
    for number in numbers:
        captured.append(
            Captured(
                source="csv",
                source_id=str(number),
                captured_at=5.0,
                raw={"name": mark("raw", number)},
            )
        )
        waiting.append(
            ReviewItem(
                lead_id=ident(number),
                kind="review",
                stage="write",
                partition=0,
                step=1,
                since=6.0,
                person=Person(title=mark("item", number)),
            )
        )
        alerts.append(
            Alert(
                alert_id="a",
                kind="notice",
                to="#c",
                text=mark("alert", number),
                at=7.0,
                lead_id=ident(number),
            )
        )
        address = KEYS.address(f"{mark('address', number)}@b.com")
        signals.append(
            Signal(
                signal_id=mark("signal", number),
                kind="bounce",
                at=8.0,
                source="x",
                address_key=address,
            )
        )
    return Held(captured, waiting, alerts, signals)


def export(mine: Collection[int], others: Collection[int]) -> PersonExport:
    everybody = [*mine, *others]
    stories = {ident(number): story(number, everybody) for number in mine}
    return export_person(PersonTraces("pt", stories), held(everybody), KEYS, 9.0)


@given(NUMBERS.filter(bool), NUMBERS)
def test_everything_of_the_person_is_exported_and_nothing_of_others(
    mine: set[int], others: set[int]
) -> None:
    text = json.dumps(to_plain(export(mine, others - mine)))
    kinds = ("known", "address", "apollo", "why", "notice", "raw", "item", "alert", "signal")
    for number in mine:
        assert [kind for kind in kinds if mark(kind, number) not in text] == []
    for number in others - mine:
        assert [kind for kind in kinds if mark(kind, number) in text] == []
        assert ident(number) not in text


def test_values_of_somebody_else_as_whom_the_person_was_taken_are_left_out() -> None:
    told = story(1, [2, 1])
    exported = export_person(PersonTraces("pt", {ident(1): told}), Held(), KEYS, 9.0)
    plain: Any = to_plain(exported)
    known = plain["leads"][0]["events"][0]["person"]["known"]
    assert known.keys() == {"merged"}
    assert [one["lead_id"] for one in known["merged"]] == [ident(1)]


def test_it_says_in_the_words_of_people_what_happened() -> None:
    exported = export([1], [])
    [lead] = exported.leads
    assert (lead.source, lead.source_id, lead.place) == ("csv", "1", "in_flight")
    assert "identity: " in lead.events[0].says
    assert lead.captured[0]["captured_at"] == "1970-01-01 00:00:05 UTC"
    assert lead.waits[0]["since"] == "1970-01-01 00:00:06 UTC"
    assert lead.alerts[0]["at"] == "1970-01-01 00:00:07 UTC"
    assert exported.signals[0]["at"] == "1970-01-01 00:00:08 UTC"
    assert (exported.crm_contacts, exported.apollo_ids) == (
        [KNOWN.crm.contact_id],
        [mark("apollo", 1)],
    )
    text = exported.text()
    assert "1 captured records, 2 events, 1 alerts, 1 questions wait" in text
    assert f"{mark('address', 1)}@b.com, 1970-01-01 00:00:09 UTC:" in text.splitlines()[0]
