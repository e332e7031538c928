"""What pages ask, on each kind of database; tests/simulation/test_read_model.py counts the figures
again from logs."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from app.console import figures, schema
from app.console.clock_rows import ClockFilter, State, clocks_page, count_clocks
from app.console.import_rows import imports_page
from app.console.lead_rows import LeadFilter, leads_page
from app.console.queue_rows import queue_page
from app.console.row_faults import count_reasons
from app.console.store import ReadModel
from app.privacy.key_store import KeyStore
from leads import topics
from leads.records import ReviewItem, encode
from streams.testing.log import LogRecord
from tests.read_model import NOW, changes, fill, simulated

_SEEDS = (*range(12), 36)
_LATE = 4e9  # seconds since 1970, after all


@pytest.fixture
def model(address: str) -> Iterator[ReadModel]:
    """An empty read model on each kind of database."""
    made = ReadModel(address)
    made.migrate()
    yield made
    made.engine.dispose()


def test_each_database_gives_the_same_answers(model: ReadModel, tmp_path: Path) -> None:
    records = simulated(_SEEDS)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    KeyStore(other).create()
    compared = ReadModel(other)
    compared.migrate()
    for one in (model, compared):
        fill(one, records, random.Random(1))
    assert answers(model) == answers(compared)


def answers(model: ReadModel) -> list[Any]:
    """What every question gives."""
    with model.reading() as connection:
        first = queue_page(connection, 1, places=("engaged", "nurtured"))
        last = (first[-1].since, first[-1].lead)
        leads = [row.lead for row in connection.execute(schema.LEADS.select())]
        found = [
            first,
            figures.count_places(connection),
            figures.count_leads(connection, schema.LEADS.c.owner),
            figures.count_on_lists(connection),
            figures.count_waiting(connection),
            queue_page(connection, 9, last, places=("engaged", "nurtured")),
            queue_page(connection, 9, kind="variant"),
            [clocks_page(connection, ClockFilter(one), 9) for one in get_args(State)],
            count_clocks(connection, _LATE, 0.0),
            imports := imports_page(connection, 9),
            [count_reasons(connection, one.import_id) for one in imports],
            leads_page(connection, LeadFilter(imported=imports[0].import_id), 9),
            [figures.story(connection, lead) for lead in sorted(leads)],
            figures.count_by_day(connection, ("enrolled", "routed"), 0, 99_999),
            figures.count_stopped_by_list(connection, "unsubscribe", 0, 99_999),
        ]
    assert all(found[:5])
    return found


def test_a_lead_is_on_the_lists_of_its_newest_revision(model: ReadModel) -> None:
    model.apply(changes([event(1, lists=("a", "b")), event(1025, lists=("b",))]), [], NOW)
    with model.reading() as connection:
        assert figures.count_on_lists(connection) == {("b", "review"): 1}


def test_a_question_that_was_answered_is_not_shown_for_the_next(model: ReadModel) -> None:
    asked = ReviewItem(lead_id="l", kind="review", stage="write", partition=1, step=4, since=4.0)
    record = LogRecord(topics.REVIEW_QUEUE.full, 0, 0, b"l/write", encode(asked), 1000)
    model.apply(changes([event(5), record]), [], NOW)
    with model.reading() as connection:
        [before] = queue_page(connection, 9)
    again = encode(msgspec.structs.replace(asked, step=5))
    model.apply(changes([record._replace(offset=1, value=again)]), [], NOW)
    with model.reading() as connection:
        [after] = queue_page(connection, 9)
    assert before.item is None
    assert after.item is not None
    assert (after.item.partition, after.step) == (1, 5)


def event(step: int, lists: tuple[str, ...] = ()) -> LogRecord:
    """The write stage has a person look at lead `l`."""
    value = {
        "id": f"event {step}",
        "lead": "l",
        "stage": "write",
        "kind": "deleted",
        "step": step,
        "place": "review",
        "at": float(step),
        "actor": "leadgate",
        "cause": "c",
        "rules": "r",
        "inputs": {"record": {"lead_id": "l", "source": "apollo", "lists": lists}},
    }
    return LogRecord(topics.AUDIT.full, 0, step, b"", msgspec.json.encode(value), 1000)
