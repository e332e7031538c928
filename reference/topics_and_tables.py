"""docs/reference/topics-and-tables.md: what lies in Kafka, and in a worker's state."""

from collections.abc import Iterable
from typing import Any

from leads import topics
from leads.rule_models import Retention
from leads.topics import Topic
from reference.markdown import code, page, plain, table
from tables import schema
from tables.state import Table

_TOPICS = f"""\
## Topics

`leadgate provision` makes them; `leadgate doctor` checks them. A topic has {topics.PARTITIONS}
partitions unless said otherwise. Records are JSON. *public* topics are written from outside, too:
what can't be read there becomes a dead letter. *kept* is the default of the rules'
`retention` (docs/operations.md, Retention); a compacted topic keeps the last record of each key.
*signed* says which records give orders, and are believed only with the site's signature. In the
last column stages have the names of their gates; *lead stages* are the seven that a lead passes,
*stages* all twelve. What has waited under a stage comes again on that stage's own input topic."""
_TABLES = f"""\
## Tables

A worker keeps its tables in RocksDB under `--data`. All lie in one changelog, the topic
`{topics.CHANGELOG}`, distinguished by their names. One stage writes each; *timers* is the worker's
clock."""
_OF_A_STAGE = """\
### Tables that each stage has of its own

`STAGE` is the stage's name. `waiting` is filled only where signals wake leads."""
_COLUMNS = ("table", "key", "record", "writer", "readers", "meaning")


def make_page() -> str:
    """The page's text."""
    named = table(
        ("topic", "key", "kept", "public", "signed", "from whom, to whom"),
        (_topic(topic) for topic in topics.TOPICS),
    )
    rows = table(_COLUMNS, (_table(t, plain(t.record.__doc__)) for t in schema.TABLES))
    own = table(
        _COLUMNS, (_table(make("STAGE"), plain(make.__doc__)) for make in schema.OF_A_STAGE)
    )
    source = "`leads/topics.py` and `tables/schema.py`"
    return page(
        "Topics and tables", source, _TOPICS, named, _TABLES, rows, f"{_OF_A_STAGE}\n\n{own}"
    )


def keeping(topic: Topic) -> str:
    """For how long a topic keeps a record, as the rules' defaults say, and who deletes it."""
    if topic.cleanup == "compact":
        return "compacted"
    days = Retention().days_of(topic)
    return f"{days:g} days ({code(topic.kept)}), deleted by {_deleter(topic)}"


def _topic(topic: Topic) -> list[str]:
    kept = keeping(topic)
    if topic.partitions != topics.PARTITIONS:
        kept += f"; {topic.partitions} partition"
    public = "public" if topic.public else ""
    return [code(topic.full), topic.key, kept, public, topic.signed, topic.flow]


def _deleter(topic: Topic) -> str:
    return "the worker" if topic.read_by_stages else "the broker"


def _table(one: Table[Any], meaning: str) -> list[str]:
    return [
        code(one.name),
        one.keyed_by,
        code(one.record.__name__),
        one.writer,
        _listed(one.readers),
        meaning,
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
