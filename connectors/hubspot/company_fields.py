"""Further properties of HubSpot's companies: their blanks, and what the rules overwrite."""

from collections.abc import Mapping, Sequence
from itertools import starmap
from typing import Any, NamedTuple

from connectors.core.crm import ContactWrite, Row
from connectors.core.errors import VendorError
from connectors.core.fields import names_in
from connectors.hubspot import records
from connectors.hubspot.batches import BY_ID, change_input, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.companies import COMPANY, read_companies
from connectors.hubspot.forms import HubSpotObject
from leads.records import Change


class CompanyUpdate(NamedTuple):
    """What was changed on a company, or why nothing was."""

    change: Change | None
    dropped: tuple[str, ...] = ()


async def update_companies(
    http: HubSpotHttp, writes: Sequence[ContactWrite], ids: Mapping[str, str]
) -> dict[str, CompanyUpdate]:
    """Fill blanks of companies, and overwrite what is to be overwritten; answers by domain.

    `ids` are the companies' by domain. The first of several colleagues counts. What HubSpot refuses
    is reported, and no contact is refused for it.
    """
    wanted: dict[str, ContactWrite] = {}
    for write in writes:
        if write.company_more and write.domain in ids:
            wanted.setdefault(ids[write.domain], write)
    if not wanted:
        return {}
    names = names_in(write.company_more for write in wanted.values())
    existing = await read_companies(http, sorted(wanted), names)
    changes: dict[str, dict[str, str]] = {}
    for ident, write in wanted.items():
        if ident in existing and (due := _due(write, existing[ident])):
            changes[ident] = due
    done = await _update(http, changes)
    return {
        wanted[ident].domain: _company_update(ident, sent, existing[ident], done[ident])
        for ident, sent in changes.items()
    }


async def _update(
    http: HubSpotHttp, changes: Mapping[str, Mapping[str, str]]
) -> dict[str, Row[HubSpotObject]]:
    """Write properties by company; answers the companies as HubSpot shows them, or their errors."""
    if not changes:
        return {}
    inputs = [*starmap(change_input, changes.items())]
    rows = await write_all(http, "companies", "update", inputs, BY_ID)
    return dict(zip(changes, rows, strict=True))


def _company_update(
    ident: str,
    sent: Mapping[str, str],
    held: Mapping[str, str | None],
    row: Row[HubSpotObject],
) -> CompanyUpdate:
    if isinstance(row, VendorError):
        return CompanyUpdate(None, (f"company: {row}",))
    wrote, left = records.what_was_written(sent, held, row)
    dropped = tuple(f"company: {line}" for line in left)
    if not wrote:
        return CompanyUpdate(None, dropped)
    return CompanyUpdate(_change(ident, wrote, held), dropped)


def _due(write: ContactWrite, existing: Mapping[str, Any]) -> dict[str, str]:
    """The properties that are blank, or have another value and are to be overwritten."""
    due: dict[str, str] = {}
    for name, value in write.company_more.items():
        text = records.text_of(value)
        if not existing.get(name) or (name in write.company_overwrite and existing[name] != text):
            due[name] = text
    return due


def _change(ident: str, wrote: dict[str, str], existing: Mapping[str, Any]) -> Change:
    before = records.values(existing, wrote)
    return Change(contact_id=f"{COMPANY}{ident}", wrote=wrote, before=before)
