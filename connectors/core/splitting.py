"""One row's refusal must not cost the batch: a refused batch is halved until the refused row stands
alone.

All vendors' batches go through `one_by_one`. Of n rows with k refused ones it makes some k *
log2(n) calls, and 2n - 1 at the most. What concerns the whole vendor (no answer, 429, 5xx, a
wrong key) is never split.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from connectors.core.crm import Row
from connectors.core.errors import NotSent, RecordRejected, RecordRetryable, VendorError

S = TypeVar("S")
R = TypeVar("R")


async def one_by_one(
    rows: Sequence[S],
    call: Callable[[Sequence[S]], Awaitable[Sequence[Row[R]]]],
    most: int | None = None,
) -> list[Row[R]]:
    """What `call` answers for rows, in their order, `most` of them a call; each refused row has its
    own refusal only.

    Raises what the first call raises for the whole vendor. After a part was done, such a failure
    stands in the places of the rows that it concerns, so that the results of the others are not
    lost; later parts don't leave then (NotSent).
    """
    size = most or len(rows) or 1
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    done: list[Row[R]] = []
    away: VendorError | None = None
    while parts:
        part = parts.pop(0)
        if away is not None:
            unsent = NotSent(f"not sent, for an earlier part of the batch failed: {away}")
            done += [unsent] * len(part)
            continue
        try:
            done += await call(part)
        except (RecordRejected, RecordRetryable) as error:
            if len(part) == 1:
                done.append(error)
            else:
                parts[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
        except VendorError as error:
            if not done:
                raise
            away = error
            done += [error] * len(part)
    return done
