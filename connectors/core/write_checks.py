"""Checks of a batch of contacts before any is written: which are gone, and which stand in it
twice."""

from collections.abc import Sequence

from connectors.core.crm import ContactWrite
from connectors.core.errors import RecordRejected, RecordRetryable, VendorError


def judge(writes: Sequence[ContactWrite], found: Sequence[str]) -> list[VendorError | None]:
    """For each write, what stands against it.

    `found` are the ids of the contacts that the CRM holds, '' for none. A contact whose known id is
    gone is not made again; a contact that two rows mean is written once, since CRMs refuse a call
    that names a record twice.
    """
    seen: set[str] = set()
    verdicts: list[VendorError | None] = []
    for write, ident in zip(writes, found, strict=True):
        verdict: VendorError | None = None
        if not ident and write.known_id:
            verdict = RecordRejected(f"contact {write.known_id} is deleted", "deleted")
        elif ident in seen:
            verdict = RecordRetryable("another row of the batch writes the same contact")
        elif ident:
            seen.add(ident)
        verdicts.append(verdict)
    return verdicts
