"""Two weeks beside each other, and sources that have stopped."""

from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from app.console.schema import EVENTS, LEADS
from app.console.store import ReadModel
from app.console.trends import SourceRow, WeekChange, count_weeks, is_silent, sources

TODAY, DAY = 20_000, 86_400


@pytest.fixture
def model(address: str, tmp_path: Path) -> ReadModel:
    """Empty, on each kind of database."""
    del tmp_path
    made = ReadModel(address)
    made.migrate()
    return made


def event(
    number: int, lead: str, day: int, *, kind: str = "captured", shadow: bool = False
) -> dict[str, object]:
    """A row of an event."""
    row: dict[str, object] = dict.fromkeys(
        ("stage", "place", "actor", "rules", "owner", "action", "suppression"), ""
    )
    row |= {"id": str(number), "lead": lead, "kind": kind, "shadow": shadow, "record": b""}
    return row | {"day": day, "at": float(day * DAY), "step": 0, "log_offset": number}


def test_each_lead_counts_once_a_week_and_shadow_does_not(model: ReadModel) -> None:
    rows = [
        event(1, "a", TODAY),
        event(2, "a", TODAY - 6),
        event(3, "b", TODAY - 7),
        event(4, "c", TODAY - 13),
        event(5, "d", TODAY - 14),
        event(6, "e", TODAY + 1),
        event(7, "f", TODAY, shadow=True),
        event(8, "a", TODAY, kind="engaged"),
    ]
    with model.writing() as connection:
        connection.execute(insert(EVENTS), rows)
        found = count_weeks(connection, ("captured", "engaged", "breached"), TODAY)
    assert found == [
        WeekChange("captured", 1, 2),
        WeekChange("engaged", 1, 0),
        WeekChange("breached", 0, 0),
    ]


def test_sources_tell_what_they_bring_and_when_the_last_came(model: ReadModel) -> None:
    def lead(name: str, source: str, day: int) -> dict[str, object]:
        at = {"captured_at": day * DAY + 5.0, "place_at": day * DAY + 9.0}
        return {"lead": name, "source": source, "place": "held", "place_step": 1, **at}

    waiting = {"lead": "w", "waiting_source": "csv", "waiting_at": TODAY * DAY + 1.0}
    rows = [
        *(lead(f"a{day}", "apollo", TODAY - day) for day in range(3, 14)),
        lead("b", "webhook", TODAY),
    ]
    with model.writing() as connection:
        connection.execute(insert(LEADS), rows)
        connection.execute(insert(LEADS).values(**waiting, waiting_offset=1))
        found = sources(connection, TODAY)
    assert found == [
        SourceRow("apollo", 11, 4, 7, (TODAY - 3) * DAY + 5.0, True),
        SourceRow("csv", 1, 1, 0, TODAY * DAY + 1.0, False),
        SourceRow("webhook", 1, 1, 0, TODAY * DAY + 5.0, False),
    ]


@pytest.mark.parametrize(
    ("days", "silent"),
    [
        ((), False),
        ((TODAY - 9,), False),
        ((TODAY - 4, TODAY - 3), True),
        ((TODAY - 3, TODAY - 2), False),
        ((TODAY - 9, TODAY - 2), False),
        ((TODAY - 12, TODAY - 9, TODAY - 7), True),
        ((TODAY - 90, TODAY - 89), True),
    ],
)
def test_a_source_is_silent_after_twice_its_longest_pause(
    days: Collection[int], silent: bool
) -> None:
    assert is_silent(days, TODAY) == silent


@given(st.sets(st.integers(TODAY - 40, TODAY), max_size=20))
def test_a_source_that_brought_something_today_is_never_silent(days: set[int]) -> None:
    assert not is_silent(days | {TODAY}, TODAY)
