"""Leads by what a person types, alike on each kind of database."""

import random
from collections.abc import Iterator

import msgspec
import pytest
from alembic import command
from sqlalchemy import select, update

from app.console import migrating
from app.console.event_rows import search_text
from app.console.schema import LEADS
from app.console.search import leads_of_domain, read_wanted, search_leads
from app.console.store import ReadModel
from leads import topics
from streams.testing.log import LogRecord
from tests.read_model import NOW, changes

_COMPANIES = {
    "aaaaaaaa-1": ("Müller Straße", "mueller.de", "rep1@acme.test"),
    "bbbbbbbb-2": ("ΟΔΟΣ 100%", "odos.gr", "rep2@acme.test"),
    "cccccccc-3": ("Ltd_one", "one.com", "rep2@acme.test"),
}


@pytest.fixture
def model(address: str) -> Iterator[ReadModel]:
    """Three leads on each kind of database, each later than the one before."""
    made = ReadModel(address)
    made.migrate()
    made.apply(changes(map(event, range(len(_COMPANIES)))), [], NOW)
    yield made
    made.engine.dispose()


def event(number: int) -> LogRecord:
    """The routing of a lead."""
    lead, (name, domain, owner) = list(_COMPANIES.items())[number]
    record = {
        "lead_id": lead,
        "source": "apollo",
        "company": {"name": name, "domain": domain},
        "route": {"kind": "rep", "owner_email": owner},
    }
    value = {
        "id": f"event {number}",
        "lead": lead,
        "stage": "routing",
        "kind": "routed",
        "step": 4,
        "place": "in_flight",
        "at": float(number),
        "actor": "leadgate",
        "cause": "c",
        "rules": "r",
        "inputs": {"record": record},
        "outcome": {},
    }
    return LogRecord(topics.AUDIT.full, 0, number, b"", msgspec.json.encode(value), 1000)


def found(model: ReadModel, text: str, limit: int = 9) -> str:
    """The first letters of the leads that are found."""
    with model.reading() as connection:
        rows = search_leads(connection, read_wanted(text).text, limit)
    return "".join(row.lead[0] for row in rows)


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("MÜLLER STRASSE", "a"),
        (" müller ", "a"),
        ("οδος", "b"),
        ("mueller", "a"),
        ("Rep2@ACME.test", "cb"),
        ("acme", "cba"),
        ("AAAAAAAA", "a"),
        ("aaaaaaab", ""),
        ("0%", "b"),
        ("d_o", "c"),
        ("m_l", ""),
        ("%", "b"),
        ("de\nrep1", "a"),
        ("straßemueller", ""),
        ("", ""),
    ],
)
def test_letters_of_every_script_are_folded_and_wildcards_are_letters(
    model: ReadModel, text: str, leads: str
) -> None:
    assert found(model, text) == leads


def test_the_latest_come_first_and_no_more_than_asked(model: ReadModel) -> None:
    assert found(model, "acme", 2) == "cb"


def test_a_lead_without_a_place_yet_comes_last(model: ReadModel) -> None:
    with model.writing() as connection:
        before = {"place": None, "place_step": None, "place_at": None}
        lead = update(LEADS).where(LEADS.c.lead == "cccccccc-3")
        connection.execute(lead.values(**before, waiting_offset=1, waiting_at=1.0))
    assert found(model, "acme") == "bac"


def test_a_domain_is_that_of_the_company_and_not_of_the_owner(model: ReadModel) -> None:
    assert read_wanted("Ada@One.com").domain == "one.com"
    with model.reading() as connection:
        assert [row.lead for row in leads_of_domain(connection, "one.com", 9)] == ["cccccccc-3"]
        assert leads_of_domain(connection, "acme.test", 9) == []


def test_a_migration_fills_what_searches_look_at(model: ReadModel) -> None:
    """As a projector does, from what a former release has stored."""
    asked = select(LEADS.c.lead, LEADS.c.search).order_by(LEADS.c.lead)
    with model.writing() as connection:
        before = connection.execute(asked).all()
        config = migrating._config(connection)
        command.stamp(config, "0003")
        for statement in (
            "DROP INDEX console_leads_search",
            "ALTER TABLE console_leads DROP COLUMN search",
            "DROP INDEX console_events_kind",
            "DROP INDEX console_sign_in_failures_at",
            "CREATE INDEX console_events_day ON console_events (day, kind)",
        ):
            connection.exec_driver_sql(statement)
        migrating.migrate(connection)
        assert connection.execute(asked).all() == before
    assert before[0] == ("aaaaaaaa-1", search_text(*_COMPANIES["aaaaaaaa-1"]))


def test_a_company_whose_name_is_a_book_can_be_stored_and_found(model: ReadModel) -> None:
    """PostgreSQL's indexes take no text of 2,700 bytes."""
    letters = random.Random(1).choices(range(0x20000, 0x2A000), k=15_000)  # no text that packs
    text = search_text(*("".join(map(chr, letters[i::3])) for i in range(3)))
    with model.writing() as connection:
        connection.execute(LEADS.insert().values(lead="d", search=text, place_at=9.0, place="dead"))
    assert found(model, text[:200]) == "d"
