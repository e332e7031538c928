"""What the simulation writes lies where the reference says, and holds of a person what it says."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import pytest
from msgspec.structs import fields

from leads import topics
from leads.records import PersonalRecord
from reference.personal_fields import readable_in, sealed_in
from reference.stored_records import Kind, records_in_tables, records_in_topics
from streams.testing.log import LogRecord
from tests.compatibility.filled import complete, lost
from tests.simulation.plan import make_plan
from tests.simulation.simulate import be_quiet, simulate
from tests.simulation.site import Site

#: They fill every topic and table: a lead falls back in 36, people are erased in 3, 4 and 9, and a
#: merge is taken back in 5.
SEEDS = (3, 4, 5, 9, 36, 100)
#: What a stage neither reads nor writes.
NOT_SIMULATED = {topics.CRM_IDS, topics.RULES, topics.CURSORS}
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])")
#: Reasons, and the names of effects: they may name a contact by a vendor's id (personal-data.md).
_PROSE = frozenset({"why", "done", "started"})

#: What lies at a place, by the place: a topic's full name, or a table's with `intake` as its stage.
Found: TypeAlias = dict[str, list[LogRecord]]


@pytest.fixture(scope="module")
def sites() -> list[Site]:
    """Simulated sites at rest."""
    be_quiet()
    return [simulate(make_plan(seed)).site for seed in SEEDS]


@pytest.fixture(scope="module")
def found(sites: list[Site]) -> Found:
    """All records that these sites have written."""
    places: defaultdict[str, list[LogRecord]] = defaultdict(list)
    for site in sites:
        for topic in topics.TOPICS:
            places[topic.full] += site.ever(topic)
        for record in site.log.all(topics.CHANGELOG):
            places[table_of(record)].append(record)
    return {where: [one for one in some if one.value] for where, some in places.items() if some}


def table_of(row: LogRecord) -> str:
    """The table's name, of one that each stage has with `intake` as the stage."""
    name, dot, _ = (row.key or b"").decode().partition("\0")[0].partition(".")
    return f"{name}{dot}intake" if dot else name


def kinds_at() -> dict[str, tuple[Kind, ...]]:
    """The kinds of records by place, as the reference has them."""
    in_topics = {topic.full: kinds for topic, kinds in records_in_topics().items()}
    return in_topics | {name: (kind,) for name, kind in records_in_tables().items()}


def test_the_simulation_fills_every_topic_and_table(found: Found) -> None:
    simulated = {topic.full for topic in topics.TOPICS if topic not in NOT_SIMULATED}
    assert found.keys() == simulated | records_in_tables().keys()


def test_every_record_is_of_a_kind_that_is_said_to_lie_there(found: Found) -> None:
    kinds = kinds_at()
    strange = {
        f"{where}: {record.value!r:.200}"
        for where, records in found.items()
        for record in records
        if not any(is_whole(record.value or b"", kind) for kind in kinds[where])
    }
    assert not strange


def test_what_is_sealed_somewhere_is_said_to_be_sealed_there(found: Found) -> None:
    kinds, personal = kinds_at(), list(subclasses(PersonalRecord))
    for where, records in found.items():
        told = sealed_in(kinds[where]).keys()
        sealed = {
            one for record in records for one in sealed_parts(json.loads(record.value or b""))
        }
        for names in sealed:
            [kind] = [one.__name__ for one in personal if could_be(names, one)]
            assert kind in told, f"{where} holds a sealed {kind}"


def test_every_readable_hash_of_an_address_is_named(sites: list[Site], found: Found) -> None:
    hashes = {
        site.keys.address(address)
        for site in sites
        for lead in site.plan.world.leads
        for address in lead.person.addresses
    }
    kinds = kinds_at()
    for where, records in found.items():
        unnamed = fields_with(hashes, records) - {*readable_in(kinds[where]).hashes}
        assert not unnamed, f"{where} has the key of an address in {sorted(unnamed)}"


def test_every_readable_id_of_apollo_is_named(sites: list[Site], found: Found) -> None:
    ids = {lead.source_id for site in sites for lead in site.plan.world.leads}
    kinds = kinds_at()
    for where, records in found.items():
        unnamed = fields_with(ids, records) - {*readable_in(kinds[where]).ids} - _PROSE
        assert not unnamed, f"{where} has the id of a person in {sorted(unnamed)}"


def fields_with(known: set[str], records: list[LogRecord]) -> set[str]:
    """The fields in which one of these stands."""
    return {
        field
        for record in records
        for field, text in texts("", json.loads(record.value or b""))
        if known.intersection(_ID.findall(text))
    }


def is_whole(value: bytes, kind: Kind) -> bool:
    """Whether these bytes are such a record, and nothing else besides."""
    try:
        record = msgspec.json.decode(value, type=kind)
    except msgspec.ValidationError:
        return False
    return not lost(json.loads(value), complete(record))


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """The product's kinds of records below one."""
    for one in kind.__subclasses__():
        if one.__module__.split(".")[0] != "tests":
            yield one
        yield from subclasses(one)


def could_be(names: frozenset[str], kind: Kind) -> bool:
    """Whether an object with these names may be such a record."""
    known = fields(kind)
    needed = {one.encode_name for one in known if one.required}
    return needed <= names <= {one.encode_name for one in known}


def sealed_parts(value: Any) -> Iterator[frozenset[str]]:
    """The names in each object that has something sealed."""
    if isinstance(value, dict):
        if value.get("sealed"):
            yield frozenset(value)
        for one in value.values():
            yield from sealed_parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from sealed_parts(one)
    elif isinstance(value, str) and value.startswith("{"):
        yield from sealed_parts(json.loads(value))


def texts(field: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every readable text with the field that it is in, the keys of maps included."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield field, name
            if name != "sealed":
                yield from texts(field if _ID.search(name) else name, one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(field, one)
    elif isinstance(value, str) and value.startswith("{"):
        yield from texts(field, json.loads(value))
    elif isinstance(value, str):
        yield field, value
