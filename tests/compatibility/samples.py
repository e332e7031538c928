"""Bytes of every record that is written, as one commit encoded them: `wire/NNNN.jsonl.gz`, a file
for each addition."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from leads.records import encode
from leads.rule_file import parse_rules
from leads.rules import Rules
from tests.compatibility.events import example_events
from tests.compatibility.filled import filled, variants
from tests.compatibility.wire import written
from tests.conftest import DEMO_RULES

FOLDER = Path(__file__).with_name("wire")
RULES = "topic rules"


class Sample(NamedTuple):
    """Bytes and what they are: a name of `wire.written`, `event KIND`, or the rules."""

    name: str
    value: bytes


def samples() -> Iterator[Sample]:
    """What this code writes: each record with all its fields, once for each alternative, and with
    none but those that must be there; an event of each form."""
    for name, record in written().items():
        yield from (Sample(name, encode(one)) for one in (*variants(record), bare(record)))
    seen = set()
    for event in example_events():
        form = (event.kind, type(event.inputs), event.place, bool(event.outcome))
        if form not in seen:
            seen.add(form)
            yield Sample(f"event {event.kind}", encode(event))
    yield Sample(RULES, demo_rules().model_dump_json().encode())


def demo_rules() -> Rules:
    """The rules that the demo ships with."""
    return parse_rules(DEMO_RULES.read_text())


def bare(record: type[Any]) -> Any:
    """A record whose fields have their defaults, where they have one."""
    whole = filled(record)
    fields = {f.name: getattr(whole, f.name) for f in _fields(record) if f.required}
    return record(**fields)


def stored() -> list[Sample]:
    """The samples of every commit."""
    return [sample for path in sorted(FOLDER.glob("*.jsonl.gz")) for sample in load(path)]


def load(path: Path) -> list[Sample]:
    """One file's samples."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [Sample(name, value.encode()) for name, value in map(json.loads, lines)]


def store(some: Iterable[Sample]) -> Path:
    """Write a further file, under the next number; none that is there is changed."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{len(list(FOLDER.glob('*.jsonl.gz'))) + 1:04}.jsonl.gz"
    text = "".join(f"{json.dumps([s.name, s.value.decode()])}\n" for s in some)
    with path.open("xb") as file:
        file.write(gzip.compress(text.encode(), 9, mtime=0))
    return path


def _fields(record: type[Any]) -> tuple[inspect.Field, ...]:
    kind = inspect.type_info(record)
    assert isinstance(kind, inspect.StructType)
    return kind.fields


def decoded(sample: Sample) -> Any:
    """What this code reads from a sample: a record, or rules.

    Raises what the decoder raises, and KeyError for a name that nothing is written under.
    """
    if sample.name == RULES:
        return Rules.model_validate_json(sample.value)
    name = "topic audit Audit" if sample.name.startswith("event ") else sample.name
    return msgspec.json.decode(sample.value, type=written()[name])
