"""docs/reference/personal-data.md: what of a person lies in each topic and table, for how long, and
who may read it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from app.console import schema
from app.kafka.access_rights import Operation, Program, Resource, Right, rights_of
from leads import topics
from leads.audit_kinds import AUDIT_KINDS
from leads.records import Audit, Captured, PersonalRecord, ReviewItem
from leads.topics import Topic
from reference.markdown import code, codes, page, table
from reference.personal_fields import meaning, readable_in, sealed_in
from reference.stored_records import NOT_RECORDS, Kind, records_in_tables, records_in_topics
from reference.topics_and_tables import keeping
from streams.runner.dead_letters import Dead
from tables.schema import OF_A_STAGE, TABLES

_OUTCOMES = tuple(form.outcome for kind in AUDIT_KINDS for form in kind.forms)
_HEAD = """\
For a data-protection officer: [privacy.md](../privacy.md) says what is done with a person's data,
and how to answer a request.

*sealed* are the fields that name or reach a person, or may, by the kind of record that they are in,
however deep that lies within another one. They are encrypted with the key of the lead that they
belong to, and unreadable once that key is destroyed. *none* says that a record names nobody; if it
has a keyed hash, an id, or the id of a lead, it is about a person all the same.

*keyed hashes* stand for addresses, profiles, phone numbers or names: HMAC-SHA-256 under the site
secret, cut to 96 bits. They are readable, stay after an erasure, and name nobody without that
secret and the address itself. *vendors' ids* are those under which the CRM, Apollo or a webhook
knows the person; whoever may look there can see who it is. *key* is a record's or row's key, which
is readable, too.

Readable besides, and not listed by field: a lead's id, its company, seniority and function, signs
of interest, lists, sequences, score, route, steps, places and times; reps' addresses in the rules,
in routes and as keys of alerts; who decided, and the reason that was typed. Reasons of events and
review items, and names of effects, may name a contact by a vendor's id
([security.md](../security.md#personal-data) has the exceptions).

*read by* are the programs whose user may read the topic ([access-rights.md](access-rights.md)).
*worker*, *poller* and *web* are Leadgate's processes, *operator* is who types commands, *reader* is
the site's own program that reads the audit. To open what is sealed they need the database of the
keys, too, and the secret that wraps them."""
_MEANINGS = """\
## What the sealed fields hold"""
_TOPICS = """\
## Topics

*kept* is the default of the rules' `retention`. In a compacted topic the last record of each key
stays for ever: what is sealed of a person in it is erased with that person's keys. An audit event
holds what its stage had read, sealed as in the tables."""
_CONSOLE = """\
## Tables of the console

In the database `LEADGATE_DATABASE_URL`: what the topics above tell, in tables
([console.md](../console.md)). Of an event they hold all but `inputs`, of a record from before there
were keys nothing personal. Rows of topics whose records are deleted go with them. They are read by
whoever may read the database. The tables of callers and users tell nothing of leads:
`console_users` and `console_sessions` hold the addresses of those who sign in
([privacy.md](../privacy.md#where-it-lies))."""
#: What lies in tables of the console whole: records that are sealed, and records and outcomes whose
#: other fields can be read. The other tables hold single values, none of which is personal.
_WHOLE: dict[str, tuple[tuple[type[PersonalRecord], ...], tuple[Kind, ...]]] = {
    schema.EVENTS.name: ((Audit,), _OUTCOMES),
    schema.ITEMS.name: ((ReviewItem,), (ReviewItem,)),
    schema.DEAD_LETTERS.name: ((Captured, Dead), (Captured, Dead)),
}
_HASHES, _IDS = "keyed hashes", "vendors' ids"
#: What stands for a person in a topic whose values are no records.
_VALUE = {topics.CRM_IDS: "the value"}


def make_page() -> str:
    """The page's text."""
    kinds = records_in_topics()
    in_topics = table(
        ("topic", "key", "records", "sealed", _HASHES, _IDS, "kept", "read by"),
        (_topic(topic, kinds.get(topic, ())) for topic in topics.TOPICS),
    )
    in_tables = table(("table", "key", "record", "sealed", _HASHES, _IDS), _tables())
    meanings = table(("field", "of", "holds"), _meanings())
    source = "the records' own lists of personal fields (`leads/records.py`) and `leads/topics.py`"
    title = "Personal data by topic and table"
    in_model = table(("table", "key", "sealed", _HASHES, _IDS), _read_model())
    of_topics = (_HEAD, _MEANINGS, meanings, _TOPICS, in_topics)
    return page(title, source, *of_topics, _of_tables(), in_tables, _CONSOLE, in_model)


def _of_tables() -> str:
    readers = _readers(topics.CHANGELOG)
    return f"""\
## Tables of the state

In a worker's directory, and in the topic `{topics.CHANGELOG}`, read by: {readers}. A row stays
until its stage writes another one in its place, or deletes it. `STAGE` is the name of a stage, each
of which has such a table; the row says what may lie in any of them."""


def _topic(topic: Topic, kinds: tuple[Kind, ...]) -> list[str]:
    names = codes(kind.__name__ for kind in kinds) or NOT_RECORDS[topic]
    sealed, hashes, ids = _personal(kinds)
    hashes = _VALUE.get(topic, hashes)
    return [
        *(code(topic.full), topic.key, names, sealed, hashes, ids),
        *(keeping(topic), _readers(topic.full)),
    ]


def _tables() -> Iterator[list[str]]:
    known = records_in_tables()
    named = [(one.name, one) for one in TABLES]
    named += [(make("STAGE").name, make("intake")) for make in OF_A_STAGE]
    for name, one in named:
        kind = known[one.name]
        yield [code(name), one.keyed_by, code(kind.__name__), *_personal([kind])]


def _read_model() -> Iterator[list[str]]:
    for one in schema.DERIVED:
        key = ", ".join(column.name for column in one.primary_key.columns)
        sealed, readable = _WHOLE.get(one.name, ((), ()))
        own = [f"{kind.__name__}: {codes(sorted(kind.personal))}" for kind in sealed]
        hashes, ids = readable_in(readable)
        cells = ("; ".join(own), codes(hashes), codes(ids))
        yield [code(one.name), key, *(cell or "none" for cell in cells)]


def _personal(kinds: Iterable[Kind]) -> tuple[str, str, str]:
    """The cells of what is sealed, of keyed hashes, and of vendors' ids."""
    kinds = list(kinds)
    sealed = [f"{name}: {codes(names)}" for name, names in sealed_in(kinds).items()]
    hashes, ids = readable_in(kinds)
    return "; ".join(sealed) or "none", codes(hashes) or "none", codes(ids) or "none"


def _meanings() -> Iterator[list[str]]:
    everywhere = [kind for kinds in records_in_topics().values() for kind in kinds]
    everywhere += records_in_tables().values()
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, names in sealed_in(everywhere).items():
        for name in names:
            found[name, meaning(kind, name)].append(kind)
    for (name, holds), kinds in sorted(found.items()):
        yield [code(name), codes(kinds), holds]


def _readers(name: str) -> str:
    """The programs that may read a topic."""
    readers = (one for one in Program if any(_reads(right, name) for right in rights_of(one)))
    return ", ".join(sorted(readers))


def _reads(right: Right, name: str) -> bool:
    if (right.resource, right.operation) != (Resource.TOPIC, Operation.READ):
        return False
    return name.startswith(right.name) if right.prefixed else name == right.name
