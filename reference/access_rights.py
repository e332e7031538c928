"""docs/reference/access-rights.md: which user may do what on the broker, as commands to paste."""

from collections import defaultdict
from collections.abc import Iterable

from app.kafka.access_rights import Program, Resource, Right, rights_of
from leads import topics
from reference.markdown import code, codes, page, table

_HEAD = f"""\
Each program connects as a user of its own (`KAFKA_SASL_USERNAME`) and needs these rights. Nobody
else needs a right on topics that begin with `{topics.PREFIX}`, on `{topics.CHANGELOG}`, or on
the group `{topics.APP_ID}`. Leadgate uses no transactions, so no right on transactional ids is
needed. IdempotentWrite isn't needed either: since Kafka 3.0 whoever may write a topic may write it
idempotently.

The broker needs an authorizer that refuses what no ACL allows:

```
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
```

`tests/integration/test_secured_site.py` gives the users of a real broker the rights of this page
and no other: each program does its work with them, and what they leave out is refused.

A *prefixed* right holds for all names that begin so. `kafka-acls.sh` is Kafka's own tool. Set
`BROKER` to a broker's address, and put an administrator's login into `admin.properties`. Users may
have other names: replace those after `User:`. Several workers share one user."""
_ABOUT = {
    Program.WORKER: "`leadgate worker`. It is the only one that writes what stages decide.",
    Program.POLLER: "`leadgate poll`.",
    Program.WEB: "`leadgate web`. It takes requests from outside, so it writes no decision, rule or"
    " audit event.",
    Program.OPERATOR: "Every other command: `provision`, `doctor`, `sync-crm`, `import`, `review`,"
    " `release`, `undo`, `replay`, `why`, `audit`. Who has this login decides about leads.",
    Program.READER: "A site's own program that reads the audit and leads in fallback, such as"
    " `examples/audit-consumer`. It writes nothing. Its consumer group is its own.",
}


def make_page() -> str:
    """The page's text."""
    parts = [_of_program(program) for program in Program]
    source = "`leads/topics.py` and `app/kafka/access_rights.py`"
    return page("Access rights in Kafka", source, _HEAD, *parts)


def _of_program(program: Program) -> str:
    groups = _by_operations(rights_of(program))
    shown = table(("resource", "operations"), (_row(*group) for group in groups))
    commands = "\n".join(_command(program, *group) for group in groups)
    heading = f"## {program.capitalize()}: {code(f'User:{program.user}')}"
    return f"{heading}\n\n{_ABOUT[program]}\n\n{shown}\n\n```sh\n{commands}\n```"


#: What is alike in rights that one command can give: the resource, whether it is a prefix, and the
#: operations.
_Group = tuple[Resource, bool, tuple[str, ...]]


def _by_operations(rights: Iterable[Right]) -> list[tuple[_Group, list[str]]]:
    """The names that have the same operations, together."""
    operations: dict[tuple[Resource, bool, str], list[str]] = defaultdict(list)
    for right in rights:
        operations[right.resource, right.prefixed, right.name].append(right.operation)
    names: dict[_Group, list[str]] = defaultdict(list)
    for (resource, prefixed, name), allowed in operations.items():
        names[resource, prefixed, tuple(allowed)].append(name)
    return list(names.items())


def _row(group: _Group, names: list[str]) -> list[str]:
    resource, prefixed, operations = group
    kind = f"{resource}s" if len(names) > 1 else resource
    prefix = "prefixed " if prefixed else ""
    return [f"{prefix}{kind} {codes(names)}".strip(), ", ".join(operations)]


def _command(program: Program, group: _Group, names: list[str]) -> str:
    resource, prefixed, operations = group
    allowed = [f"--operation {operation}" for operation in operations]
    lines = [
        "kafka-acls.sh --bootstrap-server $BROKER --command-config admin.properties --add",
        f"  --allow-principal User:{program.user} {' '.join(allowed)}",
    ]
    if prefixed:
        lines[-1] += " --resource-pattern-type prefixed"
    lines += [f"  --{resource} {name}".rstrip() for name in names]
    return " \\\n".join(lines)
