"""Every line goes through one formatter, JSON is one object a line, and no secret is in any."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.base.settings import Settings, secrets_in
from app.monitoring.broker_watch import BrokerOutage, _answers
from app.monitoring.logs import Format, Redaction, set_up_logging
from tests.limits import HUNG

CLI = [sys.executable, "-m", "app.cli"]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What is logged; the process's logging is set back afterwards."""
    root, handlers, level = (
        logging.getLogger(),
        logging.getLogger().handlers[:],
        logging.getLogger().level,
    )
    root.handlers = []  # pytest's own stay open
    yield lambda: capsys.readouterr().err
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def some_lines(
    form: Format, out: Callable[[], str], level: str = "INFO", secrets: tuple[str, ...] = ()
) -> list[str]:
    """Lines of ours and of libraries, as they are written."""
    set_up_logging(level, form, secrets)
    structlog.get_logger("app.sample").info("worker ready", worker="w-1", path=Path("state"))
    structlog.get_logger("app.sample").debug("details")
    logging.getLogger("faust.transport").warning("first\nsecond %s", "hunter2-hunter2")
    logging.getLogger("aiokafka.conn").debug("request with hunter2-hunter2")
    try:
        raise ValueError("no such thing")
    except ValueError:
        logging.getLogger("aiokafka").exception("failed")
    return out().splitlines()


def test_json_is_one_object_a_line_with_time_level_logger_and_event(
    stderr: Callable[[], str],
) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in some_lines("json", stderr)]
    assert [list(line)[:4] for line in lines] == [["timestamp", "level", "logger", "event"]] * 3
    ours, faust, failed = lines
    assert (ours["level"], ours["logger"], ours["event"], ours["worker"]) == (
        "info",
        "app.sample",
        "worker ready",
        "w-1",
    )
    assert ours["timestamp"].endswith("Z")
    assert (faust["level"], faust["logger"]) == ("warning", "faust.transport")
    assert faust["event"] == "first\nsecond hunter2-hunter2"
    assert (failed["level"], failed["logger"], failed["event"]) == ("error", "aiokafka", "failed")
    assert "ValueError: no such thing" in failed["exception"]


def test_console_lines_name_the_same(stderr: Callable[[], str]) -> None:
    text = "\n".join(some_lines("console", stderr))
    for part in (
        "worker ready",
        "[app.sample]",
        "worker=w-1",
        "[warning",
        "[faust.transport]",
        "ValueError: no such thing",
    ):
        assert part in text
    assert "{" not in text


def test_a_level_is_of_our_own_lines_and_libraries_never_debug(stderr: Callable[[], str]) -> None:
    events = [json.loads(line)["event"] for line in some_lines("json", stderr, "DEBUG")]
    assert "details" in events
    assert not [e for e in events if e.startswith("request")]


def test_error_silences_warnings_of_both(stderr: Callable[[], str]) -> None:
    assert [json.loads(line)["event"] for line in some_lines("json", stderr, "ERROR")] == ["failed"]


def test_a_warning_of_python_is_a_line_too(stderr: Callable[[], str]) -> None:
    set_up_logging("INFO", "json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old", UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    assert json.loads(stderr())["logger"] == "py.warnings"


def test_a_secret_is_replaced_wherever_it_stands(stderr: Callable[[], str]) -> None:
    text = "\n".join(some_lines("json", stderr, "DEBUG", ("hunter2-hunter2",)))
    assert "hunter2" not in text
    assert "second ***" in text


@given(secret=st.text(min_size=6), before=st.text(), after=st.text())
def test_no_secret_is_left_in_either_form(secret: str, before: str, after: str) -> None:
    hide = Redaction([secret])
    for text in (before + secret + after, json.dumps({"event": before + secret + after})):
        assert secret not in hide(None, "info", text).replace("***", "\0")


def test_every_secret_setting_counts_whatever_its_prefix() -> None:
    environment = {
        "LEADGATE_HUBSPOT_TOKEN": "a",
        "KAFKA_SASL_PASSWORD": "b",
        "LEADGATE_CRM": "zoho",
        "LEADGATE_SLACK_TOKEN": "",
    }
    assert sorted(secrets_in(environment)) == ["a", "b"]


def environment(**more: str) -> dict[str, str]:
    """This process's, without Leadgate's settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))} | more


def test_a_level_that_is_none_is_one_plain_line() -> None:
    for variable in ("LEADGATE_LOG", "LEADGATE_LOG_FORMAT"):
        done = subprocess.run(
            [*CLI, "worker", "--data", "x"],
            env=environment(**{variable: "nonsense"}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert line.startswith(f"{variable}: ")


def test_a_level_in_lower_case_is_taken() -> None:
    done = subprocess.run(
        [*CLI, "--help"],
        env=environment(LEADGATE_LOG="debug"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("awaited", ["import 'app.cli.processes'", "does not answer; trying again"])
def test_ctrl_c_leaves_no_traceback(tmp_path: Path, awaited: str) -> None:
    """Early, while the program still loads, and late, while the worker waits for a broker that
    isn't there."""
    rules = Path(__file__).parents[2] / "app" / "rules" / "demo-rules.yaml"
    settings = environment(
        LEADGATE_SITE_SECRET="c0ffee8d21b94fa7",
        LEADGATE_RULES=str(rules),
        LEADGATE_HUBSPOT_TOKEN="t",
        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
        PYTHONVERBOSE="1",
    )
    child = subprocess.Popen(
        [*CLI, "worker", "--data", str(tmp_path)], env=settings, stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    assert any(awaited in line for line in child.stderr), "it ended before"
    child.send_signal(signal.SIGINT)
    rest = [
        line for line in child.stderr.read().splitlines() if not line.startswith(("import ", "#"))
    ]
    assert child.wait(HUNG) != 0
    assert not [line for line in rest if "Traceback" in line or "Error" in line], rest[:20]


def test_the_lines_of_aiokafka_about_an_outage_are_dropped(stderr: Callable[[], str]) -> None:
    set_up_logging()
    client = logging.getLogger("aiokafka")
    client.error('Unable connect to "%s:%s": %s', "127.0.0.1", 1, "refused")
    client.error("Topic %s is not authorized for this client", "x")
    logging.getLogger("app.web").error("Unable connect to the moon")
    lines = stderr().splitlines()
    assert ["not authorized" in line for line in lines] == [True, False]
    assert "the moon" in lines[1]


def test_what_aiokafka_says_of_cancelled_connects_and_requests_is_not_logged(
    stderr: Callable[[], str],
) -> None:
    """Else Ctrl-C prints it beside the command's own line, once in some dozens of times."""
    set_up_logging()
    logging.getLogger("asyncio").error("Unclosed AIOKafkaConnection\nconn: <...>")
    try:
        raise asyncio.InvalidStateError("invalid state")
    except asyncio.InvalidStateError:
        logging.getLogger("aiokafka.conn").exception("Unexpected exception in AIOKafkaConnection")
    logging.getLogger("asyncio").error("Task was destroyed but it is pending!")
    [line] = stderr().splitlines()
    assert "Task was destroyed" in line


@pytest.mark.parametrize("turns", range(5))
def test_the_watch_ends_also_in_the_moment_of_the_brokers_answer(turns: int) -> None:
    """A process that was told to end lived on, once in thousands of times."""

    async def cancel() -> bool:
        answer = asyncio.get_running_loop().create_future()
        client: Any = SimpleNamespace(force_metadata_update=lambda: answer)

        async def watch() -> None:
            while True:
                await _answers(client)
                await asyncio.sleep(HUNG)

        watching = asyncio.ensure_future(watch())
        await asyncio.sleep(0)
        answer.set_result(True)
        for _ in range(turns):
            await asyncio.sleep(0)
        watching.cancel()
        done, _ = await asyncio.wait({watching}, timeout=0.5)
        watching.cancel()
        return bool(done)

    assert asyncio.run(cancel())


def test_an_outage_of_the_broker_is_logged_once(stderr: Callable[[], str]) -> None:
    set_up_logging()
    outage = BrokerOutage(
        Settings.model_construct(
            kafka_bootstrap_servers="kafka.test:9092", kafka_security_protocol="PLAINTEXT"
        )
    )
    for answers in (True, False, False, False, True, True):
        outage.note(answers=answers)
    away, back = stderr().splitlines()
    assert "the broker at kafka.test:9092 does not answer; trying again" in away
    assert "the broker at kafka.test:9092 answers again" in back
