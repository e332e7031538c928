"""One pass over the topics that stages read: which records may go, and that they go.

Each step is safe to repeat, and two workers that do it at once do no harm.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError
from msgspec.structs import replace

from app.kafka.clients import Offsets, read_to
from app.retention.deletions import Deletions
from leads import topics
from leads.retention import PartitionLog, next_deletion, oldest_kept
from leads.rule_models import Retention

#: What the broker, or the way to it, may raise.
TROUBLE = (KafkaError, OSError, TimeoutError)
Logs = dict[TopicPartition, PartitionLog]
#: Whether intake has decided about a record of topic `captured`; None where that can't be known.
Decided = Callable[[TopicPartition, object], bool | None]


class Plan(NamedTuple):
    """What is to be stored of each partition, and the offset before which its records go.

    `lost` counts the records that were deleted by others, since the last pass.
    """

    deletions: Deletions
    before: Offsets
    lost: Offsets


async def read_logs(
    consumer: AIOKafkaConsumer,
    partitions: Collection[int],
    done: Offsets,
    retention: Retention,
    now: float,
) -> Logs:
    """These partitions of every topic that is shortened, as far as deleting needs it. `done` holds
    what the workers' group has committed."""
    since: dict[TopicPartition, int] = {}
    for topic in topics.SHORTENED:
        at = oldest_kept(topic, retention, now)
        for partition in partitions:
            since[TopicPartition(topic.full, partition)] = max(0, round(at * 1000))
    if not since:
        return {}
    begin: Offsets = await consumer.beginning_offsets(list(since))
    # before the times: what is appended meanwhile is not taken for old
    end: Offsets = await consumer.end_offsets(list(since))
    logs: Logs = {}
    for tp, first in (await consumer.offsets_for_times(since)).items():
        young = end[tp] if first is None else first.offset
        logs[tp] = PartitionLog(begin=begin[tp], committed=done.get(tp, -1), young=young)
    return logs


async def keep_undecided(consumer: AIOKafkaConsumer, logs: Logs, decided: Decided) -> list[str]:
    """Have `logs` keep the captured records that nothing was decided about; where they lie. Reads
    what would be deleted of `captured`."""
    found = []
    for tp, log in logs.items():
        if tp.topic != topics.CAPTURED.full or log.deletable == log.begin:
            continue
        async for record in read_to(consumer, {tp: log.deletable}, {tp: log.begin}):
            known = decided(tp, record)
            if known:
                continue
            logs[tp] = replace(log, undecided=record.offset)
            if known is False:
                found.append(f"{tp.topic}/{tp.partition}@{record.offset}")
            break
    return found


def plan(known: Deletions, logs: Logs, retention: Retention, now: float) -> Plan:
    """What follows from what is stored and what the log is."""
    planned = Plan({}, {}, {})
    for tp, log in logs.items():
        stored = known.get(tp)
        older_than = oldest_kept(topics.BY_NAME[tp.topic], retention, now)
        one = next_deletion(tp.topic, tp.partition, stored, log, older_than)
        if one != stored:
            planned.deletions[tp] = one
        if log.deletable > log.begin:
            planned.before[tp] = log.deletable
        if stored is not None and one.otherwise > stored.otherwise:
            planned.lost[tp] = one.otherwise - stored.otherwise
    return planned


async def delete_records(
    admin: AIOKafkaAdminClient, before: Offsets, check: Callable[[], None]
) -> Iterable[TopicPartition]:
    """Delete topic by topic, so that one that is refused doesn't keep the others; the partitions of
    those that were taken. `check` raises when this worker must not act any more.

    Raises what the broker has raised first, once all were tried.
    """
    of: defaultdict[str, dict[TopicPartition, RecordsToDelete]] = defaultdict(dict)
    for tp, offset in before.items():
        of[tp.topic][tp] = RecordsToDelete(before_offset=offset)
    taken: list[TopicPartition] = []
    refused: list[Exception] = []
    for topic, offsets in of.items():
        check()
        try:
            await admin.delete_records(offsets)
        except TROUBLE as error:
            refused.append(type(error)(f"{topic}: {error}"))
        else:
            taken += offsets
    if refused:
        raise refused[0]
    return taken
