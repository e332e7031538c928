"""A PostgreSQL server of a test's own, from Debian's package."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.local.broker import free_port
from tests.limits import HUNG

_USER = "postgres"  # the package's own: the server refuses to run as root


def has_postgres() -> bool:
    """Whether the programs are installed; fails instead of answering no where CI is set."""
    if shutil.which("initdb") and shutil.which("postgres"):
        return True
    if os.environ.get("CI"):
        pytest.fail("initdb and postgres are not on the PATH: install the package postgresql")
    return False


@contextmanager
def running_postgres() -> Iterator[str]:
    """The address of an empty database on a server that ends with the block."""
    user = _USER if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="leadgate-postgres-") as name:
        home, port = Path(name), free_port()
        if user:
            found = pwd.getpwnam(user)
            os.chown(home, found.pw_uid, found.pw_gid)
        _run(["initdb", "-D", f"{home}/data", "-U", "leadgate", "--auth=trust"], home, user)
        server = subprocess.Popen(
            ["postgres", "-D", f"{home}/data", "-k", name, "-p", str(port), "-h", "127.0.0.1"],
            cwd=home,
            user=user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            ready = ["pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
            while subprocess.run(ready, check=False, stdout=subprocess.DEVNULL).returncode:
                assert server.poll() is None, "the server has ended"
            yield f"postgresql://leadgate@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # it does not wait for its clients
            server.wait(HUNG)


def _run(command: list[str], home: Path, user: str | None) -> None:
    subprocess.run(command, cwd=home, user=user, check=True, capture_output=True)
