"""A whole site in a directory of its own, for tests that kill it, and the auditor that judges it
from outside."""

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
from aiokafka.protocol.group import LeaveGroupRequest

from app.audit.verify import verify_placement
from app.kafka.clients import administering, consuming, ends, producing, read_topic
from app.local.demo_report import judge
from app.local.demo_site import Site
from app.monitoring.lag import lag
from app.operations.replay import commit_offsets
from app.privacy.hash_key import open_keys
from leads import topics
from leads.keys import Keys, lead_id
from leads.records import Captured, Place, Record, encode
from tables.state import Table
from tests.app.command_line import Outcome, run_forked
from tests.limits import HUNG
from tests.places import PlaceFollower

T = TypeVar("T", bound=Record)


class SiteHarness(Site):
    """A site whose parts are started, killed and asked one by one."""

    __test__ = False
    hubspot_limit = 10_000

    def __init__(
        self,
        data: Path,
        leads: int = 400,
        seed: int = 1,
        rules: Callable[[str], str] = lambda text: text,
        crm: str = "hubspot",
    ) -> None:
        super().__init__(data, leads, seed, crm)
        self.environment()
        self._follower: PlaceFollower | None = None
        path = data / "rules.yaml"
        path.write_text(rules(path.read_text()))

    @cached_property
    def keys(self) -> Keys:
        """The site's hashes. It has been provisioned."""
        return asyncio.run(open_keys(self.settings()))

    def work(self, name: str = "worker", **more: str) -> None:
        """Start a worker with a directory and an id of its own."""
        self.spawn(name, "worker", "--data", str(self.data / name), LEADGATE_WORKER_ID=name, **more)

    def work_only(self, *stages: str) -> None:
        """Start a worker of some stages, on the same state as `work`."""
        out = (self.data / "worker.log").open("ab")
        command = [
            sys.executable,
            "-m",
            "tests.integration.partial",
            str(self.data / "worker"),
            ",".join(stages),
        ]
        self.children["worker"] = subprocess.Popen(
            command,
            env=self.environment() | {"LEADGATE_WORKER_ID": "worker"},
            stdout=out,
            stderr=out,
        )

    def produce(
        self, topic: topics.Topic, records: list[tuple[bytes, bytes]], partition: int | None = None
    ) -> None:
        """Write records as another program would."""

        async def send() -> None:
            async with producing(self.settings()) as producer:
                for key, value in records:
                    await producer.send_and_wait(topic.full, value, key=key, partition=partition)

        asyncio.run(send())

    def capture(self, *records: Captured) -> list[str]:
        """Capture records; their lead ids."""
        self.produce(
            topics.CAPTURED, [(f"{r.source}:{r.source_id}".encode(), encode(r)) for r in records]
        )
        return [lead_id(r.source, r.source_id) for r in records]

    def records(self, topic: topics.Topic) -> list[Any]:
        """Every record of a topic."""
        return self._read(topic.full)

    def rows(self, table: Table[T]) -> dict[str, T]:
        """A table's rows, as the changelog leaves them."""
        latest: dict[tuple[int, bytes], bytes | None] = {}
        for record in self._read(topics.CHANGELOG):
            latest[record.partition, record.key] = record.value
        prefix = table.key("")
        return {
            key.removeprefix(prefix).decode(): table.decode(value)
            for (_, key), value in latest.items()
            if value is not None and key.startswith(prefix)
        }

    def _read(self, topic: str) -> list[Any]:
        async def read() -> list[Any]:
            return [record async for record in read_topic(self.settings(), topic)]

        return asyncio.run(read())

    def places(self) -> dict[str, str]:
        """Where every lead is that has an event."""
        if self._follower is None:
            self._follower = PlaceFollower(self.settings())
        return self._follower.places()

    def place_of(self, lead: str) -> str:
        """Where a lead is, '' before its first event."""
        return self.places().get(lead, "")

    def wait_for(self, what: Callable[[], Any], why: str | Callable[[], object] = "") -> Any:
        """Wait until `what` is true; its value. `why` is what a failure says, or computes then."""
        deadline = time.monotonic() + HUNG
        while not (found := what()):
            self.check_children()
            assert time.monotonic() < deadline, (
                why() if callable(why) else why
            ) or "it did not come about"
            time.sleep(0.2)
        return found

    def poll(self, **more: str) -> None:
        """Start the poller."""
        self.spawn("poller", "poll", "--since", "0", **more)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a child by a signal, and wait for its end."""
        child = self.children.pop(name)
        child.send_signal(number)
        child.wait(HUNG)

    def stop(self) -> None:
        """Stop everything, under whatever name it was started, the broker last."""
        if self._follower is not None:
            self._follower.close()
            self._follower = None
        for name in [n for n in self.children if n != "sandbox"]:
            child = self.children.pop(name)
            child.send_signal(signal.SIGCONT)
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
        super().stop()

    def wait_for_end(self, name: str) -> int:
        """Wait until a child has ended by itself; its exit code."""
        return self.children.pop(name).wait(HUNG)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the sandbox's controls."""
        response = httpx.request(method, f"{self.base}/_control/{path}", json=body, timeout=HUNG)
        response.raise_for_status()
        return response.json()

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """The sandbox's objects of a kind."""
        found: list[dict[str, Any]] = self.control("GET", f"objects/{kind}")
        return found

    def crm(self, what: str) -> list[dict[str, Any]]:
        """What the CRM holds, whichever it is: people, users, tasks or enrolments (see
        sandbox/simulator.py)."""
        found: list[dict[str, Any]] = self.control("GET", f"crm/{what}")
        return found

    def account(self) -> dict[str, Any]:
        """The proof of conservation, from the log alone."""
        return asyncio.run(verify_placement(self.settings())).report()

    def wait_settled(self, captured: int) -> dict[str, Any]:
        """Wait until so many leads are captured and nothing is under way; the account."""
        deadline = time.monotonic() + HUNG
        settings = self.settings()
        while True:
            self.check_children()
            places = self.places()
            at_rest = len(places) >= captured and Place.IN_FLIGHT not in places.values()
            if at_rest and not sum(asyncio.run(lag(settings)).values()):
                report = self.account()
                if report["captured"] >= captured and not report["places"]["in_flight"]:
                    return report
            if time.monotonic() > deadline:
                raise AssertionError(f"not settled: {self.account()} {asyncio.run(lag(settings))}")
            time.sleep(0.3)

    def truth(self) -> dict[str, Any]:
        """Each lead's place against the sandbox's truth."""
        return judge(asyncio.run(verify_placement(self.settings())), self.control("GET", "truth"))

    def leadgate(self, *args: str, **more: str) -> Any:
        """Run a command with --json; what it printed.

        `more` are settings that differ from the site's.
        """
        done = self.ask(*args, "--json", **more)
        assert done.code in {0, 1}, done.err[-2000:]
        return json.loads(done.out)

    def refusal(self, *args: str, **more: str) -> str:
        """What a command says that refuses. `more` are settings that differ from the site's."""
        done = self.ask(*args, **more)
        assert done.code == 2, done.out
        return done.err

    def ask(self, *args: str, **more: str) -> Outcome:
        """Run a command to its end. `more` are settings that differ from the site's."""
        # not in the site's directory: what it prints is no file of the site
        with tempfile.TemporaryDirectory() as place:
            settings = self.variables() | more
            return run_forked(*args, settings=settings, directory=Path(place))

    def remove_members(self) -> None:
        """Take dead workers out of the group: it would wait for them until their session ends.

        A worker that runs has to join again.
        """

        async def remove() -> None:
            async with administering(self.settings()) as admin:
                coordinator = await admin.find_coordinator(topics.APP_ID)
                [described] = await admin.describe_consumer_groups([topics.APP_ID])
                for member, *_ in described.groups[0][5]:
                    leave = LeaveGroupRequest(topics.APP_ID, member)
                    answer = await admin._send_request_to_node(coordinator, leave)
                    assert answer.error_code == 0, answer

        asyncio.run(remove())

    def commit_to_the_end(self, topic: topics.Topic) -> None:
        """Commit past everything that lies in a topic, as a broken consumer would."""

        async def commit() -> None:
            settings = self.settings()
            async with consuming(settings) as reader:
                end = await ends(reader, [topic.full])
            await commit_offsets(settings, end)

        asyncio.run(commit())


def doubled_contacts(site: SiteHarness) -> list[str]:
    """Addresses and persons that the CRM holds twice (promise P2)."""
    seen: Counter[str] = Counter()
    for person in site.crm("people"):
        seen.update({person["email"], *person["emails"]} - {""})
        seen.update({person["key"]} - {""})
    return [name for name, count in seen.items() if count > 1]


def told_before_owned(site: SiteHarness) -> list[str]:
    """People who were ever in the nurture sequence and have no active owner in the CRM (promise
    P3)."""
    active = {u["email"] for u in site.crm("users") if u["active"]}
    owners = {p["id"]: p["owner"] for p in site.crm("people")}
    enrolled = {one["person"] for one in site.crm("enrolments")}
    # of a contact that was erased nobody can say any more who owned it
    return [one for one in enrolled & owners.keys() if owners[one] not in active]


def doubled_tasks(site: SiteHarness) -> list[str]:
    """Tasks that exist twice for one effect id (promise P7)."""
    seen = Counter(t["effect"] for t in site.crm("tasks"))
    return [effect for effect, count in seen.items() if count > 1]


def broken_promises(site: SiteHarness) -> list[str]:
    """What an auditor finds who reads only Kafka and the sandbox."""
    report = site.account()
    found = list(report["broken"])
    found += [] if report["conserved"] else ["not conserved"]
    found += [f"P2: twice in the CRM: {name}" for name in doubled_contacts(site)]
    found += [f"P3: reached without an active owner: {name}" for name in told_before_owned(site)]
    found += [f"P7: done twice: {body}" for body in doubled_tasks(site)]
    return found
