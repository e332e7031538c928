"""Whether secret, state and audit belong to one site: keys made with another secret match no known
person.

Topic `cursors` holds the site's mark under a key of its own: a random id, and an HMAC of it with
the site secret. When a site begins, the same mark becomes the first row of each partition of the
state's changelog, so that a changelog that was created later is recognised by its missing mark.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import UnknownTopicOrPartitionError

from app.base.settings import Settings, SettingsError
from app.kafka.clients import Offsets, consuming, ends, last_record, producing
from app.setup.provision import miscounted
from app.setup.state_directory import settle_directory
from leads import topics
from leads.records import Record, encode

KEY = b"site"
#: The mark's row in the changelog; no kind of row has this prefix.
ROW = b"site\x00"
_FETCH_BYTES = 1024  # bytes per fetch of a partition: only its first record is read
_TRIES, _PAUSE = 50, 0.1

_ANOTHER = (
    "LEADGATE_SITE_SECRET is not the one that this site's keys were made with: "
    "no known person would be recognised. Set the secret that it was provisioned with"
)
_ANOTHER_DATABASE = (
    "LEADGATE_DATABASE_URL names another database than the one that holds the keys of this site's"
    " leads: their personal data could not be read. Set the address of that database, or restore it"
    " from a copy"
)
_OTHER_STATE = (
    f"the state in topic {topics.CHANGELOG} is empty or was created again, while topic "
    f"{topics.AUDIT.full} holds decisions: leads would be decided and people contacted again. "
    "Restore that topic from a copy; without one, stop every worker, move its state away and run "
    "leadgate rebuild-state (docs/operations.md)"
)
_REBUILDING = (
    f"the state in topic {topics.CHANGELOG} is being rebuilt, or a rebuild was cut off: run"
    " leadgate rebuild-state to its end"
)


class Mark(Record, frozen=True, kw_only=True):
    """Identifies a site. `stated`: its state's changelog begins with this mark. `rebuilt` counts
    how often the state was rebuilt from the audit; while `rebuilding` it is not whole."""

    id: str
    check: str
    stated: bool = False
    key_store: str = ""  # the id of the database that holds its leads' keys
    rebuilt: int = 0
    rebuilding: bool = False


@dataclass(slots=True)
class SiteState:
    """What the topics hold.

    `stored` is the mark in `cursors`, `mark` is that one or else the one in the changelog, `first`
    is the first row of each partition of the changelog, `audited` says whether there are audit
    events.
    """

    mark: Mark | None = None
    first: dict[int, tuple[bytes, bytes] | None] = field(default_factory=dict)
    audited: bool = False
    stored: Mark | None = None

    @property
    def unmarked(self) -> list[int]:
        """Partitions of the changelog that don't begin with a mark."""
        return [p for p, row in sorted(self.first.items()) if row is None or row[0] != ROW]

    @property
    def stateless(self) -> bool:
        """Whether the changelog is empty."""
        return not any(self.first.values())


def make_mark(secret: str, *, stated: bool) -> Mark:
    """The mark of a new site."""
    ident = secrets.token_hex(8)
    return Mark(id=ident, check=_check(secret, ident), stated=stated)


def judge_secret(mark: Mark | None, secret: str) -> list[str]:
    """A sentence if the mark was made with another secret."""
    if mark is None or hmac.compare_digest(mark.check, _check(secret, mark.id)):
        return []
    return [_ANOTHER]


def judge_key_store(mark: Mark | None, key_store: str) -> list[str]:
    """A sentence if the site's leads have their keys in another database than this one."""
    if mark is None or mark.key_store in {"", key_store}:
        return []
    return [_ANOTHER_DATABASE]


def judge_new_site(found: SiteState, weakness: str) -> list[str]:
    """A sentence if a site would begin with a secret that can be guessed, for this reason. One that
    runs can't change its own: `secret_notes` says what that means."""
    begins = found.mark is None and found.stateless and not found.audited
    if begins and weakness:
        return [f"LEADGATE_SITE_SECRET {weakness}. It can't be changed later"]
    return []


def secret_notes(settings: Settings) -> list[str]:
    """A sentence about the secret of a site that runs, if it can be guessed, and about a second
    secret of orders, if there is one."""
    notes = []
    if settings.other_signing_secret.get_secret_value():
        notes.append(
            "orders that were signed with LEADGATE_OTHER_SIGNING_SECRET are believed, too: remove"
            " it once none of them is needed (docs/operations.md, Rotation)"
        )
    if not settings.site_secret_weakness():
        return notes
    note = (
        f"LEADGATE_SITE_SECRET is weak: who reads topic {topics.CURSORS.full} can guess it, and"
        " learn with it which addresses are known. It can't be changed; let nobody else read the"
        " topics"
    )
    return [*notes, note]


def judge_state(found: SiteState) -> list[str]:
    """A sentence if state and audit can't belong together."""
    if found.mark is not None and found.mark.rebuilding:
        return [_REBUILDING]
    recreated = found.mark is not None and found.mark.stated and found.unmarked
    if found.audited and (recreated or found.stateless):
        return [_OTHER_STATE]
    return []


def _judge(found: SiteState, settings: Settings, key_store: str) -> list[str]:
    return (
        judge_secret(found.mark, _secret(settings))
        or judge_state(found)
        or judge_key_store(found.mark, key_store)
        or judge_new_site(found, settings.site_secret_weakness())
    )


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


async def check_site(settings: Settings, key_store: str) -> list[str]:
    """A sentence for each fault. Only reads. `key_store` is the id of the settings' database."""
    return _judge(await find_site(settings), settings, key_store)


async def settle_site(
    settings: Settings, key_store: str, data: Path | None = None
) -> list[str]:
    """A sentence for each fault. Writes the mark of a site that has none; durable when it
    returns. `data` is a worker's directory, whose state must belong to the site's changelog."""
    found = await find_site(settings)
    if faults := _judge(found, settings, key_store):
        return faults
    begins = found.stateless and not found.audited
    mark = found.mark or make_mark(_secret(settings), stated=begins)
    mark = msgspec.structs.replace(mark, key_store=key_store)
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
