"""To which changelog the state in a worker's directory belongs.

A worker's own databases of before a rebuild don't belong to the new changelog, although their
offsets may lie in it: each data directory notes after which rebuild it was begun.
"""

from pathlib import Path

from connectors.core.private_files import make_private_directory, read_private, write_private

_NOTE = "rebuilt"  # the file in a data directory


def settle_directory(data: Path, rebuilt: int) -> list[str]:
    """What `note_rebuild` says, or why the directory can't be used: while a worker waits for its
    broker, an OSError would count as the broker's."""
    try:
        return note_rebuild(data, rebuilt)
    except OSError as error:
        return [f"the worker's directory {data} can't be used: {error}"]


def note_rebuild(data: Path, rebuilt: int) -> list[str]:
    """A sentence if a worker's directory holds the state of before the site's last rebuild, of so
    many; a directory without state is noted to begin after that one."""
    note, state = data / _NOTE, data / "state"
    known = int(read_private(note)) if note.exists() else 0
    if known == rebuilt:
        return []
    if state.exists() and any(state.rglob("CURRENT")):
        why = "is of before the site's state was rebuilt: it belongs to another changelog"
        return [f"the state in {state} {why}. Move that directory away and start again"]
    make_private_directory(data)
    write_private(note, str(rebuilt))
    return []
