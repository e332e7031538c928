"""What every CRM says of a batch of people before it writes any: who is gone, and who stands in it
twice."""

from collections.abc import Sequence

from connectors.core.crm import ContactWrite
from connectors.core.errors import RecordRejected, RecordRetryable, VendorError


def judge(writes: Sequence[ContactWrite], found: Sequence[str]) -> list[VendorError | None]:
    """For each write, what stands against it.

    `found` are the ids of those whom the CRM holds, '' for nobody.

    Who had an id and has none is not made again unasked; a person named twice is written once,
    since CRMs refuse a call that names a record twice.
    """
    first: dict[str, int] = {}
    return [
        _judge(write, ident, first.setdefault(ident, i) == i)
        for i, (write, ident) in enumerate(zip(writes, found, strict=True))
    ]


def _judge(write: ContactWrite, ident: str, is_first: bool) -> VendorError | None:
    if not ident:
        return (
            RecordRejected(f"contact {write.known_id} is deleted", "deleted")
            if write.known_id
            else None
        )
    return None if is_first else RecordRetryable("another row of the batch writes the same contact")
