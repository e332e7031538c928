"""The rows of a batch in every CRM: tasks made once, owners, errors."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from connectors.core.activity_log import first_activities, make_once
from connectors.core.assignment import Assigned, assign
from connectors.core.crm import ActivityAsked, Owner, OwnerWrite, Row, TaskWrite
from connectors.core.errors import RecordRejected, RecordRetryable, Unavailable
from connectors.core.row_results import errors_by_key, raise_first, refusals, split_errors
from leads.records import Change

ANN = Owner(id="1", email="ann@acme.com", active=True)
BOB = Owner(id="2", email="bob@acme.com", active=False)


def task(effect: str, until: float, *, look_first: bool = False) -> TaskWrite:
    """A task to make."""
    return TaskWrite(
        effect_id=effect,
        contact_id="c",
        owner_id="1",
        subject="Call",
        due=0.0,
        look_first=look_first,
        until=until,
    )


def test_what_an_earlier_attempt_made_is_found_and_the_rest_is_made_before_its_deadline() -> None:
    looked: list[str] = []
    made: list[tuple[list[str], float]] = []

    async def find(writes: Sequence[TaskWrite]) -> dict[str, str]:
        looked.extend(write.effect_id for write in writes)
        return {"b": "found"}

    async def make(writes: Sequence[TaskWrite], until: float) -> list[Row[str]]:
        made.append(([write.effect_id for write in writes], until))
        return [f"made {write.effect_id}" for write in writes]

    writes = [task("a", 9.0), task("b", 1.0, look_first=True), task("c", 5.0, look_first=True)]
    assert asyncio.run(make_once(writes, find, make)) == ["made a", "found", "made c"]
    assert looked == ["b", "c"]
    assert made == [(["a", "c"], 5.0)]


def test_nothing_is_looked_up_or_made_for_nobody() -> None:
    async def never(*_: object) -> Any:
        raise AssertionError("called")

    assert asyncio.run(make_once([], never, never)) == []


def test_the_first_activity_of_the_owner_since_the_time_counts() -> None:
    done = [("c", "1", 9.0), ("c", "1", 5.0), ("c", "1", 2.0), ("c", "2", 4.0), ("d", "1", 4.0)]

    def asked(contact: str, owner: str) -> ActivityAsked:
        return ActivityAsked(contact_id=contact, owner_id=owner, since=3.0)

    assert first_activities([asked("c", "1"), asked("c", "3"), asked("d", "1")], done) == [
        5.0,
        0.0,
        4.0,
    ]


def test_an_assignment_refuses_unknown_and_inactive_owners_and_shows_failed_rows() -> None:
    sent: list[Assigned] = []

    async def by_email(email: str) -> Owner | None:
        return {"ann@acme.com": ANN, "bob@acme.com": BOB}.get(email)

    async def send(some: Sequence[Assigned]) -> list[Row[str]]:
        sent.extend(some)
        return [RecordRetryable("locked") if ident == "c2" else ident for ident, _ in some]

    def write(ident: str, email: str) -> OwnerWrite:
        return OwnerWrite(contact_id=ident, owner_email=email, score=1, status="new")

    writes = [
        write("c1", "ann@acme.com"),
        write("c2", "ann@acme.com"),
        write("c3", "bob@acme.com"),
        write("c4", "nobody@acme.com"),
        write("c5", ""),
    ]
    rows = asyncio.run(
        assign(writes, by_email, lambda _, owner: {"owner": owner}, send, "There is no user")
    )
    assert sent == [("c1", {"owner": "1"}), ("c2", {"owner": "1"}), ("c5", {"owner": ""})]
    assert rows[0] == Change(contact_id="c1", wrote={"owner": "1"}, before={})
    assert isinstance(rows[1], RecordRetryable)
    for row, email in zip(rows[2:4], ("bob@acme.com", "nobody@acme.com"), strict=True):
        assert isinstance(row, RecordRejected)
        assert (row.kind, str(row)) == ("no_owner", f"There is no user {email}")
    assert rows[4] == Change(contact_id="c5", wrote={"owner": ""}, before={})


def test_errors_and_values_are_separated() -> None:
    failed = Unavailable("down")
    assert errors_by_key("abc", [1, failed, 2]) == {"b": failed}
    assert split_errors({"a": 1, "b": failed}) == ({"a": 1}, {"b": failed})
    raise_first([1, None])
    with pytest.raises(Unavailable):
        raise_first([1, failed, RecordRetryable("later")])


def test_only_a_refusal_is_a_fault_of_a_name() -> None:
    async def find(name: str) -> str:
        if name == "down":
            raise Unavailable("down")
        if name != "there":
            raise RecordRejected(f"no {name}")
        return name

    assert asyncio.run(refusals(find, ["there", "x", "y"])) == ["no x", "no y"]
    with pytest.raises(Unavailable):
        asyncio.run(refusals(find, ["down"]))
