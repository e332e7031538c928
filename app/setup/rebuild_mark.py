"""A site's mark while its state is rebuilt: no worker starts before all rows are there, and a
rebuild that was cut off is begun again."""

from msgspec.structs import replace

from app.base.errors import UsageError
from app.base.settings import Settings
from app.privacy.hash_key import SiteKeys
from app.setup.site_check import find_site, store_mark, write_rows
from app.setup.site_mark import Mark, SiteState, judge_hash_key, judge_key_store, make_mark
from leads import topics

_NOT_LOST = (
    f"topic {topics.CHANGELOG} holds rows: the state is not lost. A worker restores it from there."
    " Only if that topic was made again, and what it holds is of no use, delete it yourself first"
)


def judge_rebuild(found: SiteState, keys: SiteKeys) -> list[str]:
    """A sentence if this site's state can't be rebuilt, or is there."""
    other = judge_key_store(found.mark, keys.key_store) or judge_hash_key(found.mark, keys.hash_key)
    if other:
        return other
    if not found.audited:
        return [f"topic {topics.AUDIT.full} holds nothing: there is nothing to rebuild"]
    if found.stateless or (found.mark is not None and found.mark.rebuilding):
        return []
    return [_NOT_LOST]


async def refuse_rebuild(settings: Settings, keys: SiteKeys) -> SiteState:
    """What the topics hold. Raises UsageError for a site whose state can't be rebuilt."""
    found = await find_site(settings)
    if faults := judge_rebuild(found, keys):
        raise UsageError(faults[0])
    return found


async def begin_rebuild(settings: Settings, found: SiteState, keys: SiteKeys) -> Mark:
    """Keep workers from starting, and have the changelog begin with the site's mark. Durable when
    it returns."""
    mark = found.mark or make_mark(keys.hash_key, stated=True)
    if not mark.rebuilding:
        mark = replace(mark, rebuilding=True, rebuilt=mark.rebuilt + 1)
    mark = replace(mark, key_store=keys.key_store)
    await store_mark(settings, mark)
    await write_rows(settings, mark, found.unmarked)
    return mark


async def end_rebuild(settings: Settings, mark: Mark) -> None:
    """Let workers start. Durable when it returns."""
    await store_mark(settings, replace(mark, stated=True, rebuilding=False))
