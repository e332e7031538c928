"""Replay: sets the offsets of the workers' group back, so that the stages process a part of a topic
again.

The rows in the state prevent that a replay repeats effects: a record that was decided is not
decided again. A record of the range without such a row would be decided now, effects included, and
that needs `--act`.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from app.base.settings import Settings
from app.kafka.clients import (
    Offsets,
    connection,
    consuming,
    ends,
    producing,
    read_to,
)
from app.monitoring.lag import committed, workers
from app.operations.replay_evidence import Evidence, Spot
from app.operations.replay_range import ReplayRefusedError, ReplayScope, find_range, refuse_misuse
from app.privacy.hash_key import open_keys
from leads import topics
from leads.records import Record
from leads.signatures import SignatureError, Signatures
from streams.runner.model import Stage
from streams.stages.all import make_stages

log = structlog.get_logger(__name__)
_WINDOWS = b"replay"
Ranges = tuple[tuple[int, int], ...]


class SkipRange(Record, frozen=True, kw_only=True):
    """A replay of one partition: set back from `done` to `begin`; `left_out` doesn't run again."""

    topic: str
    partition: int
    begin: int
    done: int
    left_out: Ranges

    @property
    def tp(self) -> TopicPartition:
        """The partition."""
        return TopicPartition(self.topic, self.partition)


async def replay_range(settings: Settings, wanted: ReplayScope) -> dict[str, Any]:
    """Set the group back to the range's start; after the range it goes on where it was. Durable on
    return.

    Raises ReplayRefusedError while workers run, for a range that doesn't exist or was never
    processed, and, unless `act`, for records that were never decided.
    """
    keys = await open_keys(settings)
    stages = make_stages(keys)
    topic = _topic(stages, wanted.topic)
    refuse_misuse(wanted)
    await _refuse_while_working(settings)
    at = await committed(settings)
    async with consuming(settings) as consumer:
        number, windows = await _windows(consumer, keys.signatures)
        partitions = await _partitions(consumer, topic, wanted.partition)
        begin = await consumer.beginning_offsets(partitions)
        done: Offsets = {}
        for tp in partitions:
            done[tp] = processed(tp, at.get(tp, begin[tp]), windows.get(tp))
        start, stop = _non_empty(*await find_range(consumer, wanted, begin, done))
        if not start:
            raise ReplayRefusedError(f"no processed record of {topic.name} lies in that range")
        evidence = Evidence(stages, keys.signatures)
        left_out = await _judge(consumer, evidence, start, stop, act=wanted.act)
    after = {tp: window for tp, window in windows.items() if at.get(tp, 0) < window.done}
    for tp in start:
        after[tp] = _window(tp, start[tp], stop[tp], done[tp], left_out)
    await _store(settings, keys.signatures, number + 1, list(after.values()))
    await commit_offsets(settings, start)
    records = sum(stop.values()) - sum(start.values()) - len(left_out)
    return {"topic": topic.name, "records": records, "left_out": len(left_out), "act": wanted.act}


def _topic(stages: Iterable[Stage], name: str) -> topics.Topic:
    inputs = chain.from_iterable(stage.inputs for stage in stages)
    read = {topic.name: topic for topic in inputs}
    if (short := name.removeprefix(topics.PREFIX)) not in read:
        raise ReplayRefusedError(f"no stage reads {name}; replay one of {', '.join(sorted(read))}")
    return read[short]


async def _partitions(
    consumer: AIOKafkaConsumer, topic: topics.Topic, number: int | None
) -> list[TopicPartition]:
    """All partitions of a topic, or the one with this number."""
    partitions = []
    for tp in await ends(consumer, [topic.full]):
        if number is None or tp.partition == number:
            partitions.append(tp)
    return partitions


def _non_empty(start: Offsets, stop: Offsets) -> tuple[Offsets, Offsets]:
    """The starts and the stops of those partitions that have a record between the two."""
    starts: Offsets = {}
    stops: Offsets = {}
    for tp, offset in start.items():
        if offset < stop[tp]:
            starts[tp], stops[tp] = offset, stop[tp]
    return starts, stops


def processed(tp: TopicPartition, committed_at: int, earlier: SkipRange | None) -> int:
    """The offset up to which a partition was processed, before an earlier replay set it back.

    Raises ReplayRefusedError for an earlier replay that is half done.
    """
    if earlier is None or committed_at >= earlier.done:
        return committed_at
    if committed_at != earlier.begin:
        raise ReplayRefusedError(
            f"an earlier replay of {tp.topic}/{tp.partition} is at {committed_at} of "
            f"{earlier.done}: start the workers, let them finish it, and stop them again"
        )
    return earlier.done


async def _judge(
    consumer: AIOKafkaConsumer, evidence: Evidence, start: Offsets, stop: Offsets, *, act: bool
) -> set[Spot]:
    """The records to leave out. Raises ReplayRefusedError for undecided ones, unless `act`."""
    async for record in read_to(consumer, stop, start):
        evidence.expect(record)
    async for row in read_to(consumer, await ends(consumer, [topics.CHANGELOG])):
        evidence.note_row(row.partition, row.key, row.value)
    if (undecided := evidence.undecided) and not act:
        topic, first = next(iter(start)).topic, undecided[0]
        raise ReplayRefusedError(
            f"{len(undecided)} records of the range have no decision in the state, the first "
            f"{topic}/{first.partition}@{first.offset}: they would be decided now. "
            "Add --act if their effects are wanted"
        )
    return evidence.left_out


def _window(
    tp: TopicPartition, start: int, stop: int, done: int, left_out: Iterable[Spot]
) -> SkipRange:
    ranges = []
    for spot in sorted(left_out):
        if spot.partition == tp.partition:
            ranges.append((spot.offset, spot.offset + 1))
    if stop < done:
        ranges.append((stop, done))
    return SkipRange(
        topic=tp.topic, partition=tp.partition, begin=start, done=done, left_out=tuple(ranges)
    )


async def commit_offsets(settings: Settings, offsets: Offsets) -> None:
    """Set the workers' group to these offsets.

    Raises ReplayRefusedError if a worker runs, GroupAuthorizationFailedError without the right.
    """
    consumer = AIOKafkaConsumer(
        **connection(settings), group_id=topics.APP_ID, enable_auto_commit=False
    )
    try:
        await consumer.start()
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    except (GroupAuthorizationFailedError, TopicAuthorizationFailedError):
        raise
    except KafkaError as error:
        why = f"the broker does not accept the group's offsets ({error!r}): do workers run?"
        raise ReplayRefusedError(why) from error
    finally:
        await consumer.stop()


async def _refuse_while_working(settings: Settings) -> None:
    if running := await workers(settings):
        raise ReplayRefusedError(f"{running} workers run; stop them first")


async def _store(
    settings: Settings, signatures: Signatures, number: int, windows: list[SkipRange]
) -> None:
    topic, value = topics.CURSORS.full, msgspec.json.encode(windows)
    headers = signatures.headers(topic, _WINDOWS, value, number)
    async with producing(settings) as producer:
        await producer.send_and_wait(topic, value, key=_WINDOWS, headers=headers)


async def _windows(
    consumer: AIOKafkaConsumer, signatures: Signatures
) -> tuple[int, dict[TopicPartition, SkipRange]]:
    """The windows that were stored last, and the number under which they were signed. A record
    without this site's signature is logged, and not used."""
    topic, newest = topics.CURSORS.full, 0
    windows: list[SkipRange] = []
    async for record in read_to(consumer, await ends(consumer, [topic])):
        if record.key != _WINDOWS:
            continue
        try:
            number = signatures.number_of(topic, record.key, record.value, record.headers)
        except SignatureError as error:
            log.error("a replay is not used", where=f"{topic}@{record.offset}", why=str(error))
            continue
        if number >= newest:
            newest, windows = number, msgspec.json.decode(record.value, type=list[SkipRange])
    return newest, {window.tp: window for window in windows}


async def read_windows(settings: Settings) -> Mapping[TopicPartition, Ranges]:
    """The ranges that replays leave out. Every worker reads them at its start."""
    async with consuming(settings) as consumer:
        _, windows = await _windows(consumer, settings.signatures)
    return {tp: window.left_out for tp, window in windows.items()}
