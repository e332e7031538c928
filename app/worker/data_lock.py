"""One worker per data directory: RocksDB and the static member's id belong to one process."""

import fcntl
import os
from pathlib import Path

from app.base.errors import UsageError
from connectors.core.private_files import make_private_directory, open_private

LOCK_NAME = "worker.lock"


def lock_directory(data: Path) -> int:
    """Lock the directory for this process, until the process ends in whatever way; returns the
    lock's file descriptor.

    Makes the directory if it is missing, for this user alone. Raises UsageError while another
    process has the lock, OSError for a directory or lock of another user's.
    """
    make_private_directory(data)
    lock = open_private(data / LOCK_NAME, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode(errors="replace").strip()
        os.close(lock)
        raise UsageError(
            f"{data} is in use by another worker (process {holder or 'unknown'}): "
            "give each worker a directory and a LEADGATE_WORKER_ID of its own"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock
