"""One worker a data directory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.base.errors import UsageError
from app.worker.data_lock import LOCK_NAME, lock_directory
from tests.limits import HUNG

HOLD = (
    "import sys, signal; from pathlib import Path; from app.worker.data_lock import"
    " lock_directory\n"
)
HOLD += "lock_directory(Path(sys.argv[1])); print('held', flush=True); signal.pause()"


def holder(data: Path) -> subprocess.Popen[bytes]:
    """Another process that has the directory."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


def test_a_directory_in_use_is_refused_and_its_holder_is_named(tmp_path: Path) -> None:
    child = holder(tmp_path / "worker")
    try:
        with pytest.raises(UsageError, match=f"process {child.pid}"):
            lock_directory(tmp_path / "worker")
        assert (tmp_path / "worker" / LOCK_NAME).read_text() == f"{child.pid}\n"
        assert child.poll() is None
    finally:
        child.kill()
        child.wait(HUNG)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_directory_is_free_however_its_holder_ended(tmp_path: Path, number: int) -> None:
    child = holder(tmp_path)
    child.send_signal(number)
    child.wait(HUNG)
    os.close(lock_directory(tmp_path))
