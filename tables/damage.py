"""Damaged databases of the state: how one is recognised, and how it is set aside.

Nothing is ever deleted.
"""

from datetime import UTC, datetime
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

#: How RocksDB's errors begin or what they hold when files are not as it left them.
_SIGNS = ("Corruption", "IO error: No such file or directory", "CURRENT is missing")


class DamagedStateError(RuntimeError):
    """A database turned out to be damaged while it was in use.

    It is set aside already: start the worker again.
    """


def is_damage(error: BaseException) -> bool:
    """Whether RocksDB reports damaged files, and not a lock, a full disk or a wrong call."""
    return any(sign in str(error) for sign in _SIGNS)


def is_without_current(path: Path) -> bool:
    """Whether a database has files but no CURRENT. RocksDB could create an empty database there."""
    return not (path / "CURRENT").exists() and (
        any(path.glob("*.sst")) or any(path.glob("MANIFEST-*"))
    )


def set_aside(path: Path, why: str, now: float) -> Path:
    """Rename a damaged database, seconds since the epoch in its new name, and say so; its new path.

    Durable as a rename is. Raises OSError when the directory can't be renamed.
    """
    at = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    moved = path.with_name(f"{path.name}.damaged-{at}")
    path.rename(moved)
    log.error(
        "state damaged: set aside, restored from the changelog",
        database=str(path),
        moved_to=str(moved),
        why=why,
    )
    return moved


def held_rows(path: Path) -> list[Path]:
    """The databases set aside in place of `path` that rows were ever written to."""
    found = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    return list(filter(_has_rows, found))


def _has_rows(path: Path) -> bool:
    if any(path.glob("*.sst")):
        return True
    return any(log_file.stat().st_size for log_file in path.glob("*.log"))
