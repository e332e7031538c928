"""Steps that stop all writing to a person: each is made even if another fails."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connectors.core.errors import AccountLimited, RecordRejected, RecordRetryable, VendorError

#: The kinds of a suppression that forbid the CRM itself to write to a person.
OPT_OUT = frozenset({"unsubscribe", "do_not_contact"})


async def do_all(steps: Sequence[Callable[[], Awaitable[Any]]]) -> None:
    """Make every step, then raise the first failure, a passing one before a refusal.

    So no failure goes unnoticed. The steps are harmless twice: the caller tries the whole again.
    """
    failed: list[VendorError] = []
    for step in steps:
        try:
            await step()
        except VendorError as error:
            failed.append(error)
    for first in sorted(failed, key=lambda one: isinstance(one, RecordRejected)):
        raise first


async def mark(
    write: Callable[[dict[str, Any]], Awaitable[None]],
    status: dict[str, Any],
    opt_out: dict[str, Any],
) -> None:
    """Write a person's status and opt-out in one call; if the row is refused, the opt-out by
    itself, and raise.

    So the opt-out is written even if the status can't be, because its field was changed.
    """
    try:
        await write({**status, **opt_out})
    except (RecordRejected, RecordRetryable, AccountLimited):
        if opt_out:
            await write(opt_out)
        raise
