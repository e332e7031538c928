"""The rebuilt rows, written to the changelog of the state."""

from collections.abc import Callable
from typing import Any

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing, read_to
from app.setup.site_mark import ROW
from leads import topics
from streams.rebuild.rebuilt_rows import RebuiltRows
from tables.state import Row

_MANY = 1000  # rows that are sent at once


async def write_changelog(
    settings: Settings, rows: RebuiltRows, reached: Callable[[str], None]
) -> None:
    """Every row, and the end of those that only a rebuild which was cut off has written."""
    stale: list[tuple[int, Row]] = []
    async with consuming(settings) as consumer:
        async for record in read_to(consumer, await ends(consumer, [topics.CHANGELOG])):
            if record.key != ROW and rows.get(record.partition, record.key) is None:
                stale.append((record.partition, (record.key, None)))
    async with producing(settings) as producer:
        for partition, (key, value) in stale:
            await producer.send(topics.CHANGELOG, value, key=key, partition=partition)
        for partition in range(topics.PARTITIONS):
            sent = []
            for key, value in rows.all(partition):
                sent.append(
                    await producer.send(topics.CHANGELOG, value, key=key, partition=partition)
                )
                if len(sent) == _MANY:
                    await _acknowledged(sent)
            await _acknowledged(sent)
            reached("rebuild partition written")


async def _acknowledged(sent: list[Any]) -> None:
    for one in sent:
        await one
    sent.clear()
