"""How far the workers are behind: the end of each stage topic minus the committed offset."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from app.base.settings import Settings
from app.kafka.clients import administering, consuming, ends
from leads import topics


async def committed(settings: Settings) -> dict[TopicPartition, int]:
    """The offsets that the workers' group has committed."""
    found = await _ask(settings, lambda admin: admin.list_consumer_group_offsets(topics.APP_ID))
    return {tp: meta.offset for tp, meta in found.items() if meta.offset >= 0}


async def workers(settings: Settings) -> int:
    """How many workers the broker counts as running; one that was killed counts until its session
    ends."""
    [response] = await _ask(settings, lambda admin: admin.describe_consumer_groups([topics.APP_ID]))
    return len(response.groups[0][5])


async def _ask(settings: Settings, ask: Callable[[AIOKafkaAdminClient], Awaitable[Any]]) -> Any:
    """What the broker answers about a group.

    Waits while the broker elects the group's coordinator.
    """
    async with administering(settings) as admin:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(GroupCoordinatorNotAvailableError),
            wait=wait_fixed(0.3),
            stop=stop_after_delay(30),
            reraise=True,
        ):
            with attempt:
                found = await ask(admin)
    return found


async def lag(settings: Settings) -> dict[str, int]:
    """Uncommitted records by topic."""
    done = await committed(settings)
    async with consuming(settings) as consumer:
        end = await ends(consumer, topics.STAGE_TOPICS)
        begin = await consumer.beginning_offsets(list(end))
    behind = dict.fromkeys(topics.STAGE_TOPICS, 0)
    for tp, offset in end.items():
        behind[tp.topic] += offset - max(done.get(tp, 0), begin[tp])
    return behind


async def backlog(settings: Settings) -> int:
    """Leads that wait in stage topics."""
    behind = await lag(settings)
    return sum(behind[t.full] for t in topics.LEAD_TOPICS)
