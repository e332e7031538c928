"""Partitions set back to an offset, while the group may be taking them away."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiokafka.errors import IllegalStateError
from faust.types import TP

log = structlog.get_logger(__name__)


async def seek_back(
    seek: Callable[[Mapping[TP, int]], Awaitable[None]], positions: Mapping[TP, int]
) -> None:
    """Have `seek` set partitions to positions, one by one.

    At a rebalance the client's own thread gives its partitions up before Faust is told: one that it
    holds no more is left as it is. Faust revokes it next, and whoever gets it begins at the
    committed offset.
    """
    for tp, offset in positions.items():
        try:
            await seek({tp: offset})
        except IllegalStateError:
            log.info("a partition is taken away", topic=tp.topic, partition=tp.partition)
