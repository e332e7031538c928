"""The page for a data-protection officer leaves out no topic, table or record that is sealed."""

from collections.abc import Iterator

from app.console import schema
from leads import topics
from leads.records import PersonalRecord
from reference.personal_data import make_page
from reference.stored_records import NOT_RECORDS, records_in_topics
from tables.schema import TABLES


def test_every_topic_and_table_has_a_row() -> None:
    page = make_page()
    rows = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines()]
    assert {f"`{topic.full}`" for topic in topics.TOPICS} <= {*rows}
    assert {f"`{table.name}`" for table in TABLES} <= {*rows}
    assert {f"`{one.name}`" for one in schema.DERIVED} <= {*rows}


def test_it_is_known_which_records_lie_in_each_topic() -> None:
    assert {*records_in_topics(), *NOT_RECORDS} == {*topics.TOPICS}


def test_each_kind_of_record_that_is_sealed_stands_on_the_page() -> None:
    """However deep it lies in another one; in the tables, a name of its own before its fields."""
    page = make_page()
    kinds = {kind.__name__ for kind in _kinds(PersonalRecord) if kind.personal}
    assert len(kinds) > 10
    assert not {name for name in kinds if f"{name}: `" not in page}


def _kinds(kind: type[PersonalRecord]) -> Iterator[type[PersonalRecord]]:
    for one in kind.__subclasses__():
        if one.__module__.split(".")[0] != "tests":
            yield one
        yield from _kinds(one)
