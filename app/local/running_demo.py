"""Which demo runs, and its settings, for a second terminal.

A demo holds a lock on `running.json` in its data directory for as long as it lives, however it
ends. The user's cache directory names the data directory of the demo that was started last.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from app.base.errors import UsageError
from app.local.cache import cache_directory
from connectors.core.private_files import make_private_directory, open_private, write_private

_FILE = "running.json"


class RunningDemo:
    """The demo of this process, as other processes see it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def publish(self, variables: Mapping[str, str]) -> None:
        """Let `leadgate demo --env` print these settings from now on."""
        self._file.seek(0)
        self._file.truncate()
        json.dump(dict(variables), self._file)
        self._file.flush()


@contextmanager
def claim_directory(data: Path) -> Iterator[RunningDemo]:
    """Hold `data` for the demo of this process; it is made if it is missing.

    Raises UsageError if another demo runs on it.
    """
    make_private_directory(data)
    with os.fdopen(open_private(data / _FILE, os.O_RDWR), "r+", encoding="utf-8") as file:
        if not _lock(file, fcntl.LOCK_EX):
            raise UsageError(
                f"a demo already runs on {data}: end it with Ctrl-C, or name another directory"
                " with --data"
            )
        file.truncate()
        _remember(data)
        yield RunningDemo(file)


def read_variables(data: Path | None = None) -> dict[str, str]:
    """The settings of the demo that runs on `data`, by default of the one that was started last.

    Raises UsageError if there is none, or it is still starting.
    """
    data = data or _last_started()
    if data is None:
        raise UsageError("no demo runs: start one with leadgate demo")
    try:
        with (data / _FILE).open(encoding="utf-8") as file:
            runs, text = not _lock(file, fcntl.LOCK_SH), file.read()
    except FileNotFoundError:
        runs, text = False, ""
    if not runs:
        raise UsageError(f"no demo runs on {data}: start one with leadgate demo --data {data}")
    if not text:
        raise UsageError(f"the demo on {data} is still starting: try again in a few seconds")
    variables: dict[str, str] = json.loads(text)
    return variables


def to_exports(variables: Mapping[str, str]) -> str:
    """Lines for a shell: `export NAME='value'`."""
    lines = []
    for name, value in variables.items():
        quoted = value.replace("'", "'\\''")
        lines.append(f"export {name}='{quoted}'")
    return "\n".join(lines)


def _lock(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pointer() -> Path:
    return cache_directory() / "demo"


def _remember(data: Path) -> None:
    # without a cache directory that can be written, `--env` needs `--data`
    with suppress(OSError):
        make_private_directory(_pointer().parent)
        write_private(_pointer(), str(data))


def _last_started() -> Path | None:
    try:
        return Path(_pointer().read_text(encoding="utf-8"))
    except OSError:
        return None
