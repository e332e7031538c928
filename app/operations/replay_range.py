"""The part of a topic that a replay covers, and the reasons for which it is refused."""

import time

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.audit.reader import offsets_at
from app.base.errors import UsageError
from app.kafka.clients import Offsets
from leads import topics
from leads.records import Record
from leads.times import parse_time

#: A number from here on is a time in seconds since 1970, not an offset.
_FIRST_EPOCH = 1_000_000_000


class ReplayRefusedError(UsageError):
    """The replay can't be done as it was asked for; the text says why, and what to do."""


class ReplayScope(Record, frozen=True, kw_only=True):
    """The range to process again.

    `since` and `until` are a time as `leads.times.parse_time` reads it, or an offset (a number
    below 1,000,000,000) for each partition; what lies outside the log is left out. `first` and
    `last` are offsets of one partition. The end is not included.
    """

    topic: str = topics.CAPTURED.name
    partition: int | None = None
    since: str = ""
    until: str = ""
    first: int | None = None
    last: int | None = None
    act: bool = False


def refuse_misuse(wanted: ReplayScope) -> None:
    """Raise ReplayRefusedError for a range that is given twice, or not at all."""
    if wanted.partition is not None and not 0 <= wanted.partition < topics.PARTITIONS:
        highest = topics.PARTITIONS - 1
        why = f"no partition {wanted.partition}: they have the numbers 0 to {highest}"
        raise ReplayRefusedError(why)
    if wanted.partition is None and not (wanted.first is None and wanted.last is None):
        raise ReplayRefusedError("offsets count within a partition: name it with --partition")
    if (wanted.first is None) == (not wanted.since):
        raise ReplayRefusedError("say where it begins, either by --from or by --from-offset")
    if wanted.last is not None and wanted.until:
        raise ReplayRefusedError("say where it ends, either by --to or by --to-offset")


async def find_range(
    consumer: AIOKafkaConsumer, wanted: ReplayScope, begin: Offsets, done: Offsets
) -> tuple[Offsets, Offsets]:
    """The first offset and the end of each partition, the end not included.

    Raises ReplayRefusedError for offsets that don't exist, and for a text that is neither an offset
    nor a time.
    """
    for tp in done:
        refuse_range(tp, wanted.first, wanted.last, begin[tp], done[tp])
    start, stop = dict(begin), dict(done)
    if wanted.first is not None:
        start = dict.fromkeys(done, wanted.first)
    elif wanted.since:
        start = _within(await _offsets(consumer, wanted.since, done), begin, done)
    if wanted.last is not None:
        stop = dict.fromkeys(done, wanted.last)
    elif wanted.until:
        stop = _within(await _offsets(consumer, wanted.until, done), begin, done)
    return start, stop


def refuse_range(
    tp: TopicPartition, first: int | None, last: int | None, begin: int, done: int
) -> None:
    """Raise ReplayRefusedError for offsets that were deleted, or that no worker has processed."""
    where = f"{tp.topic}/{tp.partition}"
    if first is not None and first < begin:
        raise ReplayRefusedError(f"{where} begins at {begin}: earlier records are deleted")
    if max(first or 0, last or 0) > done:
        why = f"{where} is processed up to {done} only; the rest is processed without a replay"
        raise ReplayRefusedError(why)
    end = last
    if end is None:
        end = done
    if first is not None and first >= end:
        raise ReplayRefusedError(f"no record of {where} lies from {first} up to {end}")


def _within(offsets: Offsets, least: Offsets, most: Offsets) -> Offsets:
    """The offsets, limited to those of the log."""
    return {tp: max(least[tp], min(offset, most[tp])) for tp, offset in offsets.items()}


async def _offsets(consumer: AIOKafkaConsumer, moment: str, done: Offsets) -> Offsets:
    """The offset of each partition: a small number is the offset itself, a time means the first
    record from then on."""
    if moment.isdecimal() and int(moment) < _FIRST_EPOCH:
        return dict.fromkeys(done, int(moment))
    try:
        at = parse_time(moment, time.time())
    except ValueError as error:
        raise ReplayRefusedError(f"{error}, or an offset") from None
    return await offsets_at(consumer, done, at)
