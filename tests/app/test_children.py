"""A Ctrl-C while a child starts is not lost, and leaves no child."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.local.children import start_child
from tests.limits import HUNG

SLEEP = [sys.executable, "-c", "import time; time.sleep(100)"]


#: Signals to raise after the next fork, at a moment when Python swallows exceptions.
AFTER_FORK: list[signal.Signals] = []


def _raise_after_fork() -> None:
    while AFTER_FORK:
        signal.raise_signal(AFTER_FORK.pop())


os.register_at_fork(after_in_parent=_raise_after_fork)


def test_a_ctrl_c_while_a_child_starts_is_raised_and_leaves_no_child(tmp_path: Path) -> None:
    before = psutil.Process().children()
    AFTER_FORK.append(signal.SIGINT)
    with (tmp_path / "log").open("wb") as out, pytest.raises(KeyboardInterrupt):
        start_child(SLEEP, out)
    assert psutil.Process().children() == before


def test_ctrl_c_in_a_terminal_does_not_reach_a_child(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as out:
        child = start_child(SLEEP, out)
    try:
        assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    finally:
        child.kill()
        child.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_a_child_is_killed_with_its_parent() -> None:
    script = (
        "import os, sys; from pathlib import Path; from app.local.children import start_child\n"
        f"print(start_child({SLEEP!r}, open(os.devnull, 'wb')).pid, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(HUNG)
