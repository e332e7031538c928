"""Owners written to contacts: the part of an assignment that is the same in every CRM."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connectors.core.crm import Owner, OwnerWrite, Row
from connectors.core.errors import RecordRejected
from connectors.core.row_results import errors_by_key
from leads.records import Change

#: A contact's id, and the fields that are written to it.
Assigned = tuple[str, dict[str, Any]]


async def assign(
    writes: Sequence[OwnerWrite],
    owner_by_email: Callable[[str], Awaitable[Owner | None]],
    fields_of: Callable[[OwnerWrite, str], dict[str, Any]],
    send: Callable[[Sequence[Assigned]], Awaitable[Sequence[Row[Any]]]],
    no_owner: str,
) -> list[Row[Change]]:
    """See crm.Crm.assign.

    `fields_of` makes a contact's fields of a write and the owner's id, '' for none. `send` writes
    them and answers in their order. `no_owner` begins the refusal of an address that no active user
    has.
    """
    rows: list[Row[Change]] = []
    sent: list[Assigned] = []
    for write in writes:
        owner_id = ""
        if write.owner_email:
            owner = await owner_by_email(write.owner_email)
            if owner is None or not owner.active:
                rows.append(RecordRejected(f"{no_owner} {write.owner_email}", "no_owner"))
                continue
            owner_id = owner.id
        fields = fields_of(write, owner_id)
        sent.append((write.contact_id, fields))
        rows.append(Change(contact_id=write.contact_id, wrote=fields, before={}))
    failed = errors_by_key((contact_id for contact_id, _ in sent), await send(sent))
    for place, row in enumerate(rows):
        if isinstance(row, Change):
            rows[place] = failed.get(row.contact_id, row)
    return rows
