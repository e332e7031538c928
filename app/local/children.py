"""Child processes that end with this one, and that Ctrl-C does not reach."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from app.local.interrupts import interrupts_deferred
from connectors.core.private_files import open_private


def start_child(
    command: Sequence[str],
    out: IO[bytes],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child that writes to `out`.

    It is killed when this process ends (on Linux). It has a process group of its own: Ctrl-C in a
    terminal reaches this process alone, which stops its children in order. A Ctrl-C while the child
    starts ends the child, and is raised as KeyboardInterrupt.
    """
    child: subprocess.Popen[bytes] | None = None
    try:
        # Python runs callbacks around a fork, and swallows what is raised in them
        with interrupts_deferred():
            child = subprocess.Popen(  # noqa: S603
                command,
                env=environment,
                cwd=directory,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,
                process_group=0,
            )
    except KeyboardInterrupt:
        if child is not None:
            child.kill()
            child.wait()
        raise
    return child


def open_log(path: Path) -> IO[bytes]:
    """A file of this user's alone, for a child to write to after what is there. Raises OSError for
    a link or another user's file."""
    return os.fdopen(open_private(path, os.O_WRONLY | os.O_APPEND), "ab")


def die_with_parent() -> None:
    """In a child, before exec: be killed when the parent ends.

    Linux only; elsewhere it does nothing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
