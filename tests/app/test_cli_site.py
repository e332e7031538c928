"""Commands on a broker without a site, and on a site that they don't fit."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.local.broker import Broker, free_port
from tests.app.command_line import COMMANDS, LOCAL, Outcome, arguments, run_forked, start
from tests.app.test_cli_faults import SITE, refusal

pytestmark = pytest.mark.kafka
#: These run until they are ended, or need a CRM.
ENDLESS = {"leadgate audit tail", "leadgate worker", "leadgate web", "leadgate poll"}
CRM_FIRST = {"leadgate init", "leadgate sync-crm", "leadgate provision"}
KEYED = ["leadgate import", "leadgate undo", "leadgate release", "leadgate audit recompute"]
LATIN = "First Name,Last Name,Title,Company,Email\nJörg,Ode,CEO,Ode,j@ode.test\n".encode("latin-1")


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
    settings = SITE | {"KAFKA_BOOTSTRAP_SERVERS": broker.address}
    # topics and the site's mark come before the CRM is asked, which is not there
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
        (("import", "binary.csv"), "binary.csv, line 1: not UTF-8"),
        (("import", "latin.csv"), "latin.csv, line 2: not UTF-8; save it as 'CSV UTF-8'"),
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


@pytest.mark.parametrize("command", [("audit", "tail"), ("poll",)])
def test_ctrl_c_ends_what_follows_a_topic(
    provisioned: dict[str, str], command: tuple[str, ...]
) -> None:
    port = int(provisioned["KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2])
    with start(*command, settings=provisioned) as process:
        while port not in _connected_to(process.pid):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def _connected_to(pid: int) -> set[int]:
    """The remote ports of a process's connections."""
    found = psutil.Process(pid).net_connections("tcp")
    return {one.raddr.port for one in found if one.status == psutil.CONN_ESTABLISHED}
