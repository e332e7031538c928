"""Replay: the workers' group is set back on `captured`, so that the stages run over the log again."""

from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from leadgate.app.kafka import administering, connection, consuming, ends
from leadgate.app.lag import committed
from leadgate.app.settings import Settings
from leadgate.leads import names


class ReplayRefusedError(ValueError):
    """A worker is running: what it holds in memory would not see the change."""


async def replay(settings: Settings, since: str, until: str | None, *, act: bool) -> dict[str, Any]:
    """Set the group back to `since` on every partition of `captured`.

    Rows in the state are what keeps effects from being repeated: a record that was decided is not decided again. So a
    replay into live state calls nobody, and `act` matters only for records that were never decided.
    """
    await _refuse_while_working(settings)
    done = await committed(settings)
    async with consuming(settings) as consumer:
        end = await ends(consumer, [names.CAPTURED.full])
        begin = await consumer.beginning_offsets(list(end))
        start = await _offsets(consumer, since, begin, end)
    target = {tp: min(start[tp], done.get(tp, end[tp])) for tp in end}
    if not act:
        target = {tp: min(offset, done.get(tp, offset)) for tp, offset in target.items()}
    consumer = AIOKafkaConsumer(**connection(settings), group_id=names.APP_ID, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(target))
        await consumer.commit(target)
    finally:
        await consumer.stop()
    records = sum(done.get(tp, end[tp]) - offset for tp, offset in target.items())
    return {"records": records, "from": since, "to": until or "the end", "act": act}


async def _refuse_while_working(settings: Settings) -> None:
    async with administering(settings) as admin:
        [response] = await admin.describe_consumer_groups([names.APP_ID])
        members = response.groups[0][5]
        if members:
            raise ReplayRefusedError(f"{len(members)} workers run; stop them first")


async def _offsets(
    consumer: Any, since: str, begin: dict[TopicPartition, int], end: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    if since.isdigit():
        return {tp: max(begin[tp], min(int(since), end[tp])) for tp in end}
    moment = datetime.fromisoformat(since)
    at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    found = await consumer.offsets_for_times(dict.fromkeys(end, at))
    return {tp: found[tp].offset if found.get(tp) else end[tp] for tp in end}
