"""What each program does on the broker: the rights that its user needs, and no other.

Topics come from `flow` in leads/topics.py. A user has a right by its ACL on the broker
(https://kafka.apache.org/documentation/#security_authz); Kafka lets whoever may read or write a
topic describe it, too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from leads import topics
from leads.audit_kinds.model import STAGES
from leads.topics import Topic


class Program(StrEnum):
    """A program with a user of its own on the broker."""

    WORKER = "worker"
    POLLER = "poller"
    WEB = "web"
    OPERATOR = "operator"  # whoever types commands
    READER = "reader"  # a site's own program that reads the audit

    @property
    def user(self) -> str:
        """The name that the documents give its user."""
        return f"leadgate-{self}"


class Resource(StrEnum):
    """What a right is about; as `kafka-acls` names it."""

    TOPIC = "topic"
    GROUP = "group"
    CLUSTER = "cluster"


class Operation(StrEnum):
    """An operation, as `kafka-acls` names it."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DELETE = "Delete"
    ALTER_CONFIGS = "AlterConfigs"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One operation on one resource. `prefixed`: on all whose names begin with `name`; the cluster
    has no name."""

    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False


#: The reader's consumer groups begin with this; those of examples/audit-consumer do.
READER_GROUPS = "audit-consumer"
#: The programs behind the words of a topic's `flow`.
_PROGRAMS: dict[str, Program] = {
    **dict.fromkeys((*STAGES, "stages", "lead stages", "timers", "workers"), Program.WORKER),
    **dict.fromkeys(("poller", "sheets"), Program.POLLER),
    "web server": Program.WEB,
    **dict.fromkeys(
        (
            "importer provision replay release undo unmerge erase export sync-crm people audit why"
        ).split(),
        Program.OPERATOR,
    ),
    "review queue": Program.OPERATOR,
    "consumers": Program.READER,
}
_THE_SAME = "the same"


def users_of(topic: Topic) -> tuple[frozenset[Program], frozenset[Program]]:
    """The programs that write a topic, and those that read it.

    Raises KeyError for a word of its `flow` that names no program.
    """
    writers, readers = (side.split(", ") for side in _plain(topic.flow).split(" -> "))
    if _THE_SAME in readers:
        readers = [*writers, *(name for name in readers if name != _THE_SAME)]
    return (
        frozenset(_PROGRAMS[name] for name in writers),
        frozenset(_PROGRAMS[name] for name in readers),
    )


def _plain(flow: str) -> str:
    return re.sub(r" \([^)]*\)", "", flow)


def rights_of(program: Program) -> list[Right]:
    """All rights that a program's user needs, in order."""
    return sorted({*_of_topics(program), *_BESIDE[program]})


def _of_topics(program: Program) -> Iterator[Right]:
    for topic in topics.TOPICS:
        writers, readers = users_of(topic)
        if program in writers:
            yield Right(Resource.TOPIC, topic.full, Operation.WRITE)
        if program in readers and program is not Program.OPERATOR:  # who may read all of them
            yield Right(Resource.TOPIC, topic.full, Operation.READ)


def _on_all_topics(*operations: Operation) -> Iterator[Right]:
    """Rights on every topic of Leadgate's, the state's changelog included."""
    for operation in operations:
        yield Right(Resource.TOPIC, topics.PREFIX, operation, prefixed=True)
        yield Right(Resource.TOPIC, topics.CHANGELOG, operation)


def _on(resource: Resource, name: str, *operations: Operation) -> Iterator[Right]:
    for operation in operations:
        yield Right(resource, name, operation)


#: Rights that no topic's `flow` tells. A worker checks all topics when it starts, begins the state
#: with the site's mark, and deletes old records. `provision` begins the state, too, and
#: `rebuild-state` writes all of it; both make topics, and set for how long they are kept. `replay`
#: sets the workers' group back, and an import asks how far it is. `doctor` lists ACLs and sizes,
#: for which the broker wants Describe on the cluster.
_BESIDE: dict[Program, tuple[Right, ...]] = {
    Program.WORKER: (
        *_on_all_topics(Operation.DESCRIBE_CONFIGS),
        Right(Resource.TOPIC, topics.PREFIX, Operation.DESCRIBE, prefixed=True),
        *_on(Resource.TOPIC, topics.CHANGELOG, Operation.READ, Operation.WRITE),
        *_on(Resource.GROUP, topics.APP_ID, Operation.READ),
        *(Right(Resource.TOPIC, topic.full, Operation.DELETE) for topic in topics.SHORTENED),
    ),
    Program.POLLER: (),
    Program.WEB: (),
    Program.OPERATOR: (
        *_on_all_topics(Operation.CREATE, Operation.READ, Operation.DESCRIBE_CONFIGS),
        Right(Resource.TOPIC, topics.PREFIX, Operation.ALTER_CONFIGS, prefixed=True),
        *_on(Resource.TOPIC, topics.CHANGELOG, Operation.WRITE),
        *_on(Resource.GROUP, topics.APP_ID, Operation.READ),
        Right(Resource.CLUSTER, "", Operation.DESCRIBE),
    ),
    Program.READER: (Right(Resource.GROUP, READER_GROUPS, Operation.READ, prefixed=True),),
}
