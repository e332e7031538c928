"""Files and directories that only their owner can read. Everything that Leadgate writes holds
people's data, secrets or tokens, and is written through this module
(`tests/test_private_files.py`).

A file is never reached through a symbolic link, and never shared with another user. What is already
there and can be read by others is tightened; what belongs to another user is refused with an
OSError whose text says so.
"""

import errno
import os
import stat
import tempfile
from pathlib import Path

_FILE, _DIRECTORY, _OTHERS = 0o600, 0o700, 0o077


def make_private_directory(path: Path) -> None:
    """Make a directory, and those missing above it, for this user alone.

    A directory that is there loses the rights of others. A link to a directory is followed, since
    data may lie on another disk. Raises PermissionError for a directory that belongs to another
    user, or that users share as /tmp.
    """
    for one in (*reversed(path.parents), path):
        if not one.exists():
            one.mkdir(_DIRECTORY, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if os.fstat(descriptor).st_mode & stat.S_ISVTX:
            raise PermissionError(errno.EPERM, "users share this directory", str(path))
        _tighten(descriptor, path)
    finally:
        os.close(descriptor)


def open_private(path: Path, flags: int) -> int:
    """A descriptor of a regular file of this user's alone, opened with `flags`; made if it is
    missing.

    For files that stay open: logs and locks. Raises OSError for a symbolic link (ELOOP), for what
    is no regular file, and PermissionError for another user's file.
    """
    return _open(path, flags | os.O_CREAT)


def read_private(path: Path) -> str:
    """The text of a file of this user's. Raises OSError as `open_private`, and for a missing
    file."""
    with os.fdopen(_open(path, os.O_RDONLY), encoding="utf-8") as file:
        return file.read()


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole: a reader sees the text before or this one.

    It is written beside, under a name of its own, and renamed; a failure leaves nothing behind.
    Raises OSError as `open_private`.
    """
    if path.is_symlink() or path.exists():
        os.close(_open(path, os.O_RDONLY))
    descriptor, beside = tempfile.mkstemp(".new", f".{path.name}.", path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _open(path: Path, flags: int) -> int:
    # a pipe would be waited for without O_NONBLOCK; it changes nothing for a regular file
    safe = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(path, flags | safe, _FILE)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        _tighten(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _tighten(descriptor: int, path: Path) -> None:
    """Take the rights of others. Raises PermissionError for another user's file."""
    found = os.fstat(descriptor)
    if found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user", str(path))
    if found.st_mode & _OTHERS:
        os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & ~_OTHERS)
