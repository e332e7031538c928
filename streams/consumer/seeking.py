"""Sets partitions back to an offset, while a rebalance may revoke them."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiokafka.errors import IllegalStateError
from faust.types import TP

log = structlog.get_logger(__name__)


async def seek_back(
    seek: Callable[[Mapping[TP, int]], Awaitable[None]], positions: Mapping[TP, int]
) -> None:
    """Have `seek` set partitions to positions, one by one.

    During a rebalance, aiokafka's thread drops its partitions before Faust is notified. A partition
    that is no longer assigned is skipped: Faust revokes it next, and its next owner starts at the
    committed offset.
    """
    for tp, offset in positions.items():
        try:
            await seek({tp: offset})
        except IllegalStateError:
            log.info("a partition is not assigned any more", partition=f"{tp.topic}/{tp.partition}")
