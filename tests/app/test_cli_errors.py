"""Whatever is wrong, a command ends in a clear message and an exit code, without a traceback."""

import errno
import socket
from itertools import product
from pathlib import Path

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from app.cli.error_messages import describe
from app.local.broker import free_port
from app.local.jars import MissingError
from connectors.core.errors import Unavailable
from leads.rules import RulesError
from reference.cli import commands
from tests.app.command_line import (
    COMMANDS,
    DEMO_RULES,
    LOCAL,
    READERS,
    WITHOUT_BROKER,
    Outcome,
    app,
    arguments,
    run_forked,
)

SITE = {
    "LEADGATE_SITE_SECRET": "c0ffee8d21b94fa7",
    "LEADGATE_RULES": str(DEMO_RULES),
    "LEADGATE_HUBSPOT_TOKEN": "t",
    "LEADGATE_HUBSPOT_URL": "http://127.0.0.1:9",
    "LEADGATE_APOLLO_URL": "http://127.0.0.1:9",
    "LEADGATE_SLACK_URL": "http://127.0.0.1:9",
    "LEADGATE_WEB_SECRET": "5e1d09ab7c34f286",
}
OF_A_SITE = sorted(COMMANDS.keys() - LOCAL)
WITH_RULES = sorted(COMMANDS.keys() - LOCAL - READERS)
#: These wait for the broker, or report it among other faults.
OUTLASTING = {
    *("leadgate worker", "leadgate web", "leadgate console serve", "leadgate doctor"),
    "leadgate init",
}
_CRM_FIRST = "worker poll provision doctor sync-crm undo unmerge".split()
#: The settings without a default that a command needs beside the site's secret.
NEEDED = {
    **dict.fromkeys(
        (f"leadgate {name}" for name in _CRM_FIRST),
        ("LEADGATE_HUBSPOT_TOKEN",),
    ),
    "leadgate web": ("LEADGATE_WEB_SECRET",),
}
RULES = {
    "missing": (None, "can't be read (No such file or directory)"),
    "a directory": ("", "can't be read (Is a directory)"),
    "not UTF-8": (b"routes:\n- name: M\xfcller\n", ":2: not UTF-8"),
    "not YAML": (b"routes: [", "not YAML"),
    "3,000 deep": (b"[" * 3000 + b"]" * 3000, "nested too deeply"),
    "of unknown keys": (b"treshold: 70\n", "treshold: Extra inputs are not permitted"),
    "empty": (b"", "rules: "),
}


def test_every_command_is_here() -> None:
    assert COMMANDS.keys() == {name for name, _ in commands(app)}


def refusal(outcome: Outcome, code: int = 2) -> str:
    """The message of a command that was refused, after the checks that hold for every one."""
    assert "Traceback" not in outcome.err
    assert outcome.code == code, outcome.err
    assert outcome.out == ""
    assert outcome.err.strip()
    return outcome.err


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_wrong_setting_is_named(tmp_path: Path, name: str) -> None:
    settings = {"LEADGATE_LOG": "loud"}
    outcome = run_forked(*arguments(name, tmp_path), settings=settings, directory=tmp_path)
    assert refusal(outcome).splitlines()[-1].startswith("LEADGATE_LOG: Input should be")


@pytest.mark.parametrize("name", [*OF_A_SITE, "leadgate demo"])
def test_an_unknown_setting_is_named(tmp_path: Path, name: str) -> None:
    settings = SITE | {"LEADGATE_SECRET": "x"}
    outcome = run_forked(*arguments(name, tmp_path), settings=settings, directory=tmp_path)
    assert refusal(outcome).splitlines()[-1] == "LEADGATE_SECRET: no such setting"


@pytest.mark.parametrize("name", WITH_RULES)
def test_missing_settings_are_named(tmp_path: Path, name: str) -> None:
    """All that the command needs in one line."""
    outcome = run_forked(*arguments(name, tmp_path), settings={}, directory=tmp_path)
    missing = ", ".join(["LEADGATE_SITE_SECRET", *NEEDED.get(name, ())])
    assert refusal(outcome) == f"{missing} must be set\n"


def test_the_missing_settings_of_a_crm_are_named(tmp_path: Path) -> None:
    settings = {"LEADGATE_CRM": "salesforce", "LEADGATE_SALESFORCE_URL": "https://x.test"}
    outcome = run_forked("doctor", settings=settings, directory=tmp_path)
    assert refusal(outcome) == (
        "LEADGATE_SITE_SECRET, LEADGATE_SALESFORCE_CLIENT_ID, LEADGATE_SALESFORCE_CLIENT_SECRET"
        " must be set\n"
    )


@pytest.mark.parametrize(
    ("name", "rules"),
    [*product(["leadgate poll"], RULES), *product(WITH_RULES, ["missing", "not UTF-8"])],
)
def test_rules_that_cant_be_read_are_named(tmp_path: Path, name: str, rules: str) -> None:
    content, expected = RULES[rules]
    path = tmp_path / "rules.yaml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    settings = SITE | {"LEADGATE_RULES": str(path)}
    outcome = run_forked(*arguments(name, tmp_path), settings=settings, directory=tmp_path)
    message = refusal(outcome)
    assert message.startswith(str(path))
    assert expected in message


@pytest.mark.parametrize("name", sorted(set(OF_A_SITE) - OUTLASTING - WITHOUT_BROKER))
def test_a_broker_that_is_down_is_named(tmp_path: Path, name: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = SITE | {"KAFKA_BOOTSTRAP_SERVERS": address}
    outcome = run_forked(*arguments(name, tmp_path), settings=settings, directory=tmp_path)
    [line] = refusal(outcome).splitlines()
    assert line.startswith(f"the broker at {address} does not answer")
    assert line.endswith("start it, or set KAFKA_BOOTSTRAP_SERVERS")


@pytest.mark.parametrize("address", ["localhost:kafka", "127.0.0.1:9092,127.0.0.1:99999", ":9092"])
def test_a_malformed_address_of_the_broker_is_named(tmp_path: Path, address: str) -> None:
    settings = {"KAFKA_BOOTSTRAP_SERVERS": address}
    outcome = run_forked("review", "list", settings=settings, directory=tmp_path)
    assert "KAFKA_BOOTSTRAP_SERVERS: must be HOST:PORT" in refusal(outcome)


@pytest.mark.parametrize(
    ("setting", "more"),
    [
        ("KAFKA_SSL_CAFILE", {"KAFKA_SECURITY_PROTOCOL": "SSL"}),
        (
            "LEADGATE_SALESFORCE_KEY",
            {
                "LEADGATE_CRM": "salesforce",
                "LEADGATE_SALESFORCE_URL": "https://x.my.salesforce.com",
                "LEADGATE_SALESFORCE_CLIENT_ID": "c",
                "LEADGATE_SALESFORCE_USERNAME": "u",
            },
        ),
    ],
)
def test_a_file_of_the_settings_that_is_missing_is_named(
    tmp_path: Path, setting: str, more: dict[str, str]
) -> None:
    missing = str(tmp_path / "missing.pem")
    command = ("review", "list") if "KAFKA" in setting else ("init",)
    outcome = run_forked(*command, settings={setting: missing} | more, directory=tmp_path)
    assert missing in refusal(outcome)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("import", "missing.csv"), "'missing.csv' does not exist"),
        (("import", "."), "'.' is a directory"),
        (("import",), "name the file to import"),
        (("import", "--resubmit", "leads.csv"), "say who corrected the sheet: --actor"),
        (("init", "--rules", "missing/rules.yaml"), "missing is no directory"),
        (("init", "--rules", "leads.csv"), "leads.csv is already there"),
        (("worker", "--data", "leads.csv"), "'leads.csv' is a file"),
        (("broker", "--data", "leads.csv"), "'leads.csv' is a file"),
        (("sandbox", "--port", "0", "--data", "leads.csv"), "'leads.csv' is a file"),
        (("demo", "--data", "leads.csv"), "'leads.csv' is a file"),
        (("demo", "--data", "leads.csv/below"), "a part of this path is a file"),
        (("broker", "--port", "0", "--data", "leads.csv/below"), "a part of this path is a file"),
        (("demo", "--data", "/proc/leadgate"), "/proc/leadgate: "),
        (("demo", "--env", "--data", "."), "no demo runs on"),
        (("demo", "--env"), "no demo runs: start one with leadgate demo"),
        (("release",), "say which: --lead, --list or --all"),
        (("poll", "--since", "yesterday"), "--since 'yesterday' is not a time"),
        (("web", "--port", "70000"), "'--port': Input should be less than or equal to 65535"),
        (("review", "resolve", "--actor", "a", "--reason", "r"), "give exactly one of --set"),
        (
            ("review", "resolve", "x", "--set", "title", "--actor", "a", "--reason", "r"),
            "--set title: write field=value",
        ),
        (("importt",), "No such command 'importt'"),
        (("why", "lead", "--jsn"), "No such option: --jsn"),
    ],
)
def test_a_wrong_use_is_named(tmp_path: Path, command: tuple[str, ...], expected: str) -> None:
    (tmp_path / "leads.csv").touch()
    settings = SITE | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    if command[0] in {"broker", "demo"}:
        (tmp_path / "cache" / "leadgate" / "kafka-4.2.0").mkdir(parents=True)
        (tmp_path / "cache" / "leadgate" / "kafka-4.2.0" / "complete").touch()
    outcome = run_forked(*command, settings=settings, directory=tmp_path)
    assert expected in refusal(outcome)


@pytest.mark.parametrize("name", ["leadgate broker", "leadgate demo"])
@pytest.mark.parametrize(("there", "missing"), [((), "java"), (("java",), "mvn")])
def test_a_missing_program_is_named(
    tmp_path: Path, name: str, there: tuple[str, ...], missing: str
) -> None:
    for program in there:
        (tmp_path / program).touch(0o755)
    settings = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    outcome = run_forked(*arguments(name, tmp_path), settings=settings, directory=tmp_path)
    assert refusal(outcome).splitlines()[-1].startswith(f"{missing} is not on the PATH: install")


@pytest.mark.parametrize("command", ["web", "sandbox", "broker"])
def test_a_taken_port_is_named(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ("--data", str(tmp_path / "b")) if command == "broker" else ()
        settings = SITE | {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}
        outcome = run_forked(
            command, "--port", str(port), *options, settings=settings, directory=tmp_path
        )
    message = refusal(outcome)
    assert str(port) in message
    assert "stop what listens there" in message


def test_a_fault_of_ours_names_its_place_and_ends_with_70() -> None:
    def surprise() -> None:
        raise KeyError("key")

    with pytest.raises(KeyError) as raised:
        surprise()
    fault = describe(raised.value)
    assert fault.exit_code == 70
    assert "KeyError: 'key' (at test_cli_errors.py:" in fault.message
    assert "Traceback" not in fault.message


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RulesError("rules.yaml:3: threshold"), "rules.yaml:3: threshold"),
        (MissingError("java is not on the PATH"), "java is not on the PATH"),
        (Unavailable("HubSpot GET /x: 503"), "HubSpot GET /x: 503; leadgate doctor checks"),
        (KafkaConnectionError("no"), "does not answer (KafkaConnectionError: no): start it"),
        (TopicAuthorizationFailedError("t"), "does not allow this"),
        (UnknownTopicOrPartitionError("t"), "run leadgate provision"),
        (OSError(errno.ENOSPC, "No space left", "/d/x"), "/d/x: No space left: make room"),
        (PermissionError(errno.EACCES, "Permission denied", "/d"), "/d: Permission denied: give"),
        (OSError(errno.EROFS, "Read-only file system", "/d"), "choose a path that can be written"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "save it as UTF-8"),
    ],
)
def test_what_a_user_reads_for_an_error(error: Exception, expected: str) -> None:
    fault = describe(error)
    assert fault.exit_code == 2
    assert expected in fault.message
