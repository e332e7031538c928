"""Whether a person may still be written to, as the tables say."""

from collections.abc import Iterator
from typing import Any

from leads.gates.common import Guarded, is_erased
from leads.records import lead_in
from leads.table_rows import Suppression
from tables.schema import SUPPRESSIONS
from tables.state import BatchView


def suppression_of(record: Any, view: BatchView) -> Suppression | None:
    """What stops a lead's person, or its present address; an erasure before anything else, since
    it also destroys the lead's key."""
    found = list(_suppressions_of(record, view))
    return next(filter(is_erased, found), found[0] if found else None)


def _suppressions_of(record: Any, view: BatchView) -> Iterator[Suppression]:
    lead = lead_in(record)
    keys = [record.person_key]
    if lead is not None:
        keys.append(lead.address_key)
    for key in filter(None, keys):
        if (found := view.get(SUPPRESSIONS, key)) is not None:
            yield found


def read_guarded(record: Any, view: BatchView) -> Guarded:
    """For stages that only need to know whether the person may be written to."""
    return Guarded(suppression=suppression_of(record, view))
