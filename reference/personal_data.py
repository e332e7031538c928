"""docs/reference/personal-data.md: what of a person lies in each topic and table, for how long, and
who may read it."""

from collections.abc import Iterable, Iterator
from typing import Any, get_args

import msgspec
from msgspec.structs import fields

from app.kafka.access_rights import Program, users_of
from leads import topics
from leads.records import PersonalRecord
from leads.topics import Topic
from reference.markdown import code, codes, page, table
from reference.stored_records import NOT_RECORDS, records_in_tables, records_in_topics
from reference.topics_and_tables import keeping
from tables.schema import OF_A_STAGE, TABLES

_HEAD = """\
For a data-protection officer: [privacy.md](../privacy.md) says what is done with a person's data,
and how to answer a request.

*sealed* are the fields that name or reach a person, or may, by the kind of record that they are in,
wherever it lies within. They are encrypted with the key of the lead that they belong to, and
unreadable once that key is destroyed. An audit event's inputs hold the records that its stage had
read, sealed as they are in the tables. *keyed hashes* stand for addresses, profiles or phone
numbers: HMAC-SHA-256 under the site secret, cut to 96 bits. They are readable, stay after an
erasure, and name nobody without that secret and the address itself. Reps' addresses are readable in
the rules, in routes, and as keys of alerts ([security.md](../security.md#personal-data)).

*read by* are the programs that may read the topic ([access-rights.md](access-rights.md)); to open
what is sealed they need the database of the keys, too. *operator* is who types commands, and may
read every topic."""
_TOPICS = """\
## Topics

*kept* is the default of the rules' `retention`. In a compacted topic the last record of each key
stays for ever: what it holds of a person is erased with that person's keys."""
_TABLES = f"""\
## Tables of the state

In a worker's directory, and in the topic `{topics.CHANGELOG}`, which workers alone read and
write. A row stays until another one replaces it. `STAGE` is the name of a stage, each of which has
such a table."""
_HASHES = ("_key", "_keys")


def make_page() -> str:
    """The page's text."""
    kinds = records_in_topics()
    in_topics = table(
        ("topic", "records", "sealed", "keyed hashes", "kept", "read by"),
        (_topic(topic, kinds.get(topic, ())) for topic in topics.TOPICS),
    )
    in_tables = table(("table", "key", "record", "keyed hashes", "sealed"), _tables())
    source = "the records' own lists of personal fields (`leads/records.py`) and `leads/topics.py`"
    title = "Personal data by topic and table"
    return page(title, source, _HEAD, _TOPICS, in_topics, _TABLES, in_tables)


def _topic(topic: Topic, kinds: Iterable[type[Any]]) -> list[str]:
    kinds = list(kinds)
    names = codes(kind.__name__ for kind in kinds) or NOT_RECORDS[topic]
    readers = {*users_of(topic)[1], Program.OPERATOR}
    return [
        code(topic.full),
        names,
        _sealed(kinds),
        codes(_hashes(kinds)) or "none",
        keeping(topic),
        ", ".join(sorted(readers)),
    ]


def _tables() -> Iterator[list[str]]:
    known = records_in_tables()
    named = [(one.name, one) for one in TABLES]
    named += [(make("STAGE").name, make("intake")) for make in OF_A_STAGE]
    for name, one in named:
        kind = known[one.name]
        hashes = codes(_hashes([kind])) or "none"
        yield [code(name), one.keyed_by, code(kind.__name__), hashes, _sealed([kind])]


def _sealed(kinds: Iterable[type[Any]]) -> str:
    found = {kind.__name__: kind.personal for kind in _within(kinds) if _is_sealed(kind)}
    parts = (f"{name}: {codes(sorted(personal))}" for name, personal in sorted(found.items()))
    return "; ".join(parts) or "nothing of a person"


def _is_sealed(kind: type[Any]) -> bool:
    return issubclass(kind, PersonalRecord) and bool(kind.personal)


def _hashes(kinds: Iterable[type[Any]]) -> list[str]:
    found = {one.name for kind in _within(kinds) for one in fields(kind)}
    return sorted(name for name in found if name.endswith(_HASHES))


def _within(kinds: Iterable[type[Any]]) -> list[type[Any]]:
    """These kinds of records, and those that lie within them by their fields' types."""
    todo, found = list(kinds), list[type[Any]]()
    while todo:
        kind = todo.pop()
        if kind not in found and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            found.append(kind)
            todo += [one.type for one in fields(kind)]
        todo += get_args(kind)
    return found
