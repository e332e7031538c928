"""What doctor says of connection, authorizer and ACLs."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app.base.settings import Settings
from app.setup import broker_security
from app.setup.broker_security import Acl, Operation, Pattern, Permission, acl_notes
from leads import topics
from tests.acls import add_acls
from tests.secured_broker import ADMIN, SecuredBroker

TOPICS = [topic.full for topic in topics.TOPICS]
RULES = topics.RULES.full


def notes(brokers: str, protocol: str, mechanism: str = "PLAIN") -> list[str]:
    """What is said of a connection."""
    update = {
        "kafka_bootstrap_servers": brokers,
        "kafka_security_protocol": protocol,
        "kafka_sasl_mechanism": mechanism,
    }
    settings = Settings.model_construct().model_copy(update=update)
    return broker_security.connection_notes(settings)


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize(
    "brokers", ["127.0.0.1:9092", "localhost", "[::1]:9092", "::1", "a.localhost:1,127.9.9.9:2"]
)
def test_nothing_is_said_of_a_broker_on_this_machine(brokers: str, protocol: str) -> None:
    assert notes(brokers, protocol) == []


@pytest.mark.parametrize(
    ("protocol", "mechanism", "gaps"),
    [
        ("PLAINTEXT", "PLAIN", ["records can be read", "doesn't know who connects"]),
        ("SSL", "PLAIN", ["doesn't know who connects"]),
        ("SASL_PLAINTEXT", "PLAIN", ["password of KAFKA_SASL_USERNAME", "records can be read"]),
        ("SASL_PLAINTEXT", "SCRAM-SHA-512", ["records can be read"]),
        ("SASL_SSL", "PLAIN", []),
        ("SASL_SSL", "SCRAM-SHA-512", []),
    ],
)
@pytest.mark.parametrize("host", ["kafka.acme.com", "10.0.0.1", "[2001:db8::1]", "localhost.com"])
def test_what_a_connection_leaves_open_is_named_with_the_host(
    host: str, protocol: str, mechanism: str, gaps: list[str]
) -> None:
    said = notes(f"127.0.0.1:9092,{host}:9092", protocol, mechanism)
    assert len(said) == bool(gaps)
    for line in said:
        assert f"{host.strip('[]')} is not this machine" in line
        assert line.endswith("Set it to SASL_SSL, with KAFKA_SASL_MECHANISM SCRAM-SHA-512")
        parts = line.partition("machine: ")[2].split("; ")
        assert [gap in part for gap, part in zip(gaps, parts, strict=True)] == [True] * len(gaps)


def acl(
    name: str,
    principal: str = "User:*",
    pattern: Pattern = Pattern.LITERAL,
    operation: int = Operation.WRITE,
    permission: Permission = Permission.ALLOW,
) -> Acl:
    """An ACL that lets everybody write, unless said otherwise."""
    return Acl(name, pattern, principal, operation, permission)


@pytest.mark.parametrize(
    "open_to_all",
    [
        acl(RULES),
        acl("*"),
        acl("leadgate.r", pattern=Pattern.PREFIXED),
        acl(RULES, "User:ANONYMOUS"),
        acl(RULES, operation=Operation.ALL),
    ],
)
def test_a_topic_that_everybody_may_write_is_named(open_to_all: Acl) -> None:
    own = [acl(name, "User:leadgate-worker") for name in TOPICS]
    [note] = acl_notes([*own, open_to_all], [RULES], closed=True)
    assert note.startswith(f"kafka: everybody may write {RULES}: remove the ACLs for User:*")


@pytest.mark.parametrize(
    "acls",
    [
        [acl(RULES, "User:leadgate-worker")],
        [acl(RULES, operation=3)],  # reading
        [acl("leadgate.rule")],  # another topic's name
        [acl(RULES), acl("*", permission=Permission.DENY)],
        [acl(RULES, "User:ANONYMOUS"), acl(RULES, permission=Permission.DENY)],
    ],
)
def test_a_topic_that_not_everybody_may_write_is_not(acls: list[Acl]) -> None:
    assert acl_notes(acls, [RULES], closed=True) == []


def test_topics_without_any_acl_are_named_unless_the_broker_hides_them() -> None:
    [note] = acl_notes([acl(RULES, "User:a")], TOPICS, closed=False)
    assert (
        "no ACL is about leadgate.captured, leadgate.validated, leadgate.links and 20 more" in note
    )
    assert acl_notes([acl(RULES, "User:a")], TOPICS, closed=True) == []
    assert acl_notes([acl("*", "User:a")], TOPICS, closed=False) == []


@given(st.lists(st.builds(acl, st.text(), st.text()), max_size=5), st.booleans())
def test_any_acl_is_understood(acls: list[Acl], closed: bool) -> None:
    for note in acl_notes(acls, TOPICS, closed=closed):
        assert note.startswith("kafka: ")


@pytest.mark.kafka
def test_a_broker_without_an_authorizer_is_named(kafka: str) -> None:
    settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
    [note] = asyncio.run(broker_security.security_notes(settings))
    assert note.startswith("kafka: the broker has no authorizer")


@pytest.mark.kafka
def test_an_acl_for_everybody_is_found_on_a_broker(tmp_path: Path) -> None:
    broker = SecuredBroker(tmp_path, {ADMIN: "admin-password", "broker": "its-own"})
    settings = Settings.model_construct(
        kafka_bootstrap_servers=broker.address,
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_mechanism="SCRAM-SHA-256",
        kafka_sasl_username=ADMIN,
        kafka_sasl_password=SecretStr("admin-password"),
        kafka_ssl_cafile=broker.authority.file,
    )
    command = (
        "kafka-acls.sh --bootstrap-server b --command-config c --add --allow-principal User:*"
        f" --operation Write --topic {RULES}"
    )
    broker.start()
    try:
        asyncio.run(add_acls(settings, f"```sh\n{command}\n```\n"))
        written, bare = asyncio.run(broker_security.security_notes(settings))
    finally:
        broker.stop()
    assert written.startswith(f"kafka: everybody may write {RULES}: ")
    assert "the broker shows topics without ACLs: unless this user is a superuser" in bare
