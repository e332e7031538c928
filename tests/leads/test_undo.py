"""What an undo sets back: only what the import wrote, what nobody has changed since, and never who
a made contact is."""

from typing import Any

import msgspec

from leads.records import Audit, AuditPerson, Change
from leads.undo import collect_changes, restore

IDENTITY = frozenset({"email"})


def event(kind: str, wrote: dict[str, Any], before: dict[str, Any], existed: bool = True) -> Audit:
    """One write of lead l on contact 7."""
    return Audit(
        id=kind,
        lead="l",
        stage="write",
        kind=kind,
        step=0,
        place="in_flight",
        at=1.0,
        actor="leadgate",
        cause="c",
        rules="r",
        inputs={},
        outcome={"existed": existed, "contact": "7"} if kind == "written" else {},
        person=AuditPerson(changes=(Change(contact_id="7", wrote=wrote, before=before),)),
    )


WRITTEN = event(
    "written",
    {"title": "VP", "seats": 40},
    {"title": None, "seats": 3, "owner": "ana", "score": None},
)
ASSIGNED = event("assigned", {"owner": "ben", "score": 80}, {})


def test_two_writes_of_an_import_go_back_to_what_stood_first() -> None:
    [traces] = collect_changes(
        [WRITTEN, ASSIGNED, event("assigned", {"owner": "cleo", "score": 90}, {})]
    ).values()
    plan = restore(
        traces, {"title": "VP", "seats": "40", "owner": "cleo", "score": "90.0"}, IDENTITY
    )
    assert plan.values == {"title": None, "seats": 3, "owner": "ana", "score": None}
    assert plan.left == ()


def test_the_value_that_stood_first_counts_not_what_a_later_write_found() -> None:
    later = event("written", {"seats": 50}, {"seats": 40})
    [traces] = collect_changes([WRITTEN, later]).values()
    assert restore(traces, {"title": "VP", "seats": 50}, IDENTITY).values["seats"] == 3


def test_what_somebody_has_changed_since_is_left() -> None:
    [traces] = collect_changes([WRITTEN, ASSIGNED]).values()
    plan = restore(traces, {"title": "CEO", "seats": 40, "owner": "ana", "score": 80}, IDENTITY)
    assert plan.values == {"seats": 3, "score": None}
    assert plan.left == ("title",)


def test_a_made_contact_keeps_who_it_is_and_loses_its_owner() -> None:
    made = event(
        "written",
        {"email": "a@b.c", "title": "VP"},
        {"email": None, "title": None, "owner": None},
        existed=False,
    )
    [traces] = collect_changes([made, event("assigned", {"owner": "ben"}, {})]).values()
    plan = restore(traces, {"email": "a@b.c", "title": "VP", "owner": "ben"}, IDENTITY)
    assert traces.made
    assert plan.values == {"title": None, "owner": None}


def test_a_company_whose_blanks_a_new_contact_filled_was_not_made() -> None:
    made = event("written", {"email": "a@b.c"}, {"email": None}, existed=False)
    firm = Change(
        contact_id="company:9",
        wrote={"email": "x", "tech": "Kafka"},
        before={"email": None, "tech": None},
    )
    assert made.person is not None
    both = msgspec.structs.replace(made, person=AuditPerson(changes=(*made.person.changes, firm)))
    found = collect_changes([both])
    assert (found["7"].made, found["company:9"].made) == (True, False)
    assert restore(found["company:9"], {"email": "x", "tech": "Flink"}, IDENTITY).values == {
        "email": None
    }


def test_a_property_whose_value_before_is_unknown_is_not_touched() -> None:
    [traces] = collect_changes([ASSIGNED]).values()
    assert restore(traces, {"owner": "ben", "score": 80}, IDENTITY).values == {}
