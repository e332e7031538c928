"""What a key or a plan may not do: each call that something hangs on is made once, harmlessly, and
only a refusal counts."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from connectors.core.errors import AccountLimited, NotInPlan, RecordRejected, Unauthorised


class PermissionCheck(NamedTuple):
    """A call that changes nothing, its name as the vendor writes it, and what can't be done without
    it."""

    name: str
    disables: str
    call: Callable[[], Awaitable[Any]]


async def closed(probes: Sequence[PermissionCheck], marks: Sequence[str] = ()) -> list[str]:
    """A line for each call that is refused for who asks.

    Any other refusal means that it may be called.

    `marks` are a vendor's words in a 400 for what the plan doesn't include. Raises Unavailable.
    """
    lines = []
    for probe in probes:
        try:
            await probe.call()
        except (NotInPlan, Unauthorised, RecordRejected, AccountLimited) as error:
            if any(mark in str(error) for mark in marks):
                lines.append(f"{probe.name}: this plan doesn't include it, so {probe.disables}")
            elif isinstance(error, NotInPlan | Unauthorised):
                lines.append(f"{probe.name}: this key may not call it, so {probe.disables}")
            elif isinstance(error, AccountLimited):
                raise
    return lines
