"""A site's mark while its state is rebuilt: no worker starts before all rows are there, and a
rebuild that was cut off is begun again.

A worker's own databases of before the rebuild don't belong to the new changelog, although their
offsets may lie in it: each data directory notes after which rebuild it was begun.
"""

from pathlib import Path

from msgspec.structs import replace

from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import consuming, last_record
from app.setup.site_check import (
    KEY,
    Mark,
    SiteState,
    find_site,
    judge_key_store,
    judge_secret,
    make_mark,
    store_mark,
    write_rows,
)
from connectors.core.private_files import make_private_directory, read_private, write_private
from leads import topics

_NOTE = "rebuilt"  # the file in a data directory
_NOT_LOST = (
    f"topic {topics.CHANGELOG} holds rows: the state is not lost. A worker restores it from there."
    " Only if that topic was made again, and what it holds is of no use, delete it yourself first"
)


def judge_rebuild(found: SiteState, secret: str, key_store: str) -> list[str]:
    """A sentence if this site's state can't be rebuilt, or is there."""
    if faults := judge_secret(found.mark, secret) or judge_key_store(found.mark, key_store):
        return faults
    if not found.audited:
        return [f"topic {topics.AUDIT.full} holds nothing: there is nothing to rebuild"]
    if found.stateless or (found.mark is not None and found.mark.rebuilding):
        return []
    return [_NOT_LOST]


async def refuse_rebuild(settings: Settings, key_store: str) -> SiteState:
    """What the topics hold. Raises UsageError for a site whose state can't be rebuilt."""
    found = await find_site(settings)
    secret = settings.site_secret.get_secret_value()
    if faults := judge_rebuild(found, secret, key_store):
        raise UsageError(faults[0])
    return found


async def begin_rebuild(settings: Settings, found: SiteState, key_store: str) -> Mark:
    """Keep workers from starting, and have the changelog begin with the site's mark. Durable when
    it returns."""
    mark = found.mark or make_mark(settings.site_secret.get_secret_value(), stated=True)
    if not mark.rebuilding:
        mark = replace(mark, rebuilding=True, rebuilt=mark.rebuilt + 1)
    mark = replace(mark, key_store=key_store)
    await store_mark(settings, mark)
    await write_rows(settings, mark, found.unmarked)
    return mark


async def end_rebuild(settings: Settings, mark: Mark) -> None:
    """Let workers start. Durable when it returns."""
    await store_mark(settings, replace(mark, stated=True, rebuilding=False))


async def settle_directory(settings: Settings, data: Path) -> list[str]:
    """A sentence if a worker's directory holds the state of before the site's last rebuild."""
    async with consuming(settings) as consumer:
        mark = await last_record(consumer, KEY, Mark)
    return note_rebuild(data, mark.rebuilt if mark is not None else 0)


def note_rebuild(data: Path, rebuilt: int) -> list[str]:
    """The same for a site whose state was rebuilt so often; a directory without state is noted to
    begin after that."""
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
