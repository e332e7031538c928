"""The declared format of everything that is written, by name: fields of records, topics,
tables, audit kinds, derived keys."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import NODEFAULT, inspect

from leads import topics
from leads.audit_kinds import AUDIT_KINDS
from leads.keys import Keys, derive, event_id, lead_id, version
from leads.matching.brands import domain_stem
from leads.records import Place
from streams.runner.outbox import partition_of
from tables.schema import OF_A_STAGE, TABLES
from tests.compatibility.wire import written

Formats = dict[str, str]


def declared() -> Formats:
    """What this code writes and reads: the form by the name."""
    return dict(sorted([*_records(), *_places(), *_kinds(), *_topics(), *_keys(), *_files()]))


def structs() -> dict[str, inspect.StructType]:
    """Every record that is written, by itself or within another, by its name."""
    found: dict[str, inspect.StructType] = {}
    for kind in inspect.multi_type_info(list(dict.fromkeys(written().values()))):
        _collect(kind, found)
    for outcome in {form.outcome for kind in AUDIT_KINDS for form in kind.forms}:
        _collect(inspect.type_info(outcome), found, "Outcome.")
    return found


def members_of(kind: inspect.Type) -> list[inspect.Type]:
    """The types that a type is made of."""
    match kind:
        case inspect.Metadata(type=inner):
            return [inner]
        case inspect.StructType(fields=fields):
            return [field.type for field in fields]
        case inspect.UnionType(types=types) | inspect.TupleType(item_types=types):
            return list(types)
        case inspect.DictType(key_type=key, value_type=value):
            return [key, value]
        case inspect.VarTupleType(item_type=item):
            return [item]
    return []


def _collect(kind: inspect.Type, found: dict[str, inspect.StructType], prefix: str = "") -> None:
    if isinstance(kind, inspect.StructType):
        if prefix + kind.cls.__name__ in found:
            return
        found[prefix + kind.cls.__name__] = kind
    for inner in members_of(kind):
        _collect(inner, found)


def _records() -> Iterator[tuple[str, str]]:
    for name, kind in structs().items():
        tag = f"{kind.tag_field}={kind.tag}" if kind.tag_field else "no tag"
        yield f"record {name}", tag
        for field in kind.fields:
            yield f"field {name}.{field.encode_name}", spell(field.type) + _default(field)


def _default(field: inspect.Field) -> str:
    """'' for a field that must be there. A default is part of the format: it is left out of the
    bytes, so that old bytes mean whatever the default is by then."""
    if field.required:
        return ""
    value = field.default
    if value is NODEFAULT:
        value = field.default_factory() if field.default_factory is not NODEFAULT else "missing"
    return f" = {json.dumps(msgspec.to_builtins(value), sort_keys=True)}"


def spell(kind: inspect.Type) -> str:
    """A type as text; alternatives have ` | ` between them."""
    match kind:
        case inspect.Metadata(type=plain):
            return spell(plain)
        case inspect.StructType(cls=record):
            return record.__name__
        case inspect.UnionType(types=types):
            return " | ".join(sorted(map(spell, types)))
        case inspect.LiteralType(values=values):
            return " | ".join(json.dumps(value) for value in values)
        case inspect.EnumType(cls=members):
            return " | ".join(json.dumps(member.value) for member in members)
    inner = ", ".join(map(spell, members_of(kind)))
    name = type(kind).__name__.removesuffix("Type").lower().replace("vartuple", "list")
    return f"{name}[{inner}]" if inner else name


def _places() -> Iterator[tuple[str, str]]:
    for where, record in written().items():
        yield f"written {where}", record.__name__
    for place in Place:
        yield f"place {place or 'none'}", ""


def _kinds() -> Iterator[tuple[str, str]]:
    for kind in AUDIT_KINDS:
        for name in kind.names:
            for form in kind.forms:
                for stage in form.stages:
                    for place in form.places or ("none",):
                        key = f"event {name} at {stage}, {place}, from {form.origin}"
                        yield key, form.outcome.__name__


def _topics() -> Iterator[tuple[str, str]]:
    for topic in topics.TOPICS:
        yield f"topic {topic.full}", f"{topic.partitions} partitions, {topic.cleanup}"
    yield f"topic {topics.CHANGELOG}", "state"
    for table in (*TABLES, *(of("intake") for of in OF_A_STAGE)):
        yield f"rows {table.name}", ascii(table.key("KEY"))


def _keys() -> Iterator[tuple[str, str]]:
    """Derived ids and keys by example: other ones would make a known lead a new one."""
    keys = Keys("secret")
    made: dict[str, Any] = {
        "derive('a', 1)": derive("a", 1),
        "keys.signatures.headers('t', b'k', b'v', 1)": keys.signatures.headers("t", b"k", b"v", 1),
        "lead_id('apollo', '6400')": lead_id("apollo", "6400"),
        "event_id('lead', 'write', 'cause', 'written')": event_id(
            "lead", "write", "cause", "written"
        ),
        "version('a', 1, None)": version("a", 1, None),
        "address('A.B+tag@gmail.com')": keys.address("A.B+tag@gmail.com"),
        "address('Ada@Sample.com')": keys.address("Ada@Sample.com"),
        "domain('https://www.sample.co.uk/x')": keys.domain("https://www.sample.co.uk/x"),
        "domain_stem('sample-de.de')": domain_stem("sample-de.de"),
        "partition_of('key')": partition_of(b"key"),
    }
    for name, value in made.items():
        yield f"key {name}", str(value)


def _files() -> Iterator[tuple[str, str]]:
    """What earlier commits wrote, by its hash: nobody writes it again."""
    here = Path(__file__).parent
    for path in here.glob("*/*.gz"):
        yield f"file {path.relative_to(here)}", hashlib.sha256(path.read_bytes()).hexdigest()
