"""Whether secret, state and audit are one site's: keys made with another secret recognise nobody.

Topic `cursors` holds the site's mark under its own key: a random id, and an HMAC of it under the
site secret. The same mark is the first row of each partition of the state's changelog when a site
begins, so that a changelog made later is known by what it begins with.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import UnknownTopicOrPartitionError

from app.base.settings import Settings, SettingsError
from app.kafka.clients import Offsets, consuming, ends, last_record, producing
from app.setup.provision import miscounted
from leads import topics
from leads.records import Record, encode

KEY = b"site"
#: The mark's row in the changelog; no kind of row has this prefix.
ROW = b"site\x00"
_LITTLE = 1024  # bytes fetched of a partition at once: its first record is all that is read
_TRIES, _PAUSE = 50, 0.1

_ANOTHER = (
    "LEADGATE_SITE_SECRET is not the one that this site's keys were made with: "
    "nobody would be recognised. Set the secret that it was provisioned with"
)
_OTHER_STATE = (
    f"the state in topic {topics.CHANGELOG} is empty or was made anew, while topic "
    f"{topics.AUDIT.full} holds decisions: leads would be decided and people written to once more. "
    "Restore that topic from a copy, or begin a new site with empty topics"
)


class Mark(Record, frozen=True, kw_only=True):
    """What a site is known by. `stated`: its state's changelog begins with this mark."""

    id: str
    check: str
    stated: bool = False


@dataclass(slots=True)
class Found:
    """What the topics say. `kept` is the mark in `cursors`, `mark` that one or else the state's."""

    mark: Mark | None = None
    first: dict[int, tuple[bytes, bytes] | None] = field(default_factory=dict)  # by partition
    audited: bool = False
    kept: Mark | None = None

    @property
    def unmarked(self) -> list[int]:
        """Partitions of the changelog that don't begin with a mark."""
        return [p for p, row in sorted(self.first.items()) if row is None or row[0] != ROW]

    @property
    def stateless(self) -> bool:
        """Whether the changelog holds nothing at all."""
        return not any(self.first.values())


def make_mark(secret: str, *, stated: bool) -> Mark:
    """The mark of a site that begins now."""
    ident = secrets.token_hex(8)
    return Mark(id=ident, check=_check(secret, ident), stated=stated)


def judge_secret(mark: Mark | None, secret: str) -> list[str]:
    """One line if the mark was made with another secret."""
    if mark is None or hmac.compare_digest(mark.check, _check(secret, mark.id)):
        return []
    return [_ANOTHER]


def judge_state(found: Found) -> list[str]:
    """One line if state and audit can't belong together."""
    remade = found.mark is not None and found.mark.stated and found.unmarked
    return [_OTHER_STATE] if found.audited and (remade or found.stateless) else []


def _check(secret: str, ident: str) -> str:
    text = f"leadgate site {ident}".encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]


def _secret(settings: Settings) -> str:
    return settings.site_secret.get_secret_value()


async def require_secret(settings: Settings) -> None:
    """Raise SettingsError if the site's keys were made with another secret than the settings'."""
    async with consuming(settings) as consumer:
        mark = await last_record(consumer, KEY, Mark)
    if faults := judge_secret(mark, _secret(settings)):
        raise SettingsError(faults[0])


async def check_site(settings: Settings) -> list[str]:
    """One line a fault. Reads only."""
    found = await _find(settings)
    return judge_secret(found.mark, _secret(settings)) or judge_state(found)


async def settle_site(settings: Settings) -> list[str]:
    """One line a fault; a site that has no mark yet gets one, durable when this returns."""
    found = await _find(settings)
    if faults := judge_secret(found.mark, _secret(settings)) or judge_state(found):
        return faults
    begins = found.stateless and not found.audited
    mark = found.mark or make_mark(_secret(settings), stated=begins)
    if begins:
        mark = msgspec.structs.replace(mark, stated=True)
        await _write_rows(settings, mark, found.unmarked)
    if mark != found.kept:
        async with producing(settings) as producer:
            await producer.send_and_wait(topics.CURSORS.full, encode(mark), key=KEY)
    return []


async def _write_rows(settings: Settings, mark: Mark, partitions: Iterable[int]) -> None:
    async with producing(settings) as producer:
        for partition in partitions:
            await producer.send_and_wait(
                topics.CHANGELOG, encode(mark), key=ROW, partition=partition
            )


async def _find(settings: Settings) -> Found:
    async with consuming(settings, max_partition_fetch_bytes=_LITTLE) as consumer:
        kept = await last_record(consumer, KEY, Mark)
        audit = await ends(consumer, [topics.AUDIT.full])
        begin = await consumer.beginning_offsets(list(audit))
        first = await _first_rows(consumer, await _changelog_ends(consumer))
    marks = (row[1] for row in first.values() if row is not None and row[0] == ROW)
    mark = kept or next((msgspec.json.decode(value, type=Mark) for value in marks), None)
    return Found(mark, first, any(audit[tp] > begin[tp] for tp in audit), kept)


async def _changelog_ends(consumer: AIOKafkaConsumer) -> Offsets:
    """Raises UnknownTopicOrPartitionError, and SettingsError for another count; a topic made a
    moment ago is waited for."""
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
    todo = {tp for tp in end if begin[tp] < end[tp]}
    found: dict[int, tuple[bytes, bytes] | None] = {tp.partition: None for tp in end}
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
