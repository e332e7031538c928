"""Reads and writes the mark by which secrets, state and audit are known to belong to one site
(site_mark.py)."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import UnknownTopicOrPartitionError

from app.base.settings import Settings, SettingsError
from app.kafka.clients import Offsets, consuming, ends, last_record, producing
from app.privacy.hash_key import SiteKeys, store_hash_key
from app.setup.provision import miscounted
from app.setup.site_mark import ROW, Mark, SiteState, judge_hash_key, judge_site, make_mark
from app.setup.state_directory import settle_directory
from leads import topics
from leads.records import encode

KEY = b"site"
_FETCH_BYTES = 1024  # bytes per fetch of a partition: only its first record is read
_TRIES, _PAUSE = 50, 0.1


async def require_secret(settings: Settings) -> None:
    """Raise SettingsError if the site's keys were made with another hash key than the one that
    this process has, WrappingKeyError if it can't read that one."""
    async with consuming(settings) as consumer:
        mark = await last_record(consumer, KEY, Mark)
    if mark is None:
        return
    if faults := judge_hash_key(mark, (await SiteKeys.read(settings)).hash_key):
        raise SettingsError(faults[0])


async def check_site(settings: Settings, keys: SiteKeys) -> list[str]:
    """A sentence for each fault. Only reads."""
    return judge_site(await find_site(settings), settings, keys)


async def settle_hash_key(settings: Settings) -> list[str]:
    """A sentence for each fault. Stores the hash key of a site that has stored none; durable when
    it returns. Called by `provision`, which has made the database."""
    found = await find_site(settings)
    if faults := judge_site(found, settings, await SiteKeys.read(settings)):
        return faults
    store_hash_key(settings, begins=found.begins)
    return []


async def settle_site(settings: Settings, keys: SiteKeys, data: Path | None = None) -> list[str]:
    """A sentence for each fault. Writes the mark of a site that has none; durable when it
    returns. `data` is a worker's directory, whose state must belong to the site's changelog."""
    found = await find_site(settings)
    if faults := judge_site(found, settings, keys):
        return faults
    begins = found.stateless and not found.audited
    mark = found.mark or make_mark(keys.hash_key, stated=begins)
    mark = msgspec.structs.replace(mark, key_store=keys.key_store)
    if begins:
        mark = msgspec.structs.replace(mark, stated=True)
        await write_rows(settings, mark, found.unmarked)
    if mark != found.stored:
        await store_mark(settings, mark)
    return [] if data is None else settle_directory(data, mark.rebuilt)


async def store_mark(settings: Settings, mark: Mark) -> None:
    """Have topic `cursors` hold the site's mark; durable when it returns."""
    async with producing(settings) as producer:
        await producer.send_and_wait(topics.CURSORS.full, encode(mark), key=KEY)


async def write_rows(settings: Settings, mark: Mark, partitions: Iterable[int]) -> None:
    """Have these partitions of the changelog, empty ones, begin with the site's mark. Durable when
    it returns."""
    async with producing(settings) as producer:
        for partition in partitions:
            await producer.send_and_wait(
                topics.CHANGELOG, encode(mark), key=ROW, partition=partition
            )


async def find_site(settings: Settings) -> SiteState:
    """What the topics hold. Raises as `_changelog_ends`."""
    async with consuming(settings, max_partition_fetch_bytes=_FETCH_BYTES) as consumer:
        stored = await last_record(consumer, KEY, Mark)
        audit = await ends(consumer, [topics.AUDIT.full])
        begin = await consumer.beginning_offsets(list(audit))
        first = await _first_rows(consumer, await _changelog_ends(consumer))
    audited = any(audit[tp] > begin[tp] for tp in audit)
    return SiteState(stored or _mark_in(first), first, audited, stored)


def _mark_in(first: Mapping[int, tuple[bytes, bytes] | None]) -> Mark | None:
    """The mark with which partitions of the changelog begin."""
    for row in first.values():
        if row is not None and row[0] == ROW:
            return msgspec.json.decode(row[1], type=Mark)
    return None


async def _changelog_ends(consumer: AIOKafkaConsumer) -> Offsets:
    """The end of each partition of the changelog. Waits a moment for a topic that was just created.

    Raises UnknownTopicOrPartitionError if there is none, and SettingsError for a wrong number of
    partitions.
    """
    found: Offsets = {}
    for _ in range(_TRIES):
        if len(found := await ends(consumer, [topics.CHANGELOG])) == topics.PARTITIONS:
            return found
        await asyncio.sleep(_PAUSE)
    if found:
        raise SettingsError(miscounted(topics.CHANGELOG, len(found), topics.PARTITIONS))
    raise UnknownTopicOrPartitionError(topics.CHANGELOG)


async def _first_rows(
    consumer: AIOKafkaConsumer, end: Offsets
) -> dict[int, tuple[bytes, bytes] | None]:
    """The first record of each partition, None for an empty one."""
    begin = await consumer.beginning_offsets(list(end))
    found: dict[int, tuple[bytes, bytes] | None] = {}
    todo = set()
    for tp in end:
        found[tp.partition] = None
        if begin[tp] < end[tp]:
            todo.add(tp)
    consumer.assign(list(todo))
    for tp in todo:
        consumer.seek(tp, begin[tp])
    while todo:
        for tp, batch in (await consumer.getmany(timeout_ms=500)).items():
            if tp in todo and batch:
                found[tp.partition] = (batch[0].key or b"", batch[0].value or b"")
                todo.discard(tp)
                consumer.pause(tp)
    return found
