"""The whole program on a broker with TLS, SCRAM and ACLs: each program has a user of its own, with
the rights of docs/reference/access-rights.md and no other."""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

from app.base.settings import Settings
from app.kafka.access_rights import READER_GROUPS, Operation, Program, Resource, rights_of
from app.kafka.clients import connection, producing, read_topic
from app.local.broker import free_port
from app.operations.replay import commit_offsets
from app.setup.provision import wanted
from leads import topics
from leads.keys import lead_id
from tests.samples import CSV_COLUMNS, captured, contact
from tests.secured_site import STAGES_SHORT, SecuredSite, login
from tests.sites import broken_promises

pytestmark = pytest.mark.kafka
SECRET = "9c41e07d52ab8f36"
AT_REST = {"engaged", "nurtured"}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredSite]:
    """Broker, sandbox, rights; topics, properties and snapshot, made by the operator."""
    one = SecuredSite(tmp_path_factory.mktemp("secured"))
    try:
        one.start_servers()
        one.grant_rights()
        one.provision()
        one.sync()
        yield one
    finally:
        one.stop()


def write_csv(path: Path) -> Path:
    """An export with one good lead."""
    row = ("Ada", "Byron", "VP Sales", "Firm Inc.", "ada@firm.com", "Verified", "United States")
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([CSV_COLUMNS, (*row, "firm.com")])
    return path


def post(site: SecuredSite) -> str:
    """Send a lead to the web process; its id."""
    port = free_port()
    more = {"LEADGATE_WEB_SECRET": SECRET, **login(Program.WEB.user)}
    site.spawn("web", "web", "--port", str(port), **more)
    body = {**contact(1, company="hooked"), "email_status": "verified"}
    address = f"http://127.0.0.1:{port}"

    def is_taken() -> bool:
        try:
            headers = {"x-webhook-secret": SECRET}
            answer = httpx.post(f"{address}/capture/zapier", json=body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.status_code == 202

    site.wait_for(is_taken, why="the web process takes no lead")
    return lead_id("zapier", body["id"])


def test_each_program_does_its_work_with_its_own_rights(
    secured: SecuredSite, tmp_path: Path
) -> None:
    secured.work(LEADGATE_RETENTION_SECONDS="1", **login(Program.WORKER.user))
    secured.poll(**login(Program.POLLER.user))
    hooked = post(secured)
    done = secured.leadgate("import", str(write_csv(tmp_path / "leads.csv")), "--wait")
    assert sum(done["settled"]["places"].values()) == 1
    [untitled] = secured.capture(captured(2, title=None, company="untitled"))
    secured.wait_for(lambda: secured.place_of(hooked) in AT_REST)
    secured.wait_for(lambda: secured.place_of(untitled) == "review")
    decision = ("--set", "title=VP Sales", "--actor", "olga", "--reason", "she told us")
    assert secured.leadgate("review", "resolve", untitled, *decision)["decided"]
    secured.wait_for(lambda: secured.place_of(untitled) in AT_REST)
    secured.wait_settled(3)
    assert broken_promises(secured) == []
    secured.leadgate("undo", "--import", done["import"], "--actor", "olga")
    secured.wait_for(lambda: "undone" in secured.places().values())
    secured.wait_for((secured.data / "waiting.csv").exists, why="no sheet was written")
    said = secured.data / "worker.log"
    secured.wait_for(lambda: "old records deleted" in said.read_text(), why="none was deleted")
    for name in ("worker", "poller", "web"):
        secured.kill(name, 15)
        assert "AuthorizationFailed" not in (secured.data / f"{name}.log").read_text()
    secured.remove_members()
    assert secured.leadgate("replay", "--from", "1h")["records"]


def test_provision_corrects_what_the_broker_keeps(secured: SecuredSite) -> None:
    rules = secured.data / "rules.yaml"
    before = rules.read_text()
    rules.write_text(before.replace(STAGES_SHORT, "retention: {dead_letters: 30}\n"))
    try:
        name = topics.DEAD.full
        old, new = 400 * 86_400_000, 30 * 86_400_000
        wanted = f"topic {name}: retention.ms is {old}, it becomes {new}"
        notes = secured.leadgate("doctor")["notes"]
        assert f"{wanted} by leadgate provision" in notes
        made = secured.leadgate("provision", "--dry-run")["would_make"]
        assert wanted in made
        assert set(secured.leadgate("provision")["made"]) == set(made)
        secured.wait_for(lambda: not _about(secured.leadgate("doctor"), name))
        found = secured.leadgate("doctor")
        [kept] = [one for one in found["topics"] if one["topic"] == name]
        assert kept["days"] == 30
        assert all(one["size"] is not None for one in found["topics"])
    finally:
        rules.write_text(before)


def _about(found: dict[str, list[str]], topic: str) -> list[str]:
    return [note for note in found["notes"] if note.startswith(f"topic {topic}:")]


def test_doctor_finds_nothing_open(secured: SecuredSite) -> None:
    found = secured.leadgate("doctor")
    assert found["faults"] == []
    assert [note for note in found["notes"] if note.startswith("kafka:")] == []
    asked = secured.leadgate("doctor", **login(Program.WORKER.user))
    [note] = [note for note in asked["notes"] if note.startswith("kafka:")]
    assert note.startswith("kafka: leadgate-worker may not list ACLs")


def topics_of(program: Program, operation: Operation) -> set[str]:
    """The topics that a program's user has this right on by name."""
    found = set()
    for right in rights_of(program):
        if right.resource is Resource.TOPIC and right.operation is operation:
            found.add(right.name)
    return found


@pytest.mark.parametrize("program", [p for p in Program if p is not Program.READER])
def test_a_program_writes_no_topic_that_the_page_does_not_give_it(
    secured: SecuredSite, program: Program
) -> None:
    refused = wanted().keys() - topics_of(program, Operation.WRITE)

    async def write() -> None:
        async with producing(secured.settings_of(program.user)) as producer:
            for name in refused:
                with pytest.raises(TopicAuthorizationFailedError):
                    await producer.send_and_wait(name, b"{}", key=b"k")

    assert refused
    asyncio.run(write())


def test_what_decides_is_written_by_operator_and_worker_alone() -> None:
    writers = {}
    for topic in (topics.REVIEW_DECISIONS, topics.RULES, topics.AUDIT):
        writers[topic.name] = {p for p in Program if topic.full in topics_of(p, Operation.WRITE)}
    both = {Program.OPERATOR, Program.WORKER}
    assert writers == {"review-decisions": both, "rules": both, "audit": both}


def test_a_reader_writes_nothing(secured: SecuredSite) -> None:
    """Kafka gives a producer's id to nobody who may write no topic."""
    settings = secured.settings_of(Program.READER.user)

    async def write() -> None:
        async with producing(settings):
            pass

    with pytest.raises(ClusterAuthorizationFailedError):
        asyncio.run(write())


@pytest.mark.parametrize("program", [Program.POLLER, Program.WEB, Program.READER])
def test_a_program_sees_no_topic_that_the_page_does_not_give_it(
    secured: SecuredSite, program: Program
) -> None:
    given = topics_of(program, Operation.READ) | topics_of(program, Operation.WRITE)
    for name in wanted().keys() - given:
        with pytest.raises(TopicAuthorizationFailedError):
            asyncio.run(read(secured.settings_of(program.user), name))


async def read(settings: Settings, name: str) -> int:
    """How many records a topic has."""
    return len([record async for record in read_topic(settings, name)])


async def remaining(consumer: AIOKafkaConsumer) -> int:
    """How many offsets lie before the consumer in its partitions."""
    end = await consumer.end_offsets(consumer.assignment())
    left = [offset - await consumer.position(tp) for tp, offset in end.items()]
    return sum(left)


def test_a_reader_reads_the_audit_in_a_group_of_its_own(secured: SecuredSite) -> None:
    settings = secured.settings_of(Program.READER.user)

    name = topics.AUDIT.full

    async def consume(group: str) -> int:
        consumer = AIOKafkaConsumer(
            name, **connection(settings), group_id=group, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            count = 0
            while not consumer.assignment() or await remaining(consumer):
                batches = await consumer.getmany(timeout_ms=500)
                count += sum(map(len, batches.values()))
            return count
        finally:
            await consumer.stop()

    written = asyncio.run(read(secured.settings(), name))
    assert asyncio.run(consume(f"{READER_GROUPS}-1")) == written
    with pytest.raises(GroupAuthorizationFailedError):
        asyncio.run(consume(topics.APP_ID))


def test_nobody_but_worker_and_operator_sets_the_workers_back(secured: SecuredSite) -> None:
    start = {TopicPartition(topics.CAPTURED.full, 0): 0}
    with pytest.raises(GroupAuthorizationFailedError):
        asyncio.run(commit_offsets(secured.settings_of(Program.WEB.user), start))
