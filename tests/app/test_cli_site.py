"""Commands on a broker without a site, and on a site that they don't fit."""

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.base.settings import Settings
from app.kafka.clients import consuming, ends
from app.local.broker import Broker, free_port
from tests.app.command_line import COMMANDS, LOCAL, Outcome, arguments, run_forked, start
from tests.app.test_cli_errors import SITE, refusal
from tests.limits import HUNG

pytestmark = pytest.mark.kafka
#: These run until they are ended, or need a CRM.
ENDLESS = {
    *("leadgate audit tail", "leadgate worker", "leadgate web", "leadgate poll"),
    *("leadgate console project", "leadgate console serve"),
}
CRM_FIRST = {"leadgate init", "leadgate sync-crm", "leadgate provision"}
KEYED = [
    "leadgate import",
    "leadgate undo",
    "leadgate unmerge",
    "leadgate release",
    "leadgate audit recompute",
    "leadgate keys rewrap",
    "leadgate console rebuild",
    *("leadgate console project", "leadgate console serve"),
]
LATIN = "First Name,Last Name,Title,Company,Email\nPeña,Ode,CEO,Ode,j@ode.test\n".encode("latin-1")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of a broker without topics."""
    broker = Broker(tmp_path_factory.mktemp("empty"), free_port())
    broker.start()
    yield SITE | {"KAFKA_BOOTSTRAP_SERVERS": broker.address}
    broker.stop()


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of a site with topics and without leads."""
    directory = tmp_path_factory.mktemp("provisioned")
    broker = Broker(directory / "broker", free_port())
    broker.start()
    settings = SITE | {
        "KAFKA_BOOTSTRAP_SERVERS": broker.address,
        "LEADGATE_DATABASE_URL": f"sqlite:///{directory / 'leadgate.db'}",
    }
    # topics, database and the site's mark come before the CRM is asked, which is not there
    provision = run_forked("provision", settings=settings, directory=directory)
    assert "All connection attempts failed" in refusal(provision)
    yield settings
    broker.stop()


def assert_is_clear(outcome: Outcome) -> None:
    """It ended by itself, and said why if it did not do its task."""
    assert outcome.code in {0, 1, 2}, outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out + outcome.err


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - LOCAL - ENDLESS - CRM_FIRST))
def test_a_broker_without_topics(tmp_path: Path, empty: dict[str, str], name: str) -> None:
    outcome = run_forked(*arguments(name, tmp_path), settings=empty, directory=tmp_path)
    assert_is_clear(outcome)


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - LOCAL - ENDLESS - {"leadgate provision"}))
def test_a_site_without_leads(tmp_path: Path, provisioned: dict[str, str], name: str) -> None:
    outcome = run_forked(*arguments(name, tmp_path), settings=provisioned, directory=tmp_path)
    assert_is_clear(outcome)


@pytest.mark.parametrize("name", KEYED)
def test_another_secret_is_refused(tmp_path: Path, provisioned: dict[str, str], name: str) -> None:
    settings = provisioned | {"LEADGATE_SITE_SECRET": "another"}
    outcome = run_forked(*arguments(name, tmp_path), settings=settings, directory=tmp_path)
    [line] = refusal(outcome).splitlines()
    assert line.startswith("LEADGATE_SITE_SECRET is not the one")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("why", "nobody"), "no event of lead nobody; leadgate review list"),
        (("review", "show", "nobody"), "lead nobody does not wait for a person"),
        (("undo", "--import", "x.csv:0", "--actor", "me"), "no lead came with import x.csv:0"),
        (("import", "nonsense.csv"), "nonsense.csv: no column First Name"),
        (("import", "binary.csv"), "binary.csv, line 2: no text"),
        (("import", "latin.csv"), "latin.csv, line 2: not UTF-8; save it as 'CSV UTF-8'"),
        (("import", "latin.csv", "--encoding", "ascii"), "latin.csv, line 2: not ascii"),
        (("import", "--resubmit", "nonsense.csv", "--actor", "me"), "no column record_id"),
        (("replay", "--from", "yesterday"), "'yesterday' is not a time"),
        (("replay", "--topic", "nonsense", "--from", "0"), "nonsense"),
    ],
)
def test_what_is_not_there_is_named(
    tmp_path: Path, provisioned: dict[str, str], command: tuple[str, ...], expected: str
) -> None:
    (tmp_path / "nonsense.csv").write_text("a,b\n1,2\n")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 2000)
    (tmp_path / "latin.csv").write_bytes(LATIN)
    outcome = run_forked(*command, settings=provisioned, directory=tmp_path)
    assert expected in refusal(outcome)


@pytest.mark.parametrize("command", [("audit", "tail"), ("poll",), ("console", "project")])
def test_ctrl_c_ends_what_follows_a_topic(
    provisioned: dict[str, str], command: tuple[str, ...]
) -> None:
    port = int(provisioned["KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2])
    with start(*command, settings=provisioned) as process:
        while port not in _connected_to(process.pid):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HUNG)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def _connected_to(pid: int) -> set[int]:
    """The remote ports of a process's connections."""
    found = psutil.Process(pid).net_connections("tcp")
    return {one.raddr.port for one in found if one.status == psutil.CONN_ESTABLISHED}


HEADER = "First Name,Last Name,Title,Company,Email,List\n"


def test_an_import_says_what_it_did(tmp_path: Path, provisioned: dict[str, str]) -> None:
    rows = "A,B,CEO,Count,a@count.test,x\nC,D,CEO,Count,c@count.test,x\n"
    (tmp_path / "count.csv").write_text(HEADER + rows + rows)

    def lines() -> list[str]:
        done = run_forked("import", "count.csv", settings=provisioned, directory=tmp_path)
        assert (done.code, done.err) == (0, "")
        return done.out.splitlines()

    first, counts, unused = lines()
    assert first.startswith("4 rows as import count.csv:")
    assert counts.startswith("2 captured, 2 exact duplicates; 0 without effect")
    assert unused == "columns that are read under another name: List as Lists"
    assert lines()[1].startswith("2 captured, 2 exact duplicates; 2 without effect")


def test_a_dry_run_captures_nothing_and_needs_no_broker(
    tmp_path: Path, provisioned: dict[str, str]
) -> None:
    (tmp_path / "dry.csv").write_text(HEADER + "A,B,CEO,Dry,a@dry.test,\n")
    away = {**provisioned, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    done = run_forked("import", "dry.csv", "--dry-run", settings=away, directory=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("nothing was captured\n")
    assert "1 row: 1 review" in done.out
    said = run_forked("import", "dry.csv", "--dry-run", "--json", settings=away, directory=tmp_path)
    [row] = json.loads(said.out)["preview"]
    assert (row["name"], row["becomes"]) == ("A B", "review")


def test_ctrl_c_says_how_many_rows_are_captured(
    tmp_path: Path, provisioned: dict[str, str]
) -> None:
    """No worker runs, so that a bulk import waits for room."""
    path = tmp_path / "bulk.csv"
    path.write_text(HEADER + "".join(f"A,B,CEO,X,a{n}@bulk.test,\n" for n in range(2000)))
    captured = "leadgate.captured"
    with start("import", str(path), settings=provisioned) as process:
        while _length(provisioned, captured) < 500:
            assert process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HUNG)
    assert (process.returncode, out) == (130, "")
    assert err.count("\n") == 1, err
    assert err.startswith("interrupted: ")
    assert err.split()[1].isdecimal()
    assert "Run the same command again" in err


def test_a_wrapping_key_is_replaced(tmp_path: Path, provisioned: dict[str, str]) -> None:
    (tmp_path / "keys.csv").write_text(HEADER + "A,B,CEO,Keys,a@keys.test,\n")
    new = provisioned | {"LEADGATE_WRAPPING_SECRET": "b7c0ffee8d21f94a"}
    both = new | {"LEADGATE_OTHER_WRAPPING_SECRET": provisioned["LEADGATE_SITE_SECRET"]}

    def done(*command: str, settings: dict[str, str]) -> Outcome:
        return run_forked(*command, settings=settings, directory=tmp_path)

    assert done("import", "keys.csv", settings=provisioned).code == 0
    for command in (("worker", "--data", "w"), ("import", "keys.csv", "--again", "--force")):
        refused = refusal(done(*command, settings=new))
        assert "LEADGATE_SITE_SECRET: set LEADGATE_OTHER_WRAPPING_SECRET" in refused
    assert "keys of leads are wrapped with LEADGATE_OTHER" in done("doctor", settings=both).out
    rewrapped = done("keys", "rewrap", "--json", settings=both)
    assert rewrapped.code == 0
    report = json.loads(rewrapped.out)
    assert report.pop("rewrapped") >= 1
    assert report == {"left": 0, "faults": []}
    assert done("keys", "rewrap", settings=both).out.startswith("0 keys were wrapped again\n")
    assert "no key of a lead is wrapped with LEADGATE_OTHER" in done("doctor", settings=both).out
    assert done("import", "keys.csv", "--again", "--force", settings=new).code == 0
    refused = refusal(done("keys", "rewrap", settings=provisioned))
    assert "set LEADGATE_OTHER_WRAPPING_SECRET" in refused
    back = provisioned | {"LEADGATE_OTHER_WRAPPING_SECRET": new["LEADGATE_WRAPPING_SECRET"]}
    assert done("keys", "rewrap", settings=back).code == 0


def _length(settings: dict[str, str], topic: str) -> int:
    """How many records a topic has."""

    async def count() -> int:
        broker = Settings.model_construct(
            kafka_bootstrap_servers=settings["KAFKA_BOOTSTRAP_SERVERS"]
        )
        async with consuming(broker) as consumer:
            return sum((await ends(consumer, [topic])).values())

    return asyncio.run(count())
