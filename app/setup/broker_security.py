"""What `leadgate doctor` says of the broker's security: who can read the connection, who may
connect, and who may write Leadgate's topics."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SecurityDisabled,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.admin import DescribeAclsRequest
from aiokafka.protocol.metadata import MetadataRequest

from app.base.settings import Settings
from app.kafka.clients import administering
from app.setup.provision import wanted

_DENIALS = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)
_PAGE = "docs/reference/access-rights.md"
_ANY = 1  # of a resource's type, a pattern's type, an operation and a permission (KIP-140, KIP-290)
_TOPIC = 2  # a resource's type
#: A topic that does not exist, outside Leadgate's prefix.
_WITHOUT_ACL = "no-topic-of-leadgate"
_DEFAULT = "allow.everyone.if.no.acl.found"
#: Principals that stand for everybody: all users, and those without a login.
EVERYBODY = ("User:*", "User:ANONYMOUS")


class Pattern(IntEnum):
    """How an ACL names its resource (KIP-290)."""

    LITERAL = 3
    PREFIXED = 4


class Operation(IntEnum):
    """Operations of ACLs that matter here (KIP-140)."""

    ALL = 2
    WRITE = 4


class Permission(IntEnum):
    """Whether an ACL denies or allows (KIP-140)."""

    DENY = 2
    ALLOW = 3


@dataclass(frozen=True, slots=True)
class Acl:
    """One ACL of a topic, as the broker describes it; `*` as a literal name means all topics."""

    name: str
    pattern: int
    principal: str
    operation: int
    permission: int

    def covers(self, topic: str) -> bool:
        """Whether it is about this topic."""
        if self.pattern == Pattern.PREFIXED:
            return topic.startswith(self.name)
        return self.name in {topic, "*"}

    def is_about_writing(self, principal: str) -> bool:
        """Whether it is about writing, and this principal."""
        everyone = self.principal in {principal, EVERYBODY[0]}
        return everyone and self.operation in {Operation.ALL, Operation.WRITE}


def describe_denial(error: Exception, settings: Settings) -> str:
    """What to do about an error of the broker that means a right is missing; '' for others."""
    if not isinstance(error, _DENIALS):
        return ""
    user = "ANONYMOUS"
    if settings.kafka_security_protocol.startswith("SASL"):
        user = settings.kafka_sasl_username
    return (
        f"the broker at {settings.kafka_bootstrap_servers} does not allow this to User:{user}"
        f" ({error}): give this user the rights of its program ({_PAGE})"
    )


async def security_notes(settings: Settings) -> list[str]:
    """A sentence for each thing that leaves the broker open.

    Raises KafkaError when the broker does not answer.
    """
    notes = connection_notes(settings)
    async with administering(settings) as admin:
        try:
            acls = await _describe_acls(admin)
        except SecurityDisabled:
            return [*notes, _no_authorizer()]
        except ClusterAuthorizationFailedError:
            return [*notes, _unknown(settings)]
        closed = await _hides_topics_without_acls(admin)
    return notes + acl_notes(acls, wanted(), closed=closed)


def connection_notes(settings: Settings) -> list[str]:
    """What the protocol leaves open, unless every broker is on this machine."""
    hosts = []
    for broker in settings.kafka_bootstrap_servers.split(","):
        host = host_of(broker.strip())
        if not is_loopback(host):
            hosts.append(host)
    if not hosts:
        return []
    protocol = settings.kafka_security_protocol
    plain = protocol == "SASL_PLAINTEXT" and settings.kafka_sasl_mechanism == "PLAIN"
    gaps = []
    if plain:
        gaps.append("the password of KAFKA_SASL_USERNAME can be read on the way")
    if "SSL" not in protocol:
        gaps.append("records can be read and changed on the way")
    if not protocol.startswith("SASL"):
        gaps.append("the broker doesn't know who connects, so no ACL can name Leadgate's users")
    if not gaps:
        return []
    where = f"KAFKA_SECURITY_PROTOCOL is {protocol}, and {', '.join(hosts)} is not this machine"
    advice = "Set it to SASL_SSL, with KAFKA_SASL_MECHANISM SCRAM-SHA-512"
    return [f"kafka: {where}: {'; '.join(gaps)}. {advice}"]


def host_of(broker: str) -> str:
    """The host of `HOST`, `HOST:PORT`, `[IPV6]:PORT` or a bare IPv6 address."""
    if broker.startswith("["):
        return broker[1:].partition("]")[0]
    host, colon, rest = broker.partition(":")
    return broker if colon and ":" in rest else host


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine: `localhost` (RFC 6761), 127.0.0.0/8, ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        name = host.rstrip(".").lower()
        return name == "localhost" or name.endswith(".localhost")


def acl_notes(acls: Iterable[Acl], topics: Iterable[str], *, closed: bool) -> list[str]:
    """A sentence if everybody may write some topics: by ACLs, or for want of any.

    `closed` says whether the broker is known to keep topics without an ACL from everybody.
    """
    known, names = list(acls), list(topics)
    notes = []
    if open_topics := [name for name in names if may_everybody_write(known, name)]:
        notes.append(
            f"kafka: everybody may write {_listed(open_topics)}: remove the ACLs for"
            f" {' and '.join(EVERYBODY)}, and give each program its own ({_PAGE})"
        )
    bare = [name for name in names if not any(acl.covers(name) for acl in known)]
    if bare and not closed:
        notes.append(
            f"kafka: no ACL is about {_listed(bare)}, and the broker shows topics without ACLs:"
            f" unless this user is a superuser, everybody may write them. Set {_DEFAULT} to false,"
            f" and give each program its ACLs ({_PAGE})"
        )
    return notes


def may_everybody_write(acls: Iterable[Acl], topic: str) -> bool:
    """Whether one of EVERYBODY may write a topic. A denial counts more than a permission."""
    about = [acl for acl in acls if acl.covers(topic)]
    for principal in EVERYBODY:
        found = {acl.permission for acl in about if acl.is_about_writing(principal)}
        if Permission.ALLOW in found and Permission.DENY not in found:
            return True
    return False


def _listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    first, more = ", ".join(names[:3]), len(names) - 3
    return f"{first} and {more} more topics" if more > 0 else first


def _no_authorizer() -> str:
    return (
        "kafka: the broker has no authorizer: whoever reaches it may write decisions and rules. Set"
        f" authorizer.class.name and {_DEFAULT}=false, and give each program its ACLs ({_PAGE})"
    )


def _unknown(settings: Settings) -> str:
    return (
        f"kafka: {settings.kafka_sasl_username or 'this user'} may not list ACLs, so who may write"
        " Leadgate's topics is unknown: run doctor as the operator, who may describe the cluster"
        f" ({_PAGE})"
    )


async def _describe_acls(admin: AIOKafkaAdminClient) -> list[Acl]:
    """All ACLs of topics. Raises SecurityDisabled without an authorizer,
    ClusterAuthorizationFailedError if this user may not ask."""
    answer = await admin._send_request(
        DescribeAclsRequest(_TOPIC, None, _ANY, None, None, _ANY, _ANY)
    )
    if answer.error_code:
        raise for_code(answer.error_code)(answer.error_message)
    acls = []
    for _type, name, pattern, entries in answer.resources:
        for principal, _host, operation, permission in entries:
            acls.append(Acl(name, pattern, principal, operation, permission))
    return acls


async def _hides_topics_without_acls(admin: AIOKafkaAdminClient) -> bool:
    """Whether this user may not see a topic that no ACL is about. The broker doesn't tell the
    authorizer's default itself: it takes the value for a secret."""
    request = MetadataRequest([_WITHOUT_ACL], allow_auto_topic_creation=False)
    answer = await admin._send_request(request)
    [(code, *_)] = answer.topics
    return bool(code == TopicAuthorizationFailedError.errno)
