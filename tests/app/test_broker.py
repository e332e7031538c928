"""A broker that ends by itself is reported, with the reason, and by the command's exit code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.local.broker import FATAL_EXIT, Broker, free_port
from tests.limits import HUNG

FULL = "java.io.IOException: No space left on device"
GIVES_UP = "WARN Stopping serving replicas in dir /x because the log directory has failed."


def broker_that(data: Path, script: str) -> Broker:
    """A broker whose process is a shell's script, writing to the broker's log."""
    broker = Broker(data, 1)
    log = data / "broker.log"
    log.write_text("java.lang.Error: of an earlier start\n")
    with log.open("ab") as out:
        broker.log_begins = out.tell()
        broker.process = subprocess.Popen(["sh", "-c", script], stdout=out, stderr=out)
    return broker


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (f"echo '{FULL}'; echo '\tat Log.append'; exit 1", f"(1); {{}}/broker.log says: {FULL}"),
        (f"echo '{FULL}'; exit 0", f"(0); {{}}/broker.log says: {FULL}"),
        ("echo 'no more'; exit 3", "(3); {}/broker.log says: no more"),
        ("kill -9 $$", "(-9); {}/broker.log says: nothing"),
        (
            f"echo '{FULL}'; echo '{GIVES_UP}'; exec sleep 1000",
            f"(-9); {{}}/broker.log says: {FULL}",
        ),
    ],
)
def test_why_a_broker_ended_is_what_it_wrote(tmp_path: Path, script: str, said: str) -> None:
    broker = broker_that(tmp_path, script)
    why = broker.watch(look=0.05, grace=0.5)
    assert why == f"the broker ended by itself {said.format(tmp_path)}"
    assert broker.process is None


@pytest.mark.kafka
def test_the_commands_exit_code_tells_of_the_brokers_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "broker"]
    options = ["--data", str(tmp_path), "--port", str(free_port())]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "broker ready" in process.stderr.readline()
        [java] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(java), signal.SIGKILL)
        assert process.wait(HUNG) == FATAL_EXIT
        assert "the broker ended by itself (-9)" in process.stderr.read()


@pytest.mark.kafka
def test_a_broker_that_gets_a_signal_to_stop_stops_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "broker"]
    options = ["--data", str(tmp_path), "--port", str(free_port())]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "broker ready" in process.stderr.readline()
        process.terminate()
        assert process.wait(HUNG) == 0
        assert process.stderr.read() == ""
