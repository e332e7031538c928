"""What `doctor` says of retention: what the rules say of each topic, and what the broker has."""

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from app.base.settings import Settings
from app.kafka.clients import administering, consuming, ends
from app.retention.log_sizes import log_sizes
from app.setup.provision import retention_differences, wanted
from leads.rule_models import Retention
from leads.times import format_time
from leads.topics import Topic

_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class TopicRetention:
    """One topic: for how many days its records are kept (None: the last of each key for ever), and
    what the broker holds. `oldest` is the oldest record's time in seconds since 1970, None without
    records; `size` counts bytes on disk, None where this user may not know."""

    topic: str
    days: float | None
    records: int
    oldest: float | None
    size: int | None

    def text(self) -> str:
        """As a line."""
        if self.days is None:
            parts = [f"{self.topic}: compacted, at most {self.records} records"]
        else:
            parts = [f"{self.topic}: kept {self.days:g} days, {self.records} records"]
        if self.oldest is not None:
            parts.append(f"the oldest of {format_time(self.oldest)}")
        if self.size is not None:
            parts.append(f"{self.size / _MEGABYTE:.1f} MB")
        return ", ".join(parts)


async def describe_retention(
    settings: Settings, retention: Retention
) -> tuple[list[TopicRetention], list[str]]:
    """Every topic's retention, and a note for each setting that the broker has otherwise.

    The topics must exist. Raises the broker's KafkaError.
    """
    async with administering(settings) as admin, consuming(settings) as consumer:
        differences = await retention_differences(admin, retention, list(wanted()))
        end = await ends(consumer, wanted())
        begin = await consumer.beginning_offsets(list(end))
        oldest = await _oldest(consumer, list(end))
        try:
            sizes = await log_sizes(admin, end)
        except KafkaError:
            sizes = None
    found = []
    for name, topic in wanted().items():
        own = [tp for tp in end if tp.topic == name]
        found.append(
            TopicRetention(
                topic=name,
                days=_days(topic, retention),
                records=sum(end[tp] - begin[tp] for tp in own),
                oldest=min((oldest[tp] for tp in own if tp in oldest), default=None),
                size=None if sizes is None else sum(sizes.get(tp, 0) for tp in own),
            )
        )
    notes = []
    for name, lines in differences.items():
        notes += [f"topic {name}: {line} by leadgate provision" for line in lines]
    return found, notes


def _days(topic: Topic, retention: Retention) -> float | None:
    if topic.cleanup == "compact":
        return None
    return retention.days_of(topic)


async def _oldest(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
) -> dict[TopicPartition, float]:
    """The time of each partition's first record, in seconds since 1970; none of an empty one."""
    times: dict[TopicPartition, float] = {}
    for tp, first in (await consumer.offsets_for_times(dict.fromkeys(partitions, 0))).items():
        if first is not None:
            times[tp] = first.timestamp / 1000
    return times
